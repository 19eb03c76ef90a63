"""Gives tasks by hand: each move is proven and done by itself, so that one refusal does not hold up the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paidan.errors import Refused
from paidan.orders import access
from paidan.orders.actions import task as work
from paidan.orders.models import Task
from paidan.orders.models.task import Status
from paidan.people.models import Department, User

MOST_MOVES = 50
HAPPENED = ("stale", "is_completed", "is_cancelled", "gone")
"""Refusals that somebody else caused: who it was, and when, belongs to the answer."""


@dataclass(frozen=True, slots=True)
class Move:
    """A task, the version of it that the person saw, and where it should go; `start` when it was being worked on."""

    task: int
    version: int
    to: int | None
    department: int | None
    start: bool = False

    @classmethod
    def of(cls, sent: Any) -> Self:
        """Read what a page sent; anything else is a ValueError."""
        if not isinstance(sent, dict):
            raise ValueError("a move is an object")
        task, version, to, department = (_number(sent.get(name)) for name in ("task", "version", "to", "department"))
        if task is None or version is None:
            raise ValueError("a move is of one version of one task")
        return cls(task, version, to, department, start=sent.get("start") is True)


def _number(sent: Any) -> int | None:
    if sent is None or (type(sent) is int and 0 < sent < 2**31):
        return sent
    raise ValueError("this is no number of a row")


def give(moves: Iterable[Move], *, by: User) -> list[dict[str, Any]]:
    """Do these moves one after the other; says of each what came of it, in a sentence."""
    moves = list(moves)
    places = {place.pk: place for place in access.places(by)}
    hands = access.hands(places).in_bulk([move.to for move in moves if move.to])
    rows = Task.objects.all().visible_to(by).select_related("step__order")
    tasks = rows.in_bulk([move.task for move in moves])
    return [{"task": move.task, **_one(move, tasks.get(move.task), places, hands, by)} for move in moves]


def _one(
    move: Move, task: Task | None, places: Mapping[int, Department], hands: Mapping[int, User], by: User
) -> dict[str, Any]:
    """One move: proven at the edge as the admin's dialog proves it, then one call of the verb."""
    if task is None:
        return {"ok": False, "sentence": _("This task is not here any more.")}
    if not access.may_assign(by, task):
        return {"ok": False, "sentence": _("“%(task)s” is not yours to give.") % {"task": task}}
    if (move.to and move.to not in hands) or (move.department and move.department not in places):
        return {"ok": False, "sentence": _("This place is not on your board any more. Choose another one.")}
    before = {"to": task.operator_id, "department": task.department_id, "start": task.status == Status.IN_PROGRESS}
    try:
        given = work.assign(
            task,
            by=by,
            to=hands[move.to] if move.to else None,
            department=places[move.department] if move.department else None,
            version=move.version,
        )
    except Refused as refused:
        trace = who_and_when(task.pk) if refused.code in HAPPENED else ""
        return {"ok": False, "code": refused.code, "sentence": str(refused), "trace": trace}
    again = _start(given, by) if move.start else _stopped(given) if before["start"] else ""
    said = " ".join(filter(None, (_where(given), again)))
    return {"ok": True, "sentence": said, "version": given.version, "was": before if before["department"] else None}


def _where(task: Task) -> str:
    if task.operator_id:
        return _("“%(task)s” is with %(person)s.") % {"task": task, "person": task.operator}
    return _("“%(task)s” is in the pool of %(department)s.") % {"task": task, "department": task.department}


def _start(task: Task, by: User) -> str:
    """Put a task that was being worked on back to work, for whoever may."""
    if not access.may_work(by, task):
        return _stopped(task)
    try:
        task.version = work.start(task, by=by).version
    except Refused as refused:
        return str(refused)
    return ""


def _stopped(task: Task) -> str:
    return _("It was in progress and has to be started again.") if task.status == Status.PENDING else ""


def who_and_when(task: int) -> str:
    """Who changed a task last, and how long ago."""
    last = Task.history.filter(id=task).select_related("history_user").order_by("-history_id").first()
    if last is None:
        return ""
    seconds = max(0, round((timezone.now() - last.history_date).total_seconds()))
    return _("%(first)s, %(rest)s") % {"first": last.history_user or _("the house"), "rest": ago(seconds)}


def ago(seconds: int) -> str:
    """How long ago, as people say it."""
    if seconds < 60:
        return ngettext("%(n)s second ago", "%(n)s seconds ago", seconds) % {"n": seconds}
    if seconds < 3600:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", seconds // 60) % {"n": seconds // 60}
    return date_format(timezone.localtime(timezone.now() - timedelta(seconds=seconds)), "Y-m-d H:i")
