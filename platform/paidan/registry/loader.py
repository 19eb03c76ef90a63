"""Guarded discovery of entry points: one that cannot be used is recorded with its reason and skipped, never fatal."""

import re
import threading
import traceback
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from paidan.contracts import GROUPS, VERSION, DoesNotFit, must_fit

HOUSE = "paidan"
"""The distribution whose plugins come with the house."""
SECONDS_TO_IMPORT = 10.0
OURS = re.compile(r"^paidan\.(dispatch_strategies|task_generators|notifiers)\.v(\d+)$")
LONGEST_ERROR = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entry point, where it came from, and either what it names or why it cannot be used."""

    group: str
    name: str
    distribution: str
    version: str
    plugin: Any = None
    problem: str = ""
    error: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What the shop knows it by."""
        return self.group, self.name

    @property
    def built_in(self) -> bool:
        """Whether it came with the house."""
        return self.distribution == HOUSE


@cache
def found() -> tuple[Found, ...]:
    """Every entry point of our groups, sorted, usable or not. Looked up once: there is no hot reload."""
    entries = [entry for entry in entry_points() if OURS.match(entry.group)]
    return tuple(_without_doubles(_load(entry) for entry in sorted(entries, key=_place)))


@cache
def usable(group: str) -> Mapping[str, Found]:
    """The plugins of a group that can be used, by name, in the order of their names."""
    return MappingProxyType({one.name: one for one in found() if one.group == group and not one.problem})


def forget() -> None:
    """Look again at what is installed; for tests and the scaffold."""
    found.cache_clear()
    usable.cache_clear()


def _place(entry: EntryPoint) -> tuple[str, ...]:
    """How entry points are sorted; the order in which metadata is found must not matter."""
    return entry.group, entry.name, _distribution(entry)[0], entry.value


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    try:
        return (entry.dist.name.lower(), entry.dist.version) if entry.dist else ("", "")
    except Exception:  # metadata of a half-removed package may lack anything
        return "", ""


def _load(entry: EntryPoint) -> Found:
    distribution, version = _distribution(entry)
    one = Found(group=entry.group, name=entry.name, distribution=distribution, version=version)
    if entry.group not in GROUPS:
        spoken = f"it speaks version {entry.group.rpartition('.v')[2]} of the contract"
        return replace(one, problem="version", error=f"{spoken}; this Paidan speaks version {VERSION}")
    try:
        plugin = _imported(entry)
    except BaseException as problem:  # a stranger's module may raise anything while it is imported
        return replace(one, problem="import", error=_told(problem))
    try:
        must_fit(entry.group, plugin)
    except DoesNotFit as problem:
        wrong = "version" if "version" in str(problem).partition(";")[0] else "type"
        return replace(one, problem=wrong, error=str(problem))
    return replace(one, plugin=plugin)


def _imported(entry: EntryPoint) -> Any:
    """What the entry point names; an import that never ends is left behind in its thread."""
    outcome: list[Any] = []

    def load() -> None:
        try:
            outcome.append((entry.load(), None))
        except BaseException as problem:
            outcome.append((None, problem))

    thread = threading.Thread(target=load, name=f"import {entry.value}", daemon=True)
    thread.start()
    thread.join(SECONDS_TO_IMPORT)
    if not outcome:
        raise TimeoutError(f"importing {entry.value} took more than {SECONDS_TO_IMPORT:g} seconds")
    plugin, problem = outcome[0]
    if problem:
        raise problem
    return plugin


def _told(problem: BaseException) -> str:
    return "".join(traceback.format_exception(problem))[-LONGEST_ERROR:]


def _without_doubles(entries: Iterable[Found]) -> list[Found]:
    """A name belongs to the house, or to nobody when two strangers claim it: neither is chosen by chance."""
    claims: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for one in entries:
        claims[one.key].append(one)
    return [_judged(one, claimants) for claimants in claims.values() for one in claimants]


def _judged(one: Found, claimants: list[Found]) -> Found:
    others = [f"{other.distribution} {other.version}" for other in claimants if other is not one]
    mine = one.built_in and sum(other.built_in for other in claimants) == 1
    if not others or mine or one.problem:
        return one
    words = f"the name “{one.name}” is also claimed by {', '.join(others)}; remove one of them"
    return replace(one, plugin=None, problem="duplicate", error=words)
