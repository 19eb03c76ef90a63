"""A maker's day: an order from the first number to the last piece, rejected once; a copy; an order book; a traveller."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from paidan.catalog.models import Customer, Product
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import WorkOrder
from paidan.people.models import User
from tests.conftest import Hire, assert_history_complete, reload, tasks_of
from tests.days import Come, act, choose, come, live, menu, number
from tests.test_browser import browser, errors, pytestmark
from tests.test_import import book

__all__ = ["browser", "come", "errors", "pytestmark"]  # fixtures, and where they run


def test_an_order_is_written_rejected_mended_approved_and_watched_until_it_is_done(
    come: Come, maker: User, approver: User, hire: Hire, customer: Customer, product: Product
) -> None:
    """TASK-01, TASK-05, TASK-06, WO-01, WO-04, WO-05."""
    page = come(maker)
    expect(number(page, "drafts")).to_contain_text("0")

    # an order by hand; its drafts are there at once
    menu(page, "Work orders")
    page.get_by_role("link", name="add", exact=True).click()
    choose(page, "customer", "华美")
    page.get_by_label("Due date").fill((timezone.localdate() + timedelta(days=9)).isoformat())
    page.get_by_label("Print run").fill("1000")
    choose(page, "lines-0-product", "礼品盒")
    page.get_by_label("Quantity").first.fill("1000")
    for row, process in enumerate(("过油", "包装")):
        page.get_by_role("link", name="Add another Order step").click()
        page.locator(f"#id_steps-{row}-sequence").fill(str(10 * (row + 1)))
        page.locator(f"#id_steps-{row}-process").select_option(label=process)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was created with its draft tasks.")).to_be_visible()
    tasks = page.get_by_role("region", name="Tasks").first
    expect(tasks).to_contain_text("Draft 2")

    # one task more by hand, and all handed in; the approver does not like it
    act(page, "Add task", step="过油", content="过油打样", quantity=50)
    expect(tasks).to_contain_text("Draft 3")
    act(page, "Submit")
    expect(page.get_by_text("waits for approval.")).to_be_visible()
    live(page)
    desk = come(approver)
    number(desk, "waiting for approval").click()
    order = WorkOrder.objects.get()
    desk.get_by_role("link", name=order.number).click()
    act(desk, "Reject", reason="哑油，不是光油")
    expect(page.get_by_text("哑油，不是光油").first).to_be_visible()  # without loading the page again
    assert tasks_of(order) == []

    # mended: the drafts are made again, and it is handed in once more
    menu(page, "Home")
    number(page, "rejected").click()
    page.get_by_role("link", name=order.number).click()
    expect(page.get_by_text("Rejected by abe: 哑油，不是光油")).to_be_visible()
    page.get_by_label("Print run").fill("1200")
    page.get_by_label("Notes").first.fill("哑油")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Confirm and save").click()
    expect(tasks).to_contain_text("Draft 2")
    act(page, "Submit")
    live(page)
    desk.reload()
    act(desk, "Approve")

    # the work is watched as it goes
    expect(tasks).to_contain_text("印刷车间")
    varnish, pack = tasks_of(order)
    ann = hire("ann")
    work.start(work.claim(varnish, by=ann).task, by=ann)
    expect(tasks).to_contain_text("ann")
    work.complete(reload(varnish), by=ann)
    pia = hire("pia", post=("packaging", "operator"))
    work.start(work.claim(pack, by=pia).task, by=pia)
    work.complete(reload(pack), by=pia)
    expect(tasks).to_contain_text("Completed 2")
    page.get_by_role("button", name="Notifications").click()
    expect(page.get_by_role("dialog", name="Notifications")).to_contain_text(order.number)

    order = reload(order)
    assert (order.approval, order.progress, order.print_run, order.notes) == ("approved", "completed", 1200, "哑油")
    assert [(task.status, task.planned, task.good) for task in tasks_of(order)] == [
        ("completed", 1200, 1200), ("completed", 1000, 1000),
    ]  # fmt: skip
    assert list(order.approvals.order_by("pk").values_list("act", "reason")) == [
        ("submitted", ""), ("rejected", "哑油，不是光油"), ("submitted", ""), ("approved", ""),
    ]  # fmt: skip
    assert_history_complete()


def test_an_order_is_copied_an_order_book_comes_in_and_a_traveller_is_printed(
    come: Come, maker: User, approver: User, created: Callable[..., WorkOrder]
) -> None:
    """WO-02, WO-03."""
    old = created("PRT", "VAN", "PACK", quantity=800)
    page = come(maker)

    # the same again, from today on, with another number and one step less
    menu(page, "Work orders")
    page.get_by_role("link", name=old.number).click()
    act(page, "Copy")
    expect(page.get_by_text("is a copy. Check its quantities and dates.")).to_be_visible()
    copy = WorkOrder.objects.exclude(pk=old.pk).get()
    due = timezone.localdate() + timedelta(days=5)
    page.get_by_label("Due date").fill(due.isoformat())
    page.get_by_label("Print run").fill("900")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("region", name="Changed").or_(page.get_by_text("Changed")).first).to_be_visible()
    page.get_by_role("button", name="Confirm and save").click()
    expect(page.get_by_text("was saved")).to_be_visible()

    # an order book: what it would do is read first; the same file once more does nothing
    menu(page, "Import orders")
    row = {"number": "H77", "customer": "华美日化", "product": "礼品盒", "quantity": 5000, "processes": "过油+包装"}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    file = {"name": "orders.xlsx", "mimeType": kind, "buffer": book(row)}
    page.set_input_files("input[type=file]", [file])
    page.get_by_role("button", name="Upload and look").click()
    expect(page.get_by_role("region", name="Orders")).to_contain_text("H77")
    assert not WorkOrder.objects.filter(number="H77").exists()
    page.get_by_role("button", name="Import 1 order").click()
    expect(page.get_by_role("link", name="H77")).to_be_visible()
    menu(page, "Import orders")
    page.set_input_files("input[type=file]", [file])
    page.get_by_role("button", name="Upload and look").click()
    expect(page.get_by_text("There is nothing to do")).to_be_visible()

    # once it is approved, its traveller goes with the paper, with a code for each task
    book_order = WorkOrder.objects.get(number="H77")
    page.goto(f"/orders/workorder/{book_order.pk}/change/")
    page.get_by_label("Due date").fill(due.isoformat())
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Confirm and save").click()
    act(page, "Submit")
    life.approve(reload(book_order), by=approver)
    page.get_by_role("link", name="Traveller").click()
    expect(page.get_by_role("heading", name="Work order H77")).to_be_visible()
    expect(page.get_by_alt_text("on a tablet")).to_have_count(2)
    page.evaluate("window.print = () => (window.printed = true)")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("printed") is True

    copy = reload(copy)
    assert (copy.approval, copy.print_run, copy.due_date, copy.maker) == ("draft", 900, due, maker)
    assert [(task.step.process.code, task.planned) for task in tasks_of(copy)] == [
        ("CTP", 1), ("PRT", 900), ("VAN", 900), ("PACK", 800),
    ]  # fmt: skip
    assert [task.planned for task in tasks_of(old)] == [1, 800, 800, 800]
    assert {task.status for task in tasks_of(book_order)} == {"pending"}
    assert WorkOrder.objects.count() == 3
    assert_history_complete()
