"""The supervisor board and the wall board in a real browser: by mouse, by keys, by finger, and against a colleague."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, Locator, Page, Route, expect

from paidan.console.wall import actions as walls
from paidan.console.wall import links
from paidan.orders.actions import task as work
from paidan.orders.models import Task, Workload
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, Shop, reload, tasks_of
from tests.test_browser import LOOKS, barriers, browser, errors, open_as, pytestmark, wait

__all__ = ["browser", "errors", "open_as", "pytestmark"]  # fixtures of the other file, and where they run

type Open = Callable[..., Page]
CHANGED = "document.dispatchEvent(new CustomEvent('paidan:changed', {detail: {topics: ['department:%s']}}))"


@pytest.fixture
def sue(hire: Hire) -> User:
    return hire("sue", post=("printing", "supervisor"))


@pytest.fixture
def ann(hire: Hire) -> User:
    return hire("ann")


@pytest.fixture
def ben(hire: Hire) -> User:
    return hire("ben")


@pytest.fixture
def pool(approved: MakeOrder) -> list[Task]:
    """Three tasks in the pool of printing, in the order in which the board shows them."""
    return [tasks_of(approved("VAN"))[0] for _n in range(3)]


def card(page: Page, task: Task) -> Locator:
    return page.locator(f'[data-task="{task.pk}"]')


def column(page: Page, name: str) -> Locator:
    return page.locator("[data-column]", has=page.get_by_role("heading", name=name, exact=True))


def drag(page: Page, task: Task, to: Locator) -> None:
    """With the mouse: from a card to a column."""
    grab(page, task)
    drop(page, to)


def grab(page: Page, task: Task) -> None:
    face = card(page, task).locator(".pb-face")
    face.hover(position={"x": 60, "y": 40})
    page.mouse.down()
    face.hover(position={"x": 75, "y": 55}, force=True)


def drop(page: Page, to: Locator) -> None:
    to.hover(position={"x": 60, "y": 120}, force=True)
    page.mouse.up()


def toast(page: Page, text: str) -> Locator:
    return page.locator(".pb-toast", has_text=text)


def test_a_card_is_dragged_with_the_mouse_and_taken_back(open_as: Open, pool: list[Task], sue: User, ann: User) -> None:
    """SUP-02."""
    page = open_as(sue, language="en")
    page.goto("/board/")

    drag(page, pool[1], column(page, "ann"))

    expect(toast(page, f"“{pool[1]}” is with ann.")).to_be_visible()
    expect(column(page, "ann").locator(f'[data-task="{pool[1].pk}"]')).to_be_visible()
    expect(column(page, "ann").get_by_text("1 of 10 open")).to_be_visible()
    assert reload(pool[1]).operator == ann

    page.get_by_role("button", name="Undo").click()

    expect(toast(page, "Undone.")).to_be_visible()
    expect(column(page, "ann").get_by_text("0 of 10 open")).to_be_visible()
    assert reload(pool[1]).operator is None


def test_a_card_is_given_with_keys_alone_and_what_happens_is_said(
    open_as: Open, pool: list[Task], sue: User, ann: User, ben: User
) -> None:
    page = open_as(sue, language="en")
    page.goto("/board/")
    card(page, pool[0]).locator(".pb-face").focus()

    page.keyboard.press("ArrowDown")
    expect(card(page, pool[1]).locator(".pb-face")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(f"Give “{pool[1]}” to …")
    page.keyboard.type("be")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text=f"“{pool[1]}” is with ben.")).to_be_visible()
    expect(column(page, "ben").locator(f'[data-task="{pool[1].pk}"]')).to_be_visible()
    assert reload(pool[1]).operator == ben

    page.locator(".pb-face").first.focus()
    page.keyboard.press("ArrowRight")
    expect(card(page, pool[1]).locator(".pb-face")).to_be_focused()
    page.keyboard.press("z")
    expect(toast(page, "Undone.")).to_be_visible()
    assert reload(pool[1]).operator is None


def test_a_finger_holds_a_card_and_carries_it_past_the_edge(
    open_as: Open, pool: list[Task], sue: User, ann: User
) -> None:
    page = open_as(sue, language="en", width=390)
    page.goto("/board/")
    finger = page.context.new_cdp_session(page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    box = card(page, pool[0]).bounding_box()
    assert box

    def touch(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", box["x"] + 60, box["y"] + 50)
    page.locator(".pb-ghost").wait_for()
    for x in (120, 240, 340, 384):
        touch("touchMove", x, box["y"] + 60)
    page.wait_for_function("document.querySelector('#pb-columns').scrollLeft > 150")
    touch("touchMove", 200, box["y"] + 60)
    expect(column(page, "ann")).to_have_class("pb-column is-hand is-over")
    touch("touchEnd", 200, box["y"] + 60)

    expect(toast(page, f"“{pool[0]}” is with ann.")).to_be_visible()
    assert reload(pool[0]).operator == ann


def test_a_short_touch_chooses_and_the_arrow_of_a_card_asks_to_whom(
    open_as: Open, pool: list[Task], sue: User, ann: User
) -> None:
    page = open_as(sue, language="en", width=390)
    page.goto("/board/")

    card(page, pool[0]).locator(".pb-face").click()
    expect(page.locator("#pb-chosen")).to_contain_text("1 chosen")
    card(page, pool[0]).get_by_role("button", name=f"Give to … {pool[0]}").click()
    page.get_by_role("dialog").get_by_role("button", name="ann").click()

    expect(toast(page, f"“{pool[0]}” is with ann.")).to_be_visible()
    expect(page.locator("#pb-chosen")).to_be_hidden()
    assert reload(pool[0]).operator == ann


def test_of_two_supervisors_the_slower_one_reads_on_the_card_who_was_faster(
    open_as: Open, pool: list[Task], sue: User, ann: User, ben: User, hire: Hire
) -> None:
    """SUP-03, CONS-01."""
    pages = [open_as(user, language="en") for user in (sue, hire("sam", post=("printing", "supervisor")))]
    for page in pages:
        page.goto("/board/")

    drag(pages[0], pool[0], column(pages[0], "ann"))
    expect(toast(pages[0], "is with ann.")).to_be_visible()
    drag(pages[1], pool[0], column(pages[1], "ben"))

    note = column(pages[1], "ann").locator(f'[data-task="{pool[0].pk}"] .pb-note')
    expect(note).to_contain_text(f"ann has “{pool[0]}” now. (sue, ")
    expect(note).to_contain_text(" ago)")
    expect(column(pages[1], "ben").locator("[data-task]")).to_have_count(0)
    assert reload(pool[0]).operator == ann
    note.get_by_role("button", name="Close").click()
    expect(note).to_have_count(0)


def test_several_chosen_cards_are_given_and_those_that_could_not_say_why(
    open_as: Open, pool: list[Task], sue: User, ann: User
) -> None:
    """SUP-05."""
    Workload.objects.create(operator=ann, limit=2)
    page = open_as(sue, language="en")
    page.goto("/board/")

    card(page, pool[0]).locator(".pb-what").click()
    card(page, pool[2]).locator(".pb-what").click(modifiers=["Shift"])
    expect(page.locator("#pb-chosen")).to_contain_text("3 chosen")
    drag(page, pool[1], column(page, "ann"))

    answer = page.locator(".pb-toast.is-bad")
    expect(answer).to_contain_text("2 done.")
    expect(answer).to_contain_text("1 not possible:")
    expect(answer).to_contain_text("ann holds 2 open tasks, and 2 is the limit.")
    expect(column(page, "ann").locator("[data-task]")).to_have_count(2)
    expect(column(page, "Pool of 印刷车间").locator(".pb-note")).to_contain_text("is the limit")
    assert Task.objects.filter(operator=ann).count() == 2
    answer.get_by_role("button", name="Undo").click()
    expect(column(page, "ann").locator("[data-task]")).to_have_count(0)


def test_a_change_elsewhere_shows_at_once_and_disturbs_neither_choice_nor_drag(
    open_as: Open, pool: list[Task], sue: User, ann: User
) -> None:
    """SUP-04."""
    page = open_as(sue, language="en")
    page.route("**/notifications/poll/**", lambda route: None)  # nothing is heard but what this test says
    page.goto("/board/")
    here = page.locator("#board").get_attribute("data-only")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/cards/" in request.url else None)
    card(page, pool[2]).locator(".pb-what").click()

    work.claim(pool[0], by=ann)
    page.evaluate(CHANGED % 987654)  # not of this board
    page.evaluate(CHANGED % here)

    expect(column(page, "ann").locator(".pb-card.has-moved")).to_have_attribute("data-task", str(pool[0].pk))
    expect(card(page, pool[2]).locator(".pb-face")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#pb-said")).to_have_text("1 cards moved.")
    assert len(asked) == 1

    grab(page, pool[1])
    work.claim(pool[2], by=ann)
    page.evaluate(CHANGED % here)
    expect(column(page, "ann").locator("[data-task]")).to_have_count(1)  # still being dragged
    assert len(asked) == 1
    page.keyboard.press("Escape")
    expect(column(page, "ann").locator("[data-task]")).to_have_count(2)
    page.mouse.up()
    assert reload(pool[1]).operator is None


def test_an_answer_that_is_older_than_a_move_is_not_shown(
    open_as: Open, pool: list[Task], sue: User, ann: User, ben: User
) -> None:
    page = open_as(sue, language="en")
    page.goto("/board/")
    page.wait_for_load_state("networkidle")
    work.claim(pool[2], by=ben)
    late: list[tuple[Route, APIResponse]] = []
    cards = re.compile(r"/board/\d+/cards/")
    page.route(cards, lambda route: late.append((route, route.fetch())) if not late else route.continue_())
    page.evaluate(
        """task => new MutationObserver(() => {
          const where = document.querySelector(`[data-task="${task}"]`).closest("[data-column]");
          (window.places ??= []).push(where.querySelector("h2").textContent);
        }).observe(document.getElementById("pb-live"), { childList: true, subtree: true })""",
        pool[0].pk,
    )
    with page.expect_request(cards):
        page.evaluate(CHANGED % page.locator("#board").get_attribute("data-only"))
    wait(page, lambda: bool(late))

    drag(page, pool[0], column(page, "ann"))
    expect(toast(page, "is with ann.")).to_be_visible()
    route, answer = late[0]
    route.fulfill(response=answer)
    expect(column(page, "ann").get_by_text("1 of 10 open")).to_be_visible()
    expect(column(page, "ben").get_by_text("1 of 10 open")).to_be_visible()

    assert set(page.evaluate("places")) == {"ann"}  # it never went back to the pool
    assert reload(pool[0]).operator == ann


def test_filters_are_in_the_address_so_that_the_link_shows_the_same(open_as: Open, pool: list[Task], sue: User) -> None:
    Task.objects.filter(pk=pool[1].pk).update(priority=4)
    page = open_as(sue, language="en")
    page.goto("/board/")

    page.get_by_label("Priority").select_option("4")
    expect(page.locator("[data-task]")).to_have_count(1)
    page.get_by_label("Task, product, process").fill("nothing is called so")
    expect(page.get_by_text("No open task is as the filters say.")).to_be_visible()
    address = page.url
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("[data-task]")).to_have_count(3)

    assert address.endswith("?priority=4&q=nothing+is+called+so")
    page.goto(address)
    expect(page.get_by_text("No open task is as the filters say.")).to_be_visible()
    expect(page.get_by_label("Priority")).to_have_value("4")


@pytest.mark.parametrize(("language", "dark", "width"), LOOKS)
def test_neither_board_has_a_barrier_an_error_or_a_sideways_scroll(
    language: str, dark: bool, width: int, open_as: Open, pool: list[Task], sue: User, ann: User, approver: User,
    shop: Shop,
) -> None:  # fmt: skip
    work.start(work.claim(pool[0], by=ann).task, by=ann)
    Task.objects.filter(pk=pool[1].pk).update(priority=4, due="2020-01-01", notes="先做这个")
    link = walls.make(shop.department("printing"), by=sue, screen="二号机旁")
    page = open_as(sue, language=language, dark=dark, width=width)
    found: list[str] = []

    page.goto("/board/")
    page.locator("#pb-figures summary").click()
    card(page, pool[1]).locator(".pb-what").click()
    found += barriers(page)
    page.locator("#pb-chosen [data-act=give]").click()
    found += barriers(page)
    for path in ("/board/?q=nothing", "/walls/", f"/walls/{link.pk}/", f"/wall/{links.token(link)}/"):
        page.goto(path)
        found += barriers(page)

    assert not found, "\n".join(found)


@pytest.fixture
def screen(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A full-HD screen on which nobody signed in."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    yield page
    context.close()


def test_a_screen_keeps_itself_true_until_its_link_is_revoked(
    screen: Page, pool: list[Task], sue: User, ann: User, shop: Shop
) -> None:
    link = walls.make(shop.department("printing"), by=sue, screen="二号机旁")
    screen.goto(f"/wall/{links.token(link)}/")
    smallest = screen.evaluate(
        "Math.min(...[...document.querySelectorAll('h1,h2,h3,p,b,time')].map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )

    with screen.expect_response(lambda answer: answer.url.endswith("/now/")) as unchanged:
        screen.evaluate(CHANGED % link.department_id)
    said_so = unchanged.value.status
    work.start(work.claim(pool[0], by=ann).task, by=ann)
    screen.evaluate(CHANGED % link.department_id)

    expect(screen.get_by_role("heading", name="ann")).to_be_visible()
    assert said_so == 304
    expect(screen.locator("#lost")).to_be_empty()
    assert smallest >= 26  # legible from five metres on a 55 inch screen
    walls.revoke(link, by=sue)
    screen.evaluate(CHANGED % link.department_id)
    expect(screen.get_by_text("404", exact=True)).to_be_visible()


def test_the_address_of_a_screen_is_copied_and_printed(open_as: Open, sue: User, shop: Shop) -> None:
    link = walls.make(shop.department("printing"), by=sue, screen="二号机旁")
    page = open_as(sue, language="en", dark=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/walls/{link.pk}/")
    page.evaluate("window.print = () => (window.printed = true)")

    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("status").filter(has_text="The link is copied.")).to_be_visible()
    page.get_by_role("button", name="Print").click()
    page.emulate_media(media="print")

    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/wall/{links.token(link)}/")
    assert page.evaluate("window.printed") is True
    expect(page.locator(".wall-printed")).to_be_visible()
    expect(page.locator(".wall-code")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator("#nav-sidebar, .wall-code .paidan-buttons").locator("visible=true")).to_have_count(0)
