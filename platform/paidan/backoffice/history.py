"""What was: history pages for who may see the row, or saw it last when it is gone; and no money in them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from simple_history.models import DeletedObject
from simple_history.template_utils import HistoricalRecordContextHelper


def last_state(user: Any, model: type[models.Model], pk: Any) -> Any:
    """A row that is gone, as it was last, if it would exist for this person; None otherwise.

    Where a path of its scope leads through something that is gone as well, it counts as not seen.
    """
    key = model._meta.pk.attname
    try:
        number = model._meta.pk.to_python(pk)
    except ValidationError:
        return None
    if number is None or not hasattr(model, "history") or model._base_manager.filter(pk=number).exists():
        return None
    entry = model.history.filter(**{key: number}).order_by("-history_date", "-history_id").first()
    if entry is None or not entries_visible_to(user, model, [entry.history_id]):
        return None
    return entry.instance


def entries_visible_to(user: Any, model: type[models.Model], numbers: Iterable[int]) -> set[int]:
    """Which of these history entries describe a row that would exist for this person. At most one query."""
    wanted = list(numbers)
    if not wanted:
        return set()
    rows: Any = model._default_manager.all()
    history = model.history.model  # type: ignore[attr-defined]
    entries = history._base_manager.filter(history_id__in=wanted)
    if hasattr(rows, "visible_to"):
        entries = entries.filter(pk__in=_asked_of_entries(type(rows), model)(history).visible_to(user).values("pk"))
    return set(entries.values_list("history_id", flat=True))


def _asked_of_entries(queryset: type[Any], model: type[models.Model]) -> type[Any]:
    """A queryset that asks history entries what this one asks rows, whose `pk` is not the entry's own number."""

    class Entries(queryset):  # type: ignore[misc]
        def filter(self, *conditions: Any, **more: Any) -> Any:
            return super().filter(_of_entries(Q(*conditions, **more), model._meta.pk.attname))

    return Entries


def _of_entries(condition: Any, pk: str) -> Any:
    if isinstance(condition, Q):
        asked = condition.copy()
        asked.children = [_of_entries(child, pk) for child in condition.children]
        return asked
    if isinstance(condition, tuple):
        name, value = condition
        first, *rest = name.split("__")
        return ("__".join([pk, *rest]), value) if first == "pk" else condition
    return condition


class HistoryPagesMixin:
    """Guards the history pages of an admin page, whoever wrote them, and takes the money out."""

    model: type[models.Model]

    def __init__(self, model: type[models.Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)  # type: ignore[call-arg]
        # On the page itself: simple-history's class stands before this one in most pages, and it asks nobody.
        self.history_view = self._for_who_saw(self.history_view)  # type: ignore[has-type]
        if form_view := getattr(self, "history_form_view", None):
            self.history_form_view = self._for_who_saw(form_view)
        if rows := getattr(self, "get_history_queryset", None):
            self.get_history_queryset = self._with_persons(rows)
        self.get_historical_record_context_helper = self._words_of_changes

    def _for_who_saw(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, object_id: str, *args: Any, **more: Any) -> HttpResponse:
            self.must_have_existed(request, object_id)  # type: ignore[attr-defined]
            if request.method not in ("GET", "HEAD"):  # sending an old version back would write past the actions
                return HttpResponseNotAllowed(["GET", "HEAD"])
            return view(request, object_id, *args, **more)

        return guarded

    def _with_persons(self, rows: Callable[..., Any]) -> Callable[..., Any]:
        """simple-history forgets the persons where a model has no foreign keys, and would ask for each again."""
        return lambda *args, **more: rows(*args, **more).prefetch_related("history_user")

    def _words_of_changes(self, request: HttpRequest, record: Any) -> HistoricalRecordContextHelper:
        return _Changes(self, request, record)


class _Changes(HistoricalRecordContextHelper):  # type: ignore[misc]
    """What an entry changed, without the money for people who may not see prices."""

    def __init__(self, page: Any, request: HttpRequest, record: Any) -> None:
        super().__init__(page.model, record)
        self.shown = lambda names: set(page.without_money(request, names))

    def context_for_delta_changes(self, delta: Any) -> Any:
        shown = self.shown([change.field for change in delta.changes])
        return super().context_for_delta_changes(
            replace(delta, changes=[change for change in delta.changes if change.field in shown])
        )

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        return in_words(self.model._meta.get_field(change.field), super().prepare_delta_change_value(change, value))


def in_words(field: Any, value: Any) -> str:
    """A value as people read it; nothing is an empty text."""
    if value is None or (isinstance(value, DeletedObject) and value.pk is None):
        return ""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    match value:
        case bool():
            value = _("Yes") if value else _("No")
        case datetime():
            value = date_format(timezone.localtime(value), "DATETIME_FORMAT")
        case date():
            value = date_format(value)
        case int() | Decimal():
            value = number_format(value)
        case list():
            value = _(", ").join(str(each) for each in value)
    return str(value)
