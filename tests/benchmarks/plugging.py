"""Plugins: what it costs to look one up, and to have one rank."""

import time
from statistics import median
from typing import Any

from paidan.contracts import STRATEGIES, Candidate, DepartmentFacts, TaskFacts
from paidan.dispatch.engine import BUILT_IN, decide
from paidan.dispatch.facts import Problem, RuleFacts
from paidan.registry import engine as registry
from paidan.registry.loader import usable
from tests.benchmarks.figures import Row, interleaved, row, timed
from tests.benchmarks.shop import Shop

LOOKUPS = 20_000
RUNS = 9
PROCESSES = 12


def rows(shop: Shop) -> list[Row]:
    """All figures of this file; none of them asks the database."""
    return [_lookup(), _ranking(), _deciding(), *_planning()]


def _lookup() -> Row:
    registry.ready(STRATEGIES, BUILT_IN)
    table = {(STRATEGIES, BUILT_IN): 1}

    def looked_up() -> float:
        return timed(lambda: [registry.ready(STRATEGIES, BUILT_IN) for _n in range(LOOKUPS)])[0] * 1000 / LOOKUPS

    def plain() -> float:
        return timed(lambda: [table.get((STRATEGIES, BUILT_IN)) for _n in range(LOOKUPS)])[0] * 1000 / LOOKUPS

    value, floor = interleaved(RUNS, looked_up, plain)
    return row("look up a plugin", value, "µs", floor=floor, must="≤ 20 µs", ok=value <= 20)


def _tasks(count: int, **more: Any) -> tuple[TaskFacts, ...]:
    return tuple(
        TaskFacts(
            id=f"{n}/order", process=f"P{n % PROCESSES}", planned=1000, minutes=20 + n % 90, priority=1 + n % 4, **more
        )
        for n in range(count)
    )


def _places(count: int = 12) -> dict[int, DepartmentFacts]:
    return {
        n: DepartmentFacts(id=n, name=f"D{n}", open_tasks=n % 5, open_minutes=n * 37 % 400) for n in range(1, count + 1)
    }


def _ranking() -> Row:
    """The strategy alone: a thousand calls with twelve candidates each, beside the bare sorting of twelve keys."""
    candidates = tuple(Candidate(place, 60, 1 + place.id % 3) for place in _places().values())
    tasks = _tasks(1000)
    rank = usable(STRATEGIES)[BUILT_IN].plugin
    keys = [(c.priority, c.open_minutes, c.open_tasks, c.id) for c in candidates]

    value, floor = interleaved(
        RUNS,
        lambda: timed(lambda: [rank(task, candidates) for task in tasks])[0],
        lambda: timed(lambda: [sorted(keys) for _task in tasks])[0],
    )
    return row("rank 1,000 tasks × 12 departments", value, floor=floor, must="≤ 50 ms", ok=value <= 50)


def _problem(tasks: tuple[TaskFacts, ...], strategy: str) -> Problem:
    rules = tuple(RuleFacts(f"P{p}", d, 1, True, True) for p in range(PROCESSES) for d in range(1, 13))
    return Problem(works=tasks, rules=rules, loads=_places(), switched_on=True, strategy=strategy)


def _deciding() -> Row:
    problem = _problem(_tasks(1000), BUILT_IN)
    value = median(timed(lambda: decide(problem))[0] for _n in range(RUNS))
    return row("decide 1,000 tasks × 12 departments, verdicts kept", value, must="told, not judged")


def _planning() -> list[Row]:
    """CP-SAT with its limit of two seconds, and how much later everything would be done by earliest finish."""
    if "cpsat" not in usable(STRATEGIES):
        return []
    tasks = _tasks(200)
    began = time.perf_counter()
    planned = decide(_problem(tasks, "cpsat"))
    seconds = time.perf_counter() - began
    span, simple = _span(planned), _span(decide(_problem(tasks, "earliest_finish")))
    ok = seconds <= 6 and span <= simple and all(d.strategy == "cpsat" for d in planned.values())
    return [
        row("CP-SAT, 2 s limit, 200 tasks × 12 departments", seconds, "s", must="answers, in ≤ 6 s", ok=ok),
        row("… done after, beside earliest finish", span, "min", floor=simple, must="not later", ok=ok),
    ]


def _span(decisions: dict[str, Any]) -> float:
    """When the last department is done, one person each."""
    loads = {pk: place.open_minutes for pk, place in _places().items()}
    for decision in decisions.values():
        loads[decision.department] += decision.inputs["minutes"]
    return max(loads.values())
