"""What every plugin has, whatever it does: a group, a form that fits, a description, words in other languages."""

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from paidan.contracts.settings import BadSettings, schema_of

VERSION = 1
"""The version of this API. Groups carry it; a plugin object may state it as `contract`."""

STRATEGIES = "paidan.dispatch_strategies.v1"
GENERATORS = "paidan.task_generators.v1"
NOTIFIERS = "paidan.notifiers.v1"
GROUPS: Mapping[str, tuple[str, ...]] = {
    STRATEGIES: ("rank", "rank_all"),
    GENERATORS: ("tasks",),
    NOTIFIERS: ("deliver",),
}
"""The groups, and the methods of which a class must have one."""

ARGUMENTS = {STRATEGIES: 2, GENERATORS: 2, NOTIFIERS: 1}
"""How many positional arguments the function form, and each method, is called with."""


class DoesNotFit(TypeError):
    """An object that cannot be a plugin of its group; the sentence says why."""


READABLE = frozenset({"people", "skills", "setup", "after"})
"""Facts that cost a query each and are read only for a strategy that uses them; see `DispatchStrategy`."""


def reads[Function: Callable[..., Any]](*facts: str) -> Callable[[Function], Function]:
    """Say which of the `READABLE` facts a strategy function uses; without it all are read for it."""

    def mark(function: Function) -> Function:
        function.reads = frozenset(facts)  # type: ignore[attr-defined]
        return function

    return mark


def must_fit(group: str, plugin: Any) -> None:
    """Raise `DoesNotFit` unless this object can be a plugin of this group. Calls nothing of it."""
    contract = getattr(plugin, "contract", VERSION)
    if contract != VERSION:
        raise DoesNotFit(f"it speaks version {contract} of the contract; this Paidan speaks version {VERSION}")
    if inspect.isclass(plugin):
        methods = [getattr(plugin, name) for name in GROUPS[group] if callable(getattr(plugin, name, None))]
        if not methods:
            raise DoesNotFit(f"a class in {group} has a method {' or '.join(GROUPS[group])}")
        arguments = [None] * (ARGUMENTS[group] + 1)
    elif inspect.isfunction(plugin):
        methods, arguments = [plugin], [None] * ARGUMENTS[group]
    else:
        raise DoesNotFit(f"an entry point of {group} names a function or a class, not {plugin!r}")
    for method in methods:
        try:
            inspect.signature(method).bind(*arguments)
        except TypeError as problem:
            words = f"{method.__qualname__} must take {ARGUMENTS[group]} argument(s): {problem}"
            raise DoesNotFit(words) from problem
    try:
        schema_of(plugin)
    except (BadSettings, NameError, TypeError) as problem:
        raise DoesNotFit(f"its settings cannot be shown: {problem}") from problem


def description(plugin: Any) -> str:
    """What it does: the first sentence of its docstring, or of its module's."""
    text = inspect.getdoc(plugin) if getattr(plugin, "__doc__", None) else ""
    if not text or text.startswith(f"{getattr(plugin, '__name__', '')}("):  # a dataclass writes its signature there
        text = inspect.getdoc(sys.modules.get(plugin.__module__)) or ""
    return " ".join(text.split("\n\n")[0].split())


def translated(plugin: Any, words: str, language: str) -> str | None:
    """The plugin's own translation of one of its sentences: its module's `WORDS[language][sentence]`."""
    tables = getattr(sys.modules.get(getattr(plugin, "__module__", "")), "WORDS", None)
    table = tables.get(language) if isinstance(tables, Mapping) else None
    found = table.get(words) if isinstance(table, Mapping) else None
    return found if isinstance(found, str) else None
