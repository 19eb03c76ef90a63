"""What a dispatch strategy is told, and what it answers. Entry-point group `paidan.dispatch_strategies.v1`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFacts:
    """A task that looks for a department. `planned` is in pieces, `minutes` is the expected time."""

    id: str
    process: str
    planned: int
    minutes: int
    priority: int
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A department that may do it, with what it has open now: number of tasks and expected minutes."""

    id: int
    name: str
    open_tasks: int
    open_minutes: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidate ids, best first, and a short reason for each."""

    order: tuple[int, ...]
    reasons: tuple[str, ...]

    @classmethod
    def by(
        cls, candidates: Iterable[Candidate], key: Callable[[Candidate], Any], *, reason: Callable[[Candidate], str]
    ) -> "Ranking":
        """Rank by a sort key, smallest first; `reason` says in words what counted for a candidate."""
        ranked = sorted(candidates, key=key)
        return cls(tuple(c.id for c in ranked), tuple(reason(c) for c in ranked))


type DispatchStrategy = Callable[[WorkFacts, tuple[Candidate, ...]], Ranking]
"""Rank the candidates for one task, best first. Pure: the same facts give the same answer."""
