"""What the scope costs: the first page of the task list for people with few, many, no and all departments."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from paidan.backoffice.pages import IdsFirst
from paidan.orders.models import Task
from paidan.people.access import sight, works_from_pools
from paidan.people.actions import place
from paidan.people.models import Department, User
from tests.benchmarks.figures import Row, counted, interleaved, row, timed
from tests.benchmarks.listing import MANY, fill
from tests.benchmarks.shop import Shop

SHOWN = ("step__order__customer", "step__process", "department", "operator")
DEPARTMENTS, PEOPLE, PAGE, RUNS = 50, 500, 50, 25


def rows(shop: Shop) -> list[Row]:
    """All figures of this file, with 100,000 tasks in 50 departments and 500 people."""
    people, somewhere = _people(shop)
    figures = []
    for who, person in people.items():
        fixed = Task.objects.all() if who == "superuser" else Task.objects.filter(department_id=somewhere)

        def page(person: User = person) -> float:
            user = User.objects.get(pk=person.pk)  # a request's own: nothing is kept from the one before
            sight(user)
            return timed(lambda: _page(user))[0]

        value, floor = interleaved(RUNS, page, lambda fixed=fixed: timed(lambda: _first(fixed))[0])
        user = User.objects.get(pk=person.pk)
        with counted() as asked:
            Task.objects.visible_to(user).exists()
        must = "≤ 2 × the same query with a constant department"
        figure = row(f"first page of tasks: {who}", value, floor=floor, queries=asked.count, must=must)
        figure.ok = value <= 2 * floor
        figures.append(figure)
    return figures


def _page(user: User) -> list[Any]:
    """As the task list of the console reads it."""
    tasks = Task.objects.visible_to(user).select_related(*SHOWN).order_by("-pk")
    pages = IdsFirst(tasks, PAGE, narrow=works_from_pools(user))
    pages.count = PAGE  # type: ignore[misc]  # counting is another question
    return list(pages.page(1).object_list)


def _first(tasks: QuerySet[Any]) -> list[Any]:
    return list(tasks.select_related(*SHOWN).order_by("-pk")[:PAGE])


def _people(shop: Shop) -> tuple[dict[str, User], int]:
    """A supervisor of one department, of ten, of an empty one, an operator, and a superuser; and a department of many."""
    fill(shop, MANY)
    departments = [Department.objects.create(code=f"scope-{n}", name=f"范围 {n}") for n in range(DEPARTMENTS + 1)]
    table = connection.ops.quote_name(Task._meta.db_table)
    with connection.cursor() as cursor:
        formal = f"UPDATE {table} SET department_id = %s + id %% %s WHERE status <> 'draft'"
        cursor.execute(formal, [departments[0].pk, DEPARTMENTS])
    crowd = User.objects.bulk_create(User(username=f"scope-{n}", is_staff=True) for n in range(PEOPLE))
    for n, person in enumerate(crowd[5:]):
        place(person, role="operator", department=departments[n % DEPARTMENTS])
    one, ten, none, operator, boss = crowd[:5]
    for person, places in ((one, departments[7:8]), (ten, departments[10:20]), (none, departments[-1:])):
        for department in places:
            place(person, role="supervisor", department=department)
    place(operator, role="operator", department=departments[7])
    User.objects.filter(pk=boss.pk).update(is_superuser=True)
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")
    people = {"1 department": one, "10 departments": ten, "no task": none, "operator": operator, "superuser": boss}
    return people, departments[7].pk
