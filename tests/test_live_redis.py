"""The live channel through Redis: the same, and what becomes of it when Redis dies or hangs."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import channel_layers, get_channel_layer
from channels_redis.pubsub import RedisPubSubLoopLayer
from django.db.models import F
from django.utils import timezone
from redis import Redis as RedisClient
from websockets.exceptions import InvalidStatus

from paidan.backoffice import layers, live
from paidan.backoffice.line import BROKEN
from paidan.notices.jobs import sweep
from paidan.notices.models import Notification
from paidan.orders.actions import task as work
from paidan.orders.models import Task
from paidan.people.models import User
from tests.conftest import Hire
from tests.live_server import Page, cookie_of, serving
from tests.processes import wait_until
from tests.redis_server import Redis, needs_redis
from tests.test_live import code_of, tell

pytestmark = [pytest.mark.django_db(transaction=True), needs_redis]


@pytest.fixture
def redis() -> Iterator[Redis]:
    server = Redis()
    yield server
    server.end()


@pytest.fixture
def port(redis: Redis, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The application with the channel layer of production."""
    from config.asgi import application

    hosts = [{"address": redis.url, "socket_timeout": 0.5, "socket_connect_timeout": 0.3}]
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "paidan.backoffice.layers.PatientRedisLayer", "CONFIG": {"hosts": hosts}}
    }
    channel_layers.backends = {}
    carrier = live.Carrier()
    monkeypatch.setattr(live, "CARRIER", carrier)
    with serving(application) as port:
        yield port
    carrier.kept.clear()
    channel_layers.backends = {}


@pytest.fixture
def look(port: int) -> Iterator[Callable[[User], Page]]:
    pages: list[Page] = []

    def look(person: User) -> Page:
        page = Page(port, cookie_of(person))
        pages.append(page)
        page.hear("hello")
        return page

    yield look
    for page in pages:
        page.close()


@pytest.fixture
def boss(hire: Hire) -> User:
    return hire("zoe", role="admin")


def swept() -> None:
    """Time passes, and the outbox is swept."""
    Notification.objects.filter(sent_at=None).update(created_at=F("created_at") - timedelta(seconds=10))
    sweep.call_local()


def test_a_task_is_known_at_once(pooled_task: Task, hire: Hire, approver: User, look: Callable[[User], Page]) -> None:
    ann = hire("ann")
    page = look(ann)
    page.say(type="watch", topics=[f"user:{ann.pk}"])
    page.hear("watching")

    work.assign(pooled_task, by=approver, to=ann)

    assert page.hear("notices")["notices"][0]["kind"] == "task_assigned"
    assert "changed" in [message["type"] for message in page.told] or page.hear("changed")


def test_work_goes_on_without_redis_and_everything_is_told_when_it_is_back(
    redis: Redis, boss: User, look: Callable[[User], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "REST_SECONDS", 0.2)
    page = look(boss)
    before = tell(boss, "before")
    page.hear("notices")

    redis.kill()
    lost = [tell(boss, str(number)) for number in range(5)]
    assert Notification.objects.filter(recipient=boss).count() == 6
    redis.start()
    end = time.monotonic() + 15
    while len(page.ids) < 6:
        assert time.monotonic() < end, "not told within 15 s"
        time.sleep(0.5)
        swept()
        page.silent(0.5)

    assert page.ids == [before, *lost] and page.silent()


def test_a_redis_that_hangs_is_asked_once_and_then_left_alone(
    redis: Redis, boss: User, look: Callable[[User], Page]
) -> None:
    page = look(boss)
    asked: list[Any] = []
    redis.hang()
    try:
        first = tell(boss, "first")
        resting = get_channel_layer().resting_until - time.monotonic()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(layers.PatientRedisLayer, "group_send", lambda *message: asked.append(message), raising=False)
            second = tell(boss, "second")
    finally:
        redis.go_on()

    assert 0 < resting <= layers.REST_SECONDS and asked == []
    get_channel_layer().resting_until = 0.0
    swept()
    while len(page.ids) < 2:
        page.hear("notices")
    assert page.ids == [first, second]


def test_a_page_that_opens_while_redis_is_dead_gets_in_when_it_is_back(
    redis: Redis, boss: User, port: int, look: Callable[[User], Page]
) -> None:
    redis.kill()
    number = tell(boss)
    with pytest.raises(InvalidStatus) as refusal:
        Page(port, cookie_of(boss))
    assert refusal.value.response.status_code == 403, "refused, not crashed"

    redis.start()
    page = look(boss)
    page.say(type="resume", last_id=None)

    assert page.hear("notices")["notices"][0]["id"] == number
    assert timezone.now() > Notification.objects.get(pk=number).created_at


def test_a_board_hears_what_changed_while_redis_was_dead_and_each_thing_once_or_twice(
    redis: Redis, boss: User, look: Callable[[User], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signals have no row that a sweep could find: they are kept, and said again when everybody listens again."""
    monkeypatch.setattr(layers, "REST_SECONDS", 0.2)
    page, topics = look(boss), [f"user:{boss.pk}", "department:1"]
    page.say(type="watch", topics=topics)
    page.hear("watching")

    redis.kill()
    for _n in range(20):
        live.touched(topics)
    live.rights_changed([boss.pk])
    assert set(live.CARRIER.kept) == {
        (f"user.{boss.pk}", "changed"), ("department.1", "changed"), (live.inbox(boss.pk), "rights"),
    }  # fmt: skip
    redis.start()

    heard: list[str] = []
    while set(heard) != set(topics):
        heard += page.hear("changed", 15)["topics"]
    wait_until(lambda: not live.CARRIER.kept)
    while not page.silent():
        heard += page.told[-1].get("topics", [])
    assert max(Counter(heard).values()) <= 2


def test_a_page_that_redis_lets_wait_is_asked_to_come_back_and_no_fault_is_logged(
    boss: User, look: Callable[[User], Page], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def hang(*names: str) -> None:
        await asyncio.sleep(60)

    page = look(boss)
    monkeypatch.setattr(RedisPubSubLoopLayer, "group_add", hang)

    page.say(type="watch", topics=[f"user:{boss.pk}"])

    assert code_of(page) == BROKEN
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]


def test_one_line_to_redis_carries_the_signals_of_all_threads(redis: Redis, look: Any, boss: User) -> None:
    page = look(boss)
    tell(boss)
    page.hear("notices")
    with RedisClient.from_url(redis.url) as client:
        before = client.info("stats")["total_connections_received"]
        for _time in range(5):
            tell(boss)
            page.hear("notices")

        assert client.info("stats")["total_connections_received"] == before
