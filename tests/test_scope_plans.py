"""What the scope costs: one query for the rights, and pages that are read by the departments' indexes."""

from typing import Any

import pytest
from django.core.paginator import Paginator
from django.db import connection

from paidan.backoffice.pages import IdsFirst
from paidan.orders.models import Task
from paidan.people import access
from paidan.people.models import Department, User
from tests.conftest import Hire, MakeOrder, Shop, reload

pytestmark = pytest.mark.django_db


def plan_of(person: User) -> str:
    """How the database reads the ids of this person's first page of tasks."""
    pages = IdsFirst(Task.objects.visible_to(person).order_by("-pk"), 50, narrow=True)
    return str(pages._ids().values_list("pk", flat=True)[:50].explain())


@pytest.fixture
def many_tasks(approved: MakeOrder, shop: Shop) -> None:
    """Five thousand tasks in eleven departments, known to the planner."""
    step = approved("VAN").steps.get(process__code="VAN")
    places = Department.objects.order_by("pk")
    Task.objects.bulk_create(
        Task(step=step, key=f"manual:{n}", content="x", planned=1, status="pending", department=places[n % len(places)])
        for places in [list(places)]
        for n in range(5000)
    )
    connection.cursor().execute("ANALYZE")


@pytest.mark.parametrize("post", [("printing", "supervisor"), ("warehouse", "supervisor"), ("printing", "operator")])
def test_pages_are_read_by_an_index_that_begins_with_the_department(
    post: tuple[str, str], hire: Hire, many_tasks: None
) -> None:
    """PERF-01."""
    plan = plan_of(reload(hire("ann", post=post)))

    assert any(name in plan for name in ("task_department_newest", "task_pool")), plan


def test_rights_in_departments_cost_one_query(hire: Hire, django_assert_num_queries: Any) -> None:
    ann = reload(hire("ann", post=("production", "supervisor")))

    with django_assert_num_queries(1):
        rights = access.departments_of(ann)

    assert len(rights[access.VIEW]) == 6 and access.CLAIM not in rights


def test_a_page_read_by_ids_shows_the_same_rows_in_the_same_order(hire: Hire, approved: MakeOrder) -> None:
    for _n in range(4):
        approved("VAN", "PACK", lines=3)
    bob = reload(hire("bob", post=("production", "supervisor")))
    tasks = Task.objects.visible_to(bob).select_related("step__order").order_by("-pk")

    for narrow in (False, True):
        for number in (1, 2, 4):
            usual, ours = Paginator(tasks, 5).page(number), IdsFirst(tasks, 5, narrow=narrow).page(number)
            assert list(ours.object_list) == list(usual.object_list)
            assert (ours.has_next(), ours.paginator.count) == (usual.has_next(), 16)
    by_due = Task.objects.visible_to(bob).order_by("due", "content", "-pk")
    assert list(IdsFirst(by_due, 7).page(2).object_list) == list(by_due[7:14])
