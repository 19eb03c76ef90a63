"""The start page: what waits for this person, counted by the same queries as the lists behind the numbers."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paidan.notices.models import Notification
from paidan.orders.admin.filters import StandingFilter, late_orders, standing
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.orders.models.task import Status


@dataclass(frozen=True, slots=True)
class Tile:
    """One number, and the list that it counts."""

    title: Any
    count: int
    url: str
    alarm: bool = False


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Counts of orders and tasks that exist for this person, and the newest notifications. Three queries."""
    groups = [
        {"title": _("Orders"), "tiles": order_tiles(request)},
        {"title": _("Tasks"), "tiles": task_tiles(request)},
    ]
    context["groups"] = [group for group in groups if group["tiles"]]
    context["notices"] = Notification.objects.all().visible_to(request.user)[:8]
    context["title"] = _("Home")
    return context


def order_tiles(request: HttpRequest) -> list[Tile]:
    """Orders by what has to happen with them."""
    if not request.user.has_perm("orders.view_workorder"):
        return []
    counts = (
        WorkOrder.objects.all()
        .visible_to(request.user)
        .aggregate(
            draft=Count("pk", filter=Q(approval=Approval.DRAFT)),
            submitted=Count("pk", filter=Q(approval=Approval.SUBMITTED)),
            rejected=Count("pk", filter=Q(approval=Approval.REJECTED)),
            in_progress=Count("pk", filter=Q(progress=Progress.IN_PROGRESS)),
            late=Count("pk", filter=late_orders()),
        )
    )
    tiles = [
        Tile(_("waiting for approval"), counts["submitted"], _orders(approval__exact=Approval.SUBMITTED)),
        Tile(_("in progress"), counts["in_progress"], _orders(progress__exact=Progress.IN_PROGRESS)),
        Tile(_("late"), counts["late"], _orders(late="1"), True),
    ]
    if request.user.has_perm("orders.change_workorder"):
        tiles += [
            Tile(_("drafts"), counts["draft"], _orders(approval__exact=Approval.DRAFT)),
            Tile(_("rejected"), counts["rejected"], _orders(approval__exact=Approval.REJECTED), True),
        ]
    return tiles


def task_tiles(request: HttpRequest) -> list[Tile]:
    """Tasks by where they stand."""
    if not request.user.has_perm("orders.view_task"):
        return []
    names = [name for name, _title in StandingFilter.names]
    counts = (
        Task.objects.all()
        .visible_to(request.user)
        .aggregate(
            running=Count("pk", filter=Q(status=Status.IN_PROGRESS)),
            **{name: Count("pk", filter=standing(name, request.user.pk)) for name in names},
        )
    )
    tiles = [
        Tile(_("in the pool"), counts["pool"], _tasks(standing="pool")),
        Tile(_("in progress"), counts["running"], _tasks(status__exact=Status.IN_PROGRESS)),
        Tile(_("urgent and open"), counts["urgent"], _tasks(standing="urgent"), True),
        Tile(_("late"), counts["late"], _tasks(standing="late"), True),
    ]
    if request.user.has_perm("orders.claim_task"):
        tiles.insert(0, Tile(_("mine"), counts["mine"], _tasks(standing="mine")))
    if request.user.has_perm("orders.assign_task"):
        tiles.append(Tile(_("without a department"), counts["undispatched"], _tasks(standing="undispatched"), True))
    return tiles


def _orders(**query: str) -> str:
    return f"{reverse('admin:orders_workorder_changelist')}?{urlencode(query)}"


def _tasks(**query: str) -> str:
    return f"{reverse('admin:orders_task_changelist')}?{urlencode(query)}"
