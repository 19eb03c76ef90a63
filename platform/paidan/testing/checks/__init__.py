"""The checks, each a function: its name is the code, the first sentence of its docstring the title.

It returns nothing or a remark, and raises `Failed` or `Skipped`. Its order is the order of the report: what everything
else depends on comes first.
"""

from collections.abc import Callable, Mapping
from typing import Any

from paidan.contracts import GENERATORS, NOTIFIERS, STRATEGIES
from paidan.testing.checks import every, generators, notifiers, purity, settings, strategies, words
from paidan.testing.tested import Kind

type CheckFunction = Callable[[Any], str | None]

ONCE: tuple[CheckFunction, ...] = (
    every.loads,
    every.fits,
    every.described,
    every.declares,
    settings.settings_schema,
    settings.settings_defaults,
    words.words_name,
    words.words_settings,
    settings.settings_made,
    settings.settings_secret,
)
"""Checks of the plugin itself; all others ask it, in every form that it has."""

CHECKS: Mapping[str, tuple[CheckFunction, ...]] = {
    STRATEGIES: (*ONCE, *strategies.CHECKS, words.words_reasons, *purity.PURE, strategies.in_time),
    GENERATORS: (*ONCE, *generators.CHECKS, *purity.PURE, generators.in_time),
    NOTIFIERS: (*ONCE, *notifiers.CHECKS, words.words_reasons, *purity.REACHING, notifiers.in_time),
}
KINDS: Mapping[str, Kind] = {STRATEGIES: strategies.KIND, GENERATORS: generators.KIND, NOTIFIERS: notifiers.KIND}
GATES = ("loads", "fits", "settings_made")
"""Nothing that comes after one of these can be judged before it has passed."""


def title(check: CheckFunction) -> str:
    """What a check is called."""
    return (check.__doc__ or check.__name__).partition("\n")[0]


def checks_of(group: str) -> dict[str, CheckFunction]:
    """The checks of a group by their codes, in the order of the report."""
    return {check.__name__: check for check in CHECKS[group]}
