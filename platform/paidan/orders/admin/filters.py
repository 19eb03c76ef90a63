"""Filters that the shop asks for in its own words; the start page counts by the same conditions."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from paidan.orders.models import OrderMaterial, OrderStep, Task, Workload
from paidan.orders.models.order import Approval, Priority, Progress
from paidan.orders.models.task import OPEN, Status
from paidan.people.access import person


# --- conditions -------------------------------------------------------------------------------------
def week_ends(day: date) -> date:
    """The Sunday of this week."""
    return day + timedelta(days=6 - day.weekday())


def _when(field: str, name: str) -> Q:
    today = timezone.localdate()
    return {
        "late": Q(**{f"{field}__lt": today}),
        "today": Q(**{field: today}),
        "week": Q(**{f"{field}__range": (today, week_ends(today))}),
        "later": Q(**{f"{field}__gt": week_ends(today)}),
        "none": Q(**{f"{field}__isnull": True}),
    }[name]


def orders_due(name: str) -> Q:
    """Orders that are neither completed nor cancelled, by when they are due."""
    return ~Q(progress__in=[Progress.COMPLETED, Progress.CANCELLED]) & _when("due_date", name)


def late_orders() -> Q:
    """Orders past their due date that are neither completed nor cancelled."""
    return orders_due("late")


def own_orders(user_id: int | None) -> Q:
    """Orders that this person wrote or sold."""
    return Q(maker=user_id) | Q(salesperson=user_id)


def order_problem(name: str) -> Q:
    """Orders that somebody has to look at: a task without a department; or hardly time left, and not approved."""
    lost = Task.objects.filter(status=Status.PENDING, department=None).order_by().values("step__order")
    soon = timezone.localdate() + timedelta(days=3)
    return {
        "undispatched": Q(approval=Approval.APPROVED, pk__in=lost),
        "tight": Q(approval=Approval.SUBMITTED, progress=Progress.PENDING, due_date__lte=soon),
    }[name]


def tasks_due(name: str) -> Q:
    """Open tasks by when they are due."""
    return Q(status__in=OPEN) & _when("due", name)


def standing(name: str, user_id: int | None) -> Q:
    """Tasks by where they stand."""
    still_open = Q(status__in=OPEN)
    return {
        "open": still_open,
        "mine": still_open & Q(operator=user_id),
        "pool": Q(status=Status.PENDING, operator=None, department__isnull=False),
        "urgent": still_open & Q(priority=Priority.URGENT),
        "late": tasks_due("late"),
        "undispatched": Q(status=Status.PENDING, department=None),
    }[name]


def blocked() -> Q:
    """Open tasks that wait for an earlier step or for material, as `flow` and `readiness` have it."""
    mine = OuterRef("step__sequence")
    before = Q(sequence__lt=mine) | Q(sequence=mine, ref__lt=OuterRef("step__ref"))
    unfinished = OrderStep.objects.filter(
        Exists(Task.objects.filter(step=OuterRef("pk"), status__in=OPEN)), before, order=OuterRef("step__order")
    )
    too_little = Q(wanted__gt=F("made") * OuterRef("planned"))  # not even one piece of this task could be made from it
    unfinished = unfinished.alias(made=_sum("good"), wanted=_sum("planned")).filter(
        Q(process__partial_handover=False) | too_little
    )
    missing = OrderMaterial.objects.filter(pk=OuterRef("material")).exclude(supply=OrderMaterial.Supply.IN)
    waits = Q(step__process__runs_in_parallel=False) & Q(Exists(unfinished))
    return Q(status__in=OPEN) & (waits | (Q(step__process__needs_material=True) & Q(Exists(missing))))


def _sum(field: str) -> Subquery:
    """The pieces of a step's formal tasks."""
    formal = Task.objects.filter(step=OuterRef("pk")).exclude(status__in=[Status.DRAFT, Status.CANCELLED])
    return Subquery(formal.order_by().values("step").annotate(n=Sum(field)).values("n"))


def ready() -> Q:
    """Open tasks that nothing stands in the way of."""
    return Q(status__in=OPEN) & ~blocked()


def ready_for(user_id: int) -> Q:
    """Those that this person holds: looked up by themselves, so that nobody else's tasks are weighed."""
    return Q(pk__in=Task.objects.filter(ready(), operator=user_id).order_by().values("pk"))


# --- filters ----------------------------------------------------------------------------------------
class Choice(DropdownFilter):
    """One of a few named conditions; an unknown name filters nothing."""

    names: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return self.names

    def condition(self, name: str, request: HttpRequest) -> Q:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(self.condition(chosen, request)) if chosen in dict(self.names) else queryset


WHEN = (
    ("late", _("overdue")),
    ("today", _("due today")),
    ("week", _("due this week")),
    ("later", _("due later")),
    ("none", _("without a due date")),
)


class OrderDueFilter(Choice):
    title = _("when it is due")
    parameter_name = "due"
    names = WHEN

    def condition(self, name: str, request: HttpRequest) -> Q:
        return orders_due(name)


class WhoseFilter(Choice):
    title = _("whose order it is")
    parameter_name = "whose"
    names = (("mine", _("made or sold by me")),)

    def condition(self, name: str, request: HttpRequest) -> Q:
        return own_orders(person(request).pk)


class ProblemFilter(Choice):
    title = _("problem")
    parameter_name = "problem"
    names = (("undispatched", _("a task without a department")), ("tight", _("unapproved and due within 3 days")))

    def condition(self, name: str, request: HttpRequest) -> Q:
        return order_problem(name)


ORDER_FILTERS = (OrderDueFilter, WhoseFilter, ProblemFilter)


class TaskDueFilter(OrderDueFilter):
    parameter_name = "when"

    def condition(self, name: str, request: HttpRequest) -> Q:
        return tasks_due(name)


class StandingFilter(Choice):
    title = _("where it stands")
    parameter_name = "standing"
    names = (
        ("open", _("open")),
        ("mine", _("mine")),
        ("pool", _("in the pool")),
        ("urgent", _("urgent and open")),
        ("late", _("late")),
        ("undispatched", _("without a department")),
    )

    def condition(self, name: str, request: HttpRequest) -> Q:
        return standing(name, request.user.pk)


class ReadyFilter(Choice):
    title = _("can be started")
    parameter_name = "ready"
    names = (("1", _("ready")), ("0", _("blocked")))

    def condition(self, name: str, request: HttpRequest) -> Q:
        return ready() if name == "1" else blocked()


class OperatorFilter(DropdownFilter):
    """Whoever holds tasks that this person may know of, and nobody."""

    title = _("operator")
    parameter_name = "operator"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        rows = Workload.objects.all().visible_to(person(request)).select_related("operator")
        return [("none", _("nobody")), *((str(row.pk), str(row.operator)) for row in rows.order_by("operator__name"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        if chosen == "none":
            return queryset.filter(operator=None)
        return queryset.filter(operator=int(chosen)) if chosen.isascii() and chosen.isdigit() else queryset
