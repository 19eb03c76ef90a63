"""Loads a shop from the files in `fixtures/`: departments, processes, rules, roles; and a demo shop to try."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from paidan.catalog.models import (
    Customer,
    Material,
    Process,
    Product,
    ProductMaterial,
    ProductProcess,
    Tooling,
)
from paidan.catalog.pictures import undone_with_the_row
from paidan.dispatch.models import DispatchRule
from paidan.exchange.demo_pictures import DRAWN, picture_of
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.drafts import LineDraft, MaterialDraft, OrderDraft, StepDraft, ToolingDraft
from paidan.orders.models import OrderMaterial, Task, WorkOrder
from paidan.orders.models.task import Status
from paidan.people import access
from paidan.people.actions import place, sync_roles
from paidan.people.models import Department, User
from paidan.people.role_file import role_rights

FIXTURES = Path(settings.BASE_DIR) / "fixtures"


def read(name: str) -> Any:
    """One of the shop's files."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


@transaction.atomic
def load_shop() -> None:
    """Make the departments, processes, dispatch rules and roles of the shop file exist; what is there stays as it is."""
    departments: dict[str, Department] = {}
    for row in read("departments"):
        departments[row["code"]], _made = Department.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "position": row["position"],
                "parent": departments.get(row["parent"] or ""),
            },
        )
    for row in read("processes"):
        rules = row.pop("departments")
        row["synonyms"] = " ".join(row["synonyms"])
        process, made = Process.objects.get_or_create(code=row.pop("code"), defaults=row)
        if made:
            for code, priority in rules:
                DispatchRule.objects.create(process=process, department=departments[code], priority=priority)
    sync_roles(role_rights())


def load_demo() -> None:
    """A small shop with people, products and orders in every state, for trying the product."""
    load_shop()
    demo = read("demo")
    _people(demo)
    _masters(demo)
    for row in demo["orders"]:
        _order(demo, row)


@transaction.atomic
def _people(demo: dict[str, Any]) -> None:
    password = make_password(demo["password"])  # hashed once: it takes half a second by design
    for row in demo["people"]:
        person = User.objects.create(
            username=row["username"],
            password=password,
            name=row["name"],
            is_staff=True,
            is_superuser=row.get("superuser", False),
        )
        for role in row.get("roles", ()):
            place(person, role=role)
        for code, role in row.get("posts", ()):
            place(person, role=role, department=Department.objects.get(code=code))


@undone_with_the_row()
@transaction.atomic
def _masters(demo: dict[str, Any]) -> None:
    sales = User.objects.get(username="sales")
    for name, salesperson in demo["customers"]:
        Customer.objects.create(name=name, salesperson=sales if salesperson else None)
    for code, name, spec, unit, cut in demo["materials"]:
        Material.objects.create(code=code, name=name, spec=spec, unit=unit, needs_cutting=cut)
    approver = User.objects.get(username="approver")
    drawn = {kind: picture_of(kind) for kind in DRAWN}
    for kind, code, name, confirmed in demo["tooling"]:
        sure = {"confirmed_by": approver, "confirmed_at": timezone.now()} if confirmed else {}
        picture = ContentFile(drawn[kind], name="drawn.webp") if kind in drawn else ""
        Tooling.objects.create(kind=kind, code=code, name=name, picture=picture, **sure)
    for code, name, spec, unit, price, route, recipe in demo["products"]:
        product = Product.objects.create(code=code, name=name, spec=spec, unit=unit, unit_price=Decimal(price))
        for sequence, process in enumerate(route, 1):
            ProductProcess.objects.create(
                product=product, process=Process.objects.get(code=process), sequence=sequence * 10
            )
        for material, usage in recipe:
            ProductMaterial.objects.create(
                product=product,
                material=Material.objects.get(code=material),
                usage_per_thousand=Decimal(usage),
            )


def product_draft(product: Product, quantity: int, tooling: list[Tooling], **header: Any) -> OrderDraft:
    """An order draft from a product's usual route and materials."""
    return OrderDraft(
        print_run=quantity,
        spoilage=max(10, quantity // 50),
        lines=(LineDraft(product_id=product.pk, quantity=quantity, unit_price=product.unit_price),),
        materials=tuple(
            MaterialDraft(
                material_id=row.material_id,
                usage=(row.usage_per_thousand * quantity / 1000).quantize(Decimal("0.01")),
                needs_cutting=row.material.needs_cutting,
            )
            for row in product.recipe.select_related("material")
        ),
        toolings=tuple(ToolingDraft(tooling_id=tool.pk) for tool in tooling),
        steps=tuple(
            StepDraft(process_id=row.process_id, sequence=index * 10 + 10)
            for index, row in enumerate(product.route.all(), 1)
        ),
        **header,
    )


def _order(demo: dict[str, Any], row: dict[str, Any]) -> None:
    today = timezone.localdate()
    maker = User.objects.get(username=row["by"])
    draft = product_draft(
        Product.objects.get(code=row["product"]),
        row["quantity"],
        list(Tooling.objects.filter(code__in=demo["tooling_of"][row["product"]]).order_by("kind", "code")),
        customer_id=Customer.objects.get(name=row["customer"]).pk,
        salesperson_id=User.objects.get(username="sales").pk,
        order_date=today,
        due_date=today + timedelta(days=row["due"]),
        priority=row["priority"],
        cmyk="CMYK",
        notes=row.get("notes", ""),
    )
    order = save(None, draft, by=maker)
    if row["state"] != "draft":
        _bring_to(life.submit(order, by=maker), row["state"])


def _bring_to(order: WorkOrder, state: str) -> None:
    approver = User.objects.get(username="approver")
    if state == "rejected":
        life.reject(order, by=approver, reason="UV 稿未确认，请补充后再提交")
    elif state != "submitted":
        life.approve(order, by=approver)
        for material in OrderMaterial.objects.filter(order=order):
            life.receive(material, by=approver)
        if state in ("started", "completed"):
            _work(order, all_of_it=state == "completed")


def _work(order: WorkOrder, *, all_of_it: bool) -> None:
    """Let the first operator of each department work on the order: all of it, or the first steps."""
    operators = access.holders(access.CLAIM)
    tasks = list(Task.objects.filter(step__order=order).order_by("step__sequence", "pk"))
    for index, task in enumerate(tasks):
        people = sorted(operators.get(task.department_id or 0, ()))
        if not people or (not all_of_it and index > 3):
            continue
        person = User.objects.get(pk=people[0])
        work.claim(task, by=person)
        if all_of_it or index < 2:
            work.complete(task, by=person)
        elif index == 2 and task.status == Status.PENDING:
            work.report(task, by=person, good=task.planned // 3)
