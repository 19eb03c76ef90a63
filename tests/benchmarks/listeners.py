"""Many open pages in a process of their own: `python -m tests.benchmarks.listeners PORT` with cookies on standard input.

Says `ready` when every page has said hello; when its input ends, prints what each page heard: `[id, moment]`.
"""

import asyncio
import json
import sys
import time
from typing import Any

from websockets.asyncio.client import connect


async def page(port: int, cookie: str, heard: list[Any], ready: asyncio.Semaphore) -> None:
    """One page: shows what it is told, and says so."""
    line = connect(
        f"ws://127.0.0.1:{port}/ws/notifications/",
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie},
        open_timeout=60,
    )
    async with line as socket:
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "hello":
                ready.release()
            elif message["type"] == "ping":
                await socket.send('{"type":"pong"}')
            elif message["type"] == "notices":
                ids = [notice["id"] for notice in message["notices"]]
                heard += [[pk, time.time()] for pk in ids]
                await socket.send(json.dumps({"type": "ack", "ids": ids}))


async def main() -> None:
    """Open all pages, a few at a time, and listen until there is nothing more on standard input."""
    port, cookies = int(sys.argv[1]), json.loads(sys.stdin.readline())
    heard: list[list[Any]] = [[] for _cookie in cookies]
    ready = asyncio.Semaphore(0)
    pages = []
    for place, cookie in enumerate(cookies):
        pages.append(asyncio.create_task(page(port, cookie, heard[place], ready)))
        if place % 20 == 19:
            await asyncio.sleep(0.1)
    for _cookie in cookies:
        await asyncio.wait_for(ready.acquire(), 120)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(heard), flush=True)
    for one in pages:
        one.cancel()


if __name__ == "__main__":
    asyncio.run(main())
