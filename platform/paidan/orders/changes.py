"""What a plan for an order's tasks consists of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from paidan.contracts import TaskSpec
from paidan.errors import Fault


class NoAnswer(Exception):
    """A task generator that cannot say now which tasks a step should have; the message says why."""


class Change(StrEnum):
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    KEEP = "keep"
    LEAVE_OUT = "leave_out"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class HaveTask:
    """A task that the order has."""

    id: int
    step: int
    key: str
    root: str
    content: str
    planned: int
    allowance: int
    priority: int
    due: date | None
    status: str
    touched: bool
    generated: bool
    assigned: bool
    edited: tuple[str, ...] = ()
    subject: tuple[str, int] | None = None

    @property
    def free(self) -> bool:
        """Nobody worked on it: a plan may change or remove it."""
        return self.status in ("draft", "pending") and not self.touched


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """One line of a plan: what happens to one task, and why."""

    kind: Change
    step: int
    key: str
    content: str
    reason: str
    task: int | None = None
    spec: TaskSpec | None = None
    priority: int = 2
    due: date | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    root: str = ""


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """All changes, what deserves attention, and the fingerprint of what the plan was made from."""

    changes: tuple[TaskChange, ...]
    warnings: tuple[str, ...]
    fingerprint: str = ""

    def of(self, kind: Change) -> list[TaskChange]:
        """The changes of one kind."""
        return [change for change in self.changes if change.kind == kind]

    @property
    def changes_tasks(self) -> bool:
        """Whether applying it would write any task, or is refused."""
        return any(change.kind not in (Change.KEEP, Change.LEAVE_OUT) for change in self.changes)

    @property
    def refusals(self) -> list[Fault]:
        """Why the plan cannot be applied."""
        return [Fault("task_started", change.reason) for change in self.of(Change.REFUSE)]
