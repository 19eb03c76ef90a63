"""The rules of one process as a value: how they stand, how somebody wants them, and the difference. No rows, no clock."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from paidan.dispatch.facts import Choice


class Rank(NamedTuple):
    """One department that does a process: the smallest enabled priority gets the work, equals share it."""

    department: int
    priority: int
    enabled: bool = True
    time_factor: Decimal = Decimal("1.00")


class Arrangement(NamedTuple):
    """Everything that decides where the tasks of one process go; without a choice the shop's strategy decides."""

    ranks: tuple[Rank, ...] = ()
    choice: Choice | None = None

    @property
    def by_department(self) -> dict[int, Rank]:
        """The ranks by department."""
        return {rank.department: rank for rank in self.ranks}


class Shop(NamedTuple):
    """The switch above all rules, and the strategy where a process has none of its own."""

    enabled: bool
    strategy: str
    only_equals: bool


class Change(NamedTuple):
    """What becomes of one department: nothing before is an addition, nothing after a removal."""

    department: int
    before: Rank | None
    after: Rank | None


def arranged(ranks: Iterable[Rank], choice: Choice | None) -> Arrangement:
    """An arrangement in the one order that it is compared and shown in."""
    return Arrangement(tuple(sorted(ranks, key=lambda rank: (rank.priority, rank.department))), choice)


def changes(before: Arrangement, after: Arrangement) -> list[Change]:
    """What is added, changed and removed, in the order of the new rules; removals last."""
    had, has = before.by_department, after.by_department
    found = [Change(rank.department, had.get(rank.department), rank) for rank in after.ranks]
    gone = [Change(rank.department, rank, None) for rank in before.ranks if rank.department not in has]
    return [change for change in [*found, *gone] if change.before != change.after]
