"""How exceptions, differences and facts are put before people."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def told(problem: BaseException) -> str:
    """An exception in one line, with the place where it was raised."""
    where = ""
    trace = problem.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        if not name.startswith(("paidan.testing", "contextlib", "functools")):
            where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(problem).__name__}: {problem!s:.300}{where}"


def differing(first: str, second: str) -> str:
    """Where two texts begin to differ, with a little of what follows."""
    at = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
    begin = max(0, at - 40)
    return f"…{first[begin : at + 60]}… and …{second[begin : at + 60]}…"


def given(facts: Any) -> Iterator[Any]:
    """All facts in these facts, themselves included."""
    if dataclasses.is_dataclass(facts):
        yield facts
        for field in dataclasses.fields(facts):
            yield from given(getattr(facts, field.name))
    elif isinstance(facts, Mapping):
        for value in facts.values():
            yield from given(value)
    elif isinstance(facts, tuple):
        for value in facts:
            yield from given(value)
