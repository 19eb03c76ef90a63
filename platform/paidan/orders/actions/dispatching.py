"""Puts decided tasks into their departments and keeps the decision of each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from paidan import audited
from paidan.dispatch import engine
from paidan.dispatch.engine import Decision
from paidan.errors import Refused
from paidan.notices.actions import announce
from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.orders import works
from paidan.orders.actions import telling, workload
from paidan.orders.actions.locking import lock_task, must_be_live
from paidan.orders.models import DispatchDecision, Task, WorkOrder
from paidan.orders.models.task import Status
from paidan.people.models import User


def formalise(
    order: WorkOrder, names: Mapping[int, str], decisions: Mapping[str, Decision], *, by: User
) -> list[Telling]:
    """Make draft tasks formal and put each where it was decided, with the reason kept. Constant statements.

    `names` are the names by which dispatch calls the tasks, by task id. Returns what people are to be told.
    """
    _keep_to_limits(decisions)
    groups: dict[tuple[int | None, int | None, str], list[int]] = {}
    for pk, name in names.items():
        decision = decisions[name]
        reason = "" if decision.department is not None else decision.reason
        groups.setdefault((decision.department, decision.operator, reason), []).append(pk)
    audited.update_groups(
        Task,
        [(ids, placed(*place)) for place, ids in groups.items()],
        by=by,
        why=_("dispatched"),
    )
    audited.write_once(DispatchDecision, [decision_row(pk, decisions[name], by) for pk, name in names.items()])
    telling.touch(
        order,
        departments=[department for department, _operator, _reason in groups],
        operators=[operator for _department, operator, _reason in groups],
    )
    return [*_arrivals(order, decisions, by), *_given(order, groups, by)]


def _keep_to_limits(decisions: Mapping[str, Decision]) -> None:
    """Count what people are given; what is more than one may hold stays in the pool of the department."""
    picked = [decision for decision in decisions.values() if decision.operator is not None]
    room = workload.take_several(Counter(decision.operator for decision in picked if decision.operator))
    for decision in picked:
        if decision.operator and room[decision.operator] > 0:
            room[decision.operator] -= 1
        else:
            decision.operator = None


def placed(department: int | None, operator: int | None, reason: str) -> dict[str, Any]:
    """What a task becomes that is sent to a place, or to none for this reason."""
    return {
        "status": Status.PENDING,
        "department": department,
        "operator": operator,
        "undispatched": reason,
        "version": F("version") + 1,
    }


def decision_row(task: int, decision: Decision, by: User) -> dict[str, Any]:
    """A decision as it is kept."""
    return {
        "task_id": task,
        "strategy": decision.strategy,
        "version": decision.version,
        "inputs": decision.inputs,
        "ranking": decision.ranking,
        "outcome_id": decision.department,
        "operator_id": decision.operator,
        "reason": decision.reason,
        "by_id": by.pk,
    }


def _arrivals(order: WorkOrder, decisions: Mapping[str, Decision], by: User) -> Iterator[Telling]:
    """For each department: how many tasks came."""
    counts = Counter(decision.department for decision in decisions.values() if decision.department is not None)
    names = {row["department"]: row["name"] for decision in decisions.values() for row in decision.ranking}
    for department, count in sorted(counts.items()):
        words = {"tasks": count, "department": names[department], "person": by}
        yield telling.of_order(Kind.TASKS_DISPATCHED, order, departments=[department], **words)


def _given(
    order: WorkOrder, groups: Mapping[tuple[int | None, int | None, str], list[int]], by: User
) -> Iterator[Telling]:
    """The people who were given tasks at once."""
    mine = [(operator, pk) for (_department, operator, _reason), ids in groups.items() if operator for pk in ids]
    contents = dict(Task.objects.filter(pk__in=[pk for _o, pk in mine]).values_list("pk", "content")) if mine else {}
    for operator, pk in mine:
        given = telling.of_order(Kind.TASK_ASSIGNED, order, people={"operator": [operator]}, person=by)
        yield replace(given, values={**given.values, "task": contents[pk]}, task_id=pk)


def dispatch_again(task: Task, *, by: User) -> Task:
    """Decide once more for a task that found no department, now that rules or the switch may have changed."""
    row = works.of_task(task)
    decisions = engine.decide(works.problem(task.order, works.works([row], task.order.number)))
    with transaction.atomic():
        task = lock_task(task)
        must_be_live(task.order)
        if task.status != Status.PENDING or task.department_id:
            raise Refused(
                _("“%(task)s” has a department already, or is no longer pending.") % {"task": task}, "dispatched"
            )
        announce(formalise(task.order, {task.pk: row.name}, decisions, by=by), by=by)
    if decisions[row.name].department is None:
        task.refresh_from_db(fields=["undispatched"])
        raise Refused(task.get_undispatched_display(), "undispatched")
    task.refresh_from_db(fields=["status", "department", "operator", "undispatched", "version"])
    return task
