"""What one line of the benchmark is, and how it is measured."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from paidan.contracts import STRATEGIES
from paidan.registry import engine as registry
from paidan.registry import meter

VARYING = re.compile(r" IN \(.*|\) VALUES .*|\) SELECT \* FROM UNNEST.*|\d+", re.DOTALL)
"""What differs between two sends of one statement: its values, and how several rows are written."""


@dataclass(slots=True, kw_only=True)
class Row:
    """One measured figure. `ratio` is value / floor; `must` says in words what `ok` was judged by."""

    name: str
    database: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    queries: int | None = None
    must: str = ""
    ok: bool = True


def row(name: str, value: float, unit: str = "ms", **more: Any) -> Row:
    """A figure of the database that this process measures; one that has a floor gets its ratio."""
    floor = more.get("floor")
    ratio = round(value / floor, 2) if floor else None
    if floor:
        more["floor"] = round(floor, 2)
    return Row(name=name, database=connection.vendor, value=round(value, 2), unit=unit, ratio=ratio, **more)


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """How many milliseconds it took, and what came of it."""
    began = time.perf_counter()
    outcome = act()
    return (time.perf_counter() - began) * 1000, outcome


def interleaved(runs: int, *acts: Callable[[], float]) -> list[float]:
    """The median of each act, all of them run in turn, so that a slow moment of the machine hits them alike."""
    taken: list[list[float]] = [[] for _act in acts]
    for _run in range(runs + 1):
        for times, act in zip(taken, acts, strict=True):
            times.append(act())
    return [median(times[1:]) for times in taken]  # the first run warms up


class Statements:
    """How many statements were sent; batches of one statement count once in `kinds`."""

    def __init__(self) -> None:
        self.count = 0
        self.kinds: list[str] = []

    def read(self, queries: list[dict[str, str]]) -> None:
        self.count = len(queries)
        for query in queries:
            kind = VARYING.sub("", query["sql"])[:120]
            if not self.kinds or self.kinds[-1] != kind:
                self.kinds.append(kind)


@contextmanager
def counted() -> Iterator[Statements]:
    """Count the statements of a block, BEGIN and COMMIT among them."""
    statements = Statements()
    meter.write()  # neither the plugins' statistics every few seconds
    registry.forget()
    registry.ready(STRATEGIES, "")  # nor a look at the switches once a second is part of the work
    with CaptureQueriesContext(connection) as captured:
        yield statements
    statements.read(captured.captured_queries)
