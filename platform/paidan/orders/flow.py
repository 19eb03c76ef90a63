"""How work flows through an order: what is ready, what waits for what, how far it is. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from paidan.orders.models.order import Progress
from paidan.orders.models.task import Status


@dataclass(frozen=True, slots=True)
class StepState:
    """How far one step is: the pieces of its formal tasks, and how it hands over."""

    ref: int
    name: str
    sequence: int
    parallel: bool
    partial: bool
    planned: int
    good: int
    tasks: int
    done: bool

    @property
    def share(self) -> float:
        """The share handed over so far, from 0 to 1. A step without tasks holds nobody up."""
        if self.done or not self.tasks:
            return 1.0
        return min(1.0, self.good / self.planned) if self.partial and self.planned else 0.0


def waits_for(step: StepState, steps: Sequence[StepState]) -> StepState | None:
    """The step that has handed over least among those before this one, when that is not all."""
    if step.parallel:
        return None
    before = [other for other in steps if (other.sequence, other.ref) < (step.sequence, step.ref)]
    least = min(before, key=lambda other: other.share, default=None)
    return least if least and least.share < 1 else None


def ready_pieces(planned: int, blocker: StepState | None) -> int:
    """How many of the planned pieces can be worked on, given what was handed over."""
    return planned if blocker is None else math.floor(planned * blocker.share)


def progress(statuses: Mapping[str, int] | Iterable[str]) -> Progress:
    """Derive how far an order is from the statuses of its formal tasks."""
    counts = dict(statuses) if isinstance(statuses, Mapping) else _count(statuses)
    completed = counts.get(Status.COMPLETED, 0)
    running = counts.get(Status.IN_PROGRESS, 0)
    waiting = counts.get(Status.PENDING, 0) + counts.get(Status.DRAFT, 0)
    if completed and not running and not waiting:
        return Progress.COMPLETED
    return Progress.IN_PROGRESS if completed or running else Progress.PENDING


def _count(statuses: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for status in statuses:
        counts[status] = counts.get(status, 0) + 1
    return counts
