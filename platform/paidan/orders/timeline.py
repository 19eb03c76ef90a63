"""Who did what with an order: histories, reports, approvals, decisions and notices, merged into one list."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from paidan.backoffice.history import entries_visible_to
from paidan.notices.models import Notification
from paidan.orders.models import (
    ApprovalEntry,
    DispatchDecision,
    OrderLine,
    OrderMaterial,
    OrderStep,
    OrderTooling,
    Task,
    TaskProgress,
    WorkOrder,
)
from paidan.people.access import hidden_fields, sight
from paidan.people.models import User

ONE_MOMENT = timedelta(seconds=2)
"""Longer than one request pauses between two statements, shorter than a person between two verbs."""


class Kind(models.TextChoices):
    """What an entry is about."""

    ORDER = "order", _("Work order")
    LINE = "line", _("Order line")
    MATERIAL = "material", _("Material")
    TOOLING = "tooling", _("Tooling")
    STEP = "step", _("Step")
    TASK = "task", _("Task")
    REPORT = "report", _("Progress report")
    APPROVAL = "approval", _("Approval")
    DECISION = "decision", _("Dispatch decision")
    NOTICE = "notice", _("Notification")


MODELS: Mapping[str, Any] = {
    Kind.ORDER: WorkOrder,
    Kind.LINE: OrderLine,
    Kind.MATERIAL: OrderMaterial,
    Kind.TOOLING: OrderTooling,
    Kind.STEP: OrderStep,
    Kind.TASK: Task,
}
"""What keeps a history."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: a row as it stood afterwards, and before; or an event, which has no `act`."""

    kind: str
    at: datetime
    by: int | None
    row: Mapping[str, Any]
    act: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    request: str = ""
    task: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What one request did at one moment."""

    entries: Sequence[Entry]

    @property
    def at(self) -> datetime:
        return self.entries[0].at

    @property
    def by(self) -> int | None:
        return self.entries[0].by

    @property
    def request(self) -> str:
        return self.entries[0].request


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries a reader wants to see; what is None does not matter."""

    person: int | None = None
    kind: str | None = None
    task: int | None = None
    since: date | None = None
    until: date | None = None

    def takes(self, entry: Entry) -> bool:
        day = timezone.localtime(entry.at).date()
        return (
            self.person in (None, entry.by)
            and self.kind in (None, entry.kind)
            and self.task in (None, entry.task)
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )


# --- reading ----------------------------------------------------------------------------------------
def read(order: WorkOrder, *, to: User) -> list[Entry]:
    """Everything that happened to this order and that exists for the reader, oldest first. At most 13 queries.

    What is gone by now is there too; a task that is gone, if the reader would see it as it stood last.
    """
    parts = [
        entry
        for kind in (Kind.LINE, Kind.MATERIAL, Kind.TOOLING, Kind.STEP)
        for entry in _told(kind, MODELS[kind].history.filter(order_id=order.pk))
    ]
    steps = OrderStep.history.filter(order_id=order.pk).values("id")
    tasks = list(_told(Kind.TASK, Task.history.filter(step_id__in=steps)))
    seen = _seen_tasks(order, tasks, to)
    told = [
        *_told(Kind.ORDER, WorkOrder.history.filter(id=order.pk)),
        *parts,
        *(entry for entry in tasks if entry.task in seen),
    ]
    told = list(_without_hidden(told, to))
    return sorted([*told, *_with_doers(_events(order, seen, to), told)], key=lambda entry: entry.at)


def _told(kind: str, history: models.QuerySet[Any]) -> Iterator[Entry]:
    """The history entries of one kind, each beside the one before."""
    before: dict[int, Mapping[str, Any]] = {}
    for row in history.order_by("history_date", "history_id").values():
        pk = row["id"]
        yield Entry(
            kind,
            row["history_date"],
            row["history_user_id"],
            row,
            row["history_type"],
            before.get(pk, {}),
            row["history_change_reason"] or "",
            row["history_request"],
            pk if kind == Kind.TASK else None,
        )
        before[pk] = row


def _seen_tasks(order: WorkOrder, tasks: Sequence[Entry], to: User) -> set[int | None]:
    """The tasks that exist for the reader; of those that are gone, the ones that would as they stood last."""
    see = sight(to)
    owners = {getattr(order, f"{path}_id") for path in WorkOrder.objects.all().scope.owners}
    newest = {entry.task: entry for entry in tasks}
    if see.everything or (see.own and to.pk in owners):
        return set(newest)
    alive = set(Task.objects.filter(step__order=order.pk).visible_to(to).values_list("pk", flat=True))
    gone = {entry.row["history_id"]: task for task, entry in newest.items() if entry.act == "-"}
    return alive | {gone[number] for number in entries_visible_to(to, Task, gone)}


def _without_hidden(entries: Iterable[Entry], to: User) -> Iterator[Entry]:
    """The entries without what is hidden from the reader; one that changed nothing else is left out."""
    for entry in entries:
        money = hidden_fields(to, MODELS[entry.kind])
        if money and entry.before and entry.act == "~" and changed(entry) and changed(entry) <= money:
            continue
        rows = [{k: v for k, v in row.items() if k not in money} for row in (entry.row, entry.before)]
        yield replace(entry, row=rows[0], before=rows[1]) if money else entry


def changed(entry: Entry) -> set[str]:
    """The columns that this entry changed."""
    return {
        name for name, value in entry.row.items() if not name.startswith("history_") and value != entry.before.get(name)
    }


def _events(order: WorkOrder, seen: set[int | None], to: User) -> Iterator[Entry]:
    """What keeps no history because it never changes."""
    for row in TaskProgress.objects.filter(task__step__order=order.pk).values():
        if row["task_id"] in seen:
            yield Entry(
                Kind.REPORT, row["at"], row["by_id"], row, why=row["note"], request=row["request"], task=row["task_id"]
            )
    columns = ("task_id", "at", "by_id", "outcome_id", "operator_id", "reason", "strategy", "request")
    for row in DispatchDecision.objects.filter(task__step__order=order.pk).values(*columns):
        if row["task_id"] in seen:
            yield Entry(Kind.DECISION, row["at"], row["by_id"], row, request=row["request"], task=row["task_id"])
    for row in ApprovalEntry.objects.filter(order=order.pk).values():
        yield Entry(Kind.APPROVAL, row["at"], row["by_id"], row, why=row["reason"], request=row["request"])
    for notice in Notification.objects.filter(order=order.pk).visible_to(to):
        row = {"sentence": notice, "recipient_id": notice.recipient_id}
        yield Entry(Kind.NOTICE, notice.created_at, None, row, request=notice.request, task=notice.task_id)


def _with_doers(events: Iterable[Entry], told: Sequence[Entry]) -> Iterator[Entry]:
    """The events; a notice tells of the deed before it in the same request (a command is one request for many)."""
    deeds: dict[str, list[Entry]] = {}
    for entry in sorted(told, key=lambda entry: entry.at):
        if entry.by:
            deeds.setdefault(entry.request, []).append(entry)
    for event in events:
        done = deeds.get(event.request, []) if event.kind == Kind.NOTICE else []
        place = bisect_right(done, event.at, key=lambda entry: entry.at)
        yield replace(event, by=done[max(0, place - 1)].by) if done else event


# --- merging ----------------------------------------------------------------------------------------
def grouped(entries: Iterable[Entry]) -> list[Group]:
    """The entries by request and moment, newest first; within a moment in the order in which they happened."""
    groups: list[list[Entry]] = []
    for entry in entries:
        if groups and _goes_on(groups[-1], entry):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [Group(tuple(group)) for group in reversed(groups)]


def _goes_on(group: Sequence[Entry], entry: Entry) -> bool:
    last = group[-1]
    if (entry.request, entry.by) != (last.request, last.by) or entry.at - last.at > ONE_MOMENT:
        return False
    return entry.kind == Kind.NOTICE or not any(_ends(one) for one in group)


def _ends(entry: Entry) -> bool:
    """Whether a verb ends with this: a command does many in one request. Only a change goes on afterwards."""
    return entry.kind == Kind.APPROVAL and entry.row["act"] != ApprovalEntry.Act.CHANGED
