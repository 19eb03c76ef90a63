"""Telling: how soon an open page hears, whether it hears everything once, and what a dead Redis costs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

from channels.layers import channel_layers, get_channel_layer
from django.conf import settings
from django.db import connection

from paidan.notices.actions import announce
from paidan.notices.jobs import sweep
from paidan.notices.models import Kind, Notification
from paidan.notices.planning import Telling
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.models import Task
from paidan.orders.models.task import Status
from paidan.people.models import User
from tests.benchmarks.figures import Row, row, timed
from tests.benchmarks.shop import Shop, hire
from tests.live_server import cookie_of, serving
from tests.redis_server import PROGRAM, Redis

ASSIGNMENTS = 100
PEOPLE, A_SECOND = 500, 50
SECONDS = int(os.environ.get("PAIDAN_BENCH_SECONDS", "60"))


def rows(shop: Shop) -> list[Row]:
    """All figures of this file: within one process on SQLite, through Redis on PostgreSQL where there is one."""
    from config.asgi import application

    if connection.vendor == "sqlite" or not PROGRAM:
        with serving(application) as port:
            return _both(shop, port)
    redis = Redis()
    hosts = [{"address": redis.url, "socket_timeout": 0.5, "socket_connect_timeout": 0.3}]
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "paidan.backoffice.layers.PatientRedisLayer", "CONFIG": {"hosts": hosts}}
    }
    channel_layers.backends = {}
    try:
        with serving(application) as port:
            return [*_both(shop, port), *_without_redis(shop, port, redis)]
    finally:
        redis.end()


def _both(shop: Shop, port: int) -> list[Row]:
    return [*_assignments(shop, port), *_crowd(port)]


@contextmanager
def _pages(port: int, people: Sequence[User]) -> Iterator[Callable[[], dict[int, list[list[Any]]]]]:
    """Open pages of these people; the function given ends them and says what each heard."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.listeners", str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin and child.stdout
    child.stdin.write(json.dumps([cookie_of(person) for person in people]) + "\n")
    child.stdin.flush()
    assert child.stdout.readline() == "ready\n"

    def heard() -> dict[int, list[list[Any]]]:
        time.sleep(2)
        told, _nothing = child.communicate(timeout=60)
        return {person.pk: some for person, some in zip(people, json.loads(told), strict=True)}

    try:
        yield heard
    finally:
        child.kill()


def _assignments(shop: Shop, port: int) -> list[Row]:
    """One task goes to and fro between two people: from the call to the page of the one who has it now."""
    order = life.approve(life.submit(save(None, shop.draft(10), by=shop.maker), by=shop.maker), by=shop.approver)
    task = Task.objects.filter(step__order=order, department__code="printing", status=Status.PENDING).first()
    assert task is not None
    pair = [hire(department="printing") for _place in range(2)]
    begun: dict[int, float] = {}
    with _pages(port, pair) as heard:
        for number in range(ASSIGNMENTS):
            who = pair[number % 2]
            time.sleep(0.25)  # more than ten a second to one page are gathered on purpose
            moment = time.time()
            work.assign(task, by=shop.approver, to=who)
            kinds = (Kind.TASK_ASSIGNED, Kind.TASK_REASSIGNED)
            begun[Notification.objects.filter(recipient=who, kind__in=kinds).latest("pk").pk] = moment
        moments = {pk: at for some in heard().values() for pk, at in some}
    took = [(moments[pk] - moment) * 1000 for pk, moment in begun.items() if pk in moments]
    middle, most = median(took), quantiles(took, n=20)[18]
    lost = len(begun) - len(took)
    return [
        row("assign → on the page, median", middle, must="≤ 30 ms, none lost", ok=middle <= 30 and not lost),
        row("assign → on the page, 95 of 100", most, must="≤ 100 ms", ok=most <= 100),
    ]


def _crowd(port: int) -> list[Row]:
    """Five hundred pages, fifty notifications a second."""
    people = [hire(department="printing") for _place in range(PEOPLE)]
    begun: dict[int, float] = {}
    with _pages(port, people) as heard:
        start = time.time()
        for number in range(A_SECOND * SECONDS):
            time.sleep(max(0.0, start + number / A_SECOND - time.time()))
            moment = time.time()
            for pk in _tell(people[number % PEOPLE], str(number)):
                begun[pk] = moment
        lasted = time.time() - start
        told = [each for some in heard().values() for each in some]
    took = [(at - begun[pk]) * 1000 for pk, at in told]
    lost, doubled = len(begun) - len({pk for pk, _at in told}), len(told) - len({pk for pk, _at in told})
    most = quantiles(took, n=20)[18]
    name = f"{PEOPLE} pages, {len(begun) / lasted:.0f} notifications/s for {lasted:.0f} s"
    on_time = lasted <= SECONDS * 1.05
    return [
        row(f"{name}: 95 of 100", most, must="≤ 300 ms, at 50/s", ok=most <= 300 and on_time),
        row(f"{name}: lost + doubled", float(lost + doubled), "notifications", must="0", ok=lost == doubled == 0),
    ]


def _tell(person: User, number: str) -> list[int]:
    telling = Telling(kind=Kind.TASK_ASSIGNED, values={"task": number, "order": "", "person": ""},
                      people={"operator": [person.pk]})  # fmt: skip
    return announce([telling], by=None)


def _without_redis(shop: Shop, port: int, redis: Redis) -> list[Row]:
    """What a verb takes while Redis hangs and while it is dead, and how soon all is told when it is back."""
    person = hire(department="printing")
    with _pages(port, [person]) as heard:
        redis.hang()
        hung = [timed(lambda number=number: _tell(person, str(number)))[0] for number in range(20)]
        redis.go_on()
        get_channel_layer().resting_until = 0.0
        redis.kill()
        dead = [timed(lambda number=number: _tell(person, str(number)))[0] for number in range(20)]
        redis.start()
        back = time.time()
        while time.time() - back < 20 and Notification.objects.filter(recipient=person, sent_at=None).exists():
            time.sleep(5)
            sweep.call_local()
        took = time.time() - back
        told = [pk for pk, _at in heard()[person.pk]]
    complete = len(told) == len(set(told)) == 40
    return [
        row("telling while Redis hangs, slowest", max(hung), must="≤ 1000 ms", ok=max(hung) <= 1000),
        row("telling while Redis is dead, slowest", max(dead), must="≤ 1000 ms", ok=max(dead) <= 1000),
        row("everything told after Redis is back", took, "s", must="≤ 15 s, each once", ok=took <= 15 and complete),
    ]
