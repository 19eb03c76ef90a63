"""What a shop that has nothing yet does first, with what is done already."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paidan.catalog.models import Customer, Process, Product
from paidan.dispatch.models import DispatchRule
from paidan.orders.models import WorkOrder
from paidan.people.models import Department, User


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, where, and whether it is done."""

    title: Any
    why: Any
    url: str
    done: bool


def steps(request: HttpRequest) -> list[Step]:
    """The steps for who sets a shop up, until the first order is there. One query."""
    if not request.user.has_perm("people.add_user"):
        return []
    found = _what_is_there()
    if found["orders"]:
        return []
    return [
        Step(
            _("Departments"), _("Where work is done. They form a tree; workshops belong to production."),
            reverse("admin:people_department_changelist"), found["departments"],
        ),
        Step(
            _("Processes"), _("Printing, cutting, foil … each with what its tasks are made from."),
            reverse("admin:catalog_process_changelist"), found["processes"],
        ),
        Step(
            _("Dispatch rules"), _("Which department gets which process, and which one is tried next."),
            reverse("admin:dispatch_dispatchrule_changelist"), found["rules"],
        ),
        Step(
            _("People"), _("Everybody with a role, and operators with a post in their department."),
            reverse("admin:people_user_changelist"), found["people"],
        ),
        Step(
            _("Customers and products"), _("Orders are written faster when these are known; or import them with the orders."),
            reverse("admin:catalog_customer_changelist"), found["customers"] and found["products"],
        ),
        Step(
            _("The first order"), _("Its tasks appear at once. Write it by hand, or import your order book from Excel."),
            reverse("admin:orders_workorder_add"), found["orders"],
        ),
    ]  # fmt: skip


def _what_is_there() -> dict[str, bool]:
    """Which of these tables has a row; one query that asks them all."""
    asked = {
        "orders": WorkOrder.objects.all(),
        "departments": Department.objects.all(),
        "processes": Process.objects.all(),
        "rules": DispatchRule.objects.all(),
        "people": User.objects.filter(~Q(groups=None)),
        "customers": Customer.objects.all(),
        "products": Product.objects.all(),
    }
    one = User.objects.order_by("pk").annotate(**{f"has_{name}": Exists(rows) for name, rows in asked.items()})
    row = one.values(*(f"has_{name}" for name in asked)).first() or {}
    return {name: bool(row.get(f"has_{name}")) for name in asked}
