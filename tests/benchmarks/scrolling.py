"""The task page under somebody's hand: frames a second while a hundred and more rows are scrolled in a real Chromium."""

from statistics import median
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, sync_playwright

from paidan.people.models import User
from tests.benchmarks import listing
from tests.benchmarks.figures import Row, row
from tests.benchmarks.shop import Shop
from tests.chromium import CHROMIUM, FLAGS
from tests.live_server import cookie_of, serving

ROWS, RUNS = 100, 5
SPEED, WAY = 3000, 4000  # px/s, px: a quick wheel
LEAST, LEAST_RATIO = 58, 0.95
COUNT = """() => {
    window.frames_at = [];
    const frame = (at) => { window.frames_at.push(at); window.counting = requestAnimationFrame(frame); };
    window.counting = requestAnimationFrame(frame);
}"""
COUNTED = """() => {
    cancelAnimationFrame(window.counting);
    const at = window.frames_at;
    return (at.length - 1) * 1000 / (at.at(-1) - at[0]);
}"""


def rows(shop: Shop) -> list[Row]:
    """One figure; none where there is no Chromium. The floor is an empty page of the same height, scrolled alike."""
    if CHROMIUM is None:
        return []
    from config.asgi import application

    listing.fill(shop, listing.FEW)
    boss, _new = User.objects.get_or_create(username="bench-admin", is_staff=True, is_superuser=True)
    name, _equals, value = cookie_of(boss).partition("=")
    with serving(application) as port, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = chromium.new_context(viewport={"width": 1366, "height": 900})
        url = f"http://127.0.0.1:{port}"
        context.add_cookies([{"name": name, "value": value.partition(";")[0], "url": url}])
        pages = _list(context.new_page(), url), _empty(context.new_page())
        taken: list[list[float]] = [[], []]
        for _run in range(RUNS):
            for page, rates in zip(pages, taken, strict=True):
                rates.append(_scrolled(page))
        chromium.close()
    figure = row(
        f"task page, {ROWS} rows and more, scrolled", median(taken[0]), "frames/s", floor=median(taken[1]),
        must=f"≥ {LEAST} frames/s, ≥ {LEAST_RATIO} × those of an empty page",
    )  # fmt: skip
    figure.ok = figure.value >= LEAST and (figure.ratio or 0) >= LEAST_RATIO
    return [figure]


def _list(page: Page, url: str) -> Page:
    """The list with so many rows that there is always something to come."""
    page.goto(url + reverse("admin:orders_task_changelist"))
    while page.locator("#result_list tbody tr").count() < ROWS:
        page.mouse.wheel(0, 5000)
        page.wait_for_timeout(50)
    page.evaluate("document.scrollingElement.scrollTo(0, 0)")
    return page


def _empty(page: Page) -> Page:
    page.set_content("<div style='height: 20000px'></div>")
    return page


def _scrolled(page: Page) -> float:
    """Down and up again; frames a second."""
    page.bring_to_front()
    line: Any = page.context.new_cdp_session(page)
    gesture = {"x": 600, "y": 500, "speed": SPEED, "gestureSourceType": "mouse"}
    page.evaluate(COUNT)
    line.send("Input.synthesizeScrollGesture", {**gesture, "yDistance": -WAY})
    if page.evaluate("document.scrollingElement.scrollTop") < WAY / 2:
        raise SystemExit("the page does not scroll")
    line.send("Input.synthesizeScrollGesture", {**gesture, "yDistance": WAY})
    rate: float = page.evaluate(COUNTED)
    line.detach()
    return rate
