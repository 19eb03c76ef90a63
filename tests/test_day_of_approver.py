"""An approver's day: what waits, what is wrong with it, no with a reason, yes; and a change of what is being made already."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from paidan.orders.actions import task as work
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, Shop, assert_history_complete, reload, tasks_of
from tests.days import Come, act, come, menu, number
from tests.test_browser import browser, errors, pytestmark

__all__ = ["browser", "come", "errors", "pytestmark"]  # fixtures, and where they run


def test_what_waits_is_read_with_its_faults_rejected_with_a_reason_or_approved(
    come: Come, approver: User, maker: User, submitted: MakeOrder, shop: Shop
) -> None:
    """TASK-05, TASK-06, DISP-01."""
    today = timezone.localdate()
    good, wrong = submitted("VAN", "PACK"), submitted("UV", due_date=today + timedelta(days=2))
    varnish = shop.process("UV")
    varnish.tooling_kinds = ["die"]  # meanwhile the shop wants a die for it
    varnish.save()
    page = come(approver)

    # the one that is in a hurry has something missing
    expect(number(page, "waiting for approval")).to_contain_text("2")
    number(page, "unapproved, due within 3 days").click()
    page.get_by_role("link", name=wrong.number).click()
    expect(page.get_by_text("UV needs tooling of the kind “Die”. Add it to the order.")).to_be_visible()
    asked = come(maker)
    act(page, "Reject", reason="刀模没有选")
    expect(page.get_by_text("was rejected; the maker is told why.")).to_be_visible()
    asked.get_by_role("button", name="Notifications").click()
    expect(asked.get_by_role("dialog", name="Notifications")).to_contain_text("刀模没有选")

    # the other one goes to work, and the page says where
    menu(page, "Work orders")
    page.get_by_role("link", name=good.number).click()
    expect(page.get_by_text("needs tooling")).to_have_count(0)
    act(page, "Approve")
    tasks = page.get_by_role("region", name="Tasks").first
    expect(tasks).to_contain_text("印刷车间")
    expect(tasks).to_contain_text("包装车间")
    menu(page, "Home")
    expect(number(page, "waiting for approval")).to_contain_text("0")

    wrong, good = reload(wrong), reload(good)
    assert (wrong.approval, tasks_of(wrong)) == ("rejected", [])
    assert (good.approval, good.approved_by) == ("approved", approver)
    assert [(task.status, task.department.code) for task in tasks_of(good)] == [
        ("pending", "printing"), ("pending", "packaging"),
    ]  # fmt: skip
    assert_history_complete()


def test_a_change_of_an_approved_order_is_shown_task_by_task_before_it_is_made(
    come: Come, approver: User, approved: MakeOrder, hire: Hire
) -> None:
    """TASK-03, TASK-04."""
    order = approved("VAN", "UV", "PACK")
    varnish = tasks_of(order, "VAN")[0]
    ann = hire("ann")
    work.start(work.claim(varnish, by=ann).task, by=ann)
    page = come(approver)
    menu(page, "Work orders")
    page.get_by_role("link", name=order.number).click()

    # more boxes, no UV, staples: the started task stays as it is
    page.get_by_label("Quantity").first.fill("1500")
    page.locator("#id_steps-1-DELETE").dispatch_event("click")
    page.get_by_role("link", name="Add another Order step").click()
    page.locator("#id_steps-3-sequence").fill(page.locator("#id_steps-1-sequence").input_value())
    page.locator("#id_steps-3-process").select_option(label="打钉")
    page.get_by_label("Reason for the change").fill("客户加单")
    page.get_by_role("button", name="Save", exact=True).click()
    plan = page.locator("#content-main")
    expect(plan.get_by_text("Nothing is saved yet.")).to_be_visible()
    expect(plan.get_by_role("region", name="Added 1").first).to_contain_text("打钉")
    expect(plan.get_by_role("region", name="Removed 1").first).to_contain_text("UV")
    expect(plan.get_by_role("region", name="Changed 1").first).to_contain_text("1,500")
    plan.get_by_text("Show what stays as it is, and why").click()
    expect(plan.get_by_role("region", name="Kept 1").first).to_contain_text("过油")
    assert {task.step.process.code for task in tasks_of(order)} == {"VAN", "UV", "PACK"}

    # meanwhile the work goes on, and nothing of it is lost
    work.report(reload(varnish), by=ann, good=100)
    page.get_by_role("button", name="Confirm and save").click()
    expect(page.get_by_text("was saved")).to_be_visible()

    assert [(task.step.process.code, task.status, task.planned, task.good) for task in tasks_of(order)] == [
        ("VAN", "in_progress", 1000, 100), ("STAPLE", "pending", 1000, 0), ("PACK", "pending", 1500, 0),
    ]  # fmt: skip
    assert_history_complete()
