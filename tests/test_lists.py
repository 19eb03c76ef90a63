"""Lists that people work from: filters, search, views of one's own, next rows, the workbook, many tasks at once."""

import io
import re
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from paidan.backoffice import actions, exporting, limits, sheets
from paidan.backoffice.models import SavedView
from paidan.catalog.models import Customer, Process, Product
from paidan.orders.actions import bulk
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.admin import filters, together
from paidan.orders.admin.section import add_readiness, with_material
from paidan.orders.models import OrderMaterial, Task
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, assert_history_complete, refuses, reload, tasks_of, unchanged
from tests.test_pages import signed_in

pytestmark = pytest.mark.django_db

TASKS, ORDERS = "/orders/task/", "/orders/workorder/"


@pytest.fixture(autouse=True)
def _count_anew() -> None:
    cache.clear()
    limits.forget()


def shown(client: Client, query: str = "", page: str = TASKS) -> set[int]:
    """The rows that the list shows."""
    return {row.pk for row in client.get(f"{page}{query}").context["cl"].result_list}


def exported(client: Client, page: str, query: str = "") -> tuple[list[Any], list[dict[str, Any]]]:
    """The headings of the workbook, and its rows by heading."""
    answer = client.get(f"{page}export/{query}")
    assert answer.status_code == 200, answer.status_code
    heading, *rows = load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    names = [cell.value for cell in heading]
    return names, [dict(zip(names, row, strict=True)) for row in rows]


# --- filters and search -----------------------------------------------------------------------------
def test_a_task_is_found_by_order_product_customer_and_content(
    approved: MakeOrder, approver: User, product: Product, customer: Customer
) -> None:
    """VIS-03"""
    order, other = approved("VAN", notes="x"), approved("PACK", customer_id=Customer.objects.create(name="别家").pk)
    client = signed_in(approver)
    (task,) = tasks_of(order)

    assert shown(client, f"?q={order.number}") == {task.pk}
    assert shown(client, f"?q={product.name}") == {task.pk, tasks_of(other)[0].pk}
    assert shown(client, "?q=box") == {task.pk, tasks_of(other)[0].pk}
    assert shown(client, f"?q={customer.name}") == {task.pk}
    assert shown(client, f"?q={task.content.split()[0]}") == {task.pk}
    assert shown(client, f"?q={customer.name}+{other.number}") == set()


def test_ready_and_blocked_are_what_the_list_says_of_each_task(approved: MakeOrder, approver: User) -> None:
    """The filter's condition is SQL, the word beside a task is `flow`: they agree however far the steps are."""
    dice = Random(7)
    Process.objects.filter(code="VAN").update(partial_handover=False)
    Process.objects.exclude(code="VAN").update(partial_handover=True)
    for route in (("CUT", "PRT", "PACK"), ("VAN", "PACK"), ("VAN", "DIE", "PACK"), ("PRT", "VAN", "VAN", "GLUE")) * 3:
        order = approved(*route)
        for task in tasks_of(order):
            states: dict[str, dict[str, Any]] = {
                "as it is": {},
                "a little": {"good": 1 if task.planned > 1 else 0},
                "half": {"good": task.planned // 2},
                "done": {"good": task.planned, "status": "completed", "completed_at": timezone.now()},
                "cancelled": {"status": "cancelled"},
            }
            Task.objects.filter(pk=task.pk).update(**states[dice.choice([*states])])
    waiting = approved("CUT", "PACK")
    OrderMaterial.objects.filter(order=waiting).update(supply="ordered")
    rows = list(with_material(Task.objects.all()).select_related("step__process").order_by("pk"))
    add_readiness(rows)
    said = {row.pk for row in rows if row.waits}
    still_open = {row.pk for row in rows if row.status in ("pending", "in_progress")}

    blocked = set(Task.objects.filter(filters.blocked()).values_list("pk", flat=True))
    ready = set(Task.objects.filter(filters.ready()).values_list("pk", flat=True))

    assert (blocked, ready) == (said, still_open - said)
    assert len(said) > 8 and len(ready) > 8 and {row.waits for row in rows} >= {"", "白卡纸"}
    assert shown(signed_in(approver), "?ready=0") == set(sorted(said, reverse=True)[:50])


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?when=late", {"late"}),
        ("?when=today", {"today"}),
        ("?when=none", {"none"}),
        ("?when=nonsense", {"late", "today", "far", "none"}),
        ("?standing=late", {"late"}),
        ("?operator=none", {"today", "far", "none"}),
        ("?operator={ann}", {"late"}),
        ("?operator=%27", {"late", "today", "far", "none"}),
        ("?standing=pool", {"today", "far", "none"}),
        ("?step__process__id__exact={VAN}", {"late", "today", "far", "none"}),
        ("?department__id__exact={packaging}", set()),
        ("?step__order__id__exact={order}", {"late"}),
        ("?step__order__customer__id__exact={customer}", {"late", "today", "far", "none"}),
        ("?priority__exact=4", set()),
    ],
)
def test_each_filter_shows_exactly_its_tasks(
    query: str, wanted: set[str], approved: MakeOrder, approver: User, hire: Hire, shop: Any
) -> None:
    """VIS-02"""
    today, ann = timezone.localdate(), hire("ann")
    days = {"late": today - timedelta(1), "today": today, "far": today + timedelta(30), "none": None}
    tasks = {name: tasks_of(approved("VAN"))[0] for name in days}
    for name, day in days.items():
        Task.objects.filter(pk=tasks[name].pk).update(due=day)
    work.claim(tasks["late"], by=ann)
    order = tasks["late"].step.order
    places = {
        "ann": ann.pk, "VAN": shop.process("VAN").pk, "packaging": shop.department("packaging").pk, "order": order.pk,
        "customer": order.customer_id,
    }  # fmt: skip

    found = shown(signed_in(approver), query.format(**places))

    assert found == {tasks[name].pk for name in wanted}


def test_a_supervisor_is_offered_the_operators_of_own_departments_only(
    approved: MakeOrder, hire: Hire, pooled_task: Task
) -> None:
    ann, packer = hire("安妮"), hire("打包工", post=("packaging", "operator"))
    work.claim(pooled_task, by=ann)
    work.claim(tasks_of(approved("PACK"))[0], by=packer)

    page = signed_in(hire("boss", post=("printing", "supervisor"))).get(TASKS).text

    assert "安妮" in page and "打包工" not in page


# --- next rows --------------------------------------------------------------------------------------
def test_the_next_rows_come_without_counting_and_without_the_page_around_them(
    approved: MakeOrder, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PAGE-02"""
    from paidan.orders.admin.task import TaskAdmin

    monkeypatch.setattr(TaskAdmin, "list_per_page", 2)
    tasks = [tasks_of(approved("VAN"))[0].pk for _n in range(5)]
    client = signed_in(approver)
    pages = []

    for number in (1, 2, 3):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"{TASKS}?p={number}", headers={"X-Paidan-Rows": "1"})
        assert not [q["sql"] for q in queries if "COUNT(*)" in q["sql"]]
        assert 'id="nav-sidebar"' not in answer.text
        pages.append((shown(client, f"?p={number}"), re.findall(r'href="(\?[^"]*)">Load more', answer.text)))

    newest = tasks[::-1]
    assert pages == [(set(newest[:2]), ["?p=2"]), (set(newest[2:4]), ["?p=3"]), ({newest[4]}, [])]
    assert shown(client, "?p=99999999999999999999") == set()


# --- views of one's own -----------------------------------------------------------------------------
def save(client: Client, name: str, query: str) -> Any:
    return client.post(f"{TASKS}views/", {"save": "", "name": name, "query": query}, follow=True)


def test_a_person_keeps_renames_and_drops_views_and_nobody_else_sees_them(approver: User, maker: User) -> None:
    """PAGE-03"""
    mine, theirs = signed_in(approver), signed_in(maker)

    page = save(mine, " 我的  迟交 ", "standing=late&o=2")
    view = SavedView.objects.get()
    assert (view.name, view.query, view.person) == ("我的 迟交", "standing=late&o=2", approver)
    assert 'aria-current="page">我的 迟交' in page.text
    assert "我的 迟交" not in theirs.get(TASKS).text and "我的 迟交" not in mine.get(ORDERS).text
    mine.post(f"{TASKS}views/", {"view": view.pk, "name": "迟交", "rename": ""})
    assert reload(view).name == "迟交"
    for verb in ("rename", "delete", "first"):
        assert theirs.post(f"{TASKS}views/", {"view": view.pk, "name": "x", verb: ""}).status_code == 404
    assert mine.post(f"{ORDERS}views/", {"view": view.pk, "delete": ""}).status_code == 404
    mine.post(f"{TASKS}views/", {"view": view.pk, "delete": ""})
    assert not SavedView.objects.exists()
    assert_history_complete("backoffice")


def test_a_list_opens_with_the_view_that_was_chosen_until_its_filters_are_cleared(approver: User) -> None:
    client = signed_in(approver)
    save(client, "late", "standing=late")
    save(client, "pool", "standing=pool")
    late, pool = SavedView.objects.order_by("name")

    for view in (late, pool):
        client.post(f"{TASKS}views/", {"view": view.pk, "first": ""})

    assert client.get(TASKS).headers["Location"] == f"{TASKS}?standing=pool"
    assert client.get(TASKS, headers={"referer": f"http://testserver{TASKS}?standing=pool"}).status_code == 200
    assert client.get(f"{TASKS}?q=").status_code == 200
    client.post(f"{TASKS}views/", {"view": pool.pk, "first": ""})
    assert client.get(TASKS).status_code == 200


def test_a_view_without_a_name_or_one_too_many_is_refused(approver: User, maker: User) -> None:
    for bad in ("", "   ", "x" * 41):
        with refuses("bad_name"):
            actions.save_view("orders_task", name=bad, query="", by=approver)
    for n in range(actions.MOST_VIEWS):
        actions.save_view("orders_task", name=f"v{n}", query="", by=approver)
    with refuses("too_many"):
        actions.save_view("orders_task", name="one more", query="", by=approver)
    with refuses("too_long"):
        actions.save_view("orders_task", name="v0", query="x" * 1001, by=approver)
    actions.save_view("orders_task", name="v0", query="q=1", by=approver)

    assert SavedView.objects.get(name="v0").query == "q=1"
    first, second = SavedView.objects.order_by("pk")[:2]
    with refuses("view_name_once"):
        actions.rename_view(first, name=second.name, by=approver)


# --- the workbook -----------------------------------------------------------------------------------
def test_the_workbook_holds_exactly_the_rows_of_the_list_in_its_order(approved: MakeOrder, approver: User) -> None:
    """VIS-05"""
    orders = [approved("VAN", quantity=quantity) for quantity in (300, 100, 200)]
    work.cancel(tasks_of(orders[1])[0], by=approver, reason="停")
    client = signed_in(approver)

    names, rows = exported(client, TASKS, "?standing=pool&o=2")

    assert names[:5] == ["Order", "Customer", "Step", "Process", "Content"]
    assert [row["Order"].value for row in rows] == [orders[0].number, orders[2].number]
    assert [row["Planned"].value for row in rows] == [300, 200]
    assert {row["Due"].is_date and row["Created at"].is_date for row in rows} == {True}
    assert rows[0]["Status"].value == "Pending" and rows[0]["Started at"].value is None
    made = rows[0]["Created at"].value
    assert abs(timezone.make_naive(tasks_of(orders[0])[0].created_at) - made) < timedelta(seconds=1), "Shanghai time"


def test_no_text_in_a_workbook_can_become_a_formula(created: MakeOrder, approver: User) -> None:
    order = created("VAN", notes="=1+1")
    bulk.edit_drafts({tasks_of(order)[0].pk: {"notes": '=HYPERLINK("http://x")'}}, by=approver)

    for page, value in ((ORDERS, "=1+1"), (TASKS, '=HYPERLINK("http://x")')):
        _names, [row] = exported(signed_in(approver), page)
        assert (row["Notes"].value, row["Notes"].data_type) == (value, "s")


EXPORTS = [ORDERS, TASKS, "/catalog/customer/", "/catalog/product/", "/catalog/material/", "/catalog/tooling/"]


@pytest.mark.parametrize("page", EXPORTS)
def test_every_list_with_an_export_gives_one_to_who_may_look(page: str, approved: MakeOrder, approver: User) -> None:
    approved("CUT", "PRT")

    names, rows = exported(signed_in(approver), page)

    assert rows and all(names) and 'href="export/?' in signed_in(approver).get(page).text


def test_prices_leave_the_house_only_with_those_who_may_see_them(
    approved: MakeOrder, hire: Hire, approver: User
) -> None:
    """AUTH-03"""
    approved("VAN", quantity=1009)
    boss = signed_in(hire("boss", post=("printing", "supervisor")))

    for page, money in ((ORDERS, "Total amount"), ("/catalog/product/", "Unit price")):
        assert money in exported(signed_in(approver), page)[0]
        assert money not in exported(boss, page)[0]


def test_a_person_takes_along_only_what_exists_for_that_person(approved: MakeOrder, hire: Hire) -> None:
    """VIS-01"""
    own, foreign = approved("VAN"), approved("PACK")
    boss = signed_in(hire("boss", post=("printing", "supervisor")))

    assert [row["Order"].value for row in exported(boss, TASKS)[1]] == [own.number]
    assert [row["Order number"].value for row in exported(boss, ORDERS)[1]] == [own.number]
    assert signed_in(hire("ann")).get("/catalog/product/export/").status_code == 403
    assert Client().get(f"{TASKS}export/").status_code == 302
    assert foreign.number not in str(exported(boss, TASKS))


def test_a_list_that_is_too_long_is_refused_with_a_sentence(
    approved: MakeOrder, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 1)
    approved("VAN", "PACK")

    page = signed_in(approver).get(f"{TASKS}export/?standing=open", follow=True)

    assert page.redirect_chain[0][0] == "../?standing=open"
    assert "More than 1 rows match" in page.text


def test_a_thousand_rows_more_cost_a_constant_number_of_statements(
    approved: MakeOrder, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PERF-01"""
    for _n in range(3):
        approved("VAN", "PACK")
    client, counts = signed_in(approver), {}
    client.get(f"{TASKS}export/")

    for page in (TASKS, ORDERS):
        for at_once in (100, 1):
            monkeypatch.setattr(exporting, "AT_ONCE", at_once)
            with CaptureQueriesContext(connection) as queries:
                rows = len(exported(client, page)[1])
            counts[page, at_once] = len(queries), rows
        all_at_once, one_by_one = counts[page, 100], counts[page, 1]
        assert all_at_once[0] <= 18
        assert one_by_one[0] - all_at_once[0] == 2 * (one_by_one[1] - 1), "two statements for each part"


def test_somebody_who_exports_all_the_time_is_asked_to_wait(approved: MakeOrder, approver: User) -> None:
    client = signed_in(approver)

    answers = [client.get(f"{TASKS}export/").status_code for _n in range(exporting.MOST_A_MINUTE + 2)]

    assert 429 in answers and answers[0] == 200


# --- many at once -----------------------------------------------------------------------------------
def choose(client: Client, verb: str, tasks: list[Task], query: str = "", *, across: bool = False) -> Any:
    """Tick tasks in the list and choose a verb."""
    ticked = {"_selected_action": [task.pk for task in tasks], "action": verb, "index": 0, "select_across": int(across)}
    return client.post(f"{TASKS}{query}", ticked)


def go_on(client: Client, page: Any, **values: Any) -> Any:
    """Send the form of the page that a verb for many tasks shows."""
    sent = {name: page.context[name] for name in ("verb", "ids")} | {
        "_form_submitted": "True",
        "done": page.context.get("done") or 0,
    }
    return client.post(f"{TASKS}together/", sent | values)


def test_many_tasks_are_assigned_and_told_one_by_one_which_were_not_and_why(
    approved: MakeOrder, approver: User, hire: Hire, shop: Any
) -> None:
    """VIS-04, SUP-03"""
    ann = hire("ann")
    order = approved("VAN", "VAN", "PACK")
    first, done, packing = tasks_of(order)
    work.cancel(done, by=approver, reason="停")
    client = signed_in(approver)

    page = go_on(client, choose(client, "assign", [first, done, packing]), to=ann.pk, department="")

    assert (page.context["done"], page.context["count"]) == (1, 0)
    assert reload(first).operator == ann and reload(packing).operator is None
    assert {problem["url"] for problem in page.context["problems"]} == {
        f"{TASKS}{t.pk}/change/" for t in (done, packing)
    }
    whys = " ".join(problem["why"] for problem in page.context["problems"])
    assert "Cancelled" in whys and "does not work in" in whys


def test_a_supervisor_does_it_to_own_tasks_only_and_foreign_ones_look_missing(approved: MakeOrder, hire: Hire) -> None:
    order = approved("VAN", "PACK")
    own, foreign = tasks_of(order)
    client = signed_in(hire("boss", post=("printing", "supervisor")))

    page = client.post(
        f"{TASKS}together/",
        {"verb": "cancel", "ids": f"{own.pk},{foreign.pk},987654", "reason": "停", "_form_submitted": "True"},
    )

    assert (reload(own).status, reload(foreign).status) == ("cancelled", "pending")
    assert [problem["task"] for problem in page.context["problems"]] == [f"#{foreign.pk}", "#987654"]
    assert len({problem["why"] for problem in page.context["problems"]}) == 1


def test_everything_that_the_filter_finds_is_done_in_parts(
    approved: MakeOrder, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "AT_ONCE", 2)
    urgent = [tasks_of(approved("VAN", priority=4))[0] for _n in range(3)]
    other = tasks_of(approved("VAN"))[0]
    client = signed_in(approver)

    page = choose(client, "prioritise", urgent[:1], "?standing=urgent", across=True)
    assert page.context["count"] == 3
    counts = []
    while page.context["count"]:
        page = go_on(client, page, priority=3)
        counts.append((page.context["done"], page.context["count"]))

    assert counts == [(2, 1), (3, 0)]
    assert [reload(task).priority for task in (*urgent, other)] == [3, 3, 3, 2]
    assert reload(urgent[0]).edited_fields == ["priority"]
    assert_history_complete("orders")


def test_more_than_the_bound_are_not_even_begun(
    approved: MakeOrder, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST", 1)
    tasks = tasks_of(approved("VAN", "PACK"))

    with unchanged():
        page = choose(signed_in(approver), "cancel", tasks)

    assert page.status_code == 302


def test_drafts_of_a_submitted_order_stay_and_the_others_go(created: MakeOrder, maker: User) -> None:
    """CONS-03"""
    gone, waiting = created("VAN", "PACK"), created("VAN")
    life.submit(waiting, by=maker)
    client = signed_in(maker)

    page = go_on(client, choose(client, "delete_drafts", [*tasks_of(gone), *tasks_of(waiting)]))

    assert (page.context["done"], len(page.context["problems"])) == (2, 1)
    assert (len(tasks_of(gone)), len(tasks_of(waiting))) == (0, 1)


def test_an_operator_is_offered_claiming_only_and_nothing_else_by_hand_made_requests(
    approved: MakeOrder, hire: Hire
) -> None:
    tasks = tasks_of(approved("VAN", "VAN"))
    ann = hire("ann")
    client = signed_in(ann)

    with unchanged():
        for verb in ("cancel", "assign", "delete_drafts", "prioritise", "nonsense"):
            sent = {"verb": verb, "ids": str(tasks[0].pk), "reason": "x", "priority": 1, "_form_submitted": "True"}
            assert client.post(f"{TASKS}together/", sent).status_code in (403, 404)
    page = go_on(client, choose(client, "claim", tasks))

    assert page.context["done"] == 2 and {reload(task).operator for task in tasks} == {ann}


def test_a_form_with_a_fault_is_shown_again_and_does_nothing(pooled_task: Task, approver: User) -> None:
    client = signed_in(approver)

    with unchanged():
        page = go_on(client, choose(client, "cancel", [pooled_task]), reason="")

    assert "This field is required" in page.text and page.context["ids"] == str(pooled_task.pk)


def test_a_priority_given_by_hand_stays_when_the_order_changes(pooled_task: Task, approver: User) -> None:
    from dataclasses import replace

    from paidan.orders.actions.saving import save as save_order
    from paidan.orders.drafts import draft_of

    bulk.prioritise([pooled_task.pk], priority=4, by=approver)

    order = reload(pooled_task.step.order)
    save_order(order, replace(draft_of(order), priority=1), by=approver, reason="x")

    assert reload(pooled_task).priority == 4


def test_a_done_task_gets_no_other_priority(pooled_task: Task, approver: User) -> None:
    work.cancel(pooled_task, by=approver, reason="停")

    with refuses("not_open"):
        bulk.prioritise([pooled_task.pk], priority=4, by=approver)


def test_a_hundred_tasks_get_another_priority_in_a_constant_number_of_statements(
    approved: MakeOrder, approver: User
) -> None:
    small, large = approved("VAN"), approved(*["VAN"] * 20)
    counts = []

    for order in (small, large):
        ids = [task.pk for task in tasks_of(order)]
        with CaptureQueriesContext(connection) as queries:
            bulk.prioritise(ids, priority=4, by=approver)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 11, "telling people included"


def test_week_ends_on_sunday() -> None:
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())

    assert {filters.week_ends(monday + timedelta(days=n)) for n in range(7)} == {monday + timedelta(days=6)}
