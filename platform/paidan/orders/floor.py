"""What is done at a machine: each verb with who may, and when it makes sense. Every page that offers them asks here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from paidan.orders import access
from paidan.orders.actions import task as work
from paidan.orders.models import Task
from paidan.orders.models.task import OPEN
from paidan.people.models import User


class FloorVerb(NamedTuple):
    """A verb of the shop floor; `done` says afterwards what it did."""

    act: Callable[..., Any]
    may: Callable[[User, Task], bool]
    offered: Callable[[Task], bool]
    done: Any


CLAIM = FloorVerb(work.claim, access.may_claim, access.is_pooled, _("“%(row)s” is yours."))
START = FloorVerb(work.start, access.may_work, access.is_to_start, _("“%(row)s” is started."))
REPORT = FloorVerb(work.report, access.may_work, access.is_held, _("The report on “%(row)s” is saved."))
COMPLETE = FloorVerb(work.complete, access.may_work, access.is_held, _("“%(row)s” is completed."))
RELEASE = FloorVerb(work.release, access.may_work, access.is_held, _("“%(row)s” is in the pool again."))

_slips = TimestampSigner(salt="paidan.orders.floor.shown")

VERBS = {"claim": CLAIM, "start": START, "report": REPORT, "complete": COMPLETE, "release": RELEASE}


def offered(user: User, task: Task) -> tuple[str, ...]:
    """The verbs that this person may use on the task as it stands."""
    return tuple(name for name, verb in VERBS.items() if verb.offered(task) and verb.may(user, task))


def find(user: User, pk: int) -> Task:
    """The task, if it exists for this person; otherwise the same 404 as for one that never was."""
    rows = Task.objects.all().visible_to(user).select_related("step__order", "step__process")
    task: Task | None = rows.filter(pk=pk).first()
    if task is None:
        raise Http404
    return task


def shown(user: User, task: Task) -> str:
    """A slip that proves that this person was shown the task in a pool, and may therefore hear who took it."""
    return _slips.sign_object([user.pk, task.pk])


def taken_by(user: User, pk: int, slip: str) -> str:
    """Who holds a task that this person was shown in a pool today; nothing without the slip."""
    try:
        if _slips.unsign_object(slip, max_age=timedelta(days=1)) != [user.pk, pk]:
            return ""
    except BadSignature:
        return ""
    task = Task.objects.filter(pk=pk, status__in=OPEN, operator__isnull=False).select_related("operator").first()
    return str(task.operator) if task else ""


class Since(NamedTuple):
    """What happened to a task after somebody looked at it: who last, when, and the pieces before and after."""

    person: str
    by: int | None
    at: datetime
    good: tuple[int, int]
    waste: tuple[int, int]


def since(task_id: int, version: int) -> Since | None:
    """What moved a task on from a version that a person saw. One query: its history."""
    entries = list(
        Task.history.filter(id=task_id, version__gte=version).select_related("history_user").order_by("history_id")
    )
    seen = [entry for entry in entries if entry.version == version]
    later = [entry for entry in entries if entry.version > version]
    if not seen or not later:
        return None
    before, after = seen[-1], later[-1]
    who = after.history_user
    return Since(
        str(who or ""),
        after.history_user_id,
        after.history_date,
        (before.good, after.good),
        (before.waste, after.waste),
    )
