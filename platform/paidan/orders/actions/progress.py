"""Keeps the derived state of an order true."""

from django.db.models import Count
from django.utils.translation import gettext as _

from paidan import audited
from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.orders.actions import telling
from paidan.orders.flow import progress
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.people.models import User


def derived(order: WorkOrder) -> Progress:
    """How far the order is, from its tasks alone. One query."""
    if order.approval != Approval.APPROVED:
        return Progress.PENDING
    counts = Task.objects.filter(step__order=order).order_by().values_list("status").annotate(n=Count("id"))
    return progress(dict(counts))


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
