"""Puts decided tasks into their departments and keeps the decision of each."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from paidan import audited
from paidan.contracts import WorkFacts
from paidan.dispatch import engine
from paidan.dispatch.engine import Decision
from paidan.errors import Refused
from paidan.notices.actions import Telling, announce
from paidan.notices.models import Kind
from paidan.orders import facts as reading
from paidan.orders.actions.locking import lock_task, must_be_live
from paidan.orders.models import DispatchDecision, Task, WorkOrder
from paidan.orders.models.task import Status
from paidan.people import access
from paidan.people.models import User


def formalise(works: Mapping[int, WorkFacts], decisions: Mapping[str, Decision], *, by: User) -> None:
    """Make draft tasks formal and put each where it was decided, with the reason kept. Constant statements.

    `works` are the tasks by id, `decisions` go by the name of the work.
    """
    groups: dict[tuple[int | None, str], list[int]] = {}
    for pk, work in works.items():
        decision = decisions[work.id]
        reason = "" if decision.department is not None else decision.reason
        groups.setdefault((decision.department, reason), []).append(pk)
    audited.update_groups(
        Task,
        [(ids, _placed(department, reason)) for (department, reason), ids in groups.items()],
        by=by,
        why=_("dispatched"),
    )
    audited.write_once(DispatchDecision, [_row(pk, decisions[work.id], by) for pk, work in works.items()])


def _placed(department: int | None, reason: str) -> dict[str, Any]:
    return {
        "status": Status.PENDING,
        "department": department,
        "undispatched": reason,
        "version": F("version") + 1,
    }


def _row(task: int, decision: Decision, by: User) -> dict[str, Any]:
    return {
        "task_id": task,
        "strategy": decision.strategy,
        "version": decision.version,
        "inputs": decision.inputs,
        "ranking": decision.ranking,
        "outcome_id": decision.department,
        "reason": decision.reason,
        "by_id": by.pk,
    }


def arrivals(order: WorkOrder, decisions: Mapping[str, Decision]) -> list[Telling]:
    """What the supervisors of each department are told: how many tasks came."""
    counts: dict[int, int] = {}
    names: dict[int, str] = {}
    for decision in decisions.values():
        if decision.department is not None:
            counts[decision.department] = counts.get(decision.department, 0) + 1
            names |= {row["department"]: row["name"] for row in decision.ranking}
    supervisors = access.holders(access.DISPATCH) if counts else {}
    return [
        Telling(
            Kind.TASKS_DISPATCHED,
            supervisors.get(department, ()),
            {"tasks": count, "order": order.number, "department": names[department]},
            order.pk,
        )
        for department, count in sorted(counts.items())
    ]


def dispatch_again(task: Task, *, by: User) -> Task:
    """Decide once more for a task that found no department, now that rules or the switch may have changed."""
    work = reading.work_facts(task)
    decisions = engine.decide(reading.dispatch_problem([work]))
    with transaction.atomic():
        task = lock_task(task)
        must_be_live(task.order)
        if task.status != Status.PENDING or task.department_id:
            raise Refused(
                _("“%(task)s” has a department already, or is no longer pending.") % {"task": task}, "dispatched"
            )
        formalise({task.pk: work}, decisions, by=by)
        announce(arrivals(task.order, decisions), by=by)
    if decisions[work.id].department is None:
        task.refresh_from_db(fields=["undispatched"])
        raise Refused(task.get_undispatched_display(), "undispatched")
    task.refresh_from_db(fields=["status", "department", "undispatched", "version"])
    return task
