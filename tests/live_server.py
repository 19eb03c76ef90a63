"""The real application on a real port, in a thread of the test process, and pages that listen to it."""

import asyncio
import json
import mimetypes
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from websockets.sync.client import ClientConnection, connect

from paidan.people.models import User


@contextmanager
def serving(application: Any) -> Iterator[int]:
    """Serve an ASGI application on a free port; gives the port."""
    line = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(application, lifespan="off", log_level="error", ws_max_size=65_536, timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[line])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield line.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        line.close()


def with_static(application: Any) -> Any:
    """The application for browsers: static files are read at once, so that none stays open when a page is left early."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(settings.STATIC_URL):
            await application(scope, receive, send)
            return
        path = finders.find(scope["path"].removeprefix(settings.STATIC_URL))
        kind = mimetypes.guess_type(scope["path"])[0] or "application/octet-stream"
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200 if path else 404, "headers": headers})
        await send({"type": "http.response.body", "body": Path(str(path)).read_bytes() if path else b""})

    return serve


def cookie_of(person: User | None) -> str:
    """The cookies of a browser in which this person is signed in."""
    client = Client()
    if person:
        client.force_login(person)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


class Page:
    """One open page of a person: what it was told, in order."""

    def __init__(self, port: int, cookie: str, *, origin: str = "", resume: int | None = None) -> None:
        headers = {"Cookie": cookie} if cookie else {}
        self.stack = ExitStack()
        line = connect(
            f"ws://127.0.0.1:{port}/ws/notifications/",
            origin=origin or f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
            additional_headers=headers,
        )
        self.line: ClientConnection = self.stack.enter_context(line)
        self.told: list[dict[str, Any]] = []
        if resume is not None:
            self.say(type="resume", last_id=resume)

    def say(self, **message: Any) -> None:
        self.line.send(json.dumps(message))

    def hear(self, kind: str, timeout: float = 5) -> dict[str, Any]:
        """The next message of this kind; what comes before it is kept as well."""
        end = time.monotonic() + timeout
        while True:
            message = json.loads(self.line.recv(timeout=max(0.001, end - time.monotonic())))
            self.told.append(message)
            if message["type"] == kind:
                return message

    def silent(self, seconds: float = 0.4) -> bool:
        """Whether nothing more comes for a while."""
        try:
            self.told.append(json.loads(self.line.recv(timeout=seconds)))
        except TimeoutError:
            return True
        return False

    @property
    def ids(self) -> list[int]:
        """The notifications it was told of, in order."""
        return [notice["id"] for message in self.told if message["type"] == "notices" for notice in message["notices"]]

    def close(self) -> None:
        self.stack.close()


def language_cookie(language: str) -> str:
    return f"{settings.LANGUAGE_COOKIE_NAME}={language}"
