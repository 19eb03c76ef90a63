"""The order page in a real browser: drafts saved in place, and a head that follows what others do."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from paidan.orders.actions import bulk
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import Task, WorkOrder
from paidan.people.models import User
from tests.conftest import Hire, reload, tasks_of
from tests.live_server import serving, with_static
from tests.test_browser import barriers, browser, errors, open_as, press, pytestmark

__all__ = ["browser", "errors", "open_as", "pytestmark"]
type Open = Callable[..., Page]
OLD = "[data-order-old]"


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    from config.asgi import application

    with serving(with_static(application)) as port:
        yield port


@pytest.fixture
def live_server(port: int) -> Any:
    """The real application with its live channel, for `open_as`."""
    return SimpleNamespace(url=f"http://127.0.0.1:{port}", _live_server_modified_settings=override_settings())


def order_page(page: Page, order: WorkOrder) -> Page:
    """The page of an order that listens to what happens, and remembers that it was opened once."""
    page.goto(f"/orders/workorder/{order.pk}/change/")
    expect(page.locator("[data-bell]")).to_have_attribute("data-state", "live")
    page.evaluate("""() => {
        window.stayed = true;
        window.changes = 0;
        document.addEventListener("paidan:changed", () => (window.changes += 1));
    }""")
    return page


def field(page: Page, name: str, task: Task) -> Any:
    return page.locator(f"[name={name}-{task.pk}]")


def save(page: Page) -> None:
    page.locator("[name=save]").click()


def said(page: Page) -> Any:
    return page.locator("[data-said]")


def stayed(page: Page) -> bool:
    """Whether this is still the page that was opened."""
    return bool(page.evaluate("window.stayed === true"))


# --- saved in place ---------------------------------------------------------------------------------
def test_drafts_are_saved_without_leaving_the_page_and_the_focus_stays(
    open_as: Open, maker: User, created: Callable[..., WorkOrder]
) -> None:
    """WO-02, WO-03"""
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    page = order_page(open_as(maker, language="en"), order)
    page.fill("#id_notes", "typed above and not saved")

    field(page, "planned", first).fill("777")
    field(page, "notes", second).fill("gloss")
    field(page, "notes", second).press("Enter")

    expect(said(page)).to_have_text("2 drafts were changed.")
    expect(field(page, "notes", second)).to_be_focused()
    expect(field(page, "planned", first)).to_have_value("777")
    expect(page.locator("#id_notes")).to_have_value("typed above and not saved")
    assert (reload(first).planned, reload(second).notes, stayed(page)) == (777, "gloss", True)
    page.wait_for_function("window.changes > 0")  # what one did oneself is news to nobody here
    page.wait_for_timeout(300)
    page.wait_for_load_state("networkidle")
    expect(said(page)).to_have_text("2 drafts were changed.")
    expect(page.locator(OLD)).to_be_hidden()
    expect(page.locator("[data-news]")).to_be_hidden()
    assert not barriers(page)


def test_what_somebody_else_changed_meanwhile_is_said_at_the_field_and_nothing_is_lost(
    open_as: Open, maker: User, created: Callable[..., WorkOrder], hire: Hire
) -> None:
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    page = order_page(open_as(maker, language="en"), order)
    field(page, "planned", first).fill("777")
    field(page, "notes", second).fill("gloss")
    bulk.edit_drafts({first.pk: {"planned": 1200, "notes": "theirs"}}, by=hire("ben", role="maker"))

    save(page)

    fault = page.locator(f"#fault-planned-{first.pk}")
    expect(fault).to_contain_text("ben changed this to “1,200” meanwhile.")
    expect(said(page)).to_have_text("Nothing was saved: see the marked fields.")
    expect(field(page, "planned", first)).to_have_value("777")
    expect(field(page, "notes", second)).to_have_value("gloss")
    expect(field(page, "notes", first)).to_have_value("theirs")
    assert (reload(first).planned, reload(second).notes) == (1200, "")
    assert not barriers(page)

    save(page)

    expect(said(page)).to_have_text("2 drafts were changed.")
    assert (reload(first).planned, reload(first).notes, reload(second).notes) == (777, "theirs", "gloss")


def test_deleting_a_draft_leaves_what_is_typed_in_the_others(
    open_as: Open, maker: User, created: Callable[..., WorkOrder]
) -> None:
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    page = order_page(open_as(maker, language="en"), order)
    field(page, "notes", second).fill("gloss")

    page.locator(f"[name=chosen][value='{first.pk}']").check()
    page.locator("[name=delete]").click()

    expect(said(page)).to_contain_text("1 draft was deleted.")
    expect(page.locator("[data-order-section] tr.is-draft")).to_have_count(1)
    expect(page.locator("[data-order-count]")).to_have_text("0/1")
    expect(field(page, "notes", second)).to_have_value("gloss")
    assert reload(second).notes == ""


def test_what_is_typed_outlives_a_cut_line_and_an_order_that_was_handed_in(
    open_as: Open, maker: User, created: Callable[..., WorkOrder], hire: Hire, errors: list[str]
) -> None:
    order = created("VAN")
    (task,) = tasks_of(order)
    page = order_page(open_as(maker, language="en"), order)
    field(page, "notes", task).fill("gloss")

    page.context.set_offline(True)
    save(page)
    expect(said(page)).to_contain_text("Not saved: there is no connection")
    page.context.set_offline(False)
    life.submit(reload(order), by=hire("ben", role="maker"))
    save(page)

    expect(said(page)).to_have_text("You cannot change the tasks of this order now.")
    expect(field(page, "notes", task)).to_have_value("gloss")
    expect(page.locator("[data-order-head]")).to_contain_text("Waiting for approval")
    expect(page.locator(OLD)).to_contain_text("ben changed this order meanwhile.")
    assert reload(task).notes == ""
    errors[:] = [error for error in errors if "ERR_INTERNET_DISCONNECTED" not in error]


# --- the head ---------------------------------------------------------------------------------------
def test_the_head_follows_the_other_person_and_the_form_stays_under_ones_hands(
    open_as: Open, maker: User, approver: User, submitted: Callable[..., WorkOrder]
) -> None:
    """WO-03"""
    order = submitted("VAN")
    page = order_page(open_as(approver, language="en"), order)
    head = page.locator("[data-order-head]")
    expect(head).to_contain_text("Waiting for approval")

    other = open_as(maker, language="en")
    other.goto(f"/orders/workorder/{order.pk}/change/")
    press(other, "withdraw")

    expect(head.locator(".paidan-label")).to_have_text("Draft")
    expect(page.locator(OLD)).to_contain_text("mia changed this order meanwhile. Reload the page to go on editing it.")
    expect(page.locator('a[href$="/approve/"]').first).to_be_visible()
    assert stayed(page) and not barriers(page)

    page.locator(OLD).get_by_role("link").click()
    expect(page.locator(OLD)).to_be_hidden()
    expect(page.locator('a[href$="/approve/"]')).to_have_count(0)


def test_counts_and_progress_follow_the_floor_and_the_form_is_not_called_old_for_it(
    open_as: Open, maker: User, approved: Callable[..., WorkOrder], hire: Hire
) -> None:
    order, ann = approved("VAN", "VAN"), hire("ann")
    page = order_page(open_as(maker, language="en"), order)

    work.claim(tasks_of(order)[0], by=ann)
    work.complete(tasks_of(order)[0], by=ann)

    expect(page.locator("[data-order-count]")).to_have_text("1/2")
    expect(page.locator("[data-order-head]")).to_contain_text("In progress")
    expect(page.locator("[data-order-section]")).to_have_attribute("data-count", "1/2")
    expect(page.locator(OLD)).to_be_hidden()
    assert stayed(page)


def test_an_order_that_somebody_deletes_says_so_on_the_open_page(
    open_as: Open, maker: User, created: Callable[..., WorkOrder], hire: Hire, errors: list[str]
) -> None:
    order = created("VAN")
    page = order_page(open_as(maker, language="en"), order)

    life.delete(order, by=hire("ben", role="maker"))

    expect(page.locator(OLD)).to_contain_text("This order no longer exists, or not for you.")
    errors[:] = [error for error in errors if "404" not in error]


def test_a_picture_is_enlarged_by_a_tap_and_closed_again(
    open_as: Open, maker: User, approved: Callable[..., WorkOrder], settings: Any, tmp_path: Any
) -> None:
    from django.core.files.base import ContentFile

    from paidan.catalog.models import Tooling
    from paidan.exchange.demo_pictures import picture_of

    settings.MEDIA_ROOT = tmp_path
    (task,) = tasks_of(approved("DIE"), "DIE")
    die = Tooling.objects.get(pk=task.tooling.tooling_id)  # type: ignore[union-attr]
    die.picture.save("x", ContentFile(picture_of("die")))
    page = open_as(maker, language="en", width=390)
    page.goto(f"/orders/task/{task.pk}/change/")

    page.locator("[data-enlarge]").click()
    shown = page.locator("dialog.paidan-enlarged[open]")
    expect(shown.get_by_role("img", name="die-1")).to_be_visible()
    assert shown.locator("img").evaluate("image => image.complete && image.naturalWidth") == 1200
    found = barriers(page)
    shown.get_by_role("button", name="Close").click()

    expect(page.locator("dialog.paidan-enlarged")).to_have_count(0)
    expect(page.locator("[data-enlarge]")).to_be_focused()
    assert not found + barriers(page)
