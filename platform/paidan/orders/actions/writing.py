"""Writes what was thought about an order: header, parts and tasks, with history, in a constant number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan import audited
from paidan.dispatch import engine
from paidan.notices.actions import announce
from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.orders import facts as reading
from paidan.orders.actions import dispatching, progress, telling, urgency
from paidan.orders.actions.numbers import next_numbers
from paidan.orders.actions.syncing import apply_tasks, task_values
from paidan.orders.drafts import PARTS, OrderDraft
from paidan.orders.models import (
    ApprovalEntry,
    OrderLine,
    OrderMaterial,
    OrderStep,
    OrderTooling,
    Task,
    WorkOrder,
)
from paidan.orders.models.order import Approval
from paidan.orders.models.task import OPEN
from paidan.orders.planning import Change, TaskPlan
from paidan.orders.works import TaskRow
from paidan.people.models import User

PART_MODELS: Mapping[str, Any] = {  # four models that share `ref` and a foreign key to their order
    "lines": OrderLine,
    "materials": OrderMaterial,
    "toolings": OrderTooling,
    "steps": OrderStep,
}


@dataclass(frozen=True, slots=True)
class Thought:
    """What was worked out before the transaction: the draft with its numbers, the plan, where new tasks would go."""

    draft: OrderDraft
    plan: TaskPlan
    known: reading.Catalogue
    state: str
    rows: Sequence[TaskRow]
    problem: engine.Problem | None
    decisions: Mapping[str, engine.Decision]


def create(thoughts: Sequence[Thought], *, by: User, reason: str = "") -> list[WorkOrder]:
    """Write new orders with their parts and draft tasks; a hundred orders take as many statements as one."""
    drafts = [thought.draft for thought in thoughts]
    free = iter(next_numbers(timezone.localdate(), sum(not draft.number for draft in drafts)))
    orders = [
        WorkOrder(
            number=draft.number or next(free), maker=by, total_amount=draft.total_amount, last_ref=_last_ref(draft),
            **draft.header,
        )
        for draft in drafts
    ]  # fmt: skip
    audited.insert_each(orders, by=by, why=reason or _("created"))
    telling.touch_new(orders)
    parts: list[dict[str, dict[int, int]]] = [{} for _order in orders]
    for name in PARTS:
        rows = [
            [_values(name, part, order) for part in getattr(draft, name)]
            for order, draft in zip(orders, drafts, strict=True)
        ]
        ids = iter(audited.insert(PART_MODELS[name], [row for some in rows for row in some], by=by, why=reason))
        for mine, some in zip(parts, rows, strict=True):
            mine[name] = {row["ref"]: next(ids) for row in some}
    tasks = [
        task_values(change, mine, {}, row.minutes)
        for thought, mine in zip(thoughts, parts, strict=True)
        for change, row in zip(thought.plan.of(Change.ADD), thought.rows, strict=True)
    ]
    audited.insert(Task, tasks, by=by, why=reason or _("planned"))
    return orders


def change(order: WorkOrder, thought: Thought, *, by: User, reason: str) -> WorkOrder:
    """Make an order that is there, and its tasks, what was thought."""
    before = telling.state_of_order(order)
    telling.touch_all(order)
    order = _write_header(order, thought.draft, by, reason)
    parts: dict[str, dict[int, int]] = {}
    dropped: dict[str, list[int]] = {}
    for name in PARTS:
        have = {row.ref: row for row in getattr(order, name).all()}
        parts[name] = _write_parts(order, name, thought.draft, have, by, reason)
        dropped[name] = [row.pk for ref, row in have.items() if ref not in parts[name]]
    added, gone = apply_tasks(order, thought.plan, parts, thought.rows, thought.known, by=by, reason=reason)
    for name, ids in dropped.items():
        audited.delete(PART_MODELS[name], ids, by=by, why=reason)
    if order.approval == Approval.APPROVED:
        tellings = _changed_after_approval(order, before, by, reason, gone)
        tellings += _new_priority(order, before["priority"], thought.plan, by)
        if added:
            names = [row.name for row in thought.rows]
            tellings += dispatching.formalise(order, dict(zip(added, names, strict=True)), thought.decisions, by=by)
        announce([*tellings, *progress.refresh(order, by=by)], by=by)
    return order


def _last_ref(draft: OrderDraft) -> int:
    return max((part.ref for name in PARTS for part in getattr(draft, name)), default=0)


def _values(name: str, part: Any, order: WorkOrder) -> dict[str, Any]:
    """A new part as a row."""
    return {"order_id": order.pk, **{field.name: getattr(part, field.name) for field in fields(PARTS[name])}}


def _write_header(order: WorkOrder, draft: OrderDraft, by: User, reason: str) -> WorkOrder:
    values = {**draft.header, "total_amount": draft.total_amount, "last_ref": max(order.last_ref, _last_ref(draft))}
    audited.update(WorkOrder, [order.pk], by=by, why=reason or _("edited"), **values, version=F("version") + 1)
    order.refresh_from_db()
    return order


def _write_parts(
    order: WorkOrder, name: str, draft: OrderDraft, have: Mapping[int, Any], by: User, reason: str
) -> dict[int, int]:
    """Write new and changed parts of one kind; returns the ids of those that the draft names, by lasting number."""
    wanted = getattr(draft, name)
    changed: list[models.Model] = []
    for part in wanted:
        if row := have.get(part.ref):
            values = _values(name, part, order)
            if any(getattr(row, field) != value for field, value in values.items()):
                for field, value in values.items():
                    setattr(row, field, value)
                changed.append(row)
    model = PART_MODELS[name]
    new = [part for part in wanted if part.ref not in have]
    made = audited.insert(model, [_values(name, part, order) for part in new], by=by, why=reason)
    names = [field.name for field in fields(PARTS[name]) if field.name != "ref"]
    audited.update_each(changed, names, by=by, why=reason)
    kept = {part.ref: have[part.ref].pk for part in wanted if part.ref in have}
    return kept | {part.ref: pk for part, pk in zip(new, made, strict=True)}


def _changed_after_approval(
    order: WorkOrder, before: Mapping[str, Any], by: User, reason: str, gone: Iterable[int]
) -> list[Telling]:
    ApprovalEntry.objects.create(order=order, act=ApprovalEntry.Act.CHANGED, by=by, reason=reason)
    people = {"former_operator": sorted(gone)}
    return [telling.of_order(Kind.ORDER_CHANGED, order, before=before, people=people, person=by, reason=reason)]


def _new_priority(order: WorkOrder, before: int, plan: TaskPlan, by: User) -> list[Telling]:
    """The open tasks that follow the order's priority; those with one of their own by hand do not."""
    if order.priority == before:
        return []
    follow = [change for change in plan.of(Change.CHANGE) if change.after and "priority" in change.after]
    ids = [change.task for change in follow if change.task]
    tasks = list(Task.objects.filter(pk__in=ids, status__in=OPEN).order_by("pk"))
    return [urgency.told(order, tasks, before=before, after=order.priority, by=by)] if tasks else []
