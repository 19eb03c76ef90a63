"""Verbs on master data that are more than saving a form."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan import audited
from paidan.catalog.models import Process, Skill, Tooling
from paidan.errors import Refused
from paidan.people.models import User


@transaction.atomic
def confirm(tooling: Tooling, *, by: User) -> Tooling:
    """Say that artwork, die or plate is right; plate making may complete from now on."""
    tooling = Tooling.objects.select_for_update(of=("self",)).select_related("confirmed_by").get(pk=tooling.pk)
    if tooling.confirmed_at:
        raise Refused(
            _("%(tooling)s was already confirmed by %(person)s. There is nothing to do.")
            % {"tooling": tooling, "person": tooling.confirmed_by},
            "already_confirmed",
        )
    audited.update(Tooling, [tooling.pk], by=by, why=_("confirmed"), confirmed_by=by, confirmed_at=timezone.now())
    tooling.refresh_from_db()
    return tooling


@transaction.atomic
def train(person: User, processes: Iterable[int], *, by: User) -> None:
    """Say which processes a person is trained in: exactly these."""
    wanted = set(processes)
    if len(wanted) != Process.objects.filter(pk__in=wanted).count():
        raise Refused(_("One of the processes was deleted meanwhile. Look again."), "gone")
    have = dict(Skill.objects.filter(person=person).values_list("process_id", "pk"))
    why = _("Placed")
    audited.delete(Skill, [pk for process, pk in have.items() if process not in wanted], by=by, why=why)
    new = [{"person_id": person.pk, "process_id": process} for process in sorted(wanted - have.keys())]
    audited.insert(Skill, new, by=by, why=why)
