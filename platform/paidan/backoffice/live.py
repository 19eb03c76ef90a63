"""Tells open pages what changed, once the caller's transaction is committed: names and ids, never content.

A page that hears of a change asks for what it shows, as its own person; so a signal can be lost, doubled or late
without harm, and can carry nothing that somebody may not see.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

NOTICES, READ, CHANGED, RIGHTS = "notices", "notices.read", "changed", "rights"
PART = "X-Paidan-Part"
"""An open page asks with this header for a part of itself, to bring it up to date."""
LONGEST = 2.0
"""Seconds that a thread waits until its signals are on their way; the layers give up earlier by themselves."""


class Carrier:
    """A loop in a thread of its own that carries the signals of all threads: made once, so that a line to Redis stays open."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()

    def carry(self, sending: Coroutine[Any, Any, None]) -> None:
        """Send, and wait until it is done."""
        asyncio.run_coroutine_threadsafe(sending, self._running()).result(LONGEST)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self.lock:
            if self.loop is None or self.thread is None or not self.thread.is_alive():  # a fork takes no threads along
                self.loop = asyncio.new_event_loop()
                self.thread = threading.Thread(target=self.loop.run_forever, name="live signals", daemon=True)
                self.thread.start()
            return self.loop


CARRIER = Carrier()


class Signals:
    """What one transaction has to say, each thing once: `(group, kind)` → ids. Sent when it is called."""

    def __init__(self) -> None:
        self.waiting: dict[tuple[str, str], set[int]] = {}
        self.sending: asyncio.Task[None] | None = None

    def __call__(self) -> None:
        layer = get_channel_layer()
        if layer is None or not self.waiting:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            CARRIER.carry(send(layer, self.waiting))
        else:  # somebody calls from within a loop, which must not be waited for
            self.sending = loop.create_task(send(layer, self.waiting))


async def send(layer: Any, waiting: dict[tuple[str, str], set[int]]) -> None:
    """Hand these signals to the channel layer, together where it can; one that is down costs one time-out."""
    messages = [(group, {"type": kind, "group": group, "ids": sorted(ids)}) for (group, kind), ids in waiting.items()]
    await layer.group_send_many(messages)


def signal(group: str, kind: str, ids: Iterable[int] = ()) -> None:
    """Have everybody in the group told after the commit; one callback a transaction, whatever it has to say.

    `robust`: what was saved stays saved, whatever becomes of the signal.
    """
    signals = _of_transaction()
    signals.waiting.setdefault((group, kind), set()).update(ids)
    if not transaction.get_connection().in_atomic_block:
        transaction.on_commit(signals, robust=True)  # at once


def _of_transaction() -> Signals:
    """The signals of the running transaction. A rolled back savepoint takes its callback along, so it is looked for."""
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        return Signals()
    for _savepoints, callback, _robust in connection.run_on_commit:
        if isinstance(callback, Signals):
            return callback
    signals = Signals()
    transaction.on_commit(signals, robust=True)
    return signals


def inbox(person: int) -> str:
    """The group of a person's open pages."""
    return f"user_{person}_notifications"


def group(topic: str) -> str:
    """The group of those who watch a topic, `department:3`, `order:9`, `user:7`."""
    return topic.replace(":", ".")


def touched(topics: Iterable[str]) -> None:
    """Something changed in these departments, orders or persons' task lists."""
    for topic in topics:
        signal(group(topic), CHANGED)


def rights_changed(people: Iterable[int]) -> None:
    """What these people may see is different now: their open pages are checked again."""
    for person in people:
        signal(inbox(person), RIGHTS)
