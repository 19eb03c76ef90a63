"""Guarded discovery of entry points: one that does not import is recorded and skipped, never fatal."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

STRATEGIES = "paidan.dispatch_strategies.v1"
GENERATORS = "paidan.task_generators.v1"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point that was loaded, and where it came from."""

    name: str
    function: Callable[..., Any]
    distribution: str
    version: str


@cache
def plugins(group: str) -> Mapping[str, Plugin]:
    """The plugins of a group by name, sorted. A name that two distributions claim belongs to the first by name."""
    found: dict[str, Plugin] = {}
    for entry in sorted(entry_points(group=group), key=lambda e: (e.name, e.dist.name if e.dist else "")):
        plugin = _load(entry)
        if plugin and found.setdefault(entry.name, plugin) is not plugin:
            log.error("plugin %s of %s: the name is taken by %s", entry.name, plugin.distribution, found[entry.name])
    return MappingProxyType(found)


def _load(entry: EntryPoint) -> Plugin | None:
    try:
        function = entry.load()
        if not callable(function):
            raise TypeError(f"{entry.value} is not callable")
    except Exception:  # a stranger's module may raise anything while it is imported
        log.exception("plugin %s (%s) could not be loaded and is skipped", entry.name, entry.value)
        return None
    name, version = (entry.dist.name, entry.dist.version) if entry.dist else ("", "")
    return Plugin(entry.name, function, name, version)


def choices(group: str) -> list[tuple[str, str]]:
    """Names of the group for a form."""
    return [(name, name) for name in plugins(group)]
