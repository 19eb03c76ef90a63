"""Order → operator → task: the one order in which rows are locked."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from paidan.errors import Refused
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Progress


def lock_order(order: WorkOrder) -> WorkOrder:
    """The order as it stands now, locked until the transaction ends."""
    return _there(WorkOrder.objects.select_for_update(of=("self",), no_key=True).filter(pk=order.pk))


def fresh(order: WorkOrder) -> WorkOrder:
    """The order as it stands now, to think about."""
    return _there(WorkOrder.objects.filter(pk=order.pk))


def _there(rows: QuerySet[WorkOrder]) -> WorkOrder:
    row = rows.first()
    if row is None:
        raise Refused(_("This order no longer exists. Somebody deleted it."), "gone")
    return row


def lock_task(task: Task) -> Task:
    """The task as it stands now, with its order locked."""
    orders = WorkOrder.objects.select_for_update(of=("self",), no_key=True)
    order = orders.filter(steps__tasks=task.pk).first()
    row = Task.objects.select_related("step__process", "department", "operator").filter(pk=task.pk).first()
    if order is None or row is None:
        raise Refused(_("This task no longer exists. The order was changed meanwhile."), "gone")
    row.step.order = order
    return row


def lock_orders_of(task_ids: Iterable[int]) -> list[WorkOrder]:
    """All orders that these tasks belong to, locked in the order of their ids."""
    ids = WorkOrder.objects.filter(steps__tasks__in=list(task_ids)).values("pk")
    return list(WorkOrder.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))


def must_be_live(order: WorkOrder) -> None:
    """Refuse work on an order that is paused or cancelled."""
    if order.progress == Progress.PAUSED:
        raise Refused(
            _("Order %(order)s is paused. Work goes on when it is resumed.") % {"order": order}, "order_paused"
        )
    if order.progress == Progress.CANCELLED:
        raise Refused(_("Order %(order)s is cancelled.") % {"order": order}, "order_cancelled")
