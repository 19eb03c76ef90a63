"""Keep, rename and drop saved views."""

from django.db import models, transaction
from django.utils.translation import gettext as _

from paidan import audited
from paidan.backoffice.models import MOST_QUERY, SavedView
from paidan.constraints import in_words
from paidan.errors import Refused

MOST_VIEWS = 20
"""So many tabs above one list are still read."""


def save_view(page: str, *, name: str, query: str, by: models.Model) -> SavedView:
    """Keep what a list shows under a name; the name of an own view takes the new filters."""
    name = _name(name)
    if len(query) > MOST_QUERY:
        raise Refused(_("These filters are too long to be kept. Choose fewer."), "too_long")
    with in_words(), transaction.atomic():
        mine = SavedView.objects.filter(person=by.pk, page=page)
        if known := mine.filter(name=name).first():
            audited.update(SavedView, [known.pk], by=by, why=_("saved again"), query=query)
            return known
        if mine.count() >= MOST_VIEWS:
            raise Refused(_("You have %(n)s views of this list. Delete one first.") % {"n": MOST_VIEWS}, "too_many")
        return audited.insert_one(SavedView(person_id=by.pk, page=page, name=name, query=query), by=by)


def rename_view(view: SavedView, *, name: str, by: models.Model) -> None:
    """Give an own view another name."""
    with in_words(), transaction.atomic():
        audited.update(SavedView, [view.pk], by=by, why=_("renamed"), name=_name(name))


@transaction.atomic
def open_first(view: SavedView, *, by: models.Model) -> None:
    """Make the list open with this view, or, when it does already, with everything."""
    first = SavedView.objects.filter(person=view.person_id, page=view.page, is_default=True)
    audited.update(SavedView, first.values_list("pk", flat=True), by=by, is_default=False)
    if not view.is_default:
        audited.update(SavedView, [view.pk], by=by, why=_("opens first"), is_default=True)


@transaction.atomic
def delete_view(view: SavedView, *, by: models.Model) -> None:
    """Drop an own view; the rows that it showed stay."""
    audited.delete(SavedView, [view.pk], by=by, why=_("deleted by hand"))


def _name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > SavedView._meta.get_field("name").max_length:  # type: ignore[operator]
        raise Refused(_("Give the view a name of at most 40 letters."), "bad_name")
    return name
