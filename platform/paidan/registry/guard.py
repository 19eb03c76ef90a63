"""Lets a stranger's code think in a thread of its own: without the database, and not for longer than it may.

A plugin that overruns is left behind: the caller goes on at once with what it has, and the plugin is not asked again
while the call still runs. What comes with the house is called directly; it is what everything falls back on.
"""

import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import connections
from django.utils.translation import gettext_noop

from paidan.contracts import Words
from paidan.registry import meter
from paidan.registry.engine import Ready, suspend

ENOUGH = 5
"""After so many failures in a row a plugin is not asked again within one thinking."""


class Failed(Exception):
    """A call that has no usable answer; `why` says why, in words that can be kept."""

    def __init__(self, why: Words) -> None:
        super().__init__(why)
        self.why = why


class _Abandoned(BaseException):
    """Nobody waits for this thinking any more."""


class Watch:
    """One thinking of one plugin: how often it was asked, how long it took, what went wrong."""

    def __init__(self, ready: Ready) -> None:
        self.ready = ready
        self.calls = 0
        self.seconds = 0.0
        self.failures = 0
        self.in_row = 0
        self.error = ""
        self.overran = False
        self._began: float | None = None
        self._used_database = False
        self._lock = threading.Lock()

    def ask(self, *arguments: Any, take: Callable[[Any], Any]) -> Any:
        """Call the plugin once. `take` reads the answer, while the clock runs, and raises when it is junk."""
        if self.in_row >= ENOUGH:
            raise Failed(Words(gettext_noop("failed {times} times in a row"), times=self.in_row))
        problem: BaseException | None = None
        answer = None
        self.calls += 1
        self._began = began = time.monotonic()
        try:
            answer = take(self.ready.call(*arguments))
            if self._used_database:
                raise PermissionError("a plugin may not use the database")
        except BaseException as raised:  # a stranger's code may raise anything, even SystemExit
            problem = raised
        with self._lock:  # from here on nobody can give up on this call any more
            self._began = None
            if self.overran:
                raise _Abandoned
        self.seconds += time.monotonic() - began
        if problem:
            self._failed("".join(traceback.format_exception(problem))[-4000:])
            raise Failed(Words(gettext_noop("failed: {error}"), error=_short(problem)))
        self.in_row = 0
        return answer

    def _failed(self, error: str) -> None:
        self.failures += 1
        self.in_row += 1
        self.error = error

    @property
    def why(self) -> Words:
        """Why there is no answer after it overran."""
        return Words(gettext_noop("took more than {seconds} seconds"), seconds=self.ready.seconds)

    def give_up(self) -> bool:
        """Stop waiting when the call that runs now has used up its time; says whether it has."""
        with self._lock:
            if self._began is None or time.monotonic() - self._began < self.ready.seconds:
                return False
            self.overran = True
        self.seconds += self.ready.seconds
        self._failed(f"took more than {self.ready.seconds:g} seconds and was left behind")
        return True

    def patience(self) -> float:
        """Seconds until it is worth looking whether the call has used up its time."""
        began = self._began
        return max(0.001, self.ready.seconds - (time.monotonic() - began if began else 0.0))

    def refuse_database(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """An execute wrapper that lets nothing through."""
        self._used_database = True
        raise PermissionError("a plugin may not use the database")


def think(ready: Ready, work: Callable[[Watch], None]) -> Watch:
    """Do work that asks a plugin. It must keep what it finds where the caller sees it: it may be left half-done.

    `Failed` is for `work` to handle, call by call. Any other exception of `work` itself is raised here.
    """
    watch = Watch(ready)
    if ready.built_in:
        work(watch)
    else:
        _aside(watch, work)
    meter.count(ready, watch.calls, watch.seconds, watch.failures, watch.in_row, watch.error)
    return watch


def _aside(watch: Watch, work: Callable[[Watch], None]) -> None:
    """In a thread of its own, as long as each single call keeps to its time."""
    done = threading.Event()
    broken: list[BaseException] = []

    def run() -> None:
        try:
            with ExitStack() as stack:
                for connection in connections.all():
                    stack.enter_context(connection.execute_wrapper(watch.refuse_database))
                work(watch)
        except _Abandoned:
            pass
        except BaseException as problem:
            broken.append(problem)
        finally:
            connections.close_all()
            done.set()

    thread = threading.Thread(target=run, name=f"plugin {watch.ready.name}", daemon=True)
    thread.start()
    while not done.wait(watch.patience()):
        if watch.give_up():
            suspend(watch.ready, thread)
            return
    if broken:
        raise broken[0]


def _short(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}"[:200]
