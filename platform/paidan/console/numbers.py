"""The numbers of the start page. Each is defined once: a condition, and the filters of the list that shows its rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paidan.notices.models import Delivery
from paidan.orders.admin.filters import order_problem, orders_due, own_orders, ready_for, standing, tasks_due
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.orders.models.task import OPEN, Status
from paidan.people.access import person
from paidan.people.security import locked_out
from paidan.registry.admin import in_trouble
from paidan.registry.models import Plugin


@dataclass(frozen=True, slots=True)
class Number:
    """What is counted: its words, the condition, given who asks, and the filters that show the same rows."""

    title: Any
    condition: Callable[[int], Q]
    filters: dict[str, str]
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """One number, and the list that it counts."""

    title: Any
    count: int
    url: str
    alarm: bool = False


def _approval(state: Approval) -> dict[str, Any]:
    return {"condition": lambda me: Q(approval=state), "filters": {"approval__exact": state.value}}


def _own(number: Number) -> Number:
    """The same of the orders that the person wrote or sold."""
    return replace(
        number, condition=lambda me: own_orders(me) & number.condition(me), filters=number.filters | {"whose": "mine"}
    )


LATE_ORDERS = Number(_("late"), lambda me: orders_due("late"), {"due": "late"}, alarm=True)
RUNNING_ORDERS = Number(
    _("in progress"), lambda me: Q(progress=Progress.IN_PROGRESS), {"progress__exact": Progress.IN_PROGRESS.value}
)
WAITING_ORDERS = Number(_("waiting for approval"), **_approval(Approval.SUBMITTED))
LOST_TASKS = Number(
    _("without a department"), lambda me: standing("undispatched", me), {"standing": "undispatched"}, alarm=True
)
LATE_TASKS = Number(_("late"), lambda me: standing("late", me), {"standing": "late"}, alarm=True)
URGENT_TASKS = Number(_("urgent and open"), lambda me: standing("urgent", me), {"standing": "urgent"}, alarm=True)
POOL = Number(_("in the pool"), lambda me: standing("pool", me), {"standing": "pool"})
RUNNING_TASKS = Number(
    _("in progress"), lambda me: Q(status=Status.IN_PROGRESS), {"status__exact": Status.IN_PROGRESS.value}
)

WRITING = tuple(
    _own(number)
    for number in (
        Number(_("drafts"), **_approval(Approval.DRAFT)),
        WAITING_ORDERS,
        Number(_("rejected"), **_approval(Approval.REJECTED), alarm=True),
        LATE_ORDERS,
        Number(_("due this week"), lambda me: orders_due("week"), {"due": "week"}),
    )
)
DECIDING = (
    WAITING_ORDERS,
    Number(_("unapproved, due within 3 days"), lambda me: order_problem("tight"), {"problem": "tight"}, alarm=True),
    Number(
        _("orders with a task without a department"), lambda me: order_problem("undispatched"),
        {"problem": "undispatched"}, alarm=True,
    ),
    RUNNING_ORDERS,
    LATE_ORDERS,
)  # fmt: skip
LOOKING: tuple[Number, ...] = (WAITING_ORDERS, RUNNING_ORDERS, LATE_ORDERS)
MY_DAY = (
    Number(_("mine"), lambda me: standing("mine", me), {"standing": "mine"}),
    Number(_("mine, ready to start or go on"), ready_for, {"standing": "mine", "ready": "1"}),
    Number(
        _("mine, due today"), lambda me: standing("mine", me) & tasks_due("today"), {"standing": "mine", "when": "today"}
    ),
    Number(
        _("mine, late"), lambda me: standing("mine", me) & tasks_due("late"), {"standing": "mine", "when": "late"}, alarm=True
    ),
    POOL,
)  # fmt: skip
WORK: tuple[Number, ...] = (POOL, RUNNING_TASKS, URGENT_TASKS, LATE_TASKS)
LEADING = (*WORK, LOST_TASKS)
DUE = (
    Number(_("overdue"), lambda me: tasks_due("late"), {"when": "late"}, alarm=True),
    Number(_("due today"), lambda me: tasks_due("today"), {"when": "today"}),
    Number(_("due this week"), lambda me: tasks_due("week"), {"when": "week"}),
    Number(_("due later"), lambda me: tasks_due("later"), {"when": "later"}),
    Number(_("without a due date"), lambda me: tasks_due("none"), {"when": "none"}),
)
PLUGINS = (
    Number(_("plugins switched off"), lambda me: Q(enabled=False), {"enabled__exact": "0"}),
    Number(_("plugins that fail"), lambda me: in_trouble(), {"trouble": "1"}, alarm=True),
)
MESSAGES = (
    Number(_("messages under way"), lambda me: Q(state=Delivery.State.WAITING), {"state__exact": "waiting"}),
    Number(_("messages given up"), lambda me: Q(state=Delivery.State.GAVE_UP), {"state__exact": "gave_up"}, alarm=True),
)
LOCKED = (Number(_("people locked out at sign-in"), lambda me: locked_out(), {"locked": "1"}, alarm=True),)


def order_tiles(request: HttpRequest) -> tuple[Any, list[Tile]]:
    """What the shop's orders wait for, by what this person does with them. One query."""
    title, numbers = _("Orders"), LOOKING
    if request.user.has_perm("orders.approve_workorder"):
        title, numbers = _("To decide"), DECIDING
    elif request.user.has_perm("orders.change_workorder"):
        title, numbers = _("My desk"), WRITING
    return title, tiles(request, WorkOrder.objects.all(), numbers)


def task_tiles(request: HttpRequest) -> tuple[Any, list[Tile], list[Tile]]:
    """How the tasks stand that this person may know of; and how they are spread over the days. One query."""
    title, numbers = _("Tasks"), WORK
    if request.user.has_perm("orders.assign_task"):
        numbers = LEADING
    elif request.user.has_perm("orders.claim_task"):
        title, numbers = _("My day"), MY_DAY
    found = tiles(request, Task.objects.filter(status__in=OPEN), (*numbers, *DUE))
    return title, found[: len(numbers)], found[len(numbers) :]


def plugin_tiles(request: HttpRequest) -> list[Tile]:
    """Plugins that need somebody. One query."""
    return tiles(request, Plugin.objects.all(), PLUGINS)


def message_tiles(request: HttpRequest) -> list[Tile]:
    """What is on its way out of the house, and what did not get there. One query."""
    return tiles(request, Delivery.objects.all(), MESSAGES)


def people_tiles(request: HttpRequest) -> list[Tile]:
    """People who cannot get in. One query."""
    return tiles(request, get_user_model()._default_manager.all(), LOCKED)


def tiles(request: HttpRequest, rows: Any, numbers: Iterable[Number]) -> list[Tile]:
    """Count these numbers in the rows that exist for this person, all in one query."""
    me = person(request)
    seen = rows.visible_to(me) if hasattr(rows, "visible_to") else rows
    asked = {f"n{place}": (number, Count("pk", filter=number.condition(me.pk))) for place, number in enumerate(numbers)}
    counts = seen.aggregate(**{name: count for name, (_number, count) in asked.items()})
    page = reverse(f"admin:{rows.model._meta.app_label}_{rows.model._meta.model_name}_changelist")
    return [
        Tile(number.title, counts[name], f"{page}?{urlencode(number.filters)}", number.alarm)
        for name, (number, _count) in asked.items()
    ]
