"""Approvers read everything that anybody changed, filter it and take it along; nobody else finds the page."""

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from paidan import audited
from paidan.catalog.models import Customer, Product
from paidan.dispatch.models import DispatchSwitch
from paidan.insight import trail, views
from paidan.insight.trail import Mark, Wanted
from paidan.orders.actions import bulk
from paidan.orders.actions import order as life
from paidan.orders.models import OrderLine, Task, WorkOrder
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, reload, tasks_of
from tests.visitors import browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def start_empty(shop: Any) -> None:
    """What the shop's own making left is not what these tests are about."""
    for model in trail.tracked():
        model.history.all().delete()  # type: ignore[attr-defined]


def signed_in(user: User) -> Client:
    client = browser()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def page(user: User, **asked: Any) -> Any:
    return signed_in(user).get(reverse("all_changes"), asked)


def told(reader: User, most: int = 1000, **wanted: Any) -> list[tuple[str, str, str]]:
    """Model, act and what is called, newest first."""
    found, _older = trail.changes(Wanted(**wanted), to=reload(reader), most=most)
    return [(change.model.__name__, change.act, str(change.pk)) for change in found]


# --- what is told ---------------------------------------------------------------------------------
def test_the_changes_of_all_models_stand_in_one_list_newest_first(customer: Customer, approver: User) -> None:
    product = audited.insert_one(Product(code="P", name="盒"), by=approver)
    audited.update(Customer, [customer.pk], by=approver, why="改名", name="新名")
    audited.delete(Product, [product.pk], by=approver, why="重复")

    assert [line[:2] for line in told(approver)][:3] == [("Product", "-"), ("Customer", "~"), ("Product", "+")]


def test_a_line_says_when_who_what_before_after_why_and_in_which_request(customer: Customer, approver: User) -> None:
    with audited.request("deed-1"):
        audited.update(Customer, [customer.pk], by=approver, why="搬家", contact="李")

    [moment, *_rest] = page(approver).context["moments"]

    assert (moment["person"], moment["why"], moment["request"]) == ("abe", "搬家", "deed-1")
    [entry] = moment["entries"]
    assert (entry["kind"], entry["about"], entry["what"]) == ("Customer", "华美日化", "changed")
    assert entry["differences"] == [("contact", "—", "李")]
    assert entry["link"] == reverse("admin:catalog_customer_change", args=[customer.pk])


def test_what_is_gone_is_told_without_a_link_and_parts_lead_to_their_order(
    created: MakeOrder, maker: User, approver: User
) -> None:
    order = created("VAN")
    gone = audited.insert_one(Product(code="P", name="盒"), by=approver)
    audited.delete(Product, [gone.pk], by=approver)

    entries = [entry for moment in page(approver).context["moments"] for entry in moment["entries"]]

    found = {(entry["kind"], entry["what"]): (entry["order"], entry["link"]) for entry in entries}
    assert found["Product", "deleted"] == ("", "")
    assert found["Order line", "added"] == (
        order.number,
        reverse("admin:orders_workorder_change", args=[order.pk]),
    )
    task = tasks_of(order)[0]
    assert found["Task", "added"] == (order.number, reverse("admin:orders_task_change", args=[task.pk]))


def test_a_row_is_called_as_it_was_then(customer: Customer, approver: User) -> None:
    audited.update(Customer, [customer.pk], by=approver, name="甲")
    audited.update(Customer, [customer.pk], by=approver, name="乙")

    moments = page(approver, model="catalog.Customer").context["moments"]

    entries = [entry["about"] for moment in moments for entry in moment["entries"]]
    assert entries[:2] == ["乙", "甲"]


# --- filters --------------------------------------------------------------------------------------
def test_a_plugin_is_called_as_people_call_it(approver: User, shop: Any) -> None:
    switch = DispatchSwitch.objects.create()
    audited.update(DispatchSwitch, [switch.pk], by=approver, strategy="round_robin")

    shown = page(approver).text

    assert "Round robin" in shown and "round_robin" not in shown


def test_the_filters_choose_by_kind_act_person_day_order_and_request(
    created: MakeOrder, customer: Customer, maker: User, approver: User
) -> None:
    with audited.request("first"):
        one = created("VAN")
    with audited.request("second"):
        two = created("VAN")
        audited.update(Customer, [customer.pk], by=approver, notes="x")
    today = timezone.localdate()
    every = told(approver)

    assert told(approver, model="orders.WorkOrder") == [
        ("WorkOrder", "+", str(two.pk)),
        ("WorkOrder", "+", str(one.pk)),
    ]
    assert told(approver, act="~") == [("Customer", "~", str(customer.pk))]
    assert told(approver, person=approver.pk, act="~") == [("Customer", "~", str(customer.pk))]
    assert told(approver, since=today, until=today) == every
    assert told(approver, until=today.replace(year=today.year - 1)) == []
    assert {line[0] for line in told(approver, order=one.number.lower())} == {
        "WorkOrder", "OrderLine", "OrderStep", "Task",
    }  # fmt: skip
    assert len(told(approver, order=one.number)) == len(told(approver, request="first", person=maker.pk))
    assert told(approver, order="no such number") == []


def test_a_deleted_order_is_found_by_its_number(created: MakeOrder, maker: User, approver: User) -> None:
    order = created("VAN")
    life.delete(order, by=maker)

    kinds = {line[:2] for line in told(approver, order=order.number)}

    assert {("WorkOrder", "-"), ("Task", "-"), ("OrderLine", "+")} <= kinds


@pytest.mark.parametrize(
    "asked",
    [
        {"before": "x"}, {"before": "2026-01-01~a~b"}, {"since": "2026-02-31"}, {"person": "²"}, {"model": "auth.User"},
        {"until": "9999-12-31"}, {"request": "\0"}, {"act": "?"}, {"person": "9" * 30},
    ],
)  # fmt: skip
def test_what_makes_no_sense_asks_for_nothing(asked: dict[str, str], approver: User) -> None:
    assert page(approver, **asked).status_code == 200


# --- pages ----------------------------------------------------------------------------------------
def test_pages_neither_repeat_nor_leave_out_an_entry_of_one_moment(
    created: MakeOrder, maker: User, approver: User
) -> None:
    """Bulk writes leave hundreds of entries with one time; the place in the list is exact all the same."""
    created("PACK", lines=30)
    every, before, read = told(approver), None, []
    while True:
        found, before = trail.changes(Wanted(before=before), to=reload(approver), most=7)
        read += [(change.model.__name__, change.act, str(change.pk)) for change in found]
        if before is None:
            break
        before = Mark.read(before.typed)

    assert read == every and len(set(read)) == len(read) > 60


def test_older_changes_are_a_link_away(created: MakeOrder, approver: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "AT_ONCE", 2)
    created("VAN")
    client = signed_in(approver)

    first = client.get(reverse("all_changes"), {"act": "+"})
    [older] = re.findall(r'rel="next" href="([^"]+)"', first.text)
    second = client.get(reverse("all_changes") + older.replace("&amp;", "&"))

    pages = [[e["about"] for m in each.context["moments"] for e in m["entries"]] for each in (first, second)]
    assert [len(entries) for entries in pages] == [2, 2] and second.context["wanted"].act == "+"


# --- who reads ------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["maker", "sales", "supervisor", "operator"])
def test_for_others_there_is_no_such_page(role: str, hire: Hire) -> None:
    post = {"post": ("printing", role)} if role in ("supervisor", "operator") else {"role": role}
    reader = hire("pat", **post)

    assert page(reader).status_code == page(reader, format="xlsx").status_code == 404
    assert reverse("all_changes") not in signed_in(reader).get("/").text


def test_each_reads_the_histories_that_his_role_reads(hire: Hire, approver: User, shop: Any) -> None:
    """An approver works with orders; what was done to accounts is the administrators' business."""
    admin = hire("root", role="admin")
    audited.update(User, [admin.pk], by=admin, email="root@example.cn")

    assert ("User", "~", str(admin.pk)) in told(admin)
    assert "User" not in {line[0] for line in told(approver)}
    assert "people.User" not in dict(page(approver).context["models"])


@pytest.mark.parametrize("sees", [True, False])
def test_money_is_told_to_those_only_who_see_prices(sees: bool, created: MakeOrder, maker: User, hire: Hire) -> None:
    order = created("VAN")
    reader = hire("zoe", role="approver")
    if not sees:
        group = reader.groups.get()
        group.permissions.remove(*group.permissions.filter(codename="view_prices"))
    line = OrderLine.objects.get(order=order)
    audited.update(OrderLine, [line.pk], by=maker, unit_price=Decimal("731.37"))

    answers = [page(reader).text, str(rows_of(page(reader, format="xlsx")))]

    assert ["¥8,731.37" in answer for answer in answers] == [sees, sees]
    assert (("OrderLine", "~", str(line.pk)) in told(reader)) is sees, "a change of nothing but money is left out"


# --- workbook -------------------------------------------------------------------------------------
def rows_of(answer: Any) -> list[tuple[Any, ...]]:
    return [tuple(cell.value for cell in row) for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows()]


def test_the_filtered_list_is_taken_along_as_text(customer: Customer, approver: User) -> None:
    audited.update(Customer, [customer.pk], by=approver, why="=1+1", contact='=HYPERLINK("http://x")')
    audited.insert_one(Product(code="P", name="盒"), by=approver)

    answer = page(approver, model="catalog.Customer", act="~", format="xlsx")

    heading, row = rows_of(answer)
    assert heading[:4] == ("When", "Who", "Kind", "About")
    assert row[1:10] == (
        "abe",
        "Customer",
        "华美日化",
        None,
        "changed",
        "contact",
        None,
        '=HYPERLINK("http://x")',
        "=1+1",
    )
    cells = next(load_workbook(io.BytesIO(answer.content)).active.iter_rows(min_row=2))
    assert {cell.data_type for cell in cells[1:] if cell.value is not None} <= {"s", "inlineStr"} and cells[0].is_date


def test_too_much_for_one_workbook_is_refused_in_a_sentence(
    created: MakeOrder, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_TAKEN", 3)
    created("VAN")

    answer = page(approver, format="xlsx")

    assert answer.status_code == 409 and "Choose a shorter period." in answer.text


# --- how much is asked ----------------------------------------------------------------------------
def test_reading_asks_as_much_for_10_changes_as_for_1000(
    created: MakeOrder, maker: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "AT_ONCE", 5000)
    few = created("CUT", "PRT", "PACK")
    bulk.edit_drafts({task.pk: {"planned": 7} for task in tasks_of(few)}, by=maker)
    client = signed_in(approver)
    client.get(reverse("all_changes"))
    asked = [_asked(client)]
    order = created("CUT", "PRT", "PACK", lines=100)
    for planned in range(1, 9):
        bulk.edit_drafts({task.pk: {"planned": planned} for task in tasks_of(order)}, by=maker)
    assert sum(len(model.history.all()) for model in (Task, OrderLine, WorkOrder)) > 1000  # type: ignore[attr-defined]

    asked.append(_asked(client))

    assert asked[0] == asked[1] <= 40


def _asked(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse("all_changes")).status_code == 200
    return len(queries)
