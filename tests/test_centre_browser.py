"""The operator centre in a real browser, at the width of a phone: by hand, without a line, on two tablets at once."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from paidan.orders.actions import task as work
from paidan.orders.models import Deed, Task
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, reload, tasks_of
from tests.test_browser import CHROMIUM, barriers, browser
from tests.visitors import PASSWORD, with_password

__all__ = ["browser"]  # a fixture
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install Debian's `chromium`"),
    pytest.mark.xdist_group("browser"),
]
NO_LINE = re.compile("ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch|fetching the script|401 \\(Unauthorized\\)")
type Tablet = Callable[..., Page]


@pytest.fixture
def ann(hire: Hire) -> User:
    return with_password(hire("ann"))


@pytest.fixture
def tablet(browser: Browser, live_server: Any, ann: User) -> Iterator[Tablet]:
    """`tablet()` is another device on which Ann signed in; what goes wrong on it, but for the line, fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def tablet(path: str = "/centre/", *, language: str = "en", dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": 390, "height": 844}, timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light", has_touch=True,
        )  # fmt: skip
        contexts.append(context)
        context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        page.fill("#id_username", ann.username)
        page.fill("#id_password", PASSWORD)
        page.click("#login-form button[type=submit]")
        page.wait_for_url(f"{live_server.url}{path}")
        return page

    yield tablet
    for context in contexts:
        context.close()
    assert [error for error in errors if not NO_LINE.search(error)] == []


def card(page: Page, task: Task) -> Locator:
    return page.locator(f'[data-task="{task.pk}"]')


def verb(page: Page, task: Task, name: str) -> None:
    card(page, task).locator(f'[data-verb="{name}"]').tap()


def keys(page: Page, *names: str) -> None:
    """Press keys of the keypad, by what stands on them."""
    for name in names:
        page.locator("#centre-keypad .centre-keys button", has_text=re.compile(f"^{re.escape(name)}$")).tap()


def report(page: Page, task: Task, *names: str) -> None:
    verb(page, task, "report")
    keys(page, *names)
    page.locator("#centre-keypad [data-confirm]").tap()
    expect(page.locator("#centre-keypad")).not_to_be_visible()


def line(page: Page) -> Locator:
    return page.locator("#centre-state")


def test_a_task_is_claimed_started_reported_and_completed_with_a_thumb(
    tablet: Tablet, pooled_task: Task, ann: User
) -> None:
    """OP-03."""
    page = tablet()

    page.get_by_role("button", name="Show the 1 task in the pool").tap()
    verb(page, pooled_task, "claim")
    expect(page.get_by_text("is yours")).to_be_visible()
    page.get_by_role("tab", name="Mine").tap()
    verb(page, pooled_task, "start")
    expect(card(page, pooled_task).get_by_text("In progress")).to_be_visible()
    verb(page, pooled_task, "report")
    keys(page, "3", "0", "0", "+10", "+1")
    page.locator("[data-field=waste]").tap()
    keys(page, "5")
    expect(page.locator(".centre-after")).to_have_text("Then 311 of 1,000 good, 5 waste")
    small = page.eval_on_selector_all(
        "dialog[open] button",
        "all => all.filter(one => one.offsetParent && Math.min(one.offsetHeight, one.offsetWidth) < 44).length",
    )
    page.locator("#centre-keypad [data-confirm]").tap()
    expect(card(page, pooled_task).locator(".centre-count")).to_contain_text("311 / 1,000")
    verb(page, pooled_task, "complete")
    confirm = page.locator("#centre-keypad [data-confirm]")
    keys(page, "C", "6", "8", "4")
    expect(confirm).to_be_disabled()
    page.get_by_role("button", name="Too much spoilage").tap()
    confirm.tap()
    expect(card(page, pooled_task)).to_have_count(0)

    task = reload(pooled_task)
    assert (task.status, task.good, task.waste, small) == ("completed", 995, 5, 0)
    assert task.reports.first().note == "Too much spoilage"
    expect(page.locator(".centre-today")).to_contain_text("995")


def test_a_claim_is_undone_and_a_task_is_given_back_with_a_reason(tablet: Tablet, pooled_task: Task, ann: User) -> None:
    page = tablet(language="zh-hans")
    page.locator("[role=tab][data-tab-of=pool]").tap()
    verb(page, pooled_task, "claim")
    page.locator("#centre-toast button").tap()
    expect(card(page, pooled_task).locator("[data-verb=claim]")).to_be_enabled()
    assert reload(pooled_task).operator is None

    verb(page, pooled_task, "claim")
    page.locator("[role=tab][data-tab-of=mine]").tap()
    verb(page, pooled_task, "release")
    page.locator("#centre-release [data-chip]").first.tap()
    page.locator("#centre-release [data-confirm]").tap()
    expect(card(page, pooled_task).locator("[data-verb=claim]")).to_have_count(1)

    assert reload(pooled_task).operator is None
    assert Task.history.filter(id=pooled_task.pk).latest().history_change_reason == "交班"


def test_what_is_entered_without_a_line_is_done_once_when_the_line_is_back(
    tablet: Tablet, pooled_task: Task, ann: User
) -> None:
    work.claim(pooled_task, by=ann)
    page = tablet()
    lost: list[str] = []
    page.wait_for_function("caches.open('paidan-centre-1').then(kept => kept.match('/centre/'))")
    page.wait_for_load_state("networkidle")

    page.context.set_offline(True)
    report(page, pooled_task, "1", "2", "0")
    report(page, pooled_task, "+10")
    expect(line(page)).to_have_text(re.compile(r"^Offline, this is as of \d\d:\d\d · 2 waiting$"))
    expect(card(page, pooled_task).locator(".centre-pending")).to_contain_text("Report +120 good (not sent yet)")
    expect(card(page, pooled_task).locator(".centre-count")).to_contain_text(
        "0 / 1,000"
    )  # what is true, not what is hoped
    assert reload(pooled_task).good == 0
    page.reload()  # the worker answers, and what was entered is still there
    expect(line(page)).to_have_text(re.compile(r"Offline, .* · 2 waiting"))

    def lose(route: Any) -> None:
        """The server does it, and its answer is lost on the way."""
        if not lost:
            lost.append(route.request.post_data)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.context.route("**/centre/do/", lose)
    page.context.set_offline(False)
    expect(line(page)).to_have_text(re.compile("^Online, as of [0-9:]+$"), timeout=15000)
    expect(card(page, pooled_task).locator(".centre-count")).to_contain_text("130 / 1,000")

    task = reload(pooled_task)
    assert lost and sorted(task.reports.values_list("good", flat=True)) == [10, 120]
    assert (task.good, Deed.objects.count()) == (130, 2)


def test_of_two_tablets_the_second_hears_of_the_first_and_keeps_its_number(
    tablet: Tablet, pooled_task: Task, ann: User
) -> None:
    work.claim(pooled_task, by=ann)
    work.report(pooled_task, by=ann, good=300)
    first, second = tablet(), tablet(f"/centre/task/{pooled_task.pk}/")
    verb(second, pooled_task, "report")
    keys(second, "4", "2")
    report(first, pooled_task, "1", "5", "0")

    second.evaluate("document.dispatchEvent(new CustomEvent('paidan:changed', {detail: {topics: []}}))")
    expect(card(second, pooled_task).locator(".centre-count")).to_contain_text("450 / 1,000")
    expect(second.locator("[data-value=good]")).to_have_text("42")
    second.locator("#centre-keypad [data-confirm]").tap()
    problem = second.locator("#centre-keypad .centre-problem")
    expect(problem).to_contain_text(re.compile(r"You reported on another device \d+ s ago: 300 → 450 good\."))
    assert reload(pooled_task).good == 450
    second.locator("#centre-keypad [data-confirm]").tap()
    expect(second.locator("#centre-keypad")).not_to_be_visible()
    expect(card(second, pooled_task).locator(".centre-count")).to_contain_text("492 / 1,000")


def test_what_was_overtaken_while_the_line_was_cut_is_shown_and_nothing_behind_it_is_sent(
    tablet: Tablet, pooled_task: Task, ann: User, hire: Hire
) -> None:
    work.claim(pooled_task, by=ann)
    page = tablet()
    page.context.set_offline(True)
    report(page, pooled_task, "5", "0")
    report(page, pooled_task, "7")
    work.report(pooled_task, by=hire("sue", post=("printing", "supervisor")), good=200)

    page.context.set_offline(False)
    refused = page.locator(".centre-refused")
    expect(refused).to_have_count(2, timeout=15000)
    expect(refused.first).to_contain_text("sue reported")
    expect(refused.last).to_contain_text("Not sent, because something entered earlier")
    assert reload(pooled_task).good == 200

    refused.last.get_by_role("button", name="Discard").tap()
    refused.first.get_by_role("button", name="Look again").tap()
    expect(page.locator("[data-value=good]")).to_have_text("50")
    page.locator("#centre-keypad [data-confirm]").tap()
    expect(card(page, pooled_task).locator(".centre-count")).to_contain_text("250 / 1,000")
    expect(refused).to_have_count(0)


def test_when_the_session_has_ended_what_was_entered_waits_for_the_sign_in(
    tablet: Tablet, pooled_task: Task, ann: User, live_server: Any
) -> None:
    work.claim(pooled_task, by=ann)
    page = tablet()
    page.context.clear_cookies(name="sessionid")
    verb(page, pooled_task, "report")
    keys(page, "9")
    page.locator("#centre-keypad [data-confirm]").tap()
    expect(line(page)).to_contain_text("You are signed out. What you entered is kept here. · 1 waiting")
    page.get_by_role("link", name="Sign in").tap()
    page.fill("#id_username", ann.username)
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_url(f"{live_server.url}/centre/")
    expect(card(page, pooled_task).locator(".centre-count")).to_contain_text("9 / 1,000")

    assert reload(pooled_task).good == 9


@pytest.mark.parametrize(("language", "dark"), [("zh-hans", False), ("en", True)])
def test_nothing_in_the_centre_keeps_anybody_from_using_it(
    language: str, dark: bool, tablet: Tablet, approved: MakeOrder, ann: User
) -> None:
    work.claim(tasks_of(approved("CUT", "PRT"), "PRT")[0], by=ann)
    task = work.claim(tasks_of(approved("VAN"))[0], by=ann).task
    page = tablet(language=language, dark=dark)
    found = barriers(page)
    page.locator("[role=tab][data-tab-of=pool]").tap()
    found += barriers(page)
    page.locator("[role=tab][data-tab-of=mine]").tap()

    verb(page, task, "report")
    found += barriers(page)
    page.keyboard.press("Escape")
    verb(page, task, "release")
    found += barriers(page)

    assert found == []
