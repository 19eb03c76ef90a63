"""Everybody knows at once: real WebSocket clients against the real application, in one process."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from paidan.backoffice import live
from paidan.backoffice.line import BROKEN
from paidan.console.wall import actions as walls
from paidan.console.wall import consumers as screens
from paidan.console.wall import links
from paidan.notices import consumers
from paidan.notices.actions import announce, mark_read
from paidan.notices.jobs import sweep
from paidan.notices.models import Kind, Notification
from paidan.notices.planning import Telling
from paidan.orders.actions import adding
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.models import Task
from paidan.people.actions import end_sessions, put_in, set_active
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, tasks_of
from tests.live_server import Page, cookie_of, language_cookie, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    from config.asgi import application

    with serving(application) as port:
        yield port


type Open = Callable[..., Page]


@pytest.fixture
def look(port: int) -> Iterator[Open]:
    """`look(person)` opens a page of this person that has said hello."""
    pages: list[Page] = []

    def look(person: User | None, *, cookie: str = "", hello: bool = True, **more: Any) -> Page:
        page = Page(port, cookie or cookie_of(person), **more)
        pages.append(page)
        if hello:
            page.hear("hello")
        return page

    yield look
    for page in pages:
        page.close()


def tell(person: User, number: str = "1") -> int:
    """Tell a person of something that has nothing to do with an order."""
    telling = Telling(kind=Kind.PLUGIN_SWITCHED_OFF, values={"plugin": f"odd {number}", "reason": "it failed"})
    return announce([telling], by=None)[0]


@pytest.fixture
def boss(hire: Hire) -> User:
    """Hears of plugins that were switched off."""
    return hire("zoe", role="admin")


def code_of(page: Page) -> int | None:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            page.line.recv(timeout=5)
    return closed.value.rcvd.code if closed.value.rcvd else None


# --- telling --------------------------------------------------------------------------------------
def test_an_operator_sees_a_task_the_moment_it_is_assigned(
    pooled_task: Task, hire: Hire, approver: User, look: Open
) -> None:
    """NOTIF-01, NOTIF-03."""
    ann = hire("ann")
    page = look(ann)

    work.assign(pooled_task, by=approver, to=ann)

    [notice] = page.hear("notices")["notices"]
    assert notice["id"] == Notification.objects.get(recipient=ann).pk
    assert "abe" in notice["text"] and "过油 礼品盒" in notice["text"]
    assert notice["url"].endswith(f"/orders/task/{pooled_task.pk}/change/")
    assert (notice["read"], notice["quiet"], page.told[-1]["unread"]) == (False, False, 1)


def test_a_supervisor_hears_the_moment_a_task_is_done(pooled_task: Task, hire: Hire, look: Open) -> None:
    """NOTIF-02."""
    ann, bob = hire("ann"), hire("bob", post=("printing", "supervisor"))
    work.claim(pooled_task, by=ann)
    page = look(bob)

    work.complete(pooled_task, by=ann)

    assert [notice["kind"] for notice in page.hear("notices")["notices"]] == [Kind.TASK_COMPLETED]


def test_what_pops_up_never_leads_to_what_its_reader_may_not_open(
    approved: MakeOrder, hire: Hire, approver: User, look: Open
) -> None:
    """AUTH-01: not to a task that somebody else took, nor to the page of an order that the person has no right to."""
    ann, ben = hire("ann"), hire("ben")
    taken, own = (tasks_of(approved("VAN"))[0] for _n in range(2))
    for task in (taken, own):
        work.assign(task, by=approver, to=ann)
    work.assign(taken, by=approver, to=ben)
    Notification.objects.create(recipient=ann, kind=Kind.ORDER_CHANGED, order=own.order)
    for post in ann.groups.all():
        post.permissions.remove(*post.permissions.filter(codename="view_workorder"))
    page = look(ann)

    page.say(type="resume", last_id=0)
    urls = [notice["url"] for notice in page.hear("notices")["notices"]]

    client = Client()
    client.force_login(ann)
    assert urls == ["", reverse("admin:orders_task_change", args=[own.pk]), "", ""]
    assert client.get(urls[1]).status_code == 200
    assert client.get(reverse("admin:orders_workorder_change", args=[own.order.pk])).status_code == 403


def test_a_right_that_is_lost_while_a_page_is_open_takes_the_link_along(
    approved: MakeOrder, hire: Hire, approver: User, look: Open
) -> None:
    ann = hire("ann", post=("printing", "supervisor"))
    page = look(ann)
    first, second = (tasks_of(approved("VAN"))[0] for _n in range(2))
    Notification.objects.all().delete()
    topic = f"department:{first.department_id}"
    page.say(type="watch", topics=[topic])
    page.hear("watching")

    live.signal(live.inbox(ann.pk), live.NOTICES, [told_of(ann, first)])
    before = page.hear("notices")["notices"][-1]["url"]
    put_in(ann, roles=[], posts=[], by=approver)
    assert page.hear("watching")["topics"] == []
    live.signal(live.inbox(ann.pk), live.NOTICES, [told_of(ann, second)])

    assert before.endswith(f"/orders/task/{first.pk}/change/")
    assert page.hear("notices")["notices"][-1]["url"] == ""


def told_of(person: User, task: Task) -> int:
    notice = Notification.objects.create(recipient=person, kind=Kind.TASK_STARTED, task=task, order=task.order)
    return notice.pk


def test_it_speaks_the_language_of_the_browser(pooled_task: Task, hire: Hire, approver: User, look: Open) -> None:
    ann = hire("ann")
    page = look(ann, cookie=f"{cookie_of(ann)}; {language_cookie('en')}")

    work.assign(pooled_task, by=approver, to=ann)

    assert "gave you" in page.hear("notices")["notices"][0]["text"]


def test_nothing_is_told_of_what_was_rolled_back(boss: User, look: Open) -> None:
    page = look(boss)

    with pytest.raises(ValueError), transaction.atomic():
        tell(boss)
        raise ValueError
    with transaction.atomic():
        with pytest.raises(ValueError), transaction.atomic():
            tell(boss, "gone")
            raise ValueError
        kept = tell(boss, "kept")

    page.hear("notices")
    assert page.silent() and page.ids == [kept]


def test_one_transaction_has_one_callback_whatever_it_tells(boss: User) -> None:
    with transaction.atomic():
        for number in range(5):
            tell(boss, str(number))
        callbacks = [callback for _ids, callback, _robust in connection.run_on_commit]

    assert len([callback for callback in callbacks if isinstance(callback, live.Signals)]) == 1


def test_every_open_page_of_a_person_hears_and_nobody_elses(boss: User, hire: Hire, look: Open) -> None:
    first, second, other = look(boss), look(boss), look(hire("ann"))

    number = tell(boss)

    assert [page.hear("notices")["notices"][0]["id"] for page in (first, second)] == [number] * 2
    assert other.silent()


def test_reading_in_one_page_is_known_in_the_other(boss: User, look: Open) -> None:
    ids = [tell(boss), tell(boss)]
    first, second = look(boss), look(boss)

    mark_read(boss, ids[:1])
    one = second.hear("read")
    mark_read(boss)
    everything = first.hear("read")
    if everything["ids"] is not None:
        everything = first.hear("read")

    assert (one["ids"], one["unread"]) == (ids[:1], 1)
    assert (everything["ids"], everything["unread"]) == (None, 0)


def test_a_burst_comes_gathered_complete_and_in_order(boss: User, look: Open) -> None:
    page = look(boss)

    ids = [tell(boss, str(number)) for number in range(120)]
    while len(page.ids) < 120:
        page.hear("notices")

    assert page.ids == ids and page.silent()


# --- lines break ----------------------------------------------------------------------------------
def test_a_page_that_comes_back_is_told_what_it_missed_in_order(boss: User, look: Open) -> None:
    page = look(boss)
    seen = tell(boss)
    page.hear("notices")
    page.say(type="ack", ids=[seen])
    page.close()

    missed = [tell(boss, str(number)) for number in range(250)]
    wait_for(lambda: not Notification.objects.filter(pk=seen, sent_at=None).exists())  # they are gathered for a second
    again = look(boss, resume=seen)
    while len(again.ids) < 250:
        assert again.hear("notices")["replay"]

    assert again.ids == missed and again.silent()


def test_a_new_page_is_told_what_no_page_has_shown(boss: User, look: Open) -> None:
    shown, waiting = tell(boss), tell(boss)
    Notification.objects.filter(pk=shown).update(sent_at=timezone.now())

    page = look(boss)
    page.say(type="resume", last_id=None)

    assert page.hear("notices")["replay"] and page.ids == [waiting]


def test_what_is_shown_is_acknowledged_once_by_its_owner_only(boss: User, hire: Hire, look: Open) -> None:
    page, other = look(boss), look(hire("ann"))
    number = tell(boss)
    page.hear("notices")

    other.say(type="ack", ids=[number])
    other.say(type="watch", topics=[])
    other.hear("watching")
    assert Notification.objects.get(pk=number).sent_at is None
    page.say(type="ack", ids=[number])

    wait_for(lambda: Notification.objects.get(pk=number).sent_at is not None)


def test_a_smaller_id_that_is_committed_later_is_told_too(boss: User, look: Open) -> None:
    """PostgreSQL gives ids before the commit; the signal names what a cursor would skip."""
    page = look(boss)
    late = Notification.objects.create(recipient=boss, kind=Kind.ORDER_COMPLETED)
    Notification.objects.filter(pk=late.pk).delete()
    later = tell(boss)
    page.hear("notices")
    Notification.objects.create(pk=late.pk, recipient=boss, kind=Kind.ORDER_COMPLETED, sent_at=timezone.now())

    live.signal(live.inbox(boss.pk), live.NOTICES, [late.pk])
    page.hear("notices")

    assert page.ids == [later, late.pk]


def test_a_lost_signal_is_made_good_by_the_sweep(boss: User, look: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    page = look(boss)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live.Signals, "__call__", lambda self: None)
        number = tell(boss)
    Notification.objects.filter(pk=number).update(created_at=timezone.now() - timedelta(seconds=6))
    assert page.silent()

    sweep.call_local()
    page.hear("notices")
    sweep.call_local()

    assert page.silent() and page.ids == [number]


def test_a_channel_layer_that_fails_costs_nobody_the_work_and_is_said_once(
    pooled_task: Task, hire: Hire, approver: User, deaf: live.Carrier, caplog: pytest.LogCaptureFixture
) -> None:
    ann = hire("ann")

    work.assign(pooled_task, by=approver, to=ann)
    work.start(pooled_task, by=ann)

    assert Notification.objects.filter(recipient=ann).count() == 1
    [record] = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[live.Carrier]:
    """Nobody takes signals; who carries them."""

    async def dead(self: Any, messages: Any) -> None:
        raise ConnectionError("gone")

    carrier = live.Carrier()
    monkeypatch.setattr(live, "CARRIER", carrier)
    monkeypatch.setattr(type(get_channel_layer()), "group_send_many", dead)
    yield carrier
    carrier.kept.clear()


def test_what_cannot_be_said_is_kept_each_thing_once(deaf: live.Carrier, db: None) -> None:
    for number in (1, 2, 2):
        live.touched(["department:3", "order:9"])
        live.signal(live.inbox(7), live.NOTICES, [number])

    assert deaf.kept == {
        ("department.3", "changed"): set(), ("order.9", "changed"): set(), (live.inbox(7), "notices"): {1, 2},
    }  # fmt: skip


def test_of_more_than_can_be_kept_the_newest_stays(deaf: live.Carrier, db: None) -> None:
    with transaction.atomic():
        live.touched(f"order:{number}" for number in range(live.MOST_KEPT + 5))

    assert len(deaf.kept) == live.MOST_KEPT
    assert ("order.4", "changed") not in deaf.kept and ("order.5", "changed") in deaf.kept


def test_what_was_kept_is_said_when_it_is_taken_again_and_once_more_when_that_is_steady(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    """A layer that came back takes signals before everybody who lost it listens again."""
    said: list[list[str]] = []

    async def back_at_the_fourth_time(self: Any, messages: Any) -> None:
        said.append([group for group, _message in messages])
        if len(said) < 4:
            raise ConnectionError("gone")

    carrier = live.Carrier()
    monkeypatch.setattr(live, "CARRIER", carrier)
    monkeypatch.setattr(live, "AGAIN", 0.01)
    monkeypatch.setattr(live, "STEADY", 0.1)
    monkeypatch.setattr(type(get_channel_layer()), "group_send_many", back_at_the_fourth_time)

    live.touched(["department:3"])
    wait_for(lambda: carrier.trying is not None and carrier.trying.done())
    live.touched(["order:9"])

    assert said == [["department.3"]] * 5 + [["order.9"]]
    assert carrier.kept == {} and carrier.trying and carrier.trying.done()


def test_what_was_shown_is_written_when_the_database_is_back(
    boss: User, look: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[set[int]] = []
    write = consumers.mark_shown

    def mark_shown(ids: set[int]) -> int:
        tries.append(ids)
        if len(tries) == 1:
            raise OperationalError("gone")
        return write(ids)

    monkeypatch.setattr(consumers, "GATHER", 0.05)
    monkeypatch.setattr(consumers, "mark_shown", mark_shown)
    page = look(boss)
    number = tell(boss)
    page.hear("notices")

    page.say(type="ack", ids=[number])

    wait_for(lambda: Notification.objects.get(pk=number).is_sent)
    assert tries == [{number}] * 2


def test_a_fault_ends_the_line_in_which_it_is_and_is_said_in_one_line(
    boss: User, look: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page, other = look(boss), look(boss)
    with monkeypatch.context() as patch:
        patch.setattr(consumers.inbox, "may_watch", lambda *topics: 1 / 0)
        page.say(type="watch", topics=["order:1"])
        assert code_of(page) == BROKEN

    assert tell(boss) == other.hear("notices")["notices"][-1]["id"]
    [record] = caplog.records
    assert (record.levelname, record.exc_info) == ("ERROR", None) and "division" in record.getMessage()


def test_a_page_without_a_word_is_dropped_and_a_living_one_kept(
    boss: User, look: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "HEARTBEAT", 0.1)
    monkeypatch.setattr(consumers, "PATIENCE", 0.5)
    dead, living = look(boss), look(boss)

    for _n in range(12):
        living.hear("ping")
        living.say(type="pong")

    assert code_of(dead) == 1000
    assert tell(boss) and living.hear("notices")


def test_pages_that_came_together_do_not_all_ask_together(
    boss: User, look: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = iter((0.0, 0.9))
    monkeypatch.setattr(consumers, "random", lambda: next(parts))

    early, late = look(boss), look(boss)

    assert early.hear("ping") and late.silent()


def test_a_line_that_is_cut_while_it_is_told_is_no_error(
    boss: User, look: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def cut(_line: consumers.Live) -> None:
        raise BrokenPipeError

    page = look(boss)
    monkeypatch.setattr(consumers.Live, "_send_news", cut)
    tell(boss)

    assert code_of(page) == BROKEN
    assert not [record for record in caplog.records if record.levelno >= logging.INFO]


# --- who may listen -------------------------------------------------------------------------------
@pytest.mark.parametrize("cookie", ["", "sessionid=abcdefghijklmnopqrstuvwxyz123456"])
def test_who_is_not_signed_in_is_told_so(look: Open, cookie: str, db: None) -> None:
    assert code_of(look(None, cookie=cookie, hello=False)) == consumers.SIGNED_OUT


def test_a_foreign_page_is_not_let_in(boss: User, look: Open) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        look(boss, origin="https://evil.example", hello=False)

    assert refusal.value.response.status_code == 403


def test_a_session_that_ends_ends_its_pages(boss: User, look: Open) -> None:
    page = look(boss)

    end_sessions(boss, by=boss, reason="test")

    assert code_of(page) == consumers.SIGNED_OUT


def test_who_is_switched_off_is_out_at_once(boss: User, hire: Hire, look: Open) -> None:
    ann = hire("ann")
    page = look(ann)

    set_active(ann, False, by=boss)

    assert code_of(page) == consumers.SIGNED_OUT


def test_listening_does_not_keep_a_session_in_use(boss: User, look: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "HEARTBEAT", 0.05)
    page = look(boss)

    for _n in range(4):
        page.hear("ping")

    from django.contrib.sessions.models import Session

    assert all("paidan_clock" not in session.get_decoded() for session in Session.objects.all())


# --- boards ---------------------------------------------------------------------------------------
def test_a_board_hears_of_every_verb_of_its_department(pooled_task: Task, hire: Hire, look: Open) -> None:
    ann, bob = hire("ann"), hire("bob", post=("printing", "supervisor"))
    topic, order = f"department:{pooled_task.department_id}", f"order:{pooled_task.order.pk}"
    page = look(bob)
    page.say(type="watch", topics=[topic, order])
    assert page.hear("watching")["topics"] == [topic, order]

    for verb in (
        lambda: work.claim(pooled_task, by=ann),
        lambda: work.start(pooled_task, by=ann),
        lambda: work.report(pooled_task, by=ann, good=3),
        lambda: adding.split(pooled_task, by=bob, pieces=5),
        lambda: work.release(pooled_task, by=ann),
        lambda: work.cancel(pooled_task, by=bob, reason="x"),
    ):
        verb()
        heard: set[str] = set()
        while heard != {topic, order}:
            heard |= set(page.hear("changed")["topics"])


def test_a_person_hears_of_the_own_list(pooled_task: Task, hire: Hire, approver: User, look: Open) -> None:
    ann = hire("ann")
    page = look(ann)
    page.say(type="watch", topics=[f"user:{ann.pk}"])
    page.hear("watching")

    work.assign(pooled_task, by=approver, to=ann)

    assert page.hear("changed")["topics"] == [f"user:{ann.pk}"]


def test_what_one_hands_over_is_heard_where_it_goes_on(approved: MakeOrder, hire: Hire, look: Open) -> None:
    ann, packer = hire("ann"), hire("pia", post=("packaging", "operator"))
    first, last = tasks_of(approved("VAN", "PACK"))
    work.claim(first, by=ann)
    page = look(packer)
    topic = f"department:{last.department_id}"
    page.say(type="watch", topics=[topic])
    page.hear("watching")

    work.report(first, by=ann, good=500)

    assert page.hear("changed")["topics"] == [topic]


def test_whoever_sees_everything_hears_of_every_order_and_its_owners_of_their_own(
    draft_order: Callable[..., Any], hire: Hire, maker: User, boss: User, look: Open
) -> None:
    sales = hire("sal", role="sales")
    pages = {name: look(user) for name, user in {"boss": boss, "sales": sales, "maker": maker}.items()}
    for page, user in zip(pages.values(), (boss, sales, maker), strict=True):
        page.say(type="watch", topics=["shop:0", "shop:1x", f"user:{user.pk}"])
    watched = {name: page.hear("watching")["topics"] for name, page in pages.items()}

    order = save(None, draft_order("VAN", salesperson_id=sales.pk), by=maker)
    created = {name: page.hear("changed")["topics"] for name, page in pages.items()}
    life.submit(order, by=maker)
    submitted = {name: page.hear("changed")["topics"] for name, page in pages.items()}

    assert watched == {
        "boss": ["shop:0", f"user:{boss.pk}"],
        "sales": [f"user:{sales.pk}"],
        "maker": ["shop:0", f"user:{maker.pk}"],
    }
    told = {"boss": ["shop:0"], "sales": [f"user:{sales.pk}"], "maker": ["shop:0", f"user:{maker.pk}"]}
    assert created == submitted == told


def test_nobody_watches_what_does_not_exist_for_that_person(approved: MakeOrder, hire: Hire, look: Open) -> None:
    [task] = tasks_of(approved("PACK"))
    ann = hire("ann")
    page = look(ann)

    page.say(
        type="watch",
        topics=[
            f"department:{task.department_id}", f"order:{task.order.pk}", "order:999999", f"user:{ann.pk + 1}",
            f"user_{ann.pk}_notifications", "department:x", "rights", "order:-1", "order:" + "9" * 40, 7,
        ],
    )  # fmt: skip

    assert page.hear("watching")["topics"] == []
    life.pause(task.order, by=task.order.maker)
    assert page.silent()


def test_a_right_that_is_lost_ends_the_watching(pooled_task: Task, hire: Hire, look: Open) -> None:
    bob = hire("bob", post=("printing", "supervisor"))
    topic = f"department:{pooled_task.department_id}"
    page = look(bob)
    page.say(type="watch", topics=[topic])
    page.hear("watching")

    put_in(bob, roles=[], posts=[], by=bob)

    assert page.hear("watching")["topics"] == []


# --- hostile pages --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", '{"type":"delete"}', '{"type":["ack"]}', '{"type":"ack","ids":"all"}',
     '{"type":"ack","ids":[1e99,null,{}]}', '{"type":"resume","last_id":"x"}', '{"type":"resume","last_id":-5}',
     '{"type":"watch","topics":{"a":1}}', "[" * 5000, '{"type":"notices","ids":[1],"group":"user_1_notifications"}'],
)  # fmt: skip
def test_nonsense_is_ignored(boss: User, look: Open, text: str, caplog: pytest.LogCaptureFixture) -> None:
    page = look(boss)

    page.line.send(text)
    number = tell(boss)

    assert number in {notice["id"] for notice in page.hear("notices")["notices"]}
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


@pytest.mark.parametrize(
    ("message", "code"),
    [(b"\x00\x01", consumers.TOO_MUCH), ("x" * 20_000, consumers.TOO_MUCH), ("x" * 1_000_000, 1009)],
    ids=["binary", "long", "1 MB"],
)
def test_what_no_page_would_send_ends_the_line_and_no_other(
    boss: User, look: Open, message: str | bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    hostile, other = look(boss), look(boss)

    hostile.line.send(message)

    assert code_of(hostile) == code
    assert tell(boss) == other.hear("notices")["notices"][-1]["id"]
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


def test_a_flood_ends_the_line(boss: User, look: Open) -> None:
    page = look(boss)

    with suppress(ConnectionClosed):  # how much goes out before the line ends is the network's affair
        for _n in range(5000):
            page.say(type="pong")

    assert code_of(page) == consumers.TOO_MUCH


def test_a_flood_of_topics_ends_the_line(boss: User, look: Open) -> None:
    page = look(boss)

    page.say(type="watch", topics=[f"order:{number}" for number in range(60)])

    assert code_of(page) == consumers.TOO_MUCH


def wait_for(holds: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- wall boards ----------------------------------------------------------------------------------
def test_a_screen_hears_that_its_department_changed_until_its_link_is_revoked(
    pooled_task: Task, hire: Hire, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "LOOK_AGAIN", 0.2)
    ann, bob = hire("ann"), hire("bob", post=("printing", "supervisor"))
    link = walls.make(pooled_task.department, by=bob, screen="press 2")
    address = f"ws://127.0.0.1:{port}/ws/wall/{links.token(link)}/"

    with connect(address, origin=f"http://127.0.0.1:{port}") as screen:  # type: ignore[arg-type]
        assert screen.recv(timeout=5) == "changed"
        work.claim(pooled_task, by=ann)
        while screen.recv(timeout=5) != "changed":
            pass
        walls.revoke(link, by=bob)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                screen.recv(timeout=5)

    assert closed.value.rcvd and closed.value.rcvd.code == screens.NO_SUCH_LINK


@pytest.mark.parametrize("token", ["nonsense", "WzEsIngiXQ:abc"])
def test_a_screen_without_a_link_hears_nothing(port: int, token: str, db: None) -> None:
    address = f"ws://127.0.0.1:{port}/ws/wall/{token}/"

    with connect(address, origin=f"http://127.0.0.1:{port}") as screen, pytest.raises(ConnectionClosed) as closed:  # type: ignore[arg-type]
        screen.recv(timeout=5)

    assert closed.value.rcvd and closed.value.rcvd.code == screens.NO_SUCH_LINK
