"""The bell in a real browser, with a live channel that says what a test wants."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from paidan.notices.models import Notification
from paidan.orders.models import Task
from paidan.people.models import User
from tests.conftest import Hire, reload
from tests.test_bell import told
from tests.test_browser import CHROMIUM, barriers, browser, errors, open_as, wait
from tests.test_pages import change

__all__ = ["browser", "errors", "open_as"]  # fixtures
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium here: install Debian's `chromium`, or set PAIDAN_CHROMIUM"
    ),
    pytest.mark.xdist_group("browser"),
]
type Open = Callable[..., Page]

COUNTED_BEEPS = """
window.beeps = 0;
window.AudioContext = class {
  state = "running"; currentTime = 0; destination = null;
  createOscillator() { window.beeps += 1; return { frequency: {}, connect: (next) => next, start() {}, stop() {} }; }
  createGain() { return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (next) => next }; }
};
window.changes = [];
document.addEventListener("paidan:changed", ({ detail }) => window.changes.push(detail.topics));
window.said = 0;
document.addEventListener("paidan:line", () => (window.said += 1));
"""


@dataclass
class House:
    """The other end of the lines that the pages of one person open."""

    user: User
    unread: int = 0
    last_id: int = 0
    lines: list[WebSocketRoute] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, line: WebSocketRoute) -> None:
        self.lines.append(line)
        line.on_message(lambda text: self.heard.append(json.loads(text)))
        self.say(line, type="hello", user=self.user.pk, last_id=self.last_id, unread=self.unread)

    def say(self, *lines: WebSocketRoute, **message: Any) -> None:
        for line in lines or self.lines[-1:]:
            line.send(json.dumps(message))

    def tell(self, *ids: int, lines: Any = (), replay: bool = False, unread: int | None = None, **more: Any) -> None:
        notices = [
            {
                "id": pk, "kind": "task_assigned", "title": f"Task {pk}", "text": "Abe gave you “Printing”.",
                "priority": 2, "url": "/orders/task/", "at": datetime.now(UTC).isoformat(), "read": False,
                "quiet": False,
            } | more
            for pk in ids
        ]  # fmt: skip
        self.say(*lines, type="notices", notices=notices, unread=len(ids) if unread is None else unread, replay=replay)

    def asked(self, route: Route) -> None:
        """A page that lost its line asks meanwhile; the other end is the same."""
        route.fulfill(json={"notices": [], "unread": self.unread, "last_id": self.last_id, "more": False})

    def said(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["type"] == kind]


@pytest.fixture
def house(open_as: Open, hire: Hire, monkeypatch: pytest.MonkeyPatch) -> tuple[House, Page]:
    """A person's page with a live channel, and the other end of it."""
    house = House(hire("ann"))
    return house, live(open_as(house.user, language="en"), house, monkeypatch)


def live(page: Page, house: House, monkeypatch: pytest.MonkeyPatch) -> Page:
    """From now on this browser has a live channel."""
    page.wait_for_load_state("networkidle")  # until the page has asked for the first time
    monkeypatch.setattr(WSGIRequest, "scope", {"type": "http"}, raising=False)
    page.context.add_init_script(COUNTED_BEEPS)
    page.context.route_web_socket("**/ws/notifications/", house.answer)
    page.context.route("**/notifications/poll/**", house.asked)
    page.emulate_media(reduced_motion="reduce")  # nothing is half transparent when it is looked at
    return connected(page)


def connected(page: Page, path: str = "/") -> Page:
    """A page whose line is open, and which somebody touched."""
    page.goto(path)
    expect(bell(page)).to_have_attribute("data-state", "live")
    page.mouse.click(2, 2)
    return page


def bell(page: Page) -> Any:
    return page.locator("[data-bell]")


def toasts(page: Page) -> Any:
    return page.locator(".pn-toasts .pn-toast")


# --- one page -------------------------------------------------------------------------------------
def test_what_is_new_is_counted_shown_heard_and_acknowledged_once(house: tuple[House, Page]) -> None:
    """NOTIF-03"""
    line, page = house
    assert line.said("resume") == [{"type": "resume", "last_id": 0}]

    line.tell(5, unread=3)
    expect(page.locator(".pn-count")).to_have_text("3")
    expect(page.get_by_role("button", name="Notifications, 3 unread")).to_be_visible()
    expect(page.locator("[data-bell-said]")).to_have_text("Notifications, 3 unread")
    expect(toasts(page)).to_contain_text("Task 5")
    toasts(page).get_by_role("button", name="Dismiss").click()
    line.tell(5, unread=3)
    wait(page, lambda: len(line.said("ack")) == 2)

    assert line.said("ack") == [{"type": "ack", "ids": [5]}] * 2
    expect(toasts(page)).to_have_count(0)
    assert page.evaluate("beeps") == 1


def test_several_at_once_are_a_number_and_what_is_urgent_stays(house: tuple[House, Page]) -> None:
    line, page = house
    page.clock.install()

    line.tell(5, 6, 7, unread=3)
    expect(toasts(page)).to_contain_text("3 new notifications")
    line.tell(8, 9, unread=5, replay=True)
    expect(toasts(page)).to_contain_text("5 new notifications")
    line.tell(10, unread=6, priority=4)
    expect(page.get_by_role("alert")).to_contain_text("Task 10")
    toasts(page).first.hover()
    page.clock.fast_forward(9_000)
    expect(toasts(page)).to_have_count(2)
    page.mouse.move(5, 5)
    page.clock.fast_forward(9_000)

    expect(toasts(page)).to_have_count(1)
    expect(toasts(page)).to_contain_text("Task 10")


def test_what_comes_quietly_only_counts(house: tuple[House, Page]) -> None:
    line, page = house

    line.tell(5, unread=1, quiet=True)

    expect(page.locator(".pn-count")).to_have_text("1")
    page.wait_for_timeout(300)
    expect(toasts(page)).to_have_count(0)
    assert page.evaluate("beeps") == 0


def test_this_browser_can_be_kept_from_sounding_and_popping_up(house: tuple[House, Page]) -> None:
    line, page = house
    page.locator(".pn-bell").click()
    page.get_by_text("In this browser").click()
    page.get_by_label("Sound", exact=True).uncheck()
    page.get_by_label("Show new ones on the page").uncheck()

    connected(page)
    line.tell(5, unread=1)

    expect(page.locator(".pn-count")).to_have_text("1")
    page.wait_for_timeout(300)
    expect(toasts(page)).to_have_count(0)
    assert page.evaluate("beeps") == 0


def test_a_lost_line_comes_back_where_it_left_off_and_what_changed_meanwhile_is_told(house: tuple[House, Page]) -> None:
    line, page = house
    page.evaluate("document.querySelector('#home').dataset.live = 'order:9 department:3'")
    watched = {"type": "watch", "topics": ["department:3", "order:9"]}
    wait(page, lambda: line.said("watch")[-1:] == [watched])
    before = len(line.said("watch"))
    line.tell(5, unread=1)
    expect(page.locator(".pn-count")).to_have_text("1")
    line.last_id, line.unread = 7, 3
    line.say(type="watching", topics=["department:3", "order:9"])
    line.say(type="changed", topics=["order:9"])
    wait(page, lambda: page.evaluate("changes")[-1:] == [["order:9"]])

    line.lines[-1].close(code=1011, reason="worker killed")
    wait(page, lambda: len(line.lines) == 2 and len(line.said("watch")) == before + 1)
    line.say(type="watching", topics=["department:3", "order:9"])
    line.tell(5, 6, 7, unread=3, replay=True)

    expect(bell(page)).to_have_attribute("data-state", "live")
    expect(page.locator(".pn-count")).to_have_text("3")
    assert line.said("watch")[-1] == watched
    assert line.said("resume")[1:] == [{"type": "resume", "last_id": 5}]
    wait(page, lambda: page.evaluate("changes")[-1:] == [["department:3", "order:9"]])
    line.say(type="ping")
    wait(page, lambda: line.said("pong") == [{"type": "pong"}])


def test_a_silent_line_is_left_for_a_new_one(house: tuple[House, Page]) -> None:
    line, page = house
    page.clock.install()
    connected(page)
    before = len(line.lines)

    page.clock.fast_forward(76_000)
    page.clock.fast_forward(2_000)

    wait(page, lambda: len(line.lines) == before + 1)


def test_who_is_signed_out_is_told_so_and_tries_no_more(house: tuple[House, Page]) -> None:
    line, page = house

    line.lines[-1].close(code=4001, reason="")

    expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
    expect(page.get_by_role("link", name="Sign in again")).to_have_attribute("href", "/login/?next=%2F")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_timeout(1_500)
    assert len(line.lines) == 1
    expect(bell(page)).to_have_attribute("data-state", "out")


def test_a_page_that_said_too_much_is_quiet_for_a_while(house: tuple[House, Page]) -> None:
    line, page = house
    page.clock.install()
    connected(page)
    before = len(line.lines)

    line.lines[-1].close(code=4008, reason="")
    expect(bell(page)).to_have_attribute("data-state", "connecting")
    page.clock.fast_forward(55_000)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_timeout(300)
    assert len(line.lines) == before
    page.clock.fast_forward(10_000)

    wait(page, lambda: len(line.lines) == before + 1)


BROWSERS_OWN = """
window.shownOutside = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { this.permission = "granted"; return "granted"; }
  constructor(title, { body }) { window.shownOutside.push(`${title}: ${body}`); }
};
"""


def test_the_browsers_own_notifications_are_asked_for_by_a_switch_and_come_to_a_hidden_tab(
    house: tuple[House, Page],
) -> None:
    line, page = house
    page.evaluate(f"() => {{ {BROWSERS_OWN} }}")
    page.locator(".pn-bell").click()
    page.get_by_text("In this browser").click()
    page.get_by_label("Notifications of the browser").check()
    page.keyboard.press("Escape")

    line.tell(5, unread=1)
    expect(toasts(page)).to_have_count(1)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    line.tell(6, unread=2)

    wait(page, lambda: page.evaluate("shownOutside") == ["Task 6: Abe gave you “Printing”."])


def test_without_https_the_switch_says_why_it_is_not_to_be_had(house: tuple[House, Page]) -> None:
    _line, page = house
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    connected(page)

    page.locator(".pn-bell").click()
    page.get_by_text("In this browser").click()

    expect(page.get_by_label("Notifications of the browser")).to_be_disabled()
    expect(page.get_by_text("Not available here: browsers allow it only for addresses")).to_be_visible()


# --- several pages --------------------------------------------------------------------------------
def test_two_tabs_ring_once_and_agree_on_what_is_read(house: tuple[House, Page]) -> None:
    line, page = house
    other = connected(page.context.new_page())
    real = [told(line.user) for _n in range(2)]
    wait(page, lambda: len(line.lines) == 2)

    line.tell(real[0].pk, lines=line.lines, unread=2)
    for tab in (page, other):
        expect(tab.locator(".pn-count")).to_have_text("2")
    wait(page, lambda: page.evaluate("beeps") + other.evaluate("beeps") > 0)
    wait(page, lambda: toasts(page).count() + toasts(other).count() > 0)
    page.wait_for_timeout(2_200)  # as long as the other tab would wait for its turn
    assert page.evaluate("beeps") + other.evaluate("beeps") == 1
    assert toasts(page).count() + toasts(other).count() == 1

    for tab in (page, other):
        tab.locator(".pn-bell").click()
        expect(tab.locator(".pn-item[data-unread]")).to_have_count(2)
    page.locator(".pn-item").last.get_by_role("button", name="Mark as read").click()

    for tab in (page, other):
        expect(tab.locator(".pn-count")).to_have_text("1")
        expect(tab.locator(".pn-item[data-unread]")).to_have_count(1)
        expect(toasts(tab)).to_have_count(0)
    assert [reload(notice).read_at is None for notice in real] == [False, True]
    line.say(*line.lines, type="read", ids=None, unread=0)
    expect(other.locator(".pn-count")).to_be_hidden()
    expect(other.locator(".pn-item[data-unread]")).to_have_count(0)


# --- without a live channel -----------------------------------------------------------------------
def test_without_a_live_channel_the_page_asks_every_fifteen_seconds(open_as: Open, hire: Hire) -> None:
    ann = hire("ann")
    page = open_as(ann, language="en")
    page.context.add_init_script(COUNTED_BEEPS)
    page.clock.install()
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request) if "/notifications/poll/" in request.url else None)
    page.goto("/orders/task/")
    wait(page, lambda: page.evaluate("said") > 0)  # it asked, and knows when it asks again
    page.evaluate("document.querySelector('#content').dataset.live = 'department:3'")
    notice = told(ann)

    with page.expect_response("**/notifications/poll/**"):
        page.clock.fast_forward(16_000)

    expect(toasts(page)).to_contain_text("Order 202611001 waits for approval.")
    expect(page.locator(".pn-count")).to_have_text("1")
    wait(page, lambda: page.evaluate("changes")[-1:] == [["department:3"]])
    assert page.evaluate("localStorage['paidan." + str(ann.pk) + ".last']") == str(notice.pk)
    assert all(request.headers["x-paidan-background"] == "1" for request in asked)
    expect(bell(page)).to_have_attribute("data-state", "connecting")


# --- by keyboard, and for every eye ---------------------------------------------------------------
def test_where_the_live_channel_is_blocked_a_late_commit_pops_up_too_and_is_acknowledged(
    open_as: Open, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its id was given before the one that the page had first."""
    ann = hire("ann")
    early = told(ann)
    Notification.objects.filter(pk=early.pk).delete()
    page = open_as(ann, language="en")
    monkeypatch.setattr(WSGIRequest, "scope", {"type": "http"}, raising=False)
    page.context.route_web_socket("**/ws/notifications/", lambda line: line.close())
    page.goto("/")
    later = told(ann, values={"order": "the later one"})

    page.evaluate("dispatchEvent(new Event('online'))")
    expect(toasts(page)).to_contain_text("the later one")
    wait(page, lambda: reload(later).is_sent)
    Notification.objects.create(
        pk=early.pk, recipient=ann, kind=early.kind, values=early.values | {"order": "the late one"}
    )
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(toasts(page)).to_contain_text("2 new notifications")
    wait(page, lambda: reload(Notification.objects.get(pk=early.pk)).is_sent)

    with page.expect_response("**/notifications/poll/**"):
        page.evaluate("dispatchEvent(new Event('online'))")
    expect(toasts(page)).to_contain_text("2 new notifications")
    expect(page.locator(".pn-count")).to_have_text("2")


def test_the_panel_is_used_by_keyboard_and_opening_one_marks_it_read(
    open_as: Open, hire: Hire, pooled_task: Task
) -> None:
    ann = hire("ann")
    notices = [told(ann, "task_assigned", task=pooled_task) for _n in range(2)]
    page = open_as(ann, language="en")
    button = page.locator(".pn-bell")
    expect(page.locator(".pn-count")).to_have_text("2")

    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Notifications").locator(".pn-item")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(page.locator("#pn-panel")).to_be_hidden()

    page.keyboard.press("Enter")
    expect(page.locator(".pn-item")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f'a[data-notice="{notices[0].pk}"]')).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{change(pooled_task)}")
    expect(page.locator(".pn-count")).to_have_text("1")
    assert set(Notification.objects.filter(recipient=ann, read_at=None)) == {notices[1]}


@pytest.mark.parametrize(("language", "dark", "width"), [("zh-hans", True, 390), ("en", False, 1366)])
def test_panel_and_pop_ups_have_no_barrier_and_hide_no_button(
    language: str, dark: bool, width: int, open_as: Open, hire: Hire, monkeypatch: pytest.MonkeyPatch,
    pooled_task: Task,
) -> None:  # fmt: skip
    house = House(hire("ann"))
    told(house.user, "task_assigned", task=pooled_task)
    told(house.user, read=True)
    page = live(open_as(house.user, language=language, dark=dark, width=width), house, monkeypatch)

    connected(page, change(pooled_task))
    page.locator(".pn-bell").click()
    page.locator(".pn-wishes summary").click()
    found = barriers(page)
    page.keyboard.press("Escape")
    house.tell(90, 91, unread=3)
    house.tell(92, unread=4, priority=4)
    expect(toasts(page)).to_have_count(2)
    found += barriers(page)
    connected(page, "/notices/notification/")
    found += barriers(page)

    assert found == []


def test_on_a_tablet_a_pop_up_hides_no_button(
    open_as: Open, hire: Hire, monkeypatch: pytest.MonkeyPatch, shop: Any
) -> None:
    house = House(hire("ann"))
    page = live(open_as(house.user, language="en", width=390), house, monkeypatch)
    rows = "".join(f'<p><button style="height:64px;width:100%">{n}</button></p>' for n in range(30))
    page.evaluate(f"document.querySelector('#content').innerHTML = `{rows}<div style='height:200px'></div>`")

    house.tell(5, unread=1)
    expect(toasts(page)).to_have_count(1)
    assert covered(page) == 0
    page.evaluate("document.scrollingElement.scrollTo(0, 99999)")

    wait(page, lambda: covered(page) == 0)


def covered(page: Page) -> int:
    """How many buttons lie under a pop-up."""
    script = """() => {
      const own = document.querySelector(".pn-toasts").getBoundingClientRect();
      return [...document.querySelectorAll("button, a[href]")].filter((each) => {
        const at = each.getBoundingClientRect();
        return !each.closest(".pn-toasts") && at.width && at.bottom > own.top && at.top < own.bottom
          && at.right > own.left && at.left < own.right && each.checkVisibility();
      }).length;
    }"""
    return int(page.evaluate(script))
