"""The line of an open page, as far as every one is alike: whatever goes wrong ends this one alone, and the page comes back."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from redis.exceptions import RedisError

BROKEN = 1011
log = logging.getLogger(__name__)


class Line(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One WebSocket. A problem is one line in the log: a warning when Redis or the database is away, and none when the
    reader went away.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except Exception as problem:  # without a channel there is no line yet
            _say(problem)
            with suppress(OSError, RuntimeError):
                await send({"type": "websocket.close", "code": BROKEN})

    async def dispatch(self, message: dict[str, Any]) -> None:
        try:
            await super().dispatch(message)
        except StopConsumer:
            raise
        except Exception as problem:
            await self._break_off(problem)
            if message["type"] == "websocket.disconnect":
                raise StopConsumer from problem

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have this go on beside the line; when it fails, the line ends."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and isinstance(problem := task.exception(), Exception):
            self.breaking = asyncio.create_task(self._break_off(problem))

    async def _break_off(self, problem: Exception) -> None:
        _say(problem)
        with suppress(OSError, RuntimeError):  # it may be closed already
            await self.close(BROKEN)


def _say(problem: Exception) -> None:
    match problem:
        case RedisError() | DatabaseError() | TimeoutError():
            level = logging.WARNING
        case OSError():  # the reader closed the page or lost the line
            level = logging.DEBUG
        case _:
            level = logging.ERROR
    log.log(level, "a live channel broke: %r", problem)
