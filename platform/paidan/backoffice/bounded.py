"""Refuses a request that is too long before it is kept: Django would spool any length to disk first."""

from http.cookies import CookieError, SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from paidan.backoffice.embedded import Application, Receive, Scope, Send
from paidan.backoffice.errors import too_large


def bounded(inner: Application) -> Application:
    """Serve with `inner`, but answer a body of more than `PAIDAN_MOST_BODY` bytes with a sentence."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > settings.PAIDAN_MOST_BODY:
            await refuse(headers, send)
            return
        await _counted(inner, scope, receive, send)

    return application


async def _counted(inner: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """A body without a stated length is counted while it comes; `inner` sees a too long one as a broken line."""
    taken, begun = 0, False

    async def receive_counted() -> dict[str, Any]:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return message if taken <= settings.PAIDAN_MOST_BODY else {"type": "http.disconnect"}

    async def send_noted(message: dict[str, Any]) -> None:
        nonlocal begun
        begun = True
        await send(message)

    await inner(scope, receive_counted, send_noted)
    if taken > settings.PAIDAN_MOST_BODY and not begun:
        await refuse(dict(scope["headers"]), send)


async def refuse(headers: dict[bytes, bytes], send: Send) -> None:
    """413 in the reader's language, and the line is closed: the rest of the body is not wanted."""
    body = await sync_to_async(_page)(headers.get(b"cookie", b"").decode("latin-1"))
    about = [(b"content-type", b"text/html; charset=utf-8"), (b"connection", b"close")]
    if settings.SECURE_HSTS_SECONDS:
        about.append((b"strict-transport-security", f"max-age={settings.SECURE_HSTS_SECONDS}".encode()))
    await send({"type": "http.response.start", "status": 413, "headers": about})
    await send({"type": "http.response.body", "body": body})


def _page(cookies: str) -> bytes:
    try:
        chosen = SimpleCookie(cookies).get(settings.LANGUAGE_COOKIE_NAME)
    except CookieError:
        chosen = None
    language = chosen.value if chosen and chosen.value in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language):
        return too_large(HttpRequest()).content
