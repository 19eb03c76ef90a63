"""The supervisor board as it is sent: 200 open tasks in the hands of 20 people, and in the pool."""

from django.db import connection
from django.test import Client
from django.utils import timezone

from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.orders.models.order import Approval
from paidan.people.models import Department
from tests.benchmarks.figures import Row, counted, interleaved, row, timed
from tests.benchmarks.shop import Shop, hire

TASKS, PEOPLE, RUNS = 200, 20, 25
MOST_STATEMENTS, MOST_MS = 15, 250
FLOOR = (
    "SELECT t.*, o.*, p.* FROM orders_task t JOIN orders_orderstep s ON s.id = t.step_id"
    " JOIN orders_workorder o ON o.id = s.order_id JOIN catalog_process p ON p.id = s.process_id"
    " WHERE t.department_id = %s AND t.status IN ('pending', 'in_progress')",
    "SELECT s.id, SUM(t.planned), SUM(t.good) FROM orders_orderstep s LEFT JOIN orders_task t ON t.step_id = s.id"
    " WHERE s.order_id IN (SELECT s2.order_id FROM orders_task t2 JOIN orders_orderstep s2 ON s2.id = t2.step_id"
    " WHERE t2.department_id = %s AND t2.status IN ('pending', 'in_progress')) GROUP BY s.id",
)
"""The tasks with what a card says of them, and how far the steps of their orders are."""


def rows(shop: Shop) -> list[Row]:
    """The whole page, and the part that is fetched after a change."""
    place = Department.objects.get(code="warehouse")  # nothing else is done there
    _fill(shop, place)
    client = Client()
    client.force_login(hire(role="supervisor", department=place.code))
    figures = []
    for name, url in (("page", f"/board/{place.pk}/"), ("part after a change", f"/board/{place.pk}/cards/")):

        def get(url: str = url) -> None:
            if client.get(url).content.count(b"data-task=") != TASKS:
                raise SystemExit(f"{url} does not show the board")

        value, floor = interleaved(RUNS, lambda get=get: timed(get)[0], lambda: timed(lambda: _floor(place))[0])
        with counted() as asked:
            get()
        must = f"≤ {MOST_MS} ms, ≤ {MOST_STATEMENTS} statements"
        figure = row(
            f"board of {TASKS} tasks × {PEOPLE} people: {name}", value, floor=floor, queries=asked.count, must=must
        )
        figure.ok = value <= MOST_MS and asked.count <= MOST_STATEMENTS
        figures.append(figure)
    return figures


def _floor(place: Department) -> None:
    with connection.cursor() as cursor:
        for sql in FLOOR:
            cursor.execute(sql, [place.pk])
            cursor.fetchall()


def _fill(shop: Shop, place: Department) -> None:
    """An order for each task, of two steps; two of three tasks are in somebody's hands."""
    people = [hire(department=place.code) for _n in range(PEOPLE)]
    today = timezone.localdate()
    orders = WorkOrder.objects.bulk_create(
        WorkOrder(
            number=f"K{n}", customer=shop.customer, maker=shop.maker, order_date=today, due_date=today, print_run=1000,
            approval=Approval.APPROVED, approved_by=shop.approver, approved_at=timezone.now(),
        )
        for n in range(TASKS)
    )  # fmt: skip
    steps = OrderStep.objects.bulk_create(
        OrderStep(order=order, ref=ref, process=shop.process[code], sequence=ref)
        for order in orders
        for ref, code in ((1, "PRT"), (2, "VAN"))
    )
    Task.objects.bulk_create(
        Task(
            step=step, key="order", content=f"印刷 {n}", planned=1000, status="pending", department=place, minutes=50,
            operator=people[n % PEOPLE] if n % 3 else None, priority=1 + n % 4, due=today,
        )
        for n, step in enumerate(steps[::2])
    )  # fmt: skip
