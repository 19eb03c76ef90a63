"""What a new priority tells those whom it concerns: loudly that work became urgent, quietly everything else."""

from collections.abc import Sequence
from dataclasses import replace

from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.orders.actions import telling
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Priority
from paidan.people.models import User


def told(order: WorkOrder, tasks: Sequence[Task], *, before: int, after: int, by: User) -> Telling:
    """These open tasks of the order have this priority now: for who holds one, and whoever may take one of the others."""
    only = tasks[0] if len(tasks) == 1 else None
    said = telling.of_order(
        Kind.BECAME_URGENT if after == Priority.URGENT else Kind.PRIORITY_CHANGED,
        order,
        before=telling.state_of_order(order) | {"priority": before},
        people={"operator": sorted({task.operator_id for task in tasks if task.operator_id})},
        departments=sorted({task.department_id for task in tasks if task.department_id and not task.operator_id}),
        person=by, tasks=len(tasks), task=only.content if only else "", priority=after,
    )  # fmt: skip
    return replace(
        said,
        after={**said.after, "priority": after},
        priority=after,
        step_id=only.step_id if only else None,
        task_id=only.pk if only else None,
    )
