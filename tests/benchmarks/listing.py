"""The task list as it is shown, with ten thousand tasks and with a hundred thousand."""

from collections.abc import Callable
from datetime import timedelta
from itertools import cycle

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.orders.models.order import Approval
from paidan.orders.models.task import Status
from paidan.people.models import Department, User
from tests.benchmarks.figures import Row, counted, interleaved, row, timed
from tests.benchmarks.shop import Shop, hire

FEW, MANY = 10_000, 100_000
TASKS_PER_ORDER = 20
RUNS = 25
MOST_STATEMENTS = 12
CONTROL = "departments"
"""A page that no task is on: what it took more or less the second time is the machine's doing, not the tasks'."""


def rows(shop: Shop) -> list[Row]:
    """All figures of this file."""
    pages = _pages()
    fill(shop, FEW)
    few = _measure(pages)
    fill(shop, MANY)
    many = _measure(pages)
    drift = many.pop(CONTROL)[0] / few[CONTROL][0]
    figures = []
    for name, (value, queries) in many.items():
        must = f"≤ 1.3 × the time with {FEW} tasks, ≤ {MOST_STATEMENTS} statements"
        figure = row(f"task list at {MANY}: {name}", value, floor=few[name][0] * drift, queries=queries, must=must)
        figure.ok = (figure.ratio or 99) <= 1.3 and queries <= MOST_STATEMENTS
        figures.append(figure)
    return figures


def _pages() -> dict[str, Callable[[], None]]:
    """The first page and a filtered one, for somebody who sees everything and for a supervisor."""
    printing = Department.objects.get(code="printing").pk
    boss = User.objects.create(username="bench-admin", is_staff=True, is_superuser=True)
    people = {"superuser": boss, "supervisor": hire(role="supervisor", department="printing")}
    queries = {"first page": "", "filtered": f"?status__exact=pending&department__id__exact={printing}"}
    url = reverse("admin:orders_task_changelist")
    pages = {
        f"{who}, {what}": _page(person, url + query)
        for who, person in people.items()
        for what, query in queries.items()
    }
    return pages | {CONTROL: _page(boss, reverse("admin:people_department_changelist"))}


def _page(person: User, url: str) -> Callable[[], None]:
    client = Client()
    client.force_login(person)

    def get() -> None:
        response = client.get(url)
        if response.status_code != 200 or "e=1" in response.headers.get("Location", ""):
            raise SystemExit(f"{url} answers {response.status_code}")

    return get


def _measure(pages: dict[str, Callable[[], None]]) -> dict[str, tuple[float, int]]:
    times = interleaved(RUNS, *(lambda get=get: timed(get)[0] for get in pages.values()))
    figures = {}
    for (name, get), taken in zip(pages.items(), times, strict=True):
        with counted() as statements:
            get()
        figures[name] = (taken, statements.count)
    return figures


def fill(shop: Shop, wanted: int) -> None:
    """Tasks in every state and many departments, until there are so many."""
    have = Task.objects.count()
    today = timezone.localdate()
    orders = WorkOrder.objects.bulk_create(
        WorkOrder(
            number=f"B{have}-{place}",
            customer=shop.customer,
            maker=shop.maker,
            order_date=today,
            due_date=today + timedelta(days=place % 30),
            print_run=1000,
            approval=Approval.APPROVED,
            approved_by=shop.approver,
            approved_at=timezone.now(),
        )
        for place in range((wanted - have) // TASKS_PER_ORDER + 1)
    )
    steps = OrderStep.objects.bulk_create(
        OrderStep(order=order, ref=1, process=shop.process["VAN"], sequence=40) for order in orders
    )
    departments = cycle(Department.objects.order_by("pk").exclude(children__isnull=False))
    tasks = (_task(step, place, next(departments)) for step in steps for place in range(TASKS_PER_ORDER))
    Task.objects.bulk_create((task for task, _n in zip(tasks, range(wanted - have), strict=False)), batch_size=2000)
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")


def _task(step: OrderStep, place: int, department: Department) -> Task:
    """Half of the tasks are done, as in a shop that has worked for a while."""
    done = place % 2 == 0
    return Task(
        step=step,
        key=f"manual:{place}",
        content=f"过油 {place}",
        planned=1000,
        good=1000 if done else 0,
        status=Status.COMPLETED if done else Status.PENDING,
        completed_at=timezone.now() if done else None,
        department=department,
        priority=1 + place % 4,
        due=step.order.due_date,
    )
