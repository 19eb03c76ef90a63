"""Keeps the derived state of an order true."""

from typing import Any

from django.db.models import BigIntegerField, Count, QuerySet
from django.utils.translation import gettext as _

from paidan import audited
from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.orders.actions import telling
from paidan.orders.flow import progress
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.people.models import User
from paidan.prepared import Given, Prepared


def derived(order: WorkOrder) -> Progress:
    """How far the order is, from its tasks alone. One query."""
    if order.approval != Approval.APPROVED:
        return Progress.PENDING
    return progress(dict(_counts.ask(order=order.pk)))


@Prepared
def _counts() -> QuerySet[Any, Any]:
    tasks = Task.objects.filter(step__order=Given("order", BigIntegerField())).order_by()
    return tasks.values_list("status").annotate(n=Count("id"))


def refresh(order: WorkOrder, *, by: User) -> list[Telling]:
    """Bring the order's progress up to date; says whom to tell when the last task made it complete."""
    if order.is_held:
        return []
    now = derived(order)
    if now == order.progress:
        return []
    before = telling.state_of_order(order)
    audited.update(WorkOrder, [order.pk], by=by, why=_("follows from its tasks"), progress=now)
    order.progress = now
    if now != Progress.COMPLETED:
        return []
    return [telling.of_order(Kind.ORDER_COMPLETED, order, before=before, person=by)]
