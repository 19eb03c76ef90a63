"""One door, tested on every wall: every address of the console, for every role, with a row that is foreign to it.

What is foreign looks exactly like what is missing, by every method, and is mentioned on no list, in no chooser and in
no answer. The addresses are read from the URL configuration: a new page that nobody classified fails here.

Mutations that were tried, each of which `test_a_missing_scope_is_noticed` makes again and sees found:
the base page's queryset unscoped; the choosers' querysets unscoped; each model's own scope widened to everybody (order,
parts, task, about-task, rule, workload, inbox); the order page opened past `must_exist`; import sessions of others.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from paidan.backoffice import admin as base
from paidan.catalog.models import Customer, Product, Tooling
from paidan.console.models import WallLink
from paidan.console.wall import actions as walls
from paidan.console.wall import views as wall_views
from paidan.dispatch.models import DispatchRule
from paidan.exchange.models import ImportSession
from paidan.notices.models import Notification
from paidan.notices.models.inbox import InboxQuerySet
from paidan.orders import access as orders_access
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.drafts import LineDraft, OrderDraft
from paidan.orders.models import DispatchDecision, OrderMaterial, OrderTooling, Task, Workload, WorkOrder
from paidan.people.access import ScopedQuerySet
from paidan.people.models import Department, User
from tests.conftest import Hire, unchanged

pytestmark = pytest.mark.django_db

ROLES = ("sales", "supervisor", "operator")
"""Who does not see everything; the others have foreign rows only in inboxes and uploads."""
EVERYBODY = (*ROLES, "maker", "approver", "admin")
MISSING = 987_654_321
SECRET = "机密9527"
"""Stands in every name and number of what is foreign."""
PRICE = Decimal("731.37")
PRICES = re.compile(r"731[,.]37")

SHARED = {
    "registry_plugin": "administrators only, all of them",
    "notices_rule": "administrators only",
    "notices_delivery": "administrators only",
    "people_viewing": "administrators only",
    "axes_accesslog": "administrators only",
    "axes_accessfailurelog": "administrators only",
    "axes_accessattempt": "administrators only",
    "people_user": "approvers and administrators see all people",
    "auth_group": "administrators only",
    "auth_user": "administrators only",
    "people_department": "the tree is common knowledge",
    "catalog_customer": "master data is shared; who may not see it gets 403",
    "catalog_material": "master data",
    "catalog_product": "master data; its price is a money field",
    "catalog_process": "master data",
    "catalog_tooling": "master data",
    "catalog_skill": "administrators only",
    "dispatch_dispatchswitch": "there is one",
}
"""Models whose rows are the same for everybody who may open their pages at all."""
OPEN = {
    "login", "logout", "password_change", "password_change_done", "jsi18n", "index", "search", "autocomplete",
    "import_orders", "import_template", "view_on_site", "app_list", "set_language", "javascript-catalog",
    "toggle_sidebar", "notification_preferences", "wall", "wall_now", "stop_viewing", "all_changes",
    "centre", "centre_do", "centre_worker", "centre_manifest", "notices_panel", "notices_poll", "notices_read",
    "notices_shown", "",
}  # fmt: skip
"""Pages that show no single row, or one to whoever has its signed address (test_wall.py). Those that list rows are read
by `test_no_list_or_chooser_mentions_what_is_foreign`."""


KEEPERS = {"pictures_tooling": ("sales", "supervisor")}
"""Who keeps what these pages show, so that none of it is foreign."""


@dataclass
class World:
    """People of every role, and for each model a row that is theirs and one that is foreign to those with a scope."""

    people: dict[str, User]
    own: dict[str, Any] = field(default_factory=dict)
    foreign: dict[str, Any] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=self.people[role].pk))
        return client


@pytest.fixture
def world(draft_order: Callable[..., OrderDraft], hire: Hire, product: Product, settings: Any, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path
    posts = {"supervisor": ("printing", "supervisor"), "operator": ("printing", "operator")}
    people = {role: hire(role, post=posts[role]) if role in posts else hire(role, role=role) for role in EVERYBODY}
    world = World(people)
    other, boss = hire("zoe", role="maker"), people["approver"]
    packer = hire(f"打包工{SECRET}", post=("packaging", "operator"))
    own = _order(draft_order("VAN", salesperson_id=people["sales"].pk), people["maker"], boss)
    product = Product.objects.create(code=SECRET, name=f"礼盒{SECRET}", unit_price=PRICE)
    customer = Customer.objects.create(name=f"客户{SECRET}")
    draft = draft_order("PACK", customer_id=customer.pk, notes=SECRET, number=SECRET)
    line = LineDraft(product_id=product.pk, quantity=1, unit_price=PRICE)
    foreign = _order(draft_order("PACK", customer_id=customer.pk, notes=SECRET, number=SECRET, lines=1).__class__(
        **{name: getattr(draft, name) for name in draft.__dataclass_fields__} | {"lines": (line,)}
    ), other, boss)  # fmt: skip
    for order, rows, holder in ((own, world.own, people["operator"]), (foreign, world.foreign, packer)):
        task = Task.objects.filter(step__order=order).order_by("pk").last()
        work.claim(task, by=holder)
        rows["orders_workorder"], rows["orders_task"] = order, task
        rows["orders_dispatchdecision"] = DispatchDecision.objects.filter(task=task).first()
        rows["orders_ordermaterial"] = OrderMaterial.objects.create(
            order=order, ref=90, material=_material(SECRET if order is foreign else "白卡"), usage=1
        )
        rows["orders_workload"] = Workload.objects.get(operator=holder)
        rows["centre_task"] = task
    world.foreign["dispatch_dispatchrule"] = _rule("packaging", notes=SECRET)
    world.own["dispatch_dispatchrule"] = _rule("printing", notes="own")
    world.foreign["notices_notification"] = Notification.objects.create(
        recipient=other, kind="order_rejected", values={"order": SECRET, "person": "x", "reason": SECRET}
    )
    for rows, code, hangs in ((world.own, "printing", "press 2"), (world.foreign, "packaging", SECRET)):
        rows["board"] = Department.objects.get(code=code)
        rows["walls"] = walls.make(rows["board"], by=boss, screen=hangs)
    for rows, code in ((world.own, "own"), (world.foreign, "foreign")):
        rows["pictures_tooling"] = _pictured(rows["orders_task"], code)
    world.foreign["import_review"] = ImportSession.objects.create(user=other, name=SECRET, content=b"x", digest="x")
    return world


def _order(draft: OrderDraft, maker: User, approver: User) -> WorkOrder:
    return life.approve(life.submit(save(None, draft, by=maker), by=maker), by=approver)


def _material(name: str) -> Any:
    from paidan.catalog.models import Material

    return Material.objects.create(code=name, name=name)


def _pictured(task: Task, code: str) -> Any:
    """What the address of a picture names: the picture of the tooling that a task is done with."""
    die = Tooling.objects.create(kind="die", code=code, picture=ContentFile(b"RIFF", name="x"))
    used = OrderTooling.objects.create(order=task.step.order, ref=91, tooling=die)
    Task.objects.filter(pk=task.pk).update(line=None, tooling=used)
    return SimpleNamespace(pk=die.picture.name.removeprefix("tooling/"))


def _rule(department: str, notes: str) -> DispatchRule:
    rule = DispatchRule.objects.filter(department__code=department).first()
    assert rule is not None
    rule.notes = notes
    rule.save()
    return rule


# --- addresses ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Address:
    """A pattern of the URL configuration."""

    route: str
    name: str

    @property
    def model(self) -> str:
        """Which model's rows it shows, by the name of its page."""
        parts = self.route.split("/")
        if self.route.startswith("orders/import"):
            return self.name
        return parts[0] if parts[0] in ("board", "walls") else "_".join(parts[:2])

    @property
    def of_a_row(self) -> bool:
        return "<" in self.route

    def path(self, pk: Any) -> str:
        first = re.sub(r"<[^>]+>", str(pk), self.route, count=1)
        return "/" + re.sub(r"<[^>]+>", "1", first)


def addresses(resolver: Any = None, prefix: str = "") -> Iterator[Address]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield Address(route.replace("^", "").replace("$", ""), pattern.name or "")


def row_addresses() -> list[Address]:
    return [address for address in addresses() if address.of_a_row and address.name not in OPEN]


def test_every_page_of_a_row_says_whose_rows_it_shows(world: World) -> None:
    """A new page fails here until its model has a foreign row above, or a reason why there is none."""
    models_of_pages = {address.model for address in row_addresses()}

    assert models_of_pages - world.foreign.keys() == SHARED.keys() & models_of_pages
    scoped = {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model, page in admin.site._registry.items()
        if hasattr(model._default_manager.all(), "visible_to")
    }
    assert scoped <= world.foreign.keys()


def text_of(response: Any) -> str:
    """What was answered, a workbook too."""
    return (
        b"".join(response).decode(errors="replace") if response.streaming else response.content.decode(errors="replace")
    )


# --- a row ----------------------------------------------------------------------------------------
def leaks(world: World, role: str) -> list[str]:
    """The pages on which a foreign row does not look like a missing one."""
    client, found = world.client(role), []
    for address in row_addresses():
        row = world.foreign.get(address.model)
        keeps = role in KEEPERS.get(address.model, ())
        of_everybody = role not in ROLES and address.model not in ("notices_notification", "import_review")
        if row is None or keeps or of_everybody:
            continue
        for method in ("get", "post"):
            answers = [_answer(client, method, address, pk) for pk in (row.pk, MISSING)]
            if answers[0] != answers[1] or SECRET in answers[0][1]:
                found.append(f"{role}: {method} {address.route}: {answers[0][0]} instead of {answers[1][0]}")
    return found


def _answer(client: Client, method: str, address: Address, pk: int) -> tuple[int, str, str]:
    response = getattr(client, method)(address.path(pk))
    body = re.sub(r'(csrfmiddlewaretoken" value=|nonce=)"[^"]+"', "", text_of(response))
    body, place = (
        text.replace(f"/{pk}/", "/PK/").replace(f"“{pk}”", "“PK”") for text in (body, response.get("Location", ""))
    )
    return response.status_code, body, place


@pytest.mark.parametrize("role", EVERYBODY)
def test_a_foreign_row_looks_exactly_like_a_missing_one_on_every_page(role: str, world: World) -> None:
    """AUTH-01, AUTH-02."""
    with unchanged():
        assert leaks(world, role) == []


@pytest.mark.parametrize("role", ROLES)
def test_own_rows_are_there(role: str, world: World) -> None:
    """So that the test above does not pass because nothing opens at all."""
    client = world.client(role)
    opened = [name for name in ("orders_workorder", "orders_task") if _opens(client, name, world.own[name])]

    assert opened == ["orders_workorder", "orders_task"]
    assert client.get(reverse("tooling_picture", args=[world.own["pictures_tooling"].pk])).status_code == 200


def _opens(client: Client, name: str, row: models.Model) -> bool:
    return client.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200


# --- lists, choosers, everything else -------------------------------------------------------------
def mentions(world: World, role: str) -> list[str]:
    """The lists, choosers and other pages that mention what is foreign."""
    client, found = world.client(role), []
    pages = ["/", "/search/", f"/search/?s={SECRET}", *_choosers()]
    for address in addresses():
        if not address.of_a_row and address.name not in ("logout", "set_language", "javascript-catalog"):
            pages += [f"/{address.route}", f"/{address.route}?q={SECRET}"]
    for page in pages:
        body = (
            text_of(client.get(page))
            .replace(f"?q={SECRET}", "")
            .replace(f'value="{SECRET}"', "")
            .replace(f"“{SECRET}”", "")
        )
        if SECRET in body and not page.startswith(SHARED_LISTS):
            found.append(f"{role}: {page}")
    return found


SHARED_LISTS = tuple(f"/{name.replace('_', '/', 1)}/" for name in SHARED)


def _choosers() -> list[str]:
    """Every autocomplete of the console."""
    pages = []
    for model, page in admin.site._registry.items():
        inlines = [(inline.model, inline.autocomplete_fields) for inline in page.inlines]
        for owner, names in [(model, page.autocomplete_fields), *inlines]:
            for name in names:
                target = owner._meta.get_field(name).remote_field.model  # type: ignore[union-attr]
                if f"{target._meta.app_label}_{target._meta.model_name}" not in SHARED:
                    query = f"app_label={owner._meta.app_label}&model_name={owner._meta.model_name}&field_name={name}"
                    pages.append(f"/autocomplete/?{query}&term=")
    return pages


@pytest.mark.parametrize("role", ROLES)
def test_no_list_or_chooser_mentions_what_is_foreign(role: str, world: World) -> None:
    """VIS-01, AUTH-01."""
    assert mentions(world, role) == []


@pytest.mark.parametrize("role", ["supervisor", "admin", "operator", "sales"])
def test_a_look_at_other_rules_names_no_foreign_task(
    role: str, world: World, draft_order: Callable[..., OrderDraft], hire: Hire
) -> None:
    """CFG-04, AUTH-01. An administrator's look does name it, so the test would notice."""
    _order(draft_order("PACK", number=f"{SECRET}2", notes=SECRET), hire("zac", role="maker"), world.people["approver"])
    client = world.client(role)
    page = client.get("/dispatch/?process=PACK")
    draft = {"process": "PACK", "seen": page.context["seen"] if page.status_code == 200 else "", "strategy": ""}

    answers = [page, client.post("/dispatch/preview/", draft), client.post("/dispatch/confirm/", {"plan": "x"})]

    usual = {"supervisor": [200, 200, 409], "admin": [200, 200, 409]}
    assert [answer.status_code for answer in answers] == usual.get(role, [404] * 3)
    assert [SECRET in text_of(answer) for answer in answers] == [False, role == "admin", False]


# --- prices ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["supervisor", "operator"])
def test_a_planted_price_is_in_no_answer_of_a_role_that_may_not_see_it(role: str, world: World) -> None:
    """AUTH-03: pages, lists, histories and dialogs of rows that the person does see."""
    order = world.own["orders_workorder"]
    product = order.lines.first().product
    product.unit_price = PRICE
    product.save()
    order = save(
        order, _priced(order), by=world.people["approver"], reason="改价"
    )  # approved orders are changed by approvers
    client, shown = world.client(role), []
    for address in addresses():
        if address.name in ("logout", "set_language"):
            continue
        row = world.own.get(address.model) if address.of_a_row else order
        pk = row.pk if row else (product.pk if address.model == "catalog_product" else 1)
        for method in ("get", "post") if address.name != "orders_workorder_approve" else ("get",):
            response = getattr(client, method)(address.path(pk))
            if PRICES.search(text_of(response)):
                shown.append(f"{method} {address.route}")

    assert shown == []
    seen = world.client("maker").get(reverse("admin:orders_workorder_change", args=[order.pk])).text
    assert PRICES.search(seen), "the price is planted"


def _priced(order: WorkOrder) -> OrderDraft:
    from dataclasses import replace

    from paidan.orders.drafts import draft_of

    draft = draft_of(WorkOrder.objects.get(pk=order.pk))
    return replace(draft, lines=tuple(replace(line, unit_price=PRICE) for line in draft.lines))


# --- mutations ------------------------------------------------------------------------------------
def _widen(queryset: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(queryset, "visible_to", lambda self, user: self)


MUTATIONS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the base page's rows": lambda patch: patch.setattr(base, "scoped", lambda rows, request: rows),
    "every model's scope": _widen(ScopedQuerySet),
    "orders": _widen(type(WorkOrder.objects.all())),
    "tasks": _widen(type(Task.objects.all())),
    "decisions and reports": _widen(type(DispatchDecision.objects.all())),
    "parts of orders": _widen(type(OrderMaterial.objects.all())),
    "rules": _widen(type(DispatchRule.objects.all())),
    "workloads": _widen(type(Workload.objects.all())),
    "wall boards": lambda patch: patch.setattr(wall_views, "_own", lambda user: WallLink.objects.all()),
    "departments of a board": lambda patch: patch.setattr(
        orders_access, "places", lambda user: Department.objects.all()
    ),
    "inboxes": _widen(InboxQuerySet),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_missing_scope_is_noticed(mutation: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTATIONS[mutation](monkeypatch)

    assert any(leaks(world, role) or mentions(world, role) for role in ROLES)
