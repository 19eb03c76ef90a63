"""What the verbs have to tell: one event each, with who played which part and how things stood before and after."""

from collections.abc import Iterable, Mapping
from typing import Any

from paidan.backoffice import live
from paidan.notices.planning import Telling
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.task import OPEN
from paidan.people.models import Department, User


def of_task(
    kind: str,
    task: Task,
    *,
    by: User,
    operator: User | None = None,
    former: User | None = None,
    department: Department | None = None,
    reason: str = "",
    **now: Any,
) -> Telling:
    """Something happened to a task: who holds it, who held it, what is different `now`."""
    order, before = task.order, state_of_task(task)
    place = department or task.department
    return Telling(
        kind=kind,
        values={"person": by, "task": task.content, "order": order.number, "reason": reason, "former": former or ""},
        people={
            "operator": [operator.pk if operator else None],
            "former_operator": [former.pk if former else None],
            **_owners(order),
        },
        departments=[place.pk] if place else [],
        before=before,
        after=before
        | {"operator": operator.username if operator else None, "department": place.code if place else None}
        | now,
        priority=task.priority,
        order_id=order.pk,
        step_id=task.step_id,
        task_id=task.pk,
    )


def of_order(
    kind: str,
    order: WorkOrder,
    *,
    before: Mapping[str, Any] | None = None,
    people: Mapping[str, Iterable[int | None]] | None = None,
    departments: Iterable[int] = (),
    once: str | None = None,
    **words: Any,
) -> Telling:
    """Something happened to an order."""
    after = state_of_order(order)
    return Telling(
        kind=kind,
        values={"order": order.number, "due": order.due_date or "", **words},
        people={**_owners(order), **(people or {})},
        departments=list(departments),
        before=after if before is None else before,
        after=after,
        priority=order.priority,
        order_id=order.pk,
        once=once,
    )


def touch_new(orders: Iterable[WorkOrder]) -> None:
    """Have those look again whose orders these are; nobody watches the orders themselves yet."""
    owners = {owner for order in orders for owner in (order.maker_id, order.salesperson_id)}
    live.touched({live.SHOP, *(f"user:{owner}" for owner in owners if owner)})


def touch(order: WorkOrder, *, departments: Iterable[int | None] = (), operators: Iterable[int | None] = ()) -> None:
    """Have open pages look again at this order, at these departments, and at the lists of these people and its owners."""
    people = {*operators, order.maker_id, order.salesperson_id}
    topics = {live.SHOP, f"order:{order.pk}"}
    topics |= {f"department:{department}" for department in departments if department}
    topics |= {f"user:{person}" for person in people if person}
    live.touched(topics)


def touch_all(order: WorkOrder) -> None:
    """Have everybody look again who has an open task of this order: what one hands over another may begin."""
    rows = Task.objects.filter(step__order=order.pk, status__in=OPEN).order_by()
    places = set(rows.values_list("department_id", "operator_id").distinct())
    touch(order, departments={place for place, _who in places}, operators={who for _place, who in places})


def state_of_task(task: Task) -> dict[str, Any]:
    """What conditions may ask about a task."""
    return {
        "status": task.status,
        "department": task.department.code if task.department else None,
        "operator": task.operator.username if task.operator else None,
        "process": task.step.process.code,
        "planned": task.planned,
        "good": task.good,
        "waste": task.waste,
        "priority": task.priority,
        "due": str(task.due) if task.due else None,
    }


def state_of_order(order: WorkOrder) -> dict[str, Any]:
    """What conditions may ask about an order."""
    return {
        "approval": order.approval,
        "progress": order.progress,
        "priority": order.priority,
        "due": str(order.due_date) if order.due_date else None,
        "print_run": order.print_run,
    }


def _owners(order: WorkOrder) -> dict[str, list[int | None]]:
    return {"maker": [order.maker_id], "salesperson": [order.salesperson_id]}
