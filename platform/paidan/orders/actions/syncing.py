"""Applies a task plan: removes, changes and adds rows in a constant number of statements."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from paidan import audited
from paidan.orders import facts as reading
from paidan.orders.actions import workload
from paidan.orders.drafts import OrderDraft
from paidan.orders.models import Task, WorkOrder
from paidan.orders.planning import Change, TaskChange, TaskPlan
from paidan.orders.works import TaskRow
from paidan.people.models import User

type Parts = Mapping[str, Mapping[int, int]]
"""The ids of an order's lines, materials, toolings and steps, by kind and lasting number."""


def rows_of(plan: TaskPlan, draft: OrderDraft, known: reading.Catalogue) -> list[TaskRow]:
    """The tasks that a plan would add, as they would be read from the database."""
    processes = {step.ref: known.processes[step.process_id] for step in draft.steps}
    return [
        TaskRow(
            0, change.step, change.key, processes[change.step].code, change.spec.planned,
            reading.minutes(processes[change.step], change.spec.planned), change.priority, change.due, change.content,
        )
        for change in plan.of(Change.ADD)
        if change.spec
    ]  # fmt: skip


def apply_tasks(
    order: WorkOrder,
    plan: TaskPlan,
    parts: Parts,
    rows: Sequence[TaskRow],
    known: reading.Catalogue,
    *,
    by: User,
    reason: str,
) -> tuple[list[int], set[int]]:
    """Make the tasks match the plan. Returns the ids of added drafts, in the plan's order, and who lost a task."""
    gone = _remove(plan.of(Change.REMOVE), by, reason)
    _change(plan.of(Change.CHANGE), known, by, reason)
    added = plan.of(Change.ADD)
    return _add(order, added, parts, [row.minutes for row in rows], by, reason), gone


def _remove(changes: Sequence[TaskChange], by: User, reason: str) -> set[int]:
    ids = [change.task for change in changes if change.task]
    if not ids:
        return set()
    operators = list(Task.objects.filter(pk__in=ids, operator__isnull=False).values_list("operator", "status"))
    workload.give_back(operator for operator, status in operators if status != "cancelled")
    audited.delete(Task, ids, by=by, why=reason or _("no longer needed by the order"))
    return {operator for operator, _status in operators if operator}


def _change(changes: Sequence[TaskChange], known: reading.Catalogue, by: User, reason: str) -> None:
    if not changes:
        return
    rows = Task.objects.select_related("step").in_bulk([change.task for change in changes])
    for change in changes:
        row = rows[change.task]
        for field, value in (change.after or {}).items():
            setattr(row, field, value)
        row.minutes = reading.minutes(known.processes[row.step.process_id], row.planned)
        row.version += 1
    fields = ["content", "planned", "allowance", "priority", "due", "minutes", "version"]
    audited.update_each(list(rows.values()), fields, by=by, why=reason or _("follows the order"))


def _add(
    order: WorkOrder, changes: Sequence[TaskChange], parts: Parts, minutes: Sequence[int], by: User, reason: str
) -> list[int]:
    roots = _roots(order, {change.root for change in changes if change.root})
    rows = [task_values(change, parts, roots, took) for change, took in zip(changes, minutes, strict=True)]
    return audited.insert(Task, rows, by=by, why=reason or _("planned"))


def _roots(order: WorkOrder, keys: set[str]) -> dict[tuple[int, str], int]:
    """The tasks that supplements belong to, by step and key."""
    if not keys:
        return {}
    rows = Task.objects.filter(step__order=order, key__in=keys).values_list("step__ref", "key", "pk")
    return {(step, key): pk for step, key, pk in rows}


def task_values(change: TaskChange, parts: Parts, roots: Mapping[tuple[int, str], int], minutes: int) -> dict[str, Any]:
    """A task to be added, as a row."""
    spec = change.spec
    assert spec is not None
    return {
        "step_id": parts["steps"][change.step],
        "key": spec.key,
        "parent_id": roots.get((change.step, change.root)) if change.root else None,
        "line_id": parts["lines"][spec.line] if spec.line else None,
        "material_id": parts["materials"][spec.material] if spec.material else None,
        "tooling_id": parts["toolings"][spec.tooling] if spec.tooling else None,
        "content": spec.content,
        "planned": spec.planned,
        "allowance": spec.allowance,
        "priority": change.priority,
        "due": change.due,
        "minutes": minutes,
    }
