"""Keeps count of a played day: what was done, what was refused, how long it took, what went wrong."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from statistics import median
from typing import Any
from uuid import uuid4

from django.db import connections

from paidan import audited
from paidan.errors import Refused


class Ledger:
    """Every verb of the day goes through here, so that none is forgotten and no refusal goes unexplained."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.times: dict[str, list[float]] = defaultdict(list)
        self.problems: list[str] = []

    def ask(self, verb: str, act: Callable[..., Any], *args: Any, may: Collection[str] = (), **values: Any) -> Any:
        """Do something that may be refused for these reasons only. Returns what came of it, or the Refused."""
        began = time.perf_counter()
        try:
            with audited.request(f"{audited.COMMAND}{uuid4().hex}"):  # as if each verb came in a request of its own
                outcome = act(*args, **values)
        except Refused as refusal:
            outcome = refusal
        except Exception as problem:  # a verb either works or refuses; the day goes on to find more
            outcome = Refused(f"{type(problem).__name__}: {problem}", "broke")
        self.times[verb].append((time.perf_counter() - began) * 1000)
        if isinstance(outcome, Refused):
            self.refused[outcome.code] += 1
            if outcome.code not in may:
                self.problems.append(f"{verb} was refused unexpectedly ({outcome.code}): {outcome}")
        else:
            self.done[verb] += 1
        return outcome

    def must_refuse(self, verb: str, code: str, act: Callable[..., Any], *args: Any, **values: Any) -> None:
        """Try what must not work."""
        outcome = self.ask(verb, act, *args, may={code}, **values)
        if not isinstance(outcome, Refused):
            self.problems.append(f"{verb} was accepted, but had to be refused ({code})")

    def race(self, verb: str, acts: list[Callable[[], Any]], may: Collection[str]) -> list[Any]:
        """Let everybody try at the same time, each in a thread; returns what came of each try."""
        together = threading.Barrier(len(acts))
        outcomes: list[Any] = [None] * len(acts)

        def run(place: int) -> None:
            try:
                together.wait(10)
                outcomes[place] = self.ask(verb, acts[place], may=may)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    @property
    def timings(self) -> dict[str, dict[str, float]]:
        """Per verb: tries, and total, median and longest time in milliseconds."""
        return {
            verb: {
                "count": len(taken),
                "total_ms": round(sum(taken), 1),
                "median_ms": round(median(taken), 2),
                "max_ms": round(max(taken), 1),
            }
            for verb, taken in sorted(self.times.items())
        }
