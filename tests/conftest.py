"""The shop that every test finds, people to hire, orders in every state, and what must always be true."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import connection, connections, models
from django.utils import timezone

from paidan.catalog.models import Customer, Material, Process, Product, Tooling
from paidan.contracts import STRATEGIES
from paidan.errors import Refused
from paidan.exchange.shop import load_shop
from paidan.insight import audit
from paidan.notices import consumers
from paidan.orders.actions import order as life
from paidan.orders.actions.saving import save
from paidan.orders.drafts import LineDraft, MaterialDraft, OrderDraft, StepDraft, ToolingDraft
from paidan.orders.models import OrderMaterial, Task, WorkOrder
from paidan.people.actions import place
from paidan.people.models import Department, User
from paidan.registry import engine as registry
from paidan.registry import loader, meter
from tests import databases


def pytest_configure() -> None:
    """Hash passwords fast: no test is about how slow that is by design. No test is about a slow machine either."""
    hypothesis.settings.register_profile("paidan", deadline=None)
    hypothesis.settings.load_profile("paidan")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


# --- database -------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite tests use a file, so that threads share it as they do in the product."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(databases.FOLDER) / "tests.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The shop is loaded once; a test that rolls back leaves it as it was."""
    with django_db_blocker.unblock():
        load_shop()


class Shop:
    """The shop of `fixtures/`, by code."""

    def department(self, code: str) -> Department:
        return Department.objects.get(code=code)

    def process(self, code: str) -> Process:
        return Process.objects.get(code=code)


@pytest.fixture
def shop(db: None) -> Shop:
    """Departments, processes, rules and roles; loaded again after a test with real transactions emptied the tables."""
    if not Department.objects.exists():
        load_shop()
    return Shop()


@pytest.fixture(autouse=True)
def _answers_end(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a closed page asked for last is answered before the database is emptied under it."""
    if "live_server" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")  # set up before this, so emptied after it
    begun: list[object] = []
    ended: list[object] = []

    def begin(sender: object, **_more: object) -> None:
        begun.append(sender)

    def end(sender: object, **_more: object) -> None:
        ended.append(sender)

    request_started.connect(begin)
    request_finished.connect(end)
    yield
    until = time.monotonic() + 5
    while len(ended) < len(begun) and time.monotonic() < until:
        time.sleep(0.01)
    request_started.disconnect(begin)
    request_finished.disconnect(end)


# --- plugins --------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def _forget_plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees what another one switched, or a plugin that is still busy; statements are counted, so none looks twice."""
    monkeypatch.setattr(registry, "LOOK_EVERY", 3600.0)
    monkeypatch.setattr(meter, "WRITE_EVERY", 3600.0)
    registry.forget()
    yield
    registry.forget()
    registry._stuck.clear()
    meter.forget()


@pytest.fixture(autouse=True)
def _beats_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first beat of a line comes after a whole one, so that no test is helped by it now and then."""
    monkeypatch.setattr(consumers, "random", lambda: 1.0)


@dataclass(frozen=True)
class Entry:
    """An entry point of a distribution that is not there."""

    name: str
    group: str
    value: str
    plugin: Any
    dist: Any

    def load(self) -> Any:
        if isinstance(self.plugin, BaseException):
            raise self.plugin
        if isinstance(self.plugin, threading.Event):
            self.plugin.wait(20)
        return self.plugin


type Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """`install(plugin)` pretends that a stranger's package has this plugin, as the strategy `odd` unless said otherwise."""
    entries: list[Any] = list(loader.entry_points())

    def install(
        plugin: Any, name: str = "odd", *, group: str = STRATEGIES, distribution: str = "stranger", version: str = "0.3"
    ) -> None:
        dist = SimpleNamespace(name=distribution, version=version)
        entries.append(Entry(name, group, f"{distribution}:{name}", plugin, dist))
        loader.forget()
        registry.forget()

    monkeypatch.setattr(loader, "entry_points", lambda: list(entries))
    yield install
    monkeypatch.undo()
    loader.forget()


# --- people ---------------------------------------------------------------------------------------
type Hire = Callable[..., User]


@pytest.fixture
def hire(shop: Shop) -> Hire:
    """`hire("ann")` is an operator in printing; `role=` and `post=` say otherwise."""

    def hire(name: str, *, role: str | None = None, post: tuple[str, str] | None = None, **more: Any) -> User:
        user = User.objects.create(username=name, name=name, is_staff=True, **more)
        if role:
            place(user, role=role)
        if post or not (role or more.get("is_superuser")):
            department, duty = post or ("printing", "operator")
            place(user, role=duty, department=shop.department(department))
        return user

    return hire


@pytest.fixture
def maker(hire: Hire) -> User:
    return hire("mia", role="maker")


@pytest.fixture
def approver(hire: Hire) -> User:
    return hire("abe", role="approver")


# --- what orders are made of ----------------------------------------------------------------------
@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer.objects.create(name="华美日化")


@pytest.fixture
def product(shop: Shop) -> Product:
    return Product.objects.create(code="BOX", name="礼品盒", unit_price=Decimal("3.2"))


@pytest.fixture
def paper(shop: Shop) -> Material:
    return Material.objects.create(code="P350", name="白卡纸", spec="350g", needs_cutting=True)


@pytest.fixture
def tooling(approver: User) -> Callable[..., Tooling]:
    """`tooling("die")` is a new confirmed die; `confirmed=False` one that is not."""
    made: dict[str, int] = {}

    def tooling(kind: str, *, confirmed: bool = True) -> Tooling:
        made[kind] = made.get(kind, 0) + 1
        sure = {"confirmed_by": approver, "confirmed_at": timezone.now()} if confirmed else {}
        return Tooling.objects.create(kind=kind, code=f"{kind}-{made[kind]}", **sure)

    return tooling


@pytest.fixture
def draft_order(
    shop: Shop, customer: Customer, product: Product, paper: Material, tooling: Callable[..., Tooling]
) -> Callable[..., OrderDraft]:
    """`draft_order("PRT", "PACK")` can be submitted as it is: it brings the tooling and material that its route needs."""

    def draft_order(*route: str, lines: int = 1, quantity: int = 1000, **changes: Any) -> OrderDraft:
        today = timezone.localdate()
        processes = {process.code: process for process in Process.objects.all()}
        route = route or ("CUT", "PRT", "LAM_M", "DIE", "PACK")
        kinds = list(dict.fromkeys(kind for code in route for kind in processes[code].tooling_kinds))
        draft = OrderDraft(
            order_date=today,
            due_date=today + timedelta(days=7),
            print_run=quantity,
            customer_id=customer.pk,
            lines=tuple(
                LineDraft(product_id=product.pk, quantity=quantity, unit_price=Decimal("3.2")) for _n in range(lines)
            ),
            materials=(MaterialDraft(material_id=paper.pk, usage=Decimal(260), needs_cutting=True),)
            if "CUT" in route
            else (),
            steps=tuple(StepDraft(process_id=processes[code].pk) for code in route),
        )
        if "toolings" not in changes:
            changes["toolings"] = tuple(ToolingDraft(tooling_id=tooling(kind).pk) for kind in kinds)
        return replace(draft, **changes)

    return draft_order


# --- orders in every state ------------------------------------------------------------------------
type MakeOrder = Callable[..., WorkOrder]


@pytest.fixture
def created(draft_order: Callable[..., OrderDraft], maker: User) -> MakeOrder:
    """An order as its maker saved it."""
    return lambda *route, **changes: save(None, draft_order(*route, **changes), by=maker)


@pytest.fixture
def submitted(created: MakeOrder, maker: User) -> MakeOrder:
    """An order that waits for approval."""
    return lambda *route, **changes: life.submit(created(*route, **changes), by=maker)


@pytest.fixture
def approved(submitted: MakeOrder, approver: User) -> MakeOrder:
    """An order whose tasks are in their departments and whose material is in."""

    def approved(*route: str, **changes: Any) -> WorkOrder:
        order = life.approve(submitted(*route, **changes), by=approver)
        for material in OrderMaterial.objects.filter(order=order):
            life.receive(material, by=approver)
        return order

    return approved


@pytest.fixture
def pooled_task(approved: MakeOrder) -> Task:
    """One task in the pool of printing, for 1,000 pieces; nothing blocks it."""
    return tasks_of(approved("VAN"))[0]


def tasks_of(order: WorkOrder, process: str | None = None) -> list[Task]:
    """The order's tasks, in the order of its route."""
    rows = Task.objects.filter(step__order=order).select_related("step__process", "department", "operator")
    if process:
        rows = rows.filter(step__process__code=process)
    return list(rows.order_by("step__sequence", "step__ref", "pk"))


def reload[Row: models.Model](row: Row) -> Row:
    """The row as the database has it now."""
    return type(row)._base_manager.get(pk=row.pk)


def together(verbs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all of this at the same moment, each in a thread of its own; what each answered, or its refusal."""
    line = threading.Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        try:
            line.wait(timeout=30)
            return verb()
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(run, verbs))


# --- what must always be true ---------------------------------------------------------------------
def snapshot(*labels: str) -> dict[str, list[dict[str, Any]]]:
    """Everything in the tables of these apps, histories included."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for label in labels
        for model in apps.get_app_config(label).get_models()
    }


@contextmanager
def unchanged() -> Iterator[None]:
    """What happens inside leaves every order, task, history row, counter and notification as it was."""
    before = snapshot("orders", "notices")
    yield
    after = snapshot("orders", "notices")
    for label, rows in before.items():
        assert after[label] == rows, f"{label} changed"


@contextmanager
def refuses(code: str) -> Iterator[pytest.ExceptionInfo[Any]]:
    """What happens inside is refused with this code and changes nothing."""
    with unchanged(), pytest.raises(Refused) as refusal:
        yield refusal
    assert refusal.value.code == code, f"{refusal.value.code}: {refusal.value}"


def assert_history_complete(*labels: str) -> None:
    """The histories of these apps, or of all, say what happened: nothing unrecorded, torn or unnamed."""
    assert audit.problems(*labels) == []


def assert_recorded(model: type[models.Model]) -> None:
    """The same of one model."""
    assert [problem for proof in audit.proofs([model]) for problem in proof.problems] == []
