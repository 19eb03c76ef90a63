"""Sees what a plugin does besides thinking: the clock, chance, files, network, databases, programs, its own facts.

Builtins are seen as they are called (`sys.monitoring`), whatever name the plugin gave them; what leaves the process is
seen by an audit hook. Nothing is hindered. What compiled code does inside itself, such as a solver that looks at the
clock to keep to its time limit, is not seen, and need not be.
"""

import os
import random
import sys
import time
import types
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

WAITS_AND_CLOCKS = (
    *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "sleep"),
    *("process_time_ns", "thread_time", "thread_time_ns", "clock_gettime", "clock_gettime_ns"),
)
CLOCKS_UNLESS_TOLD = {"localtime": 1, "gmtime": 1, "ctime": 1, "strftime": 2}
"""They look at the clock when they get fewer arguments than this."""
CLOCKS_OF_A_DATE = ("now", "today", "utcnow")
DATABASES = ("/django/db/", "/psycopg/", "/psycopg2/", "/psycopg_pool/", "/sqlalchemy/", "/pymysql/", "/redis/")
WRITES = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.truncate",
    "os.link",
    "os.symlink",
    "os.chmod",
    "shutil.",
)
PROGRAMS = (
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
)
KINDS_OF_EVENTS = {"socket.": "network", "sqlite3.": "database"} | dict.fromkeys(WRITES, "files")
KINDS_OF_EVENTS |= dict.fromkeys(PROGRAMS, "program")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
WITHIN_THE_MACHINE = 1
"""The family of sockets that an event loop wakes itself up with."""
IMPORTING = {"importlib", "_frozen_importlib", "_frozen_importlib_external", "zipimport"}
QUIET = {"logging", "threading", "queue", "concurrent", "warnings", "linecache", "traceback", "ortools"}
"""They look at the clock for purposes of their own; no answer depends on it."""


class Seen(NamedTuple):
    """Something that a plugin did."""

    kind: str
    what: str
    where: str


class Watching:
    """One look at a plugin: what it did so far, which facts it was given, and whose reads count."""

    def __init__(self, package: str, given: Collection[int], only_own: bool) -> None:
        self.package = package
        self.given = given
        self.only_own = only_own
        self.seen: dict[Seen, None] = {}

    def note(self, kind: str, what: str, frame: types.FrameType | None) -> None:
        """Keep what was done, unless it was done by machinery, or by a library where only the plugin's own counts."""
        frames = list(_frames(frame))
        if any(_root(one) in IMPORTING for one in frames):
            return
        inner = list(takewhile(lambda one: _root(one) in sys.stdlib_module_names, frames))
        caller = frames[len(inner)] if len(inner) < len(frames) else None  # the first that is not the standard library
        if any(_root(one) in QUIET for one in (*inner, *filter(None, [caller]))):
            return
        if self.only_own and (caller is None or _root(caller) != self.package):
            return
        own = next((one for one in frames if _root(one) == self.package), caller or frame)
        self.seen[Seen(kind, what, _place(own))] = None


_now: Watching | None = None
_hooked = False


@contextmanager
def watching(package: str, given: Collection[int] = (), *, only_own: bool = False) -> Iterator[Watching]:
    """Watch the calls inside that come from a package; `only_own` leaves out what libraries do for it.

    `given` are the identities of the facts that nobody may change.
    """
    global _now  # noqa: PLW0603
    look = Watching(package, given, only_own)
    chance = _chance()
    _hook()
    tool = next(number for number in (4, 3, 0, 1, 2, 5) if sys.monitoring.get_tool(number) is None)
    sys.monitoring.use_tool_id(tool, "paidan.testing")
    events = sys.monitoring.events
    sys.monitoring.register_callback(tool, events.CALL, _called)
    sys.monitoring.register_callback(tool, events.PY_START, _started)
    _now = look
    sys.monitoring.set_events(tool, events.CALL | events.PY_START)
    sys.monitoring.restart_events()
    try:
        yield look
    finally:
        _now = None
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)
    if _moved(chance, _chance()) and not any(seen.kind == "random" for seen in look.seen):
        look.seen[Seen("random", "the module random", "compiled code")] = None


def _chance() -> tuple[Any, str]:
    """The state of the generators that everybody shares; it moves whoever uses them."""
    numpy = sys.modules.get("numpy.random")
    return random.getstate(), repr(numpy.get_state()) if numpy else ""


def _moved(before: tuple[Any, str], after: tuple[Any, str]) -> bool:
    """Whether a state moved; one that was not there before was only loaded."""
    return before[0] != after[0] or (before[1] != "" and before[1] != after[1])


def _frames(frame: types.FrameType | None) -> Iterator[types.FrameType]:
    """From a frame up to the kit, which asked."""
    while frame is not None and not _module(frame).startswith("paidan.testing"):
        yield frame
        frame = frame.f_back


def _module(frame: types.FrameType) -> str:
    return str(frame.f_globals.get("__name__") or "")


def _root(frame: types.FrameType) -> str:
    return _module(frame).partition(".")[0]


def _place(frame: types.FrameType | None) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame else "compiled code"


def _listed() -> dict[int, tuple[str, str]]:
    known = {id(getattr(time, name)): ("clock", f"time.{name}") for name in WAITS_AND_CLOCKS if hasattr(time, name)}
    known |= {id(getattr(os, name)): ("random", f"os.{name}") for name in ("urandom", "getrandom") if hasattr(os, name)}
    known[id(object.__setattr__)] = ("facts", "object.__setattr__")
    known[id(object.__delattr__)] = ("facts", "object.__delattr__")
    return known


_LISTED = _listed()
_UNLESS_TOLD = {id(getattr(time, name)): (name, arguments) for name, arguments in CLOCKS_UNLESS_TOLD.items()}
_SHARED = getattr(random, "_inst", None)
_UUIDS = {uuid.uuid1.__code__, uuid.uuid4.__code__}


def _called(code: types.CodeType, offset: int, callee: object, first: object) -> None:
    """A call begins; `first` is its first argument. It looks at identities only: a plugin's `__eq__` is not asked."""
    found = _LISTED.get(id(callee))
    if found:
        if found[0] != "facts" or (_now and id(first) in _now.given):
            _note(*found)
    elif id(callee) in _UNLESS_TOLD:
        name, arguments = _UNLESS_TOLD[id(callee)]
        if code.co_code[offset + 1] < arguments or (arguments == 1 and first is None):  # what CALL says beside its name
            _note("clock", f"time.{name}")
    elif type(callee) is types.BuiltinFunctionType:
        _called_method(callee)
    elif callee is random.Random and (first is sys.monitoring.MISSING or first is None):
        _note("random", "random.Random() without a seed")


def _called_method(callee: types.BuiltinFunctionType) -> None:
    owner = callee.__self__
    if owner is _SHARED and callee.__name__ != "getstate":
        _note("random", f"random.{callee.__name__}")
    elif isinstance(owner, type) and callee.__name__ in CLOCKS_OF_A_DATE and issubclass(owner, date):
        _note("clock", f"{owner.__name__}.{callee.__name__}")


def _started(code: types.CodeType, offset: int) -> object:
    """A Python function begins; code that is of no interest is never reported again."""
    if code in _UUIDS:
        _note("random", f"uuid.{code.co_name}")
        return None
    path = code.co_filename.replace(os.sep, "/")
    package = next((name for name in DATABASES if name in path), None)
    if package is None:
        return sys.monitoring.DISABLE
    if code.co_name != "<module>":
        _note("database", package.strip("/").replace("/", "."))
    return None


def _note(kind: str, what: str) -> None:
    if _now:
        frame = sys._getframe(1)
        while frame.f_back and _module(frame) == __name__:
            frame = frame.f_back
        _now.note(kind, what, frame)


def _hook() -> None:
    """An audit hook cannot be taken away again, so there is one, and it sleeps between two looks."""
    global _hooked  # noqa: PLW0603
    if not _hooked:
        _hooked = True
        sys.addaudithook(_audited)


def _audited(event: str, arguments: tuple[Any, ...]) -> None:
    if _now is None:
        return
    if event == "open":
        path, mode, flags = arguments
        if path != os.devnull and (set(mode or "") & set("wax+") or (flags or 0) & WRITING):
            _note("files", f"open({path!r:.80})")
        return
    if event == "socket.__new__" and arguments[1] == WITHIN_THE_MACHINE:
        return
    kind = next((kind for start, kind in KINDS_OF_EVENTS.items() if event.startswith(start)), None)
    if kind:
        _note(kind, event)
