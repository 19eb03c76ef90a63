"""Everything in one process: the job consumer starts and stops with the server."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from huey.consumer import Consumer

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class EmbeddedConsumer(Consumer):
    """huey's consumer as threads of the web server; the server keeps its own signal handlers."""

    def _set_signal_handlers(self) -> None:
        pass


def with_lifespan(inner: Application) -> Application:
    """Serve requests with `inner`; run jobs beside it unless Redis and separate workers do."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await inner(scope, receive, send)
            return
        consumer: Consumer | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if bind := getattr(get_channel_layer(), "bind", None):
                    bind()
                try:
                    consumer = start_consumer()
                except Exception as problem:
                    await send({"type": "lifespan.startup.failed", "message": str(problem)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                if consumer:
                    await asyncio.to_thread(consumer.stop, True)
                await send({"type": "lifespan.shutdown.complete"})
                return

    return application


def start_consumer() -> Consumer | None:
    """Start the embedded job threads, or none in production, where `manage.py run_huey` runs them."""
    if settings.REDIS_URL:
        return None
    if int(os.environ.get("WEB_CONCURRENCY", "1")) > 1:
        raise RuntimeError(
            "The embedded default is one process. Set REDIS_URL and DATABASE_URL to run several workers."
        )
    from huey.contrib.djhuey import HUEY

    consumer = EmbeddedConsumer(HUEY, workers=1, worker_type="thread", initial_delay=0.05, max_delay=1.0)
    consumer.start()
    return consumer
