"""Gives every request and every job an id, which the history keeps and the log and the answer can name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from paidan import audited

_running: dict[str, AbstractContextManager[str]] = {}


class RequestIdMiddleware:
    """A fresh id for each request, never one from outside: nobody can pass own deeds off as another's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audited.request(uuid4().hex) as identity:
            response = self.get_response(request)
        response.headers["X-Request-ID"] = identity
        return response


def name_jobs(huey: Any) -> None:
    """Give each job of this queue its own id, which is the queue's own for it; no job module can forget it."""
    huey.pre_execute("request_id")(_begin)
    huey.post_execute("request_id")(_end)


def _begin(task: Any) -> None:
    _running[task.id] = inside = audited.request(f"{audited.JOB}{task.id.replace('-', '')}"[:36])
    inside.__enter__()


def _end(task: Any, value: Any, exception: BaseException | None) -> None:
    if inside := _running.pop(task.id, None):
        inside.__exit__(None, None, None)
