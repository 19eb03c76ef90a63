"""Tells open pages what changed, once the caller's transaction is committed: names and ids, never content.

A page that hears of a change asks for what it shows, as its own person; so a signal can be lost, doubled or late
without harm, and can carry nothing that somebody may not see.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

NOTICES, READ, CHANGED, RIGHTS = "notices", "notices.read", "changed", "rights"
PART = "X-Paidan-Part"
"""An open page asks with this header for a part of itself, to bring it up to date."""
SHOP = "shop:0"
"""The topic of whatever happens to any order; for those who see everything."""
LONGEST = 2.0
"""Seconds that a thread waits until its signals are on their way; the layers give up earlier by themselves."""
AGAIN, STEADY = 1.0, 3.0
"""Seconds until what could not be said is tried again, and until everybody listens again to a layer that was away."""
MOST_KEPT = 1_000
"""Signals and ids that wait for a layer; the oldest are given up, which sweep and heartbeat make good."""
type Waiting = dict[tuple[str, str], set[int]]
"""What there is to say, each thing once: `(group, kind)` → ids."""
log = logging.getLogger(__name__)


class Carrier:
    """A loop in a thread of its own that carries the signals of all threads: made once, so that a line to Redis stays open.

    What a layer does not take is kept and said again when it does, and once more when it has been steady for a while:
    only then everybody who lost it listens again. A signal that is heard twice does no harm.
    """

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()
        self.kept: Waiting = {}
        self.well_since: float | None = -STEADY
        self.trying: asyncio.Task[None] | None = None

    def carry(self, waiting: Waiting) -> None:
        """Have this said; wait until it is on its way, except in a loop, which must not be held up."""
        sending = asyncio.run_coroutine_threadsafe(self._say(waiting), self._running())
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            with suppress(TimeoutError):
                sending.result(LONGEST)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self.lock:
            if self.loop is None or self.thread is None or not self.thread.is_alive():  # a fork takes no threads along
                self.loop, self.trying = asyncio.new_event_loop(), None
                self.thread = threading.Thread(target=self.loop.run_forever, name="live signals", daemon=True)
                self.thread.start()
            return self.loop

    async def _say(self, waiting: Waiting) -> None:
        if not await self._is_said(waiting):
            self._keep(waiting)
            if self.trying is None or self.trying.done():
                self.trying = asyncio.create_task(self._try_again())

    async def _is_said(self, waiting: Waiting) -> bool:
        """Hand this to the layer; whether nobody misses it."""
        try:
            await send(get_channel_layer(), waiting)
        except Exception as problem:  # whatever a layer raises, the work that this tells of is done
            if self.well_since is not None:
                log.warning("live signals wait until they are taken again: %r", problem)
            self.well_since = None
            return False
        if self.well_since is None:
            self.well_since = time.monotonic()
        return time.monotonic() - self.well_since >= STEADY

    def _keep(self, waiting: Waiting) -> None:
        for thing, ids in waiting.items():
            self.kept[thing] = self.kept.pop(thing, set()) | ids  # the newest stands last
        while sum(1 + len(ids) for ids in self.kept.values()) > MOST_KEPT:
            self.kept.pop(next(iter(self.kept)))

    async def _try_again(self) -> None:
        while self.kept:
            well = self.well_since
            await asyncio.sleep(AGAIN if well is None else max(0.0, well + STEADY - time.monotonic()))
            kept, self.kept = self.kept, {}
            if not await self._is_said(kept):
                self._keep(kept)


CARRIER = Carrier()


class Signals:
    """What one transaction has to say. Sent when it is called."""

    def __init__(self) -> None:
        self.waiting: Waiting = {}

    def __call__(self) -> None:
        if self.waiting:
            CARRIER.carry(self.waiting)


async def send(layer: Any, waiting: Waiting) -> None:
    """Hand these signals to the channel layer, together; one that is down costs one time-out."""
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
    """The group of those who watch a topic, `department:3`, `order:9`, `user:7`, `shop:0`."""
    return topic.replace(":", ".")


def touched(topics: Iterable[str]) -> None:
    """Something changed in these departments, orders or persons' task lists."""
    for topic in topics:
        signal(group(topic), CHANGED)


def rights_changed(people: Iterable[int]) -> None:
    """What these people may see is different now: their open pages are checked again."""
    for person in people:
        signal(inbox(person), RIGHTS)
