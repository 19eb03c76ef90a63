"""Finds the plugin that is to be proven. Imports nothing of it: that happens where it can do no harm."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from paidan.contracts import GENERATORS, GROUPS, NOTIFIERS, STRATEGIES, DoesNotFit, must_fit

SHORT = {"strategies": STRATEGIES, "generators": GENERATORS, "notifiers": NOTIFIERS}


@dataclass(frozen=True)
class Subject:
    """A plugin and where it can be imported from; `entry` says whether its name is that of an entry point."""

    name: str
    group: str
    target: str
    distribution: str = ""
    version: str = ""
    entry: bool = True
    file: str = ""
    problem: str = ""

    @property
    def title(self) -> str:
        """What a person calls it: `strategies:skill-match`."""
        return f"{next(short for short, group in SHORT.items() if group == self.group)}:{self.name}"

    def job(self, settings: Mapping[str, Any] | None) -> dict[str, Any]:
        """What another process has to know of it."""
        known = {"group": self.group, "name": self.name, "target": self.target, "entry": self.entry, "file": self.file}
        return {**known, "settings": dict(settings or {})}


def group_named(name: str) -> str:
    """A group by its full or its short name."""
    group = SHORT.get(name, name)
    if group not in GROUPS:
        raise LookupError(f"no group {name!r}; there are {', '.join([*SHORT, *GROUPS])}")
    return group


def subject_of(group: str, plugin: Any) -> Subject:
    """An entry point of the group by its name, or the plugin itself, which a module must name."""
    if isinstance(plugin, str):
        if plugin not in (known := _entries(group)):
            raise LookupError(f"no plugin {plugin!r} in {group}; installed are {_listed(known)}")
        return _subject(known[plugin])
    module = getattr(plugin, "__module__", None) or ""
    path = getattr(plugin, "__qualname__", None) or ""
    target = f"{module}:{path}"
    for entry in _entries(group).values():
        if _target(entry) == target:
            return _subject(entry)
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    importable = "__mp_main__" if module == "__main__" else module
    problem = _why_not_named(group, plugin, module, path)
    return Subject(path or repr(plugin), group, f"{importable}:{path}", entry=False, file=file, problem=problem)


def subjects_named(words: str) -> list[Subject]:
    """The plugins that a person calls `NAME` or `GROUP:NAME`; one name may stand in several groups."""
    group, colon, name = words.rpartition(":")
    if colon:
        return [subject_of(group_named(group), name)]
    known = {group: _entries(group) for group in GROUPS}
    found = [_subject(entries[name]) for entries in known.values() if name in entries]
    if not found:
        installed = "; ".join(f"{group}: {_listed(entries)}" for group, entries in known.items())
        raise LookupError(f"no plugin {name!r}; installed are {installed}")
    return found


def _entries(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group. A name that two distributions claim belongs to the first by name, as in the house."""
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=group), key=lambda e: (e.name, e.dist.name if e.dist else "")):
        found.setdefault(entry.name, entry)
    return found


def _subject(entry: EntryPoint) -> Subject:
    name, version = (entry.dist.name, entry.dist.version) if entry.dist else ("", "")
    return Subject(entry.name, entry.group, _target(entry), name, version)


def _target(entry: EntryPoint) -> str:
    return f"{entry.module}:{entry.attr}"


def _listed(known: Mapping[str, EntryPoint]) -> str:
    return ", ".join(known) or "none"


def _why_not_named(group: str, plugin: Any, module: str, path: str) -> str:
    try:
        if reduce(getattr, path.split("."), sys.modules[module]) is plugin:
            return ""
    except (AttributeError, KeyError):
        pass
    try:
        must_fit(group, plugin)
    except DoesNotFit as problem:
        return str(problem)
    return f"{path} cannot be imported by another process: write it at the top of a module"
