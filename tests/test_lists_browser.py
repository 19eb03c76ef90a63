"""Lists and the order page in a real browser: rows that come by scrolling, many tasks at once, a section that lives."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from paidan.orders.actions import adding
from paidan.orders.admin.task import TaskAdmin
from paidan.orders.models import Task, WorkOrder
from paidan.people.models import User
from tests.conftest import tasks_of
from tests.test_browser import barriers, browser, errors, open_as, pytestmark

__all__ = ["browser", "errors", "open_as", "pytestmark"]
CHANGED = "id => document.dispatchEvent(new CustomEvent('paidan:changed', {detail: {topics: [`order:${id}`]}}))"


def test_rows_come_by_scrolling_are_chosen_with_the_others_and_done_together(
    open_as: Callable[..., Page], approver: User, approved: Callable[..., WorkOrder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PAGE-02, VIS-04"""
    monkeypatch.setattr(TaskAdmin, "list_per_page", 10)
    approved(*["VAN"] * 33)
    page = open_as(approver, language="en")
    page.goto("/orders/task/?standing=open")

    for _turn in range(100):
        if not page.locator("[data-more] a").count():
            break
        page.mouse.wheel(0, 2000)
        page.wait_for_timeout(100)
    expect(page.locator("tr.data-row")).to_have_count(33)
    found = barriers(page)
    page.locator("#action-toggle").click()
    expect(page.locator(".action-counter")).to_have_text("33 of 33 selected")
    page.select_option("#changelist-actions select[name=action]", "prioritise")
    page.locator("#changelist-actions button[type=submit]").click()
    expect(page.get_by_text("33 tasks are chosen.")).to_be_visible()
    found += barriers(page)
    page.select_option("[data-together] select", "4")
    page.locator("[data-together] button").click()

    expect(page.locator("#together-title + *, [data-progress]").get_by_text("33 tasks done.")).to_be_visible()
    assert set(Task.objects.values_list("priority", flat=True)) == {4}
    assert not found, "\n".join(found)


def test_the_section_follows_what_others_do_but_not_under_ones_hands(
    open_as: Callable[..., Page], maker: User, created: Callable[..., WorkOrder]
) -> None:
    """WO-03, WO-02"""
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    page = open_as(maker, language="en", width=1366)
    page.goto(f"/orders/workorder/{order.pk}/change/")

    adding.add(order.steps.all()[0], by=maker, content="另加一", planned=7)
    page.evaluate(CHANGED, order.pk)
    expect(page.locator("[data-order-section] tr.is-draft")).to_have_count(3)

    field = page.locator(f"[name=planned-{first.pk}]")
    field.fill("777")
    adding.add(order.steps.all()[0], by=maker, content="另加二", planned=7)
    page.evaluate(CHANGED, order.pk)
    expect(page.get_by_text("The tasks changed meanwhile.")).to_be_visible()
    expect(field).to_have_value("777")
    field.press("Escape")
    expect(field).to_have_value("1000")
    field.press("ArrowDown")
    assert page.evaluate("document.activeElement.name").startswith("planned-")
    assert page.evaluate("document.activeElement.name") != f"planned-{first.pk}"
    page.get_by_role("button", name="Look again, without saving").click()
    expect(page.locator("[data-order-section] tr.is-draft")).to_have_count(4)
    assert second.pk and not barriers(page)


LOOKS: list[Any] = [
    ("zh-hans", True, 390, "operator"),
    ("en", False, 1366, "admin"),
    ("zh-hans", True, 1366, "supervisor"),
]


@pytest.mark.parametrize(("language", "dark", "width", "role"), LOOKS)
def test_the_start_page_with_bars_has_no_barrier(
    language: str, dark: bool, width: int, role: str,
    open_as: Callable[..., Page], hire: Callable[..., User], approved: Callable[..., WorkOrder],
) -> None:  # fmt: skip
    approved("PRT", "VAN", "PACK")
    post = {"post": ("printing", role)} if role != "admin" else {"role": role}

    page = open_as(hire(f"{role}9", **post), language=language, dark=dark, width=width)

    found = barriers(page)
    page.goto("/orders/task/?standing=open")
    found += barriers(page)
    assert not found, "\n".join(found)


def test_an_end_that_stays_in_sight_goes_on_loading(
    open_as: Callable[..., Page], approver: User, approved: Callable[..., WorkOrder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PAGE-02: also for who scrolls down in the moment in which rows come."""
    monkeypatch.setattr(TaskAdmin, "list_per_page", 20)
    approved(*["VAN"] * 90)
    page = open_as(approver, language="en")
    page.goto("/orders/task/?standing=open")

    expect(page.locator("tr.data-row")).to_have_count(40)
    page.evaluate("""() => {
        const down = () => window.scrollTo(0, document.documentElement.scrollHeight);
        new MutationObserver(down).observe(document.getElementById("result_list"), {childList: true});
        window.scrollTo(0, document.querySelector("[data-more] a").getBoundingClientRect().top - innerHeight - 550);
    }""")

    expect(page.locator("tr.data-row")).to_have_count(90)
    expect(page.locator("[data-more]")).to_contain_text("That is all.")
