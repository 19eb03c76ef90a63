"""How the checks of all groups judge an answer."""

from collections.abc import Callable, Iterable
from typing import Any

from paidan.testing.facts import Scenario
from paidan.testing.telling import told
from paidan.testing.tested import Failed, Fault, Form, Skipped

MOST_TOLD = 5
"""So many faults are enough to see what is wrong."""


def must_hold_usually(form: Form, code: str) -> None:
    """Fail with what belongs to this check in the answers to ordinary facts."""
    mine = [fault for fault in form.usual_faults if fault.check == code]
    if mine:
        raise Failed(in_words(mine))
    if code != "answers":
        form.must_be_right("answers")


def must_go_well(form: Form, scenarios: Iterable[Scenario]) -> None:
    """Fail with what is wrong in the answers to these facts; what is wrong with every answer is told elsewhere."""
    usual = {fault.check for fault in form.usual_faults}
    faults = [fault for scenario in scenarios for fault in form.faults(scenario)]
    new = [fault for fault in faults if fault.check not in usual]
    if new:
        raise Failed(in_words(new))
    if faults:
        raise Skipped(f"cannot be judged before {' and '.join(sorted(usual))} passed")


def must_be_in_time(form: Form, title: str, facts: Callable[[], Any], limit: float) -> None:
    """Fail when the answer takes longer than this or is not right; skip when ordinary answers are not right."""
    form.must_be_right()
    try:
        took, answer = form.timed(facts, limit)
    except Exception as problem:
        raise Failed(f"{title}: it raised {told(problem)}") from problem
    if took > limit:
        raise Failed(f"{title}: {took:.2f} s, at most {limit:g} s")
    faults = list(form.kind.faults(facts(), answer))
    if faults:
        raise Failed(f"{title}: {in_words(faults)}")


def in_words(faults: list[Fault]) -> str:
    """Faults as one text, each once."""
    told = list(dict.fromkeys(fault.words for fault in faults))
    more = f"; and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return "; ".join(told[:MOST_TOLD]) + more
