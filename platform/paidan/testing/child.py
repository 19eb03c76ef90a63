"""The inside of a worker: does one check after the other, and answers each with what it found."""

import io
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NoReturn

from paidan.testing.checks import KINDS, ONCE, CheckFunction, checks_of, title
from paidan.testing.checks.purity import shown
from paidan.testing.report import Check, Outcome
from paidan.testing.telling import told
from paidan.testing.tested import GRACE, Failed, Form, Skipped, Tested, keep_traces

CALLS = 40
"""More calls than any check makes; a process that is silent for longer than they may take is killed."""


def serve(job: Mapping[str, Any]) -> NoReturn:
    """Answer questions until there are no more. What the plugin prints goes nowhere, and what it reads is empty."""
    questions, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    sys.stdin = io.StringIO()
    keep_traces()
    me = os.getpid()

    def say(reply: Mapping[str, Any]) -> None:
        if os.getpid() != me:  # the plugin has split the process, and this is the other half
            os._exit(0)
        answers.write(json.dumps(reply) + "\n")
        answers.flush()

    tested = Tested(job, KINDS[job["group"]])
    say({"ready": True})
    for line in questions:
        code = line.strip()
        if code != "loads":
            say({"limit": CALLS * (tested.seconds + GRACE)})
        if code == "shown":
            say({"shown": {form.method: shown(form) for form in tested.forms}})
        else:
            say(asdict(done(checks_of(tested.group)[code], tested)))
    os._exit(0)  # a thread that the plugin left behind is not waited for


def done(check: CheckFunction, tested: Tested) -> Check:
    """Do one check in every form that the plugin has; the worst result counts."""
    began = time.perf_counter()
    results: list[tuple[Outcome, str]] = []
    for form in _forms(check, tested):
        where = f"{form.method}: " if isinstance(form, Form) and len(tested.forms) > 1 else ""
        outcome, detail = _outcome(check, form)
        results.append((outcome, where + detail if detail else ""))
    if not results:
        results = [("skipped", "it has no form in which it could be asked")]
    worst: Outcome = max((outcome for outcome, _detail in results), key=("passed", "skipped", "failed").index)
    details = "; ".join(dict.fromkeys(detail for outcome, detail in results if outcome == worst and detail))
    details = details.encode(errors="backslashreplace").decode()  # a plugin may say what no file can hold
    return Check(check.__name__, title(check), worst, details, round(time.perf_counter() - began, 3))


def _forms(check: CheckFunction, tested: Tested) -> tuple[Tested | Form, ...]:
    return (tested,) if check in ONCE else tested.forms


def _outcome(check: CheckFunction, form: Tested | Form) -> tuple[Outcome, str]:
    try:
        return "passed", check(form) or ""
    except Skipped as why:
        return "skipped", str(why)
    except Failed as why:
        return "failed", str(why)
    except BaseException as problem:  # a plugin may raise anything, even SystemExit
        return "failed", f"it raised {told(problem)}"
