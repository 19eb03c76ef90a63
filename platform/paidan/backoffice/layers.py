"""Channel layers: within one process, and through Redis with the patience of a page."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.exceptions import RedisError

Message = dict[str, Any]
PATIENCE, REST_SECONDS = 0.8, 5.0
"""So long Redis is waited for, and so long a Redis that did not answer is not asked again."""


class HomeLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """Everything within one process, with its queues at home in the server's loop.

    A queue of asyncio wakes nobody from another thread: what a job thread puts into it lies there until the server's
    loop happens to turn. So whoever stands elsewhere has it done at home.
    """

    home: asyncio.AbstractEventLoop | None = None

    def bind(self) -> None:
        """Say that the running loop is the server's."""
        self.home = asyncio.get_running_loop()

    async def new_channel(self, prefix: str = "specific.") -> str:
        if self.home is None or self.home.is_closed():
            self.bind()
        return str(await super().new_channel(prefix))

    async def send(self, channel: str, message: Message) -> None:
        await self._at_home(super().send, channel, message)

    async def group_send(self, group: str, message: Message) -> None:
        await self._at_home(super().group_send, group, message)

    async def group_send_many(self, messages: Iterable[tuple[str, Message]]) -> None:
        await self._at_home(self._send_all, list(messages))

    async def group_add(self, group: str, channel: str) -> None:
        await self._at_home(super().group_add, group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self._at_home(super().group_discard, group, channel)

    async def _send_all(self, messages: list[tuple[str, Message]]) -> None:
        for group, message in messages:
            await super().group_send(group, message)

    async def _at_home(self, work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        home = self.home
        if home is None or home.is_closed() or home is asyncio.get_running_loop():
            await work(*arguments)
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_run(work, arguments), home))


async def _run(work: Callable[..., Awaitable[None]], arguments: tuple[Any, ...]) -> None:
    await work(*arguments)


class Resting(Exception):
    """Redis did not answer a moment ago, and is not asked yet."""


class PatientRedisLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Redis by publish and subscribe; one that is gone or hangs costs one short time-out, then nothing for a while."""

    resting_until = 0.0

    async def new_channel(self, prefix: str = "specific.") -> str:
        return str(await asyncio.wait_for(self._get_layer().new_channel(prefix), PATIENCE))

    async def group_add(self, group: str, channel: str) -> None:
        """Listen; Redis' own client would try for many seconds while the page hears nothing."""
        await asyncio.wait_for(self._get_layer().group_add(group, channel), PATIENCE)

    async def group_send_many(self, messages: Iterable[tuple[str, Message]]) -> None:
        """Send, or say at once that it cannot be done; whoever has something to say keeps it."""
        if time.monotonic() < self.resting_until:
            raise Resting
        try:
            sendings = (self.group_send(group, one) for group, one in messages)
            await asyncio.wait_for(asyncio.gather(*sendings), PATIENCE)
        except (RedisError, OSError, TimeoutError):
            self.resting_until = time.monotonic() + REST_SECONDS
            raise
