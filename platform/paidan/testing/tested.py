"""The plugin under test, as the process has it that was started to be hurt in its place."""

import copy
import faulthandler
import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property, reduce
from typing import Any, NamedTuple, Protocol

from paidan.contracts import GROUPS, NOTIFIERS, made, schema_of
from paidan.testing import world
from paidan.testing.facts import Scenario
from paidan.testing.telling import differing, given, told
from paidan.testing.watch import Seen, Watching, watching

GRACE = 3.0
"""Seconds beyond its own that a call may take before it counts as hanging; a busy machine is no fault of a plugin."""
WATCHED = 4
"""So many times slower a plugin may be while it is watched."""
LOAD_SECONDS = 5.0
MOST_SECONDS = 30.0
USUAL_SECONDS: Mapping[str, float] = {NOTIFIERS: 10.0}


class Failed(Exception):
    """A check has found something wrong."""


class Skipped(Exception):
    """A check cannot be judged; the sentence says why."""


class Fault(NamedTuple):
    """Something wrong with an answer, and the check that it belongs to."""

    check: str
    words: str


class Kind(Protocol):
    """What is particular to a group: what to ask with, how to ask, and what a right answer is."""

    def usual(self, name: str) -> tuple[Scenario, ...]:
        """What plugins of the group meet every day."""

    def unusual(self, name: str) -> tuple[Scenario, ...]:
        """What they meet now and then, and what brings out their other answers."""

    def ask(self, call: Callable[..., Any], method: str, facts: Any) -> Any:
        """The answer, drawn to its end."""

    def faults(self, facts: Any, answer: Any) -> Iterator[Fault]:
        """What is wrong with it."""

    def reasons(self, answer: Any) -> Iterator[Any]:
        """The reasons in a right answer."""


_traces = 2


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """End this process when what is inside takes longer, and say where it was; it also ends what never yields."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=_traces)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def keep_traces() -> None:
    """Let the plugin do with its standard error what it likes."""
    global _traces  # noqa: PLW0603
    _traces = os.dup(2)


class Tested:
    """A plugin by name; it is imported when it is first needed."""

    def __init__(self, job: Mapping[str, Any], kind: Kind) -> None:
        self.job = job
        self.kind = kind
        self.group: str = job["group"]
        self.name: str = job["name"]
        self.entry: bool = job["entry"]
        self.settings: Mapping[str, Any] = job["settings"] or {}
        self._target: str = job["target"]
        self._file: str = job["file"]
        self.world: Mapping[str, Any] = {}
        """What everybody in the process shares, as it was before the plugin was asked for the first time."""

    @cached_property
    def plugin(self) -> Any:
        """The function or class that the entry point names."""
        module, _colon, path = self._target.partition(":")
        with patience(LOAD_SECONDS + GRACE):
            loaded = self._module(module)
            found = reduce(getattr, path.split(".") if path else [], loaded)
        self.world = world.now()
        return found

    @property
    def package(self) -> str:
        """What its code lives in."""
        return str(self.plugin.__module__).partition(".")[0]

    def _module(self, name: str) -> Any:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as problem:
            if not self._file or not f"{name}.".startswith(f"{problem.name}."):  # something that it needs is missing
                raise
        spec = importlib.util.spec_from_file_location(name, self._file)  # a test module has a file, not always a path
        assert spec and spec.loader
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    @property
    def seconds(self) -> float:
        """How long one call may take, by the plugin's own word."""
        said = getattr(self.plugin, "seconds", None)
        usual = USUAL_SECONDS.get(self.group, 1.0)
        return float(said) if isinstance(said, int | float) and 0 < said <= MOST_SECONDS else usual

    @property
    def missing(self) -> list[str]:
        """Settings that have no default and were not given."""
        return [name for name in schema_of(self.plugin).get("required", []) if name not in self.settings]

    def make(self) -> Any:
        """The plugin with its settings, ready to be called."""
        if self.missing:
            raise Skipped(f"needs settings: {', '.join(self.missing)}")
        with patience(self.seconds + GRACE):
            return made(self.plugin, self.settings)

    @cached_property
    def forms(self) -> tuple["Form", ...]:
        """The ways in which the plugin can be asked, mostly one."""
        methods = [name for name in GROUPS[self.group] if callable(getattr(self.plugin, name, None))]
        return tuple(Form(self, name) for name in methods) if isinstance(self.plugin, type) else (Form(self, ""),)


class Form:
    """A plugin, asked in one way."""

    def __init__(self, tested: Tested, method: str) -> None:
        self.tested = tested
        self.kind = tested.kind
        self.method = method
        self._asked = False
        self._first: Watching | None = None

    def made(self) -> Callable[..., Any]:
        """A fresh one, as after a restart."""
        plugin = self.tested.make()
        call: Callable[..., Any] = getattr(plugin, self.method) if self.method else plugin
        return call

    @cached_property
    def call(self) -> Callable[..., Any]:
        """The one that is asked by most checks."""
        return self.made()

    def ask(self, facts: Any, call: Callable[..., Any] | None = None) -> Any:
        """The answer to a copy of these facts, so that one check cannot spoil the next."""
        return self.ask_with(copy.deepcopy(facts), call)

    def ask_with(self, facts: Any, call: Callable[..., Any] | None = None, seconds: float | None = None) -> Any:
        """The answer to these facts. The first one is watched closely, because a cache may hide later what it read."""
        call = call or self.call
        seconds = seconds or self.tested.seconds
        with patience((seconds if self._asked else WATCHED * seconds) + GRACE):
            if self._asked:
                return self.kind.ask(call, self.method, facts)
            self._asked = True
            with watching(self.tested.package, only_own=True) as look:
                try:
                    return self.kind.ask(call, self.method, facts)
                finally:
                    self._first = look

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        """What it did besides thinking, each once."""
        found: dict[Seen, None] = {}
        self.call  # noqa: B018 – what cannot be made has done nothing, which proves nothing
        for scenario in self.usual:
            facts = copy.deepcopy(scenario.facts)
            before = repr(facts)
            with suppress(BaseException):
                self.ask_with(facts)  # what is done only once, such as an import, is done now
            with watching(self.tested.package, {id(one) for one in given(facts)}) as look, suppress(BaseException):
                self.ask_with(facts, seconds=WATCHED * self.tested.seconds)
            found |= look.seen
            if (after := repr(facts)) != before:
                found[Seen("facts", f"changed: {differing(before, after)}", "")] = None
        return tuple((self._first.seen if self._first else {}) | found)

    def timed(self, facts: Callable[[], Any], limit: float) -> tuple[float, Any]:
        """How many seconds it took, and the answer; a second try counts when the first was slow."""
        took, answer = float("inf"), None
        for _attempt in range(2):
            fresh = facts()
            began = time.perf_counter()
            answer = self.ask_with(fresh, seconds=2 * limit)
            took = min(took, time.perf_counter() - began)
            if not limit < took < 2 * limit:
                break
        return took, answer

    @cached_property
    def usual(self) -> tuple[Scenario, ...]:
        """Ordinary facts."""
        return self.kind.usual(self.tested.name)

    def faults(self, scenario: Scenario) -> list[Fault]:
        """What is wrong with the answer to these facts, an exception included."""
        try:
            answer = self.ask(scenario.facts)
            return [
                Fault(code, f"{scenario.title}: {words}") for code, words in self.kind.faults(scenario.facts, answer)
            ]
        except Skipped:
            raise
        except BaseException as problem:  # a plugin may raise anything, even SystemExit
            return [Fault("answers", f"{scenario.title}: it raised {told(problem)}")]

    @cached_property
    def usual_faults(self) -> list[Fault]:
        """What is wrong with the answers to ordinary facts."""
        return [fault for scenario in self.usual for fault in self.faults(scenario)]

    def must_be_right(self, *codes: str) -> None:
        """Skip this check while the answers to ordinary facts fail these, or any when none are named."""
        broken = sorted({fault.check for fault in self.usual_faults if not codes or fault.check in codes})
        if broken:
            raise Skipped(f"cannot be judged before {' and '.join(broken)} passed")

    @cached_property
    def steady(self) -> bool:
        """Whether the same facts get the same answer, from the same plugin and from one that was made anew."""
        return self.difference is None

    @cached_property
    def difference(self) -> str | None:
        """The first ordinary facts to which two answers differ, with both answers."""
        for again in (self.call, self.made()):
            for scenario in self.usual:
                first, second = self.shown(scenario), self.shown(scenario, again)
                if first != second:
                    return f"{scenario.title}: {differing(first, second)}"
        return None

    def shown(self, scenario: Scenario, call: Callable[..., Any] | None = None) -> str:
        """The answer as text, to be compared."""
        try:
            return repr(self.ask(scenario.facts, call))
        except Skipped:
            raise
        except BaseException as problem:
            return f"raised {type(problem).__name__}"
