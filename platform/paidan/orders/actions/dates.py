"""What the calendar brings about: orders that are due soon, and orders that are late."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from paidan.notices.actions import announce
from paidan.notices.models import Event, Kind
from paidan.notices.planning import Telling
from paidan.orders.actions import telling
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.orders.models.task import OPEN

SOON_DAYS = 2


def tell_of_dates(today: date) -> int:
    """Tell once of each order that its due date is near, and once that it has passed; returns how many were told of.

    A moved due date is a new one. Two workers at once tell once: the second finds the event written.
    """
    with transaction.atomic():
        rows = _waiting(today)
        once = {row.pk: _once(row, today) for row in rows}
        said = set(Event.objects.filter(once__in=once.values()).values_list("once", flat=True))
        new = [row for row in rows if once[row.pk] not in said]
        places = _departments(row.pk for row in new)
        announce([_telling(row, today, places.get(row.pk, set()), once[row.pk]) for row in new], by=None)
    return len(new)


def _waiting(today: date) -> list[WorkOrder]:
    """Approved orders, locked, that are due within days or were; who is late for longer was told of before."""
    running = Q(progress__in=(Progress.PENDING, Progress.IN_PROGRESS), approval=Approval.APPROVED)
    near = Q(due_date__lte=today + timedelta(days=SOON_DAYS), due_date__gte=today - timedelta(days=SOON_DAYS))
    rows = WorkOrder.objects.filter(running & near).order_by("pk")
    return list(rows.select_for_update(of=("self",), no_key=True))


def _telling(order: WorkOrder, today: date, departments: Iterable[int], once: str) -> Telling:
    kind = Kind.ORDER_OVERDUE if _is_late(order, today) else Kind.ORDER_DUE_SOON
    return telling.of_order(kind, order, departments=sorted(departments), once=once)


def _once(order: WorkOrder, today: date) -> str:
    return f"{'late' if _is_late(order, today) else 'soon'}:{order.pk}:{order.due_date}"


def _is_late(order: WorkOrder, today: date) -> bool:
    return order.due_date is not None and order.due_date < today


def _departments(orders: Iterable[int]) -> dict[int, set[int]]:
    """Where the open tasks of these orders lie."""
    found: dict[int, set[int]] = {}
    rows = Task.objects.filter(step__order__in=list(orders), status__in=OPEN, department__isnull=False).order_by()
    for order, department in rows.values_list("step__order", "department").distinct():
        found.setdefault(order, set()).add(department)
    return found
