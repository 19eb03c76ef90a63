"""The start page in a real browser, on the real application: it keeps itself true, and loses nothing by it."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, expect

from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import Task, WorkOrder
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, tasks_of
from tests.live_server import cookie_of, serving, with_static
from tests.test_browser import LOOKS, barriers, browser, errors, open_as, pytestmark

__all__ = ["browser", "errors", "open_as", "pytestmark"]  # fixtures of the other file, and where they run

type Open = Callable[..., Page]
STEADY = "document.querySelector('[data-bell]').dataset.state === 'live'"
ASKED = """() => {
    window.asked = window.answered = 0;
    const ask = window.fetch;
    window.fetch = async (url, ...more) => {
        if (!String(url).includes('/home/now/')) return ask(url, ...more);
        window.asked += 1;
        const answer = await ask(url, ...more);
        await answer.clone().text();
        window.answered += 1;
        return answer;
    };
}"""


@pytest.fixture(scope="module")
def house(django_db_setup: None) -> Iterator[str]:
    """The application with its live channel; gives its address."""
    from config.asgi import application

    with serving(with_static(application)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def at_home(house: str, browser: Browser, errors: list[str]) -> Iterator[Callable[[User], Page]]:
    """`at_home(user)` is this person's start page with an open line; console errors fail the test."""
    contexts = []

    def at_home(user: User) -> Page:
        context = browser.new_context(base_url=house, viewport={"width": 1366, "height": 900})
        contexts.append(context)
        cookies = [part.split("=", 1) for part in cookie_of(user).split("; ")] + [["django_language", "en"]]
        context.add_cookies([{"name": name, "value": value, "url": house} for name, value in cookies])  # type: ignore[misc]
        context.route("**/static/**", lambda route: route.fulfill(path=str(finders.find(_file(route.request.url)))))
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto("/")
        page.wait_for_function(STEADY)
        page.wait_for_load_state("networkidle")
        page.evaluate(ASKED)
        return page

    yield at_home
    for context in contexts:
        context.close()
    assert errors == []


def _file(url: str) -> str:
    """Which of the static files this is; a server of static files belongs before the application."""
    return urlsplit(url).path.removeprefix(settings.STATIC_URL)


@pytest.fixture
def ann(hire: Hire) -> User:
    return hire("ann")


@pytest.fixture
def sue(hire: Hire) -> User:
    return hire("sue", post=("printing", "supervisor"))


def number(page: Page, name: str) -> Any:
    return page.locator("a.paidan-tile", has=page.get_by_text(name, exact=True)).locator("b")


def drawn(page: Page, name: str) -> list[list[int]]:
    """The numbers that a chart's picture shows, by series."""
    shown = f"Chart.getChart(document.querySelector('#home-chart-{name} canvas')).data.datasets.map(s => s.data)"
    return page.evaluate(shown)  # type: ignore[no-any-return]


def test_what_another_person_does_changes_the_numbers_and_the_charts_without_a_reload(
    at_home: Callable[[User], Page], approved: MakeOrder, sue: User, ann: User
) -> None:
    """SUP-04: what is not concerned stays as it is, and so do what is unfolded and the place of the keyboard."""
    task, other = (tasks_of(approved("VAN"))[0] for _n in range(2))
    page = at_home(sue)
    page.locator("#home-chart-department summary").click()
    number(page, "in the pool").locator("xpath=..").focus()
    page.evaluate("window.orders = document.querySelector('#home-orders')")
    assert drawn(page, "department") == [[2]] and not page.locator("#home-chart-operator").count()

    work.claim(task, by=ann)

    expect(number(page, "in the pool")).to_have_text("1")
    expect(page.locator("a.paidan-tile.has-changed")).to_have_count(1)
    expect(page.locator("#home-said")).to_have_text("in the pool: 1")
    expect(page.locator("a.paidan-tile:focus")).to_contain_text("in the pool")
    expect(page.locator("#home-chart-operator")).to_contain_text("ann 1")
    assert drawn(page, "operator") == [[1]]
    assert page.evaluate("window.orders === document.querySelector('#home-orders')")  # nothing of it changed

    work.complete(task, by=ann)

    expect(page.locator("#home-chart-department a")).to_have_text("印刷车间 1")
    expect(page.locator("#home-chart-department details")).to_have_attribute("open", "")
    expect(page.locator("#home-chart-operator")).to_have_count(0)
    assert (drawn(page, "department"), drawn(page, "done")) == ([[1]], [[0] * 13 + [1]])
    page.locator("#home-chart-department canvas").click(position={"x": 200, "y": 12})
    page.wait_for_url(f"**/orders/task/?department__id__exact={other.department_id}&standing=open")


def test_an_approver_sees_an_order_come_in_and_its_owner_sees_it_go_out(
    at_home: Callable[[User], Page], created: MakeOrder, approver: User, maker: User, hire: Hire
) -> None:
    order = created("VAN")
    sales = hire("sal", role="sales")
    WorkOrder.objects.filter(pk=order.pk).update(salesperson=sales)
    boss, desk = at_home(approver), at_home(sales)

    life.submit(order, by=maker)
    expect(number(boss, "waiting for approval")).to_have_text("1")
    expect(number(desk, "waiting for approval")).to_have_text("1")
    life.reject(WorkOrder.objects.get(pk=order.pk), by=approver, reason="x")

    expect(number(boss, "waiting for approval")).to_have_text("0")
    expect(number(desk, "rejected")).to_have_text("1")


def test_a_burst_is_asked_for_once_a_second_and_a_hidden_page_waits_until_it_is_seen(
    at_home: Callable[[User], Page], approved: MakeOrder, sue: User, ann: User
) -> None:
    tasks = [tasks_of(approved("VAN"))[0] for _n in range(3)]
    page = at_home(sue)
    hide = "value => Object.defineProperty(document, 'hidden', {value, configurable: true})"
    signal = "document.dispatchEvent(new CustomEvent('paidan:changed', {detail: {topics: []}}))"

    many = f"for (let n = 0; n < 20; n += 1) {signal}"
    page.clock.install(time="2026-01-01T00:00:00Z")
    page.reload()
    page.wait_for_function(STEADY)
    page.evaluate(ASKED)
    page.clock.pause_at("2026-01-01T02:00:00Z")

    def asked_after(milliseconds: int) -> int:
        page.clock.run_for(milliseconds)
        page.wait_for_function("window.asked === window.answered")
        return page.evaluate("window.asked")  # type: ignore[no-any-return]

    before = asked_after(10_000)
    page.evaluate(many)
    once = asked_after(450)
    page.evaluate(many)
    still_once = asked_after(690)
    twice = asked_after(1_000)
    page.evaluate(hide, True)
    work.claim(tasks[0], by=ann)
    page.evaluate(signal)
    hidden = asked_after(50_000)

    assert [once - before, still_once - before, twice - before, hidden - before] == [1, 1, 2, 2]
    assert number(page, "in the pool").inner_text() == "3"
    page.evaluate(hide, False)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.run_for(2_000)

    expect(number(page, "in the pool")).to_have_text("2")


@pytest.mark.parametrize(("language", "dark", "width"), [*LOOKS, ("zh-hans", True, 1366)])
def test_charts_have_no_barrier_and_the_colours_of_the_look(
    language: str, dark: bool, width: int, open_as: Open, approved: MakeOrder, sue: User, ann: User
) -> None:
    late, done, _open = (tasks_of(approved("VAN"))[0] for _n in range(3))
    work.complete(work.claim(done, by=ann).task, by=ann)
    Task.objects.filter(pk=late.pk).update(due="2020-01-01")
    page = open_as(sue, language=language, dark=dark, width=width)

    page.locator("#home-chart-department summary").click()
    colours = "Chart.getChart(document.querySelector('#home-chart-department canvas')).data.datasets.map(s => s.backgroundColor)"

    assert page.evaluate(colours) == (["#f87171", "#6db3f2"] if dark else ["#b91c1c", "#2563a8"])
    assert page.evaluate("Chart.defaults.color") == ("#d1d5db" if dark else "#374151")
    assert barriers(page) == []
