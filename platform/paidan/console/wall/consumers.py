"""A screen hears that something changed in its department; what changed it asks for itself, by its link."""

import asyncio
from typing import Any

from channels.db import database_sync_to_async

from paidan.backoffice import live
from paidan.backoffice.line import Line
from paidan.console.wall import links
from paidan.people.access import branch

NO_SUCH_LINK, TOO_MUCH = 4004, 4008
LOOK_AGAIN, GATHER = 30.0, 0.1
"""Seconds between two looks whether the link is still in force, and so long changes are gathered."""


class Screen(Line):
    """One wall board. It is told one word and may say nothing."""

    async def connect(self) -> None:
        await self.accept()
        self.groups_joined: list[str] = []
        self.beat: asyncio.Task[None] | None = None
        self.telling: asyncio.Task[None] | None = None
        departments = await self._departments()
        if not departments:
            await self.close(NO_SUCH_LINK)
            return
        for department in departments:
            self.groups_joined.append(live.group(f"department:{department}"))
            await self.channel_layer.group_add(self.groups_joined[-1], self.channel_name)
        self.beat = self.begin(self._beat())
        await self.send("changed")  # what changed before it listened

    async def disconnect(self, code: int) -> None:
        for task in (self.beat, self.telling):
            if task:
                task.cancel()
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(TOO_MUCH)

    async def changed(self, signal: dict[str, Any]) -> None:
        if self.telling is None or self.telling.done():
            self.telling = self.begin(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(GATHER)
        await self.send("changed")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            if not await self._departments():
                await self.close(NO_SUCH_LINK)
                return
            await self.send("here")

    async def _departments(self) -> list[int]:
        return await database_sync_to_async(_departments)(self.scope["url_route"]["kwargs"]["token"])


def _departments(token: str) -> list[int]:
    """The departments that the link shows; none when it is not in force."""
    link = links.find(token)
    return sorted(branch(link.department_id)) if link else []
