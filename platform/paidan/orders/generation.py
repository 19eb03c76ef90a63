"""Asks task generators, each guarded: its answer is checked, and a failure loses nothing."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from paidan.contracts import GENERATORS, OrderFacts, StepFacts, TaskSpec
from paidan.orders.models.order import MOST_PIECES
from paidan.orders.planning import Generate, NoAnswer
from paidan.registry import engine as registry
from paidan.registry import words
from paidan.registry.engine import Ready
from paidan.registry.guard import Failed, Watch, think
from paidan.registry.loader import usable

LONGEST_KEY, LONGEST_CONTENT = 80, 200


class Generators(Mapping[str, Generate]):
    """The task generators by name, as the planner asks them; one that cannot answer raises `NoAnswer`."""

    def __getitem__(self, name: str) -> Generate:
        ready = registry.ready(GENERATORS, name)
        return partial(_ask, ready) if ready else partial(_missing, name)

    def __iter__(self) -> Iterator[str]:
        return iter(usable(GENERATORS))

    def __len__(self) -> int:
        return len(usable(GENERATORS))


def _missing(name: str, facts: OrderFacts, step: StepFacts) -> tuple[TaskSpec, ...]:
    raise NoAnswer(words.house(registry.why_not(GENERATORS, name)))


def _ask(ready: Ready, facts: OrderFacts, step: StepFacts) -> tuple[TaskSpec, ...]:
    if ready.built_in:  # what everything falls back on; the database judges an order that cannot be
        return tuple(ready.call(facts, step))
    answers: list[tuple[TaskSpec, ...]] = []
    why: list[str] = []

    def ask(watch: Watch) -> None:
        try:
            answers.append(watch.ask(facts, step, take=partial(_fitting, facts)))
        except Failed as failed:
            why.append(words.house(failed.why))

    watch = think(ready, ask)
    if watch.overran or not answers:
        raise NoAnswer(why[0] if why else words.house(watch.why))
    return answers[0]


def _fitting(facts: OrderFacts, answer: Any) -> tuple[TaskSpec, ...]:
    """An answer is a handful of task specifications with keys that differ, each of which could be a task."""
    specs = tuple(answer)
    known = {
        "line": {line.ref for line in facts.lines},
        "material": {material.ref for material in facts.materials},
        "tooling": {tool.ref for tool in facts.tooling},
    }
    keys = set()
    for spec in specs:
        _must_fit(spec, known)
        if spec.key in keys:
            raise ValueError(f"two tasks with the key {spec.key!r}")
        keys.add(spec.key)
    return specs


def _must_fit(spec: Any, known: Mapping[str, set[int]]) -> None:
    if not isinstance(spec, TaskSpec):
        raise TypeError(f"not a task specification: {spec!r:.200}")
    key, content = spec.key, spec.content
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or "#" in key or key.startswith("manual:"):
        raise ValueError(f"not a key: {key!r:.200}")
    if not isinstance(content, str) or not content.strip() or len(content) > LONGEST_CONTENT or "\0" in content:
        raise ValueError(f"{key}: not a content: {content!r:.200}")
    if type(spec.planned) is not int or not 1 <= spec.planned <= MOST_PIECES:
        raise ValueError(f"{key}: not a quantity in pieces: {spec.planned!r:.200}")
    if type(spec.allowance) is not int or not 0 <= spec.allowance <= MOST_PIECES:
        raise ValueError(f"{key}: not an allowance in pieces: {spec.allowance!r:.200}")
    subjects = {name: getattr(spec, name) for name in known if getattr(spec, name) is not None}
    if len(subjects) > 1 or any(ref not in known[name] for name, ref in subjects.items()):
        raise ValueError(f"{key}: not one subject of the order: {subjects!r:.200}")
