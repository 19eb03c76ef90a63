"""The live channel of an open page: what its person is told, and which of the things it shows have changed.

A signal says only that there is something to look for; what is sent is read from the inbox. So replay after a lost
line, late commits and doubled signals are the same thing: read what this page has not seen.
"""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from random import random
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError

from paidan.backoffice import live
from paidan.backoffice.line import Line
from paidan.notices import inbox
from paidan.notices.actions import ALL, mark_shown
from paidan.people import security

SIGNED_OUT, TOO_MUCH = 4001, 4008
HEARTBEAT = 30.0
PATIENCE = 75.0
"""Seconds without a word from the page after which its line counts as dead."""
MOST_BYTES = 16_384
MOST_MESSAGES = 50
"""Messages that a page may send in one second, and topics that it may watch."""
MOMENT = 0.005
"""So long is waited for the rest of what one transaction has to say."""
GATHER = 1.0
"""So long acknowledgements are gathered before they are written."""
BURST, WINDOW = 10, 0.1
"""More than so many sendings in a second are gathered into windows of so many seconds."""
REMEMBERED = 1_000
log = logging.getLogger(__name__)


class Shown:
    """What pages say they have shown, gathered for a moment from all pages of the process: one write, not hundreds."""

    def __init__(self) -> None:
        self.waiting: set[int] = set()
        self.task: asyncio.Task[None] | None = None

    def add(self, ids: set[int]) -> None:
        self.waiting |= ids
        busy = self.task and not self.task.done() and self.task.get_loop() is asyncio.get_running_loop()
        if self.waiting and not busy:
            self.task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self.waiting:
            await asyncio.sleep(GATHER)
            ids, self.waiting = self.waiting, set()
            try:
                await database_sync_to_async(mark_shown)(ids)
            except DatabaseError as problem:  # a page says it only once
                self.waiting |= ids
                log.warning("what was shown is written later: %r", problem)


SHOWN = Shown()


class Live(Line):
    """One open page. It keeps no queue: only that there is news, and which topics changed, each once."""

    async def connect(self) -> None:
        await self.accept()
        self.person = await self._who() or 0
        if not self.person:
            await self.close(SIGNED_OUT)
            return
        self.reader = inbox.reader(self.person)
        self.language = inbox.language_of(self.scope.get("cookies", {}))
        self.cursor, self.sent = 0, deque[int](maxlen=REMEMBERED)
        self.topics: set[str] = set()
        self.wanted: set[int] = set()
        self.changed_topics: set[str] = set()
        self.outgoing: list[dict[str, Any]] = []
        self.news = self.resumed = False
        self.wake = asyncio.Event()
        self.heard = time.monotonic()
        self.moments = deque[float](maxlen=MOST_MESSAGES)
        await self.channel_layer.group_add(live.inbox(self.person), self.channel_name)
        self.cursor, unread = await database_sync_to_async(inbox.state)(self.person)
        await self._send({"type": "hello", "user": self.person, "last_id": self.cursor, "unread": unread})
        self.work = [self.begin(self._pump()), self.begin(self._beat())]

    async def disconnect(self, code: int) -> None:
        for task in getattr(self, "work", ()):
            task.cancel()
        for topic in getattr(self, "topics", ()):
            with suppress(Exception):  # a layer that is down forgets us anyway
                await self.channel_layer.group_discard(live.group(topic), self.channel_name)
        if getattr(self, "person", None):
            with suppress(Exception):
                await self.channel_layer.group_discard(live.inbox(self.person), self.channel_name)

    # --- what the page says -----------------------------------------------------------------------
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not getattr(self, "person", 0):
            return
        self.heard = now = time.monotonic()
        self.moments.append(now)
        flood = len(self.moments) == MOST_MESSAGES and now - self.moments[0] < 1
        if flood or text_data is None or len(text_data) > MOST_BYTES:
            await self.close(TOO_MUCH)
            return
        said = _understood(text_data)
        match said.get("type"):
            case "resume":
                self._resume(said.get("last_id"))
            case "ack":
                SHOWN.add(_ids(said.get("ids")) & set(self.sent))
            case "watch":
                await self._watch(said.get("topics"))

    def _resume(self, last_id: Any) -> None:
        """Begin where the page left off; one that was never here begins with what nobody has seen yet."""
        if type(last_id) is int and last_id >= 0:
            self.cursor = min(last_id, self.cursor)
        self.resumed = self.news = True
        self.wake.set()

    async def _watch(self, topics: Any) -> None:
        """Watch exactly these topics, those of them that the person may see."""
        wished = {topic for topic in topics if isinstance(topic, str)} if isinstance(topics, list) else set()
        if len(wished) > MOST_MESSAGES:
            await self.close(TOO_MUCH)
            return
        await self._join(await database_sync_to_async(inbox.may_watch)(self.person, wished))
        await self._send({"type": "watching", "topics": sorted(self.topics)})

    async def _join(self, allowed: set[str]) -> None:
        for topic in self.topics - allowed:
            await self.channel_layer.group_discard(live.group(topic), self.channel_name)
        for topic in allowed - self.topics:
            await self.channel_layer.group_add(live.group(topic), self.channel_name)
        self.topics = allowed

    # --- what the house says ----------------------------------------------------------------------
    async def notices(self, signal: dict[str, Any]) -> None:
        self.wanted |= set(signal["ids"])
        self.news = True
        self.wake.set()

    async def notices_read(self, signal: dict[str, Any]) -> None:
        self.outgoing = [*self.outgoing[-20:], {"type": "read", "ids": None if ALL in signal["ids"] else signal["ids"]}]
        self.wake.set()

    async def changed(self, signal: dict[str, Any]) -> None:
        self.changed_topics |= {topic for topic in self.topics if live.group(topic) == signal["group"]}
        self.wake.set()

    async def rights(self, signal: dict[str, Any]) -> None:
        await self._check()

    # --- two things go on all the time ------------------------------------------------------------
    async def _pump(self) -> None:
        """Send what there is; when there is much, gather it for a moment."""
        sendings = deque[float](maxlen=BURST)
        while True:
            await self.wake.wait()
            often = len(sendings) == BURST and time.monotonic() - sendings[0] < 1
            await asyncio.sleep(WINDOW if often else MOMENT)
            self.wake.clear()
            if self.news:
                await self._send_news()
            if self.changed_topics:
                topics, self.changed_topics = self.changed_topics, set()
                await self._send({"type": "changed", "topics": sorted(topics)})
            outgoing, self.outgoing = self.outgoing, []
            for message in outgoing:
                await self._send(message | {"unread": (await database_sync_to_async(inbox.state)(self.person))[1]})
            sendings.append(time.monotonic())

    async def _send_news(self) -> None:
        """Everything of the inbox that this page has not seen, in the order it was written."""
        self.news, replay, self.resumed = False, self.resumed, False
        wanted, self.wanted = self.wanted, set()
        more = True
        while more:
            page = await database_sync_to_async(inbox.news)(
                self.person,
                reader=self.reader,
                after=self.cursor,
                wanted=wanted,
                seen=self.sent,
                language=self.language,
            )
            if page.notices:
                ids = [notice["id"] for notice in page.notices]
                self.sent.extend(ids)
                self.cursor = max(self.cursor, *ids)
                await self._send({"type": "notices", "notices": page.notices, "unread": page.unread, "replay": replay})
            more = page.more

    async def _beat(self) -> None:
        """Ask whether the page is still there, whether the person is, and whether a signal was lost.

        Pages that came together, after a restart, do not ask all at once: the first time is somewhere within the beat.
        """
        await asyncio.sleep(HEARTBEAT * random())
        while True:
            if time.monotonic() - self.heard > PATIENCE:
                await self.close()
                return
            await self._send({"type": "ping"})
            await self._check()
            self.news = True
            self.wake.set()
            await asyncio.sleep(HEARTBEAT)

    async def _check(self) -> None:
        """What the person may do now: go on, go on with fewer topics, or sign in again."""
        self.reader = inbox.reader(self.person)
        if await self._who() != self.person:
            await self.close(SIGNED_OUT)
            return
        await self.channel_layer.group_add(live.inbox(self.person), self.channel_name)
        allowed = await database_sync_to_async(inbox.may_watch)(self.person, self.topics)
        if allowed != self.topics:
            await self._join(allowed)
            await self._send({"type": "watching", "topics": sorted(self.topics)})

    async def _who(self) -> int | None:
        key = self.scope["session"].session_key
        return await database_sync_to_async(security.signed_in)(key) if key else None

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message, ensure_ascii=False, separators=(",", ":")))


def _understood(text: str) -> dict[str, Any]:
    """What a page said; nothing when it makes no sense."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _ids(ids: Any) -> set[int]:
    return {each for each in ids if type(each) is int} if isinstance(ids, Iterable) else set()
