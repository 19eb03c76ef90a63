"""What only a browser sees of the console's pages: headings on a phone, dialogs without fields, lists that fit."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from paidan.orders.models import WorkOrder
from paidan.people.models import User
from tests.test_browser import browser, errors, open_as, pytestmark

__all__ = ["browser", "errors", "open_as", "pytestmark"]


def test_on_a_phone_the_heading_says_what_it_is_and_an_arrow_leads_to_the_list(
    open_as: Callable[..., Page], maker: User, created: Callable[..., WorkOrder]
) -> None:
    order = created("VAN")
    page = open_as(maker, width=390)
    page.goto(f"/orders/workorder/{order.pk}/change/")

    assert page.locator("h1.paidan-where").inner_text().strip() == order.number
    arrow = page.locator(".paidan-back a")
    size: Any = arrow.bounding_box()
    arrow.click()

    page.wait_for_url("**/orders/workorder/")
    assert page.locator("h1.paidan-where").inner_text().strip() == "施工单"
    assert (size["width"], size["height"]) == (44, 44)


def test_a_dialog_that_asks_for_nothing_is_its_question_and_two_buttons(
    open_as: Callable[..., Page], approver: User, submitted: Callable[..., WorkOrder]
) -> None:
    page = open_as(approver)
    page.goto(f"/orders/workorder/{submitted('VAN').pk}/change/")

    page.locator('a[href$="/approve/"]:visible').first.click()
    expect(page.locator("#dialog h1")).to_have_text("审核通过")
    expect(page.locator("#dialog-form")).to_be_hidden()
    page.keyboard.press("Escape")
    page.reload()
    page.locator('a[href$="/reject/"]:visible').first.click()

    expect(page.locator("#dialog-form textarea")).to_be_visible()


def test_the_list_of_orders_fits_a_desk_in_english(
    open_as: Callable[..., Page], maker: User, submitted: Callable[..., WorkOrder]
) -> None:
    submitted("PRT", "PACK", quantity=20_000, priority=4)
    page = open_as(maker, language="en")
    page.goto("/orders/workorder/")

    beyond = page.locator("#result_list").evaluate(
        "table => table.getBoundingClientRect().right - table.parentElement.getBoundingClientRect().right"
    )

    assert beyond <= 0
