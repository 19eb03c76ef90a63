"""What every plugin must be, whatever its group."""

import time
from typing import Any

from paidan.contracts import READABLE, STRATEGIES, DoesNotFit, description, must_fit
from paidan.testing.tested import LOAD_SECONDS, MOST_SECONDS, Failed, Tested

SLOW = "the import took"


def loads(tested: Tested) -> str | None:
    """It can be imported, within 5 seconds."""
    began = time.monotonic()
    tested.plugin  # noqa: B018 – imported on first use
    took = time.monotonic() - began
    if took > LOAD_SECONDS:
        raise Failed(f"{SLOW} {took:.1f} s")
    return None


def fits(tested: Tested) -> None:
    """It fits the contract: its form, its version, its arguments."""
    try:
        must_fit(tested.group, tested.plugin)
    except DoesNotFit as problem:
        raise Failed(str(problem)) from problem


def described(tested: Tested) -> None:
    """It says in a sentence what it does."""
    if not description(tested.plugin):
        raise Failed("neither it nor its module has a docstring")


def declares(tested: Tested) -> None:
    """What it declares about itself is possible."""
    seconds = getattr(tested.plugin, "seconds", 1)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= MOST_SECONDS:
        raise Failed(f"`seconds` is a number above 0 and up to {MOST_SECONDS:g}, not {seconds!r:.80}")
    reads: Any = getattr(tested.plugin, "reads", frozenset())
    if tested.group == STRATEGIES and not (isinstance(reads, frozenset | set) and reads <= READABLE):
        raise Failed(f"`reads` is a set out of {', '.join(sorted(READABLE))}, not {reads!r:.80}")
