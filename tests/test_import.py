"""Order books become orders: everything in them or nothing, the same file twice is the same as once."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from paidan.catalog.models import Customer, Material, Product, ProductMaterial, ProductProcess, Tooling
from paidan.errors import Refused
from paidan.exchange import actions, workbook
from paidan.exchange.actions import ImportPlan, ImportResult, read_orders
from paidan.exchange.models import ImportSession
from paidan.exchange.order_columns import HEADINGS
from paidan.orders.actions import order as life
from paidan.orders.actions.writing import create
from paidan.orders.drafts import draft_of
from paidan.orders.facts import Catalogue
from paidan.orders.models import Task, WorkOrder
from paidan.people.models import User
from tests.conftest import assert_history_complete, refuses, reload, snapshot, tasks_of, unchanged

OUTSIDE = Path(__file__).parents[2] / "shared/data"
FIXTURE = Path(__file__).parents[1] / "fixtures/orders.xlsx"
ROW = {"number": "A1", "customer": "华美日化", "product": "礼品盒", "quantity": 5000, "processes": "过油+包装"}


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def masters(customer: Customer, product: Product, paper: Material) -> None:
    """The shop knows one customer, one product and one material."""


def book(*rows: dict[str, Any]) -> bytes:
    """A workbook with these rows; `None` and missing cells are blank."""
    file = openpyxl.Workbook()
    names = list(dict.fromkeys(name for row in rows for name in row))
    file.active.append([HEADINGS[name][0] if name in HEADINGS else name for name in names])
    for row in rows:
        file.active.append([row.get(name) for name in names])
        for cell in file.active[file.active.max_row]:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                cell.data_type = "f" if cell.value.startswith("=SUM") else "s"
    content = io.BytesIO()
    file.save(content)
    return content.getvalue()


def imported(by: User, *rows: dict[str, Any], only_good: bool = False, **options: Any) -> ImportResult:
    return actions.apply(read_orders(book(*rows), by=by, **options), by=by, only_good=only_good)


def faults(by: User, *rows: dict[str, Any], **options: Any) -> list[tuple[int, str, str]]:
    """The faults of a file, which changes nothing."""
    plan = read_orders(book(*rows), by=by, **options)
    with refuses("bad_rows"):
        actions.apply(plan, by=by)
    return [(fault.row, fault.column, fault.what) for fault in plan.faults]


def fault(by: User, **cells: Any) -> str:
    """What is wrong with one row in which one cell is bad."""
    found = faults(by, ROW | cells)
    assert len(found) == 1, found
    return found[0][2]


def order(number: str = "A1") -> WorkOrder:
    return WorkOrder.objects.get(number=number)


# --- creating -------------------------------------------------------------------------------------
def test_a_row_becomes_an_order_with_its_tasks(
    maker: User, product: Product, paper: Material, tooling: Callable[..., Tooling]
) -> None:
    die = tooling("die")
    row = ROW | {
        "quantity": "５０００个", "unit_price": "￥2.23", "order_date": 46094, "due_date": "2026年4月1日", "priority": "急",
        "processes": "开料+啤+包装", "print_run": "5,200", "spoilage": 100, "colours": "4+4", "spot_colours": "877C",
        "salesperson": "mia", "notes": "一\n二", "material": "白卡纸 350g", "usage": "1300张", "die": die.code,
    }  # fmt: skip

    result = imported(maker, row)

    made = order()
    assert result.created == (made,) and result.left_out == 0
    assert (made.maker, made.salesperson, made.customer.name) == (maker, maker, "华美日化")
    assert (made.order_date, made.due_date, made.priority) == (date(2026, 3, 13), date(2026, 4, 1), 3)
    assert (made.print_run, made.spoilage, made.total_amount) == (5200, 100, Decimal("11150.00"))
    assert (made.cmyk, made.spot_colours, made.printing_type, made.notes) == ("CMYK", "877C", "both", "一\n二")
    assert [(line.product, line.quantity, line.unit_price) for line in made.lines.all()] == [
        (product, 5000, Decimal("2.23"))
    ]
    assert [(part.material, part.usage, part.needs_cutting) for part in made.materials.all()] == [(paper, 1300, True)]
    assert [part.tooling for part in made.toolings.all()] == [die]
    assert [step.process.code for step in made.steps.all()] == ["CTP", "CUT", "DIE", "PACK"]
    assert [(task.step.process.code, task.planned, task.status) for task in tasks_of(made)] == [
        ("CTP", 1, "draft"), ("CUT", 1300, "draft"), ("DIE", 5200, "draft"), ("PACK", 5000, "draft"),
    ]  # fmt: skip
    assert_history_complete("orders", "catalog")


def test_rows_with_one_number_are_one_order(maker: User) -> None:
    lid = Product.objects.create(code="LID", name="盒盖")

    imported(
        maker,
        ROW | {"notes": "甲", "quantity": 3000},
        {"number": "A1", "product": "盒盖", "quantity": 5000, "processes": "包装+过光膜", "notes": "乙"},
    )

    made = order()
    assert [(line.product_id, line.quantity) for line in made.lines.all()] == [
        (Product.objects.get(code="BOX").pk, 3000), (lid.pk, 5000),
    ]  # fmt: skip
    assert (made.print_run, made.spoilage, made.notes) == (5000, 100, "甲\n乙")
    assert [step.process.code for step in made.steps.all()] == ["VAN", "LAM_G", "PACK"]


def test_a_row_without_a_number_is_an_order_of_its_own(maker: User) -> None:
    result = imported(maker, ROW | {"number": None}, ROW | {"number": None})

    month = f"{timezone.localdate():%Y%m}"
    assert [made.number for made in result.created] == [f"{month}0001", f"{month}0002"]


def test_blank_cells_take_what_is_usual(maker: User, product: Product, paper: Material, shop: Any) -> None:
    ProductProcess.objects.create(product=product, process=shop.process("CUT"), sequence=10)
    ProductMaterial.objects.create(product=product, material=paper, usage_per_thousand=Decimal("260"))
    Customer.objects.update(salesperson=maker)

    imported(maker, {"number": "A1", "customer": "华美日化", "product": "BOX", "quantity": 5000})

    made = order()
    assert (made.order_date, made.due_date, made.priority) == (timezone.localdate(), None, 2)
    assert (made.salesperson, made.print_run, made.spoilage) == (maker, 5000, 100)
    assert made.lines.get().unit_price == Decimal("3.2")
    assert (made.materials.get().usage, made.steps.get().process.code) == (Decimal(1300), "CUT")


def test_other_words_for_the_columns_are_understood_and_unknown_columns_are_named(maker: User) -> None:
    file = openpyxl.Workbook()
    file.active.append(["施工单号", "客户名称", "品名", "订单数量", "工艺", "交期", "总价"])
    file.active.append(["A1", "华美日化", "礼品盒", 5000, "过油", datetime(2030, 5, 1), "=D2*2"])
    content = io.BytesIO()
    file.save(content)

    plan = read_orders(content.getvalue(), by=maker)

    assert plan.faults == () and plan.good[0].draft.due_date == date(2030, 5, 1)
    assert plan.notes == ("These columns mean nothing here and are not imported: 总价.",)


def test_a_row_that_adds_up_is_no_order(maker: User) -> None:
    plan = read_orders(book(ROW, {"number": "合计", "quantity": "=SUM(C2:C2)"}), by=maker)

    assert plan.counts["orders"] == 1 and plan.faults == ()


def test_two_columns_that_mean_the_same_are_refused(maker: User) -> None:
    with refuses("heading_twice"):
        read_orders(book(ROW | {"交期": "2030-01-01", "due_date": "2030-01-02"}), by=maker)


def test_a_file_without_orders_is_refused(maker: User) -> None:
    with refuses("empty"):
        read_orders(book({"number": None, "product": None}), by=maker)


# --- faults ---------------------------------------------------------------------------------------
def test_every_fault_of_a_file_is_told_at_once_with_its_place(maker: User) -> None:
    assert faults(
        maker,
        ROW | {"quantity": "=SUM(A1:A2)"},
        ROW | {"number": 46094},
        ROW | {"number": "A3", "due_date": "2026-02-30", "processes": "过油+喷砂"},
        ROW | {"number": "A4", "customer": None, "product": None, "quantity": None},
    ) == [
        (2, "数量", "This is a formula."),
        (3, "订单号", "This looks like an Excel date, not like an order number."),
        (4, "交货日期", "There is no such day as 2026-02-30."),
        (4, "工序", "“喷砂” is no process that is known here."),
        (5, "客户", "The customer is missing."),
        (5, "产品", "The product is missing."),
        (5, "数量", "The quantity is missing."),
    ]
    assert not WorkOrder.objects.exists()


def test_unknown_process_words_are_named_with_the_way_to_mend_them(maker: User) -> None:
    plan = read_orders(book(ROW | {"processes": "过油+喷砂+包装"}), by=maker)

    assert [str(fault) for fault in plan.faults] == [
        "Sheet Sheet, row 2, 工序: “喷砂” is no process that is known here. "
        "Correct the word, or add it as a synonym of a process."
    ]


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"customer": "华美日用"}, "“华美日用” is not known here."),
        ({"product": "礼品合"}, "“礼品合” is not known here."),
        ({"product": "礼品盒", "spec": "10×20"}, "“礼品盒 10×20” is not known here."),
        ({"salesperson": "nobody"}, "“nobody” is not known here."),
        ({"material": "P351", "usage": 3}, "“P351” is not known here."),
        ({"die": "D-9"}, "“D-9” is not known here."),
        ({"material": "P350", "usage": "3、4"}, "There are 2 amounts for 1 materials."),
        ({"quantity": 0}, "The number must be between 1 and 100,000,000."),
        ({"quantity": 1.5}, "There are no fractions of a piece."),
        ({"unit_price": "0.00001"}, "At most 4 decimals are possible."),
        ({"unit_price": "9999999999", "quantity": 100_000_000}, "The amount of the order is too large to be true."),
        ({"order_date": "2026-03-02", "due_date": "2026-03-01"}, "The due date lies before the order date."),
        ({"customer": "x" * 121}, "The text has 121 characters; 120 is the limit."),
        ({"processes": "350g白卡"}, "No process is named here."),
        ({"processes": None}, "No process is named, and the product has no usual route."),
    ],
    ids=str,
)
def test_one_bad_cell_is_one_fault(maker: User, cells: dict[str, Any], what: str) -> None:
    assert fault(maker, **cells) == what


def test_the_closest_name_is_suggested(maker: User) -> None:
    plan = read_orders(book(ROW | {"customer": "华美日用"}), by=maker)

    assert plan.faults[0].mend == "Did you mean “华美日化”? Correct the name, or add the customer first."


def test_a_name_that_several_products_have_needs_the_code_or_the_specification(maker: User) -> None:
    big = Product.objects.create(code="BOX-L", name="礼品盒", spec="300 × 200")

    assert fault(maker) == "“礼品盒” may mean several: BOX, BOX-L."
    plan = read_orders(book(ROW | {"spec": "300*200"}, ROW | {"number": "A2", "product": "BOX-L"}), by=maker)
    assert [planned.draft.lines[0].product_id for planned in plan.good] == [big.pk, big.pk]


def test_masters_that_are_no_longer_used_are_refused(maker: User) -> None:
    Customer.objects.update(is_active=False)

    assert faults(maker, ROW, create_missing=True) == [(2, "客户", "“华美日化” is no longer used.")]


def test_rows_of_one_order_must_agree(maker: User) -> None:
    Product.objects.create(code="LID", name="盒盖")

    assert faults(maker, ROW | {"due_date": "2030-01-01"}, ROW | {"product": "LID", "due_date": "2030-01-02"}) == [
        (3, "交货日期", "This differs from row 2 of the same order.")
    ]


def test_a_row_that_repeats_another_is_told(maker: User) -> None:
    assert faults(maker, ROW, ROW) == [(3, "产品", "This row is the same as row 2.")]


@pytest.mark.skipif(not OUTSIDE.exists(), reason="the strings are not part of the product")
@pytest.mark.parametrize("column", ["number", "customer", "product", "notes", "processes", "salesperson", "material"])
def test_hostile_strings_are_kept_as_they_are_or_refused(maker: User, column: str) -> None:
    strings = json.loads((OUTSIDE / "strings/blns.json").read_text(encoding="utf-8"))
    strings += [row["payload"] for row in json.loads((OUTSIDE / "strings/formula_injection.json").read_text("utf-8"))]
    rows = [workbook.Row("S", n, _cells(n, column, text)) for n, text in enumerate(strings, 2) if text.strip()]

    plan = actions._plan(workbook.Book(tuple(rows)), "x", maker, create_missing=True)
    some = actions._plan(workbook.Book(tuple(rows[::12])), "x", maker, create_missing=True)
    result = actions.apply(some, by=maker, only_good=True)

    assert plan.rows == len(rows) and plan.counts["faults"] >= plan.counts["bad"]
    assert len(result.created) + result.left_out == some.counts["orders"]
    assert_history_complete("orders", "catalog")
    if column == "notes":
        kept = {planned.draft.notes for planned in plan.good}
        assert {"=1+1", "<script>alert(123)</script>"} <= kept and len(kept) > 400
        assert {made.notes for made in result.created} <= kept


def _cells(number: int, column: str, text: str) -> dict[str, Any]:
    row = ROW | {"number": f"H{number}", column: text}
    return {HEADINGS[name][0]: value for name, value in row.items()}


# --- all or nothing -------------------------------------------------------------------------------
def test_a_bad_row_leaves_its_whole_order_out_and_the_good_ones_go_in_when_asked(maker: User) -> None:
    Product.objects.create(code="LID", name="盒盖")
    rows = [ROW, ROW | {"product": "LID", "quantity": 0}, ROW | {"number": "A2"}]
    plan = read_orders(book(*rows), by=maker)

    with refuses("bad_rows"):
        actions.apply(plan, by=maker)
    result = actions.apply(plan, by=maker, only_good=True)

    assert [made.number for made in result.created] == ["A2"]
    assert (result.left_out, len(result.faults)) == (1, 1)
    assert list(WorkOrder.objects.values_list("number", flat=True)) == ["A2"]
    assert plan.counts | {"tasks": 2} == {
        "rows": 3, "good_rows": 1, "orders": 2, "create": 1, "change": 0, "unchanged": 0, "bad": 1, "faults": 1, "tasks": 2,
    }  # fmt: skip


def test_a_failure_in_the_middle_leaves_nothing(maker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = read_orders(book(ROW, ROW | {"number": "A2"}), by=maker)
    written: list[WorkOrder] = []

    def fail_when_written(*args: Any, **named: Any) -> None:
        written.extend(create(*args, **named))
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr(actions, "create", fail_when_written)
    with unchanged(), pytest.raises(RuntimeError):
        actions.apply(plan, by=maker)
    assert len(written) == 2


def test_a_hundred_new_orders_are_written_with_as_many_statements_as_ten(maker: User) -> None:
    def statements(count: int, first: int) -> int:
        content = book(*(ROW | {"number": f"N{first + n}"} for n in range(count)))
        plan = read_orders(content, by=maker)
        with CaptureQueriesContext(connection) as asked:
            actions.apply(plan, by=maker)
        return len(asked)

    assert statements(10, 1000) == statements(100, 2000) <= 60


def test_missing_customers_and_products_are_made_when_asked(maker: User) -> None:
    Product.objects.create(code="IMP-0007", name="旧")
    rows = [
        ROW | {"customer": "新客户", "product": "手提袋", "spec": "A4", "unit_price": 1.5},
        ROW | {"number": "A2", "customer": "新客户 ", "product": "手提袋", "spec": "Ａ4"},
        ROW | {"number": "A3", "customer": "坏客户", "quantity": 0},
    ]

    assert [(row, column) for row, column, _what in faults(maker, *rows)] == [
        (2, "客户"), (2, "产品"), (3, "客户"), (3, "产品"), (4, "数量"), (4, "客户"),
    ]  # fmt: skip
    imported(maker, *rows, create_missing=True, only_good=True)

    bag = Product.objects.get(name="手提袋")
    assert (bag.code, bag.spec, bag.unit_price) == ("IMP-0008", "A4", Decimal("1.5"))
    assert [made.customer.name for made in (order("A1"), order("A2"))] == ["新客户", "新客户"]
    assert [made.lines.get().product for made in (order("A1"), order("A2"))] == [bag, bag]
    assert not Customer.objects.filter(name="坏客户").exists()
    assert_history_complete("orders", "catalog")


# --- the same again, and changes ------------------------------------------------------------------
def test_the_same_file_twice_is_the_same_as_once(maker: User, tooling: Callable[..., Tooling]) -> None:
    rows = [
        ROW | {"processes": "啤+包装", "die": tooling("die").code, "material": "P350", "usage": 3},
        ROW | {"number": "A2"},
    ]
    imported(maker, *rows)

    with unchanged():
        result = imported(maker, *rows)

    assert (result.created, result.changed, result.unchanged) == ((), (), 2)


def test_a_changed_row_changes_its_order_through_the_task_plan(maker: User) -> None:
    imported(maker, ROW | {"notes": "甲", "unit_price": 2})
    before = {task.key: task.pk for task in tasks_of(order())}
    edited = order()

    result = imported(maker, {"number": "A1", "product": "礼品盒", "quantity": 6000, "processes": "过油+覆光膜+包装"})

    made = order()
    assert result.changed == (made,) and made.version == edited.version + 1
    assert (made.print_run, made.customer.name, made.notes) == (6000, "华美日化", "甲")
    assert made.lines.get().unit_price == 2
    tasks = tasks_of(made)
    assert [(task.step.process.code, task.planned) for task in tasks] == [
        ("VAN", 6000),
        ("LAM_G", 6000),
        ("PACK", 6000),
    ]
    assert {tasks[0].pk, tasks[2].pk} == set(before.values())


def test_a_changed_order_keeps_what_people_did_to_it(maker: User, tooling: Callable[..., Tooling]) -> None:
    plate = tooling("die")
    imported(maker, ROW | {"processes": "啤+包装", "die": plate.code})
    steps = {step.process.code: (step.ref, step.sequence) for step in order().steps.all()}

    imported(maker, ROW | {"processes": "啤+包装", "priority": "高"})

    assert {step.process.code: (step.ref, step.sequence) for step in order().steps.all()} == steps
    assert [part.tooling for part in order().toolings.all()] == [plate]
    assert order().priority == 3


def test_a_line_that_the_file_no_longer_has_goes_with_its_tasks(maker: User) -> None:
    Product.objects.create(code="LID", name="盒盖")
    imported(maker, ROW, ROW | {"product": "LID"})
    assert len(tasks_of(order(), "PACK")) == 2

    imported(maker, ROW)

    assert len(tasks_of(order(), "PACK")) == 1 and order().lines.count() == 1


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("submitted", "Order {} waits for approval."),
        ("approved", "Order {} is approved."),
        ("cancelled", "Order {} is cancelled."),
    ],
)
def test_an_order_that_cannot_be_edited_is_a_fault_when_it_would_change(
    maker: User, approver: User, request: pytest.FixtureRequest, state: str, what: str
) -> None:
    made = request.getfixturevalue("approved" if state == "cancelled" else state)("VAN")
    if state == "cancelled":
        life.cancel(made, by=approver, reason="客户取消")
    row = {"number": made.number, "product": "BOX", "quantity": 2000}

    assert faults(maker, row) == [(2, "订单号", what.format(made.number))]
    assert read_orders(book(row | {"quantity": 1000}), by=maker).counts["unchanged"] == 1


def test_an_order_of_somebody_else_looks_like_a_number_that_cannot_be_used(
    hire: Callable[..., User], maker: User
) -> None:
    seller = hire("sam", role="sales")
    imported(maker, ROW)
    own = imported(seller, ROW | {"number": "S1"}).created[0]

    assert faults(seller, ROW | {"quantity": 1}) == [(2, "订单号", "The number A1 cannot be used.")]
    assert imported(seller, ROW | {"number": "S1", "quantity": 7000}).changed == (own,)


def test_who_may_only_add_orders_cannot_change_them(hire: Callable[..., User], maker: User) -> None:
    made = imported(maker, ROW).created[0]
    clerk = hire("cleo", role="approver")
    clerk.groups.get().permissions.set(
        clerk.groups.get().permissions.exclude(codename__in=["change_workorder", "view_prices"])
    )
    clerk = reload(clerk)

    assert faults(clerk, ROW | {"quantity": 1}) == [(2, "订单号", f"Order {made} exists, and you may not change it.")]
    assert faults(clerk, ROW | {"number": "B1", "unit_price": 1}) == [(2, "单价", "You do not work with prices.")]


# --- stale ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("moved", ["order", "number", "product"])
def test_a_plan_that_no_longer_holds_is_refused(maker: User, product: Product, moved: str) -> None:
    imported(maker, ROW)
    plan = read_orders(book(ROW | {"quantity": 6000}, ROW | {"number": "A2"}), by=maker)
    if moved == "order":
        imported(maker, ROW | {"notes": "新"})
    elif moved == "number":
        imported(maker, ROW | {"number": "A2"})
    else:
        Product.objects.filter(pk=product.pk).update(name="礼盒", code="OLD")

    with refuses("stale"):
        actions.apply(plan, by=maker)


def test_an_order_that_moves_between_looking_and_locking_is_a_fault(
    maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(maker, ROW)
    plan = read_orders(book(ROW | {"quantity": 6000}, ROW | {"number": "A2"}), by=maker)
    honest = actions._plan
    old = {"version": order().version + 7}
    monkeypatch.setattr(actions, "_plan", lambda *args: _with_version(honest(*args), **old))

    with refuses("bad_rows"):
        actions.apply(plan, by=maker)
    result = actions.apply(plan, by=maker, only_good=True)

    assert [made.number for made in result.created] == ["A2"] and result.left_out == 1
    assert order().print_run == 5000


def test_a_number_that_is_taken_at_the_last_moment_leaves_nothing(maker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = read_orders(book(ROW, ROW | {"number": "A2"}), by=maker)
    honest = actions._plan

    def while_another_imports(*args: Any) -> ImportPlan:
        now = honest(*args)
        monkeypatch.undo()
        imported(maker, ROW | {"number": "A2", "quantity": 9})
        return now

    monkeypatch.setattr(actions, "_plan", while_another_imports)
    with pytest.raises(Refused) as refused:
        actions.apply(plan, by=maker)

    assert refused.value.code == "stale"
    assert [(made.number, made.print_run) for made in WorkOrder.objects.all()] == [("A2", 9)]


def _with_version(plan: ImportPlan, version: int) -> ImportPlan:
    orders = tuple(
        replace(planned, current=replace(planned.current, version=version)) if planned.current else planned
        for planned in plan.orders
    )
    return replace(plan, orders=orders)


# --- how much it asks -----------------------------------------------------------------------------
def test_reading_asks_the_same_number_of_questions_for_any_number_of_rows(maker: User) -> None:
    def queries(rows: int) -> int:
        content = book(*(ROW | {"number": f"Q{n}", "quantity": 100 + n} for n in range(rows)))
        actions.apply(read_orders(content, by=maker), by=maker)
        changed = book(*(ROW | {"number": f"Q{n}", "quantity": 200 + n} for n in range(rows)))
        with CaptureQueriesContext(connection) as asked:
            plan = read_orders(changed, by=User.objects.get(pk=maker.pk))
        assert plan.counts["change"] == rows
        return len(asked)

    assert queries(10) == queries(100) <= 30


# --- the demo shop's order book -------------------------------------------------------------------
def test_the_order_book_of_the_demo_shop_imports_without_a_fault_and_can_be_submitted(db: None) -> None:
    from paidan.exchange.shop import load_demo

    Customer.objects.all().delete()
    load_demo()
    maker = User.objects.get(username="maker")
    plan = read_orders(FIXTURE.read_bytes(), by=maker)

    assert [str(fault) for fault in plan.faults] == []
    assert (plan.counts["orders"], plan.counts["rows"], plan.counts["create"]) == (24, 43, 24)
    result = actions.apply(plan, by=maker)
    assert Task.objects.filter(step__order__in=result.created).count() == plan.counts["tasks"] == 335
    for made in result.created:
        draft = draft_of(made)
        assert [str(fault) for fault in life.faults(draft, Catalogue.of(draft))] == []
    assert read_orders(FIXTURE.read_bytes(), by=maker).counts["unchanged"] == 24


# --- command --------------------------------------------------------------------------------------
def command(*args: str) -> str:
    out = io.StringIO()
    call_command("import_orders", *args, stdout=out)
    return out.getvalue()


def test_the_command_imports_as_the_first_maker_and_answers_programs(maker: User, tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    path.write_bytes(book(ROW))

    with unchanged():
        assert json.loads(command(str(path), "--dry-run", "--json"))["written"] is False
    report = json.loads(command(str(path), "--json"))

    assert (report["created"], report["faults"], report["tasks"]) == (["A1"], 0, 2)
    assert order().maker == maker


def test_the_command_prints_each_fault_and_writes_nothing(maker: User, tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    path.write_bytes(book(ROW, ROW | {"number": "A2", "quantity": 0}))
    out = io.StringIO()

    with unchanged(), pytest.raises(CommandError, match="1 faults; nothing was imported"):
        call_command("import_orders", str(path), stdout=out)
    assert "Sheet Sheet, row 3, 数量: The number must be between 1 and 100,000,000." in out.getvalue()
    assert "created: 1, changed: 0, left out: 1" in command(str(path), "--only-good", "--user", "mia")


def test_the_command_refuses_what_it_cannot_use_in_one_line(
    maker: User, hire: Callable[..., User], tmp_path: Path
) -> None:
    hire("otto")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(100))
    for arguments in ([str(tmp_path / "old.xls")], [str(tmp_path / "none.xlsx")], [str(tmp_path)], ["\0"],
                      [str(FIXTURE), "--user", "nobody"], [str(FIXTURE), "--user", "otto"]):  # fmt: skip
        with pytest.raises(CommandError) as problem:
            command(*arguments)
        assert "\n" not in str(problem.value)


# --- page -----------------------------------------------------------------------------------------
@pytest.fixture
def signed_in(maker: User) -> Client:
    client = Client()
    client.force_login(maker)
    return client


def upload(client: Client, *rows: dict[str, Any], **fields: str) -> Any:
    file = SimpleUploadedFile("三月.xlsx", book(*rows))
    return client.post(reverse("import_orders"), {"file": file, **fields})


def test_an_upload_is_looked_at_and_then_imported_as_shown(signed_in: Client, maker: User) -> None:
    with unchanged():
        kept = upload(signed_in, ROW)
        page = signed_in.get(kept.url)
    assert page.status_code == 200
    assert "礼品盒 × 5,000" in page.text and page.context["plan"].counts["create"] == 1

    done = signed_in.post(kept.url, {"fingerprint": page.context["plan"].fingerprint})

    assert done.status_code == 302 and order().maker == maker
    assert ImportSession.objects.get().applied_at is not None
    with unchanged():
        again = signed_in.post(kept.url, {"fingerprint": signed_in.get(kept.url).context["plan"].fingerprint})
    assert again.status_code == 409


def test_an_upload_with_faults_lists_them_and_imports_the_good_orders_only_when_asked(signed_in: Client) -> None:
    kept = upload(signed_in, ROW, ROW | {"number": "A2", "customer": "<b>谁</b>"})
    page = signed_in.get(kept.url)
    fingerprint = page.context["plan"].fingerprint

    assert "&lt;b&gt;谁&lt;/b&gt;" in page.text and "<b>谁" not in page.text
    with unchanged():
        assert signed_in.post(kept.url, {"fingerprint": fingerprint}).status_code == 200
    assert ImportSession.objects.get().applied_at is None
    assert signed_in.post(kept.url, {"fingerprint": fingerprint, "only_good": "1"}).status_code == 302
    assert list(WorkOrder.objects.values_list("number", flat=True)) == ["A1"]


def test_what_was_not_shown_is_not_imported(signed_in: Client, maker: User) -> None:
    kept = upload(signed_in, ROW)
    fingerprint = signed_in.get(kept.url).context["plan"].fingerprint
    Product.objects.update(unit_price=9)

    with unchanged():
        assert signed_in.post(kept.url, {"fingerprint": fingerprint}).status_code == 409
        assert signed_in.post(kept.url).status_code == 409
    assert ImportSession.objects.get().applied_at is None


def test_a_broken_upload_is_refused_and_not_kept(signed_in: Client) -> None:
    for content in (b"", b"PK", b"\xd0\xcf\x11\xe0"):
        answer = signed_in.post(reverse("import_orders"), {"file": SimpleUploadedFile("x.xlsx", content)})
        assert answer.status_code == 422
    assert signed_in.post(reverse("import_orders")).status_code == 422
    assert not ImportSession.objects.exists()


def test_an_upload_is_seen_by_its_person_only_and_forgotten_after_a_week(
    signed_in: Client, hire: Callable[..., User]
) -> None:
    other = Client()
    other.force_login(hire("max", role="maker"))
    kept = upload(signed_in, ROW)

    with unchanged():
        assert other.get(kept.url).status_code == 404
        assert other.post(kept.url, {"fingerprint": "x"}).status_code == 404
    ImportSession.objects.update(created_at=timezone.now() - timedelta(days=8))
    upload(other, ROW)
    assert signed_in.get(kept.url).status_code == 404


def test_who_may_not_add_orders_finds_no_import_page(hire: Callable[..., User]) -> None:
    client = Client()
    assert client.get(reverse("import_orders")).status_code == 302
    client.force_login(hire("otto"))
    for name in ("import_orders", "import_template"):
        assert client.get(reverse(name)).status_code == 404
    assert client.post(reverse("import_orders")).status_code == 404


def test_missing_masters_are_made_for_those_only_who_may_add_them(signed_in: Client, maker: User) -> None:
    new = ROW | {"customer": "新客户"}
    page = signed_in.get(upload(signed_in, new, create_missing="1").url)
    assert page.context["plan"].faults == ()

    for group in maker.groups.all():
        group.permissions.set(group.permissions.exclude(codename="add_customer"))
    page = signed_in.get(upload(signed_in, new, create_missing="1").url)
    assert len(page.context["plan"].faults) == 1


def test_the_page_keeps_its_number_of_questions_and_runs_no_inline_script(signed_in: Client) -> None:
    kept = upload(signed_in, *(ROW | {"number": f"P{n}"} for n in range(60)))
    with CaptureQueriesContext(connection) as asked:
        page = signed_in.get(kept.url)

    assert len(page.context["orders"]) == 50 and page.context["more_orders"] == 10
    assert len(asked) <= 40
    changed = upload(signed_in, *(ROW | {"number": f"P{n}", "quantity": 6000} for n in range(60)))
    signed_in.post(kept.url, {"fingerprint": page.context["plan"].fingerprint})
    with CaptureQueriesContext(connection) as asked:
        page = signed_in.get(changed.url)
    assert page.context["plan"].counts["change"] == 60 and len(asked) <= 40 + 50  # the tasks of each order shown
    assert page.context["orders"][0]["order"].kind == "change"
    assert "onclick=" not in page.text and "onsubmit=" not in page.text


def test_the_template_workbook_can_be_imported_once_its_masters_are_there(signed_in: Client, maker: User) -> None:
    content = signed_in.get(reverse("import_template")).content

    plan = read_orders(content, by=maker, create_missing=True)

    assert plan.counts["orders"] == 1 and plan.rows == 2
    assert {fault.column for fault in plan.faults} <= {"材料", "图稿", "刀模", "烫金版"}


def test_an_import_is_told_in_the_history_with_person_and_reason(maker: User) -> None:
    imported(maker, ROW)

    told = WorkOrder.history.get(number="A1")
    assert (told.history_user_id, told.history_change_reason) == (maker.pk, "imported")
    assert snapshot("orders")["orders.Task"][0]["status"] == "draft"


def test_refusals_are_sentences(maker: User) -> None:
    with pytest.raises(Refused) as refused:
        actions.apply(read_orders(book(ROW | {"quantity": 0}), by=maker), by=maker)

    assert [item.message for item in refused.value.faults] == [
        "Sheet Sheet, row 2, 数量: The number must be between 1 and 100,000,000. Correct the number."
    ]
