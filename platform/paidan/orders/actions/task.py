"""Assign, claim, give back, start, report, complete, cancel, split, add: what people do with tasks."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from paidan import audited
from paidan.errors import Refused
from paidan.notices.actions import announce
from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.orders.actions import progress, telling, workload
from paidan.orders.actions.locking import lock_task, must_be_live
from paidan.orders.actions.readiness import may_report, must_be_as_seen, why_blocked, wrong_status
from paidan.orders.models import Task, TaskProgress
from paidan.orders.models.task import OPEN, Status
from paidan.people import access
from paidan.people.models import Department, User


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed task, and whether it was the claimer's own before."""

    task: Task
    already_claimed: bool = False


@transaction.atomic
def claim(task: Task, *, by: User) -> Claim:
    """Take a task from the pool. Exactly one of many simultaneous claims wins; repeating one's own is fine."""
    task = lock_task(task)
    must_be_live(task.order)
    if task.operator_id == by.pk and task.status in OPEN:
        return Claim(task, already_claimed=True)
    if task.status != Status.PENDING or task.operator_id or not task.department_id:
        raise _taken(task)
    workload.take(by)
    free = Q(status=Status.PENDING, operator=None)
    if not _set(task, by, _("claimed"), where=free, operator=by):
        raise _taken(task)
    announce([telling.of_task(Kind.TASK_CLAIMED, task, by=by, operator=by)], by=by)
    return Claim(_again(task))


@transaction.atomic
def assign(
    task: Task, *, by: User, to: User | None = None, department: Department | None = None, version: int | None = None
) -> Task:
    """Give an open task to an operator, or put it into a department's pool. Nobody gets more than the limit.

    With the `version` that the person saw, a task that changed meanwhile stays where it is.
    """
    task = lock_task(task)
    must_be_live(task.order)
    if task.status not in OPEN:
        raise wrong_status(task)
    target = department or task.department
    if target and (to.pk if to else None) == task.operator_id and target.pk == task.department_id:
        return task
    must_be_as_seen(task, version)
    target = _fitting(task, to, target)
    loser = task.operator if not to or task.operator_id != to.pk else None
    workload.move(to if to and to.pk != task.operator_id else None, [loser.pk if loser else None])
    why = _("assigned") if to else _("moved to the pool")
    _set(task, by, why, operator=to, department=target, undispatched="", status=Status.PENDING)
    announce(_given(task, to, loser, target, by), by=by)
    progress.refresh(task.order, by=by)
    return _again(task)


@transaction.atomic
def release(task: Task, *, by: User, reason: str = "") -> Task:
    """Give a task back to the pool of its department; what was reported stays."""
    task = lock_task(task)
    if task.status not in OPEN or task.operator_id is None:
        raise wrong_status(task)
    workload.give_back([task.operator_id])
    _set(task, by, reason or _("given back"), operator=None, status=Status.PENDING)
    back = telling.of_task(Kind.TASK_RELEASED, task, by=by, former=task.operator, reason=reason, status=Status.PENDING)
    announce([back, *progress.refresh(task.order, by=by)], by=by)
    return _again(task)


@transaction.atomic
def start(task: Task, *, by: User) -> Task:
    """Begin work on a task that somebody holds and that nothing blocks."""
    task = lock_task(task)
    must_be_live(task.order)
    if task.status != Status.PENDING:
        raise wrong_status(task)
    if task.operator_id is None:
        raise Refused(_("Nobody holds “%(task)s” yet. Claim it first.") % {"task": task}, "not_claimed")
    if blocked := why_blocked(task):
        raise blocked
    _begin(task, by)
    begun = telling.of_task(Kind.TASK_STARTED, task, by=by, operator=task.operator, status=Status.IN_PROGRESS)
    announce([begun, *progress.refresh(task.order, by=by)], by=by)
    return _again(task)


@transaction.atomic
def report(task: Task, *, by: User, good: int = 0, waste: int = 0, version: int | None = None, note: str = "") -> Task:
    """Add good and waste pieces to what was reported; the last good piece completes the task."""
    task = lock_task(task)
    may_report(task, good, waste, version)
    TaskProgress.objects.create(task=task, by=by, good=good, waste=waste, note=note)
    if task.status == Status.PENDING:
        _begin(task, by)
    _set(task, by, _("reported"), good=F("good") + good, waste=F("waste") + waste)
    if task.good + good >= task.planned:
        return _finish(_again(task), by)
    telling.touch_all(task.order)
    announce(progress.refresh(task.order, by=by), by=by)
    return _again(task)


@transaction.atomic
def complete(
    task: Task,
    *,
    by: User,
    good: int | None = None,
    waste: int = 0,
    version: int | None = None,
    note: str = "",
) -> Task:
    """End a task: the missing pieces are reported as good, or fewer with a note that says why."""
    task = lock_task(task)
    good = task.remaining if good is None else good
    if task.good + good < task.planned and not note.strip():
        raise Refused(
            _("%(missing)s of %(planned)s pieces are missing. Say why the task ends with fewer.")
            % {"missing": number_format(task.planned - task.good - good), "planned": number_format(task.planned)},
            "reason_required",
        )
    may_report(task, good, waste, version, may_be_nothing=True)
    if good or waste or note:
        TaskProgress.objects.create(task=task, by=by, good=good, waste=waste, note=note)
    if task.status == Status.PENDING:
        _begin(task, by)
    if good or waste:
        _set(task, by, _("reported"), good=F("good") + good, waste=F("waste") + waste)
    return _finish(_again(task), by)


@transaction.atomic
def cancel(task: Task, *, by: User, reason: str) -> Task:
    """End an open task without finishing it; what was reported stays. The rest of the order goes on."""
    task = lock_task(task)
    if task.status not in OPEN:
        raise wrong_status(task)
    if not reason.strip():
        raise Refused(_("Say why the task is cancelled."), "reason_required")
    workload.give_back([task.operator_id])
    _set(task, by, reason, status=Status.CANCELLED)
    gone = telling.of_task(
        Kind.TASK_CANCELLED, task, by=by, operator=task.operator, reason=reason, status=Status.CANCELLED
    )
    announce([gone, *progress.refresh(task.order, by=by)], by=by)
    return _again(task)


def _begin(task: Task, by: User) -> None:
    started = task.started_at or timezone.now()
    _set(task, by, _("started"), status=Status.IN_PROGRESS, started_at=started)


def _finish(task: Task, by: User) -> Task:
    """The last piece: task, and with the last task the order."""
    if task.step.process.confirms_tooling and task.tooling and task.tooling.tooling.confirmed_at is None:
        raise Refused(
            _("%(tooling)s is not confirmed yet. Have it confirmed, then complete the task.")
            % {"tooling": task.tooling.tooling},
            "tooling_not_confirmed",
        )
    workload.give_back([task.operator_id])
    _set(task, by, _("completed"), status=Status.COMPLETED, completed_at=timezone.now())
    telling.touch_all(task.order)
    done = telling.of_task(Kind.TASK_COMPLETED, task, by=by, operator=task.operator, status=Status.COMPLETED)
    announce([done, *progress.refresh(task.order, by=by)], by=by)
    return _again(task)


def _fitting(task: Task, to: User | None, target: Department | None) -> Department:
    """The department, when a task can go there and this person works in it."""
    if target is None:
        raise Refused(_("Choose a department for “%(task)s”.") % {"task": task}, "no_department")
    if not target.is_active:
        raise Refused(_("%(department)s is not active. Choose another one.") % {"department": target}, "inactive")
    if to and (not to.is_active or target.pk not in access.departments_of(to)[access.CLAIM]):
        raise Refused(
            _("%(person)s does not work in %(department)s. Choose somebody who does.")
            % {"person": to, "department": target},
            "not_in_department",
        )
    return target


def _given(task: Task, to: User | None, loser: User | None, place: Department, by: User) -> list[Telling]:
    """To whom a task is given, and from whom it is taken."""
    tellings = []
    if to and loser:
        tellings.append(telling.of_task(Kind.TASK_REASSIGNED, task, by=by, operator=to, former=loser, department=place))
    elif to and to.pk != task.operator_id:
        tellings.append(telling.of_task(Kind.TASK_ASSIGNED, task, by=by, operator=to, department=place))
    if loser:
        tellings.append(telling.of_task(Kind.TASK_TAKEN_AWAY, task, by=by, former=loser, department=place))
    return tellings


def _set(task: Task, by: User, why: str, *, where: Q | None = None, **values: Any) -> int:
    """Write a task's new values, with history, and have open pages look again where it lay and where it lies."""
    now = {name: getattr(values.get(name), "pk", None) for name in ("department", "operator")}
    telling.touch(
        task.order,
        departments=(task.department_id, now["department"]),
        operators=(task.operator_id, now["operator"]),
    )
    return audited.update(Task, [task.pk], by=by, why=why, where=where, version=F("version") + 1, **values)


def _again(task: Task) -> Task:
    """The task with its new values; step, order and process are as they were."""
    task.refresh_from_db(fields=[
        "planned", "good", "waste", "status", "department", "operator", "undispatched", "minutes", "started_at",
        "completed_at", "version",
    ])  # fmt: skip
    return task


def _taken(task: Task) -> Refused:
    if task.operator_id and task.status in OPEN:
        return Refused(
            _("%(person)s has taken “%(task)s”. Choose another one from the pool.")
            % {"person": task.operator, "task": task},
            "already_taken",
            operator=task.operator_id,
        )
    if task.status == Status.PENDING:
        return Refused(
            _("“%(task)s” has no department yet: %(why)s") % {"task": task, "why": task.get_undispatched_display()},
            "undispatched",
        )
    return wrong_status(task)
