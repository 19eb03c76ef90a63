"""Filters that the shop asks for in its own words; the start page counts by the same conditions."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from paidan.orders.models.order import Priority, Progress
from paidan.orders.models.task import OPEN, Status


def late_orders() -> Q:
    """Orders past their due date that are neither completed nor cancelled."""
    going = ~Q(progress__in=[Progress.COMPLETED, Progress.CANCELLED])
    return going & Q(due_date__lt=timezone.localdate())


def standing(name: str, user_id: int | None) -> Q:
    """Tasks by where they stand: mine, pool, urgent, late, undispatched."""
    still_open = Q(status__in=OPEN)
    return {
        "mine": still_open & Q(operator=user_id),
        "pool": Q(status=Status.PENDING, operator=None, department__isnull=False),
        "urgent": still_open & Q(priority=Priority.URGENT),
        "late": still_open & Q(due__lt=timezone.localdate()),
        "undispatched": Q(status=Status.PENDING, department=None),
    }[name]


class LateFilter(DropdownFilter):
    title = _("late")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("1", _("late"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(late_orders()) if self.value() == "1" else queryset


class StandingFilter(DropdownFilter):
    title = _("where it stands")
    parameter_name = "standing"
    names = (
        ("mine", _("mine")),
        ("pool", _("in the pool")),
        ("urgent", _("urgent and open")),
        ("late", _("late")),
        ("undispatched", _("without a department")),
    )

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return self.names

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(standing(chosen, request.user.pk)) if chosen in dict(self.names) else queryset
