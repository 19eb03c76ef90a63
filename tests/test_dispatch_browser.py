"""Ranking departments on the dispatch page by hand, in a real browser: with a mouse, and with a finger."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import Hire
from tests.test_browser import barriers, browser, errors, open_as, pytestmark, ranks

__all__ = ["browser", "errors", "open_as", "pytestmark"]  # fixtures of the other file, and where they run

type Open = Callable[..., Page]


def opened(open_as: Open, hire: Hire, **look: Any) -> Page:
    page = open_as(hire("root", is_superuser=True), language="en", **look)
    page.goto("/dispatch/?process=VAN")
    expect(page.locator("#pd-preview")).not_to_have_attribute("aria-busy", "true")
    assert ranks(page) == ["印刷车间", "外协车间", "生产部"]
    return page


def card(page: Page, name: str) -> Locator:
    return page.locator(f"#pd-ranks .pd-place[data-name={name}]")


def middle(part: Locator) -> tuple[float, float]:
    box = part.bounding_box()
    assert box
    return box["x"] + 60, box["y"] + box["height"] / 2


class Finger:
    """Touches the page as a finger does."""

    def __init__(self, page: Page) -> None:
        self.line = page.context.new_cdp_session(page)
        self.line.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def down(self, x: float, y: float) -> None:
        self._say("touchStart", x, y)

    def move(self, x: float, y: float) -> None:
        self._say("touchMove", x, y)

    def up(self) -> None:
        self.line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _say(self, kind: str, x: float, y: float) -> None:
        self.line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})


def test_a_finger_holds_a_department_and_lays_it_on_another_one_or_between_two(open_as: Open, hire: Hire) -> None:
    """CFG-02."""
    page = opened(open_as, hire, width=390)
    finger = Finger(page)

    page.locator("#pd-ranks").scroll_into_view_if_needed()
    finger.down(*middle(card(page, "生产部").locator(".pd-name")))
    page.locator(".pd-picture").wait_for()
    finger.move(*middle(card(page, "外协车间").locator(".pd-name")))
    expect(page.locator("#pd-ranks > li").nth(1)).to_have_class("pd-rank drop-equal")
    finger.up()

    assert ranks(page) == ["印刷车间", "外协车间+生产部"]
    expect(page.locator("#pd-said")).to_have_text("生产部: rank 2")
    expect(page.locator(".pd-picture")).to_have_count(0)

    page.locator("#pd-ranks").scroll_into_view_if_needed()
    finger.down(*middle(card(page, "外协车间").locator(".pd-name")))
    page.locator(".pd-picture").wait_for()
    box = page.locator("#pd-ranks > li").first.bounding_box()
    assert box
    finger.move(200, box["y"] + 2)
    expect(page.locator("#pd-ranks > li").first).to_have_class("pd-rank drop-before")
    finger.up()

    assert ranks(page) == ["外协车间", "印刷车间", "生产部"]
    assert page.locator("[name$=-priority]").evaluate_all("fields => fields.map(field => field.value)") == [
        "1",
        "2",
        "3",
    ]
    assert barriers(page) == []


def test_a_touch_that_moves_on_scrolls_and_moves_nothing(open_as: Open, hire: Hire) -> None:
    page = opened(open_as, hire, width=390)
    finger = Finger(page)

    page.locator("#pd-ranks").scroll_into_view_if_needed()
    x, y = middle(card(page, "印刷车间").locator(".pd-name"))
    finger.down(x, y)
    for step in (30, 60, 120):
        finger.move(x, y - step)
    finger.up()

    expect(page.locator(".pd-picture")).to_have_count(0)
    assert ranks(page) == ["印刷车间", "外协车间", "生产部"]


@pytest.mark.parametrize("ending", ["Escape", "beside"])
def test_what_is_let_go_beside_the_ranks_or_with_escape_stays_where_it_was(
    ending: str, open_as: Open, hire: Hire
) -> None:
    page = opened(open_as, hire)
    page.mouse.move(*middle(card(page, "生产部").locator(".pd-name")))
    page.mouse.down()
    page.mouse.move(*middle(card(page, "印刷车间").locator(".pd-name")), steps=3)
    expect(page.locator("#pd-ranks > li").first).to_have_class("pd-rank drop-equal")

    page.keyboard.press("Escape") if ending == "Escape" else page.mouse.move(700, 10)
    page.mouse.up()

    assert ranks(page) == ["印刷车间", "外协车间", "生产部"]
    expect(page.locator(".drop-equal, .is-dragged, .pd-picture")).to_have_count(0)


def test_a_field_of_a_department_is_used_and_not_carried(open_as: Open, hire: Hire) -> None:
    page = opened(open_as, hire)
    factor = card(page, "外协车间").locator("[name$=-factor]")

    page.mouse.move(*middle(factor))
    page.mouse.down()
    page.mouse.move(*middle(card(page, "印刷车间")), steps=3)
    page.mouse.up()
    factor.fill("2")

    expect(page.locator(".pd-picture")).to_have_count(0)
    assert ranks(page) == ["印刷车间", "外协车间", "生产部"] and factor.input_value() == "2"
