"""Killed in the midst of telling: a web server, a worker. Nothing is lost, and what comes twice can be told by its id."""

import json
import socket
import threading
import urllib.error
import urllib.request
import uuid
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from paidan.contracts import NOTIFIERS
from paidan.notices.actions import announce
from paidan.notices.models import Delivery, Event, Kind, Notification, Rule
from paidan.notices.planning import Telling
from paidan.orders.models import Task
from paidan.people.models import User
from tests.conftest import Hire
from tests.live_server import Page, cookie_of
from tests.processes import kill, running, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

DEEDS = 40


# --- a web server ---------------------------------------------------------------------------------
class Tablet:
    """An operator who takes a task and gives it back, over and over; what was not answered is sent again as it was."""

    def __init__(self, port: int, person: User, task: Task) -> None:
        self.address, self.person, self.task = f"http://127.0.0.1:{port}/centre/do/", person, task
        self.cookie = f"{cookie_of(person)}; csrftoken={'a' * 32}"
        self.left = [(str(uuid.uuid4()), ("claim", "release")[number % 2]) for number in range(DEEDS)]

    def work(self) -> None:
        """Until everything is answered, or the line is cut."""
        with suppress(urllib.error.URLError, ConnectionError):
            while self.left:
                self._send(*self.left[0])
                self.left.pop(0)

    def _send(self, key: str, verb: str) -> None:
        wish = {"key": key, "person": self.person.pk, "verb": verb, "task": self.task.pk, "reason": "换班"}
        headers = {"Cookie": self.cookie, "X-CSRFToken": "a" * 32, "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.address, json.dumps(wish).encode(), headers)) as answer:
            assert json.load(answer)["ok"]


class Screen:
    """A supervisor's page as a browser has it: it shows each notification once, says so, and remembers the last one."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.shown: list[int] = []

    def listen(self, port: int, person: User, *, until: int) -> None:
        """Open a line where the last one broke; until so many are shown, or the line is cut."""
        page = Page(port, cookie_of(person), resume=max(self.shown, default=0))
        with suppress(ConnectionClosed):
            while len(self.shown) < until:
                ids = [notice["id"] for notice in page.hear("notices", 20)["notices"]]
                self.heard += ids
                self.shown += [pk for pk in ids if pk not in self.shown]
                page.say(type="ack", ids=ids)
        page.close()


def served(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def test_a_server_that_is_killed_loses_no_notification_and_shows_none_twice(
    pooled_task: Task, hire: Hire, tmp_path: Path
) -> None:
    ann, bob = hire("ann"), hire("bob", post=("printing", "supervisor"))
    Rule.objects.filter(built_in=Kind.TASK_CLAIMED).update(enabled=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    tablet, screen = Tablet(port, ann, pooled_task), Screen()

    with running("serve", "--port", str(port), folder=tmp_path) as server:
        wait_until(lambda: served(port))
        hands = threading.Thread(target=tablet.work)
        hands.start()
        screen.listen(port, bob, until=DEEDS // 4)
        kill(server)
        hands.join(30)
    before = len(screen.shown)
    assert tablet.left and before < DEEDS, "it was killed in the midst"

    with running("serve", "--port", str(port), folder=tmp_path):
        wait_until(lambda: served(port))
        hands = threading.Thread(target=tablet.work)
        hands.start()
        screen.listen(port, bob, until=DEEDS)
        hands.join(30)

    inbox = list(Notification.objects.filter(recipient=bob).order_by("pk").values_list("pk", flat=True))
    told_of = Counter(Notification.objects.filter(recipient=bob).values_list("event", flat=True))
    happened = Event.objects.filter(kind__in=(Kind.TASK_CLAIMED, Kind.TASK_RELEASED))
    assert tablet.left == [] and happened.count() == DEEDS, "each deed once, although one was sent twice"
    assert told_of == Counter(happened.values_list("pk", flat=True)), "each in the inbox, each once"
    assert set(screen.heard) == set(inbox), "each was sent at least once"
    assert sorted(screen.shown) == inbox, "none is missing on the screen, none is there twice"


# --- a worker -------------------------------------------------------------------------------------
NOTIFIER = """
import json, os, time

def post(message):
    with open(os.environ["POSTED"], "a+") as book:
        book.write(json.dumps({"id": message.id, "text": message.text, "attempt": message.attempt}) + "\\n")
        book.flush()
        book.seek(0)
        number = len(book.readlines())
    if str(number) == os.environ["STUCK_AT"]:
        time.sleep(600)
    from paidan.contracts import Delivery
    return Delivery.delivered()

post.seconds = 30
"""


def install_post(site: Path) -> None:
    """A stranger's distribution, as pip leaves it: a channel that keeps a book, and gets stuck at one message."""
    about = site / "post-1.0.dist-info"
    about.mkdir()
    (site / "post_office.py").write_text(NOTIFIER)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: post\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{NOTIFIERS}]\npost = post_office:post\n")


def tell(number: int) -> None:
    telling = Telling(kind=Kind.PLUGIN_SWITCHED_OFF, values={"plugin": f"odd {number}", "reason": "it failed"})
    announce([telling], by=None)


def test_a_worker_that_is_killed_loses_no_message_and_repeats_one_under_its_old_id(hire: Hire, tmp_path: Path) -> None:
    install_post(tmp_path)
    book = tmp_path / "book"
    book.touch()
    Rule.objects.filter(built_in=Kind.PLUGIN_SWITCHED_OFF).update(channels=["post"])
    first, second, third = (hire(name, role="admin") for name in ("ann", "ben", "cat"))
    tell(0), tell(1)
    for minutes, person in ((3, first), (2, second), (1, third)):
        due = timezone.now() - timedelta(minutes=minutes)
        Delivery.objects.filter(notification__recipient=person).update(next_at=due)
    send: Any = {"folder": tmp_path, "POSTED": str(book)}
    worker = ("shell", "--no-imports", "-c", "from paidan.notices import sending; sending.send_due()")

    with running(*worker, STUCK_AT="2", **send) as stuck:
        wait_until(lambda: len(book.read_text().splitlines()) == 2)
        kill(stuck)

    states = {
        person: set(Delivery.objects.filter(notification__recipient=person).values_list("state", "attempts"))
        for person in (first, second, third)
    }
    assert states == {first: {("delivered", 1)}, second: {("waiting", 1)}, third: {("waiting", 0)}}
    tell(2)  # what comes meanwhile goes by itself, so that the message in doubt stays as it was
    Delivery.objects.filter(state="waiting").update(next_at=timezone.now() - timedelta(seconds=1))  # claims run out
    with running(*worker, STUCK_AT="", **send) as heir:
        assert heir.wait(60) == 0, (tmp_path / "said").read_text()

    posted = [json.loads(line) for line in book.read_text().splitlines()]
    times = Counter(message["id"] for message in posted)
    [again] = [message for message in posted[2:] if message["id"] == posted[1]["id"]]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert sorted(times.values()) == [1, 1, 1, 1, 2], "of five messages one came twice, and can be told by its id"
    assert again == posted[1] | {"attempt": 2} and again["text"].count("\n") == 1
    assert sum(len(message["text"].splitlines()) for message in posted if message is not again) == 3 * 3
