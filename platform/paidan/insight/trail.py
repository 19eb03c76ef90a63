"""Everything that anybody changed, newest first: all histories as one list, a page at a time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, Self

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from paidan.backoffice.differences import moved
from paidan.insight.audit import tracked
from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.people.access import hidden_fields, sight
from paidan.people.models import User

type Model = type[models.Model]
type Key = tuple[str, int]
"""The label of a model, and the number of an entry in its history."""
THE_HOUSE = 0
"""Stands for nobody where a person is asked for."""


class Mark(NamedTuple):
    """A place in the list; ties are broken by model and number, so that no page repeats or leaves out an entry."""

    at: datetime
    label: str
    number: int

    @property
    def typed(self) -> str:
        """As it stands in an address."""
        return f"{self.at.isoformat()}~{self.label}~{self.number}"

    @classmethod
    def read(cls, typed: str) -> Self | None:
        """The mark that was written like this; what is none is none."""
        try:
            at, label, number = typed.split("~")
            moment = parse_datetime(at)
            return cls(moment, label, int(number)) if moment and timezone.is_aware(moment) else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes a reader wants to see; what is None or empty does not matter."""

    model: str = ""
    act: str = ""
    person: int | None = None
    since: date | None = None
    until: date | None = None
    order: str = ""
    request: str = ""
    before: Mark | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of one history, and the row as it stood before."""

    model: Model
    number: int
    row: Mapping[str, Any]
    before: Mapping[str, Any]

    @property
    def pk(self) -> Any:
        return self.row[self.model._meta.pk.attname]

    @property
    def at(self) -> datetime:
        moment: datetime = self.row["history_date"]
        return moment

    @property
    def act(self) -> str:
        return str(self.row["history_type"])

    @property
    def by(self) -> int | None:
        person: int | None = self.row["history_user_id"]
        return person

    @property
    def mark(self) -> Mark:
        return Mark(self.at, self.model._meta.label, self.number)


def may_read(user: User) -> bool:
    """Approvers, and who may do all: people from whom no row is hidden."""
    return user.has_perm("orders.approve_workorder") and sight(user).everything


def readable(user: User) -> list[Model]:
    """The models whose histories this person may read."""
    every = {model: f"{model._meta.app_label}.view_historical{model._meta.model_name}" for model in tracked()}
    return [model for model, right in every.items() if user.has_perm(right)]


def changes(wanted: Wanted, *, to: User, most: int) -> tuple[list[Change], Mark | None]:
    """So many changes that fit, newest first, and where the older ones begin, if there are; as few queries for many."""
    known = {model._meta.label: model for model in readable(to) if wanted.model in ("", model._meta.label)}
    keys = _newest(known, wanted, most + 1)
    found = list(_filled(known, keys[:most]))
    shown = [told for change in found if (told := _without_hidden(change, to))]
    return shown, found[-1].mark if len(keys) > most else None


# --- which entries ----------------------------------------------------------------------------------
def _newest(known: Mapping[str, Model], wanted: Wanted, most: int) -> list[Key]:
    """The newest entries of all histories: one statement, in which each history gives no more than is wanted."""
    labels, parts = sorted(known), []
    params: list[Any] = []
    for place, label in enumerate(labels):
        rows = _fitting(known[label], label, wanted).order_by("-history_date", "-history_id")
        try:
            sql, values = rows.values_list("history_id", "history_date")[:most].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {place} AS place, history_id, history_date FROM ({sql}) AS h{place}")
        params += values
    if not parts:
        return []
    newest = "ORDER BY history_date DESC, place DESC, history_id DESC"
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION ALL '.join(parts)} {newest} LIMIT %s", [*params, most])
        return [(labels[place], number) for place, number, _at in cursor.fetchall()]


def _fitting(model: Model, label: str, wanted: Wanted) -> QuerySet[Any]:
    """The entries of one history that fit."""
    asked: dict[str, Any] = {"history_type": wanted.act, "history_request": wanted.request}
    fits = Q(**{name: value for name, value in asked.items() if value})
    if wanted.person is not None:
        fits &= Q(history_user=None) if wanted.person == THE_HOUSE else Q(history_user=wanted.person)
    if wanted.since:
        fits &= Q(history_date__gte=_midnight(wanted.since))
    if wanted.until:
        fits &= Q(history_date__lt=_midnight(wanted.until + timedelta(days=1)))
    if mark := wanted.before:
        fits &= Q(history_date__lt=mark.at) | (Q(history_date=mark.at) & _behind(label, mark))
    if wanted.order:
        fits &= _of_order(model, wanted.order)
    rows: QuerySet[Any] = model.history.model._base_manager.filter(fits)  # type: ignore[attr-defined]
    return rows


def _behind(label: str, mark: Mark) -> Q:
    """Of the entries of the very moment of the mark, those that come after it in the list."""
    if label == mark.label:
        return Q(history_id__lt=mark.number)
    return ~Q(history_id=None) if label < mark.label else Q(history_id=None)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _of_order(model: Model, number: str) -> Q:
    """What is about the order that has, or had, this number; gone rows too."""
    orders = WorkOrder.history.filter(number__iexact=number).values("id")
    if model is WorkOrder:
        return Q(id__in=orders)
    if model is Task:
        return Q(step__in=OrderStep.history.filter(order__in=orders).values("id"))
    is_part = any(field.related_model is WorkOrder for field in model._meta.concrete_fields)
    return Q(order__in=orders) if is_part else Q(pk__in=[])


# --- what they say ----------------------------------------------------------------------------------
def _filled(known: Mapping[str, Model], keys: Sequence[Key]) -> Iterator[Change]:
    """The entries with their rows, each beside the entry before: two queries for each model among them."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for label, number in keys:
        numbers[label].append(number)
    found: dict[Key, Change] = {}
    for label, some in numbers.items():
        for change in _read(known[label], some):
            found[label, change.number] = change
    yield from (found[key] for key in keys if key in found)


def _read(model: Model, numbers: Sequence[int]) -> Iterator[Change]:
    history = model.history.model  # type: ignore[attr-defined]
    pk = model._meta.pk.attname
    earlier = history._base_manager.filter(history_id__lt=OuterRef("history_id"), **{pk: OuterRef(pk)})
    previous = Subquery(earlier.order_by("-history_id").values("history_id")[:1])
    rows = list(history._base_manager.filter(history_id__in=numbers).annotate(previous=previous).values())
    wanted = [row["previous"] for row in rows if row["previous"]]
    before = {row["history_id"]: row for row in history._base_manager.filter(history_id__in=wanted).values()}
    for row in rows:
        yield Change(model, row["history_id"], row, before.get(row.pop("previous"), {}))


def _without_hidden(change: Change, to: User) -> Change | None:
    """The change without what is hidden from the reader; nothing when it changed nothing else."""
    hidden = hidden_fields(to, change.model)
    if not hidden:
        return change
    sides = [{k: v for k, v in row.items() if k not in hidden} for row in (change.row, change.before)]
    shown = replace(change, row=sides[0], before=sides[1])
    did = [list(moved(each.model, each.act, each.row, each.before)) for each in (change, shown)]
    return None if change.act == "~" and did[0] and not did[1] else shown
