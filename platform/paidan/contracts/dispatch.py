"""What a dispatch strategy is told, and what it answers. Entry-point group `paidan.dispatch_strategies.v1`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """A task that looks for somebody to do it.

    `planned` is in pieces; `minutes` is the expected time where nobody is slower or faster than usual; `priority` goes
    from 1 (low) to 4 (urgent); `days_left` counts from today to `due`, below 0 when it is late. `order` is the same
    word for tasks of one order; `after` names tasks of the same offer that must be done before this one begins.
    `setup` says what has to be on the machine, e.g. `stock:白卡纸 350g`, `ink:877C`, `die:D-102`.
    """

    id: str
    process: str
    planned: int
    minutes: int
    priority: int = 2
    due: date | None = None
    days_left: int | None = None
    order: str = ""
    content: str = ""
    after: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentFacts:
    """A department as it stands now: open tasks, their expected minutes, and how many people share them.

    `skills` are the codes of processes that somebody there is trained in; `running` is what the open tasks of the
    department need on the machine, in the words of `TaskFacts.setup`, each once.
    """

    id: int
    name: str
    open_tasks: int = 0
    open_minutes: int = 0
    people: int = 1
    skills: frozenset[str] = frozenset()
    running: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorFacts:
    """A person of a department as he or she stands now; `limit` is how many open tasks one may hold."""

    id: int
    name: str
    department: int = 0
    open_tasks: int = 0
    open_minutes: int = 0
    limit: int = 10
    skills: frozenset[str] = frozenset()
    running: tuple[str, ...] = ()

    @property
    def people(self) -> int:
        """One."""
        return 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may do the task, as offered: a department or an operator, with what this task would mean there.

    `minutes` is how long the task takes there; `priority` is the rank of the dispatch rule, 1 is tried first.
    """

    place: DepartmentFacts | OperatorFacts
    minutes: int = 0
    priority: int = 1

    @property
    def kind(self) -> Literal["department", "operator"]:
        """Which of the two it is."""
        return "department" if isinstance(self.place, DepartmentFacts) else "operator"

    @property
    def id(self) -> int:
        """What a ranking names it by; unique within one offer."""
        return self.place.id

    @property
    def name(self) -> str:
        """As people call it."""
        return self.place.name

    @property
    def open_tasks(self) -> int:
        """Tasks that wait or run there now."""
        return self.place.open_tasks

    @property
    def open_minutes(self) -> int:
        """Expected minutes of these tasks."""
        return self.place.open_minutes

    @property
    def people(self) -> int:
        """How many share the work, at least one."""
        return max(1, self.place.people)

    @property
    def skills(self) -> frozenset[str]:
        """Codes of the processes that somebody there is trained in."""
        return self.place.skills

    @property
    def running(self) -> tuple[str, ...]:
        """What the open tasks there need on the machine."""
        return self.place.running

    @property
    def finish(self) -> float:
        """In how many minutes this task would be done, after everything that is open there."""
        return self.place.open_minutes / max(1, self.place.people) + self.minutes

    def with_task(self, task: TaskFacts) -> DepartmentFacts | OperatorFacts:
        """The place as it would stand with this task too; for strategies that plan several tasks."""
        running = self.place.running
        if task.setup:
            running = tuple(dict.fromkeys((*running, *task.setup)))
        tasks, minutes = self.place.open_tasks + 1, self.place.open_minutes + self.minutes
        return replace(self.place, open_tasks=tasks, open_minutes=minutes, running=running)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ids of all candidates, best first, and a reason in words for each.

    `start` is for planners: in how many minutes the task should begin at the first of them. It orders the work of a
    department; None leaves it to the usual order.
    """

    order: tuple[int, ...]
    reasons: tuple[str, ...]
    start: int | None = None

    @classmethod
    def by(
        cls,
        candidates: Iterable[Candidate],
        key: Callable[[Candidate], Any],
        *,
        reason: str | Callable[[Candidate], str],
        start: int | None = None,
    ) -> "Ranking":
        """Rank by a sort key, smallest first; `reason` says in words what counted, for each candidate or for all."""
        ranked = sorted(candidates, key=key)
        words = [reason] * len(ranked) if isinstance(reason, str) else [reason(c) for c in ranked]
        return cls(tuple([c.id for c in ranked]), tuple(words), start)


class RanksOne(Protocol):
    """The form for one task after the other; each sees the loads that the ones before it added."""

    def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        """Rank the candidates for one task, best first."""


class RanksAll(Protocol):
    """The form that sees all tasks of an approval at once; an offer is the candidates of a task, by its id."""

    def rank_all(
        self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]]
    ) -> Mapping[str, Ranking]:
        """Rank the candidates of every task. A task that is not in the answer is left to the built-in strategy."""


type DispatchStrategy = Callable[[TaskFacts, tuple[Candidate, ...]], Ranking] | RanksOne | RanksAll
"""Rank who may do a task, best first. Pure: the same facts give the same answer. An empty offer gets an empty ranking.

A class may say `reads = frozenset({"people", "skills", "setup", "after"})`: facts that it does not name are not read for it
and keep their defaults. Without it everything is read. `seconds` is how long one call may take (1 unless said, 30 at most).
"""
