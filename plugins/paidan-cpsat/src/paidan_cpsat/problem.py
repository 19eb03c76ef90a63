"""What is to be planned, in numbers, and how good a plan is. No solver here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heapreplace
from math import ceil
from typing import NamedTuple

from paidan.contracts import Candidate, TaskFacts

FINEST = 1000
"""Minutes are counted in so many steps when it is weighed how early work is done; keeps products in 64 bits."""


class Spot(NamedTuple):
    """One place where a work can be done, and how long it takes there."""

    place: int
    minutes: int
    id: int


@dataclass(frozen=True, slots=True)
class Work:
    """A task with its choices; `after` are positions of works before it, `due` is a minute from now."""

    id: str
    spots: tuple[Spot, ...]
    after: tuple[int, ...]
    due: int | None
    weight: int

    @property
    def fastest(self) -> int:
        """The least minutes that it takes anywhere."""
        return min(spot.minutes for spot in self.spots)


class Place(NamedTuple):
    """How many works can run there at once, and the minute from which on."""

    people: int
    free: int


class Worth(NamedTuple):
    """How good a plan is; smaller is better, and the first thing counts first.

    `late` are minutes after the due date times the weight of the work, `end` is the minute when all is done, `early`
    says how early the average minute of work is done, `choice` prefers what the rules prefer.
    """

    late: int
    end: int
    early: int
    choice: int


@dataclass(frozen=True, slots=True)
class Plan:
    """For each work the position of its spot, and the minute when it starts."""

    spots: tuple[int, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """All works of an offer, each behind those that it waits for, and the places."""

    works: tuple[Work, ...]
    places: tuple[Place, ...]
    step: int

    @property
    def dated(self) -> bool:
        """Whether anything can be late."""
        return any(work.due is not None for work in self.works)

    @property
    def horizon(self) -> int:
        """A minute by which everything can be done in any order, one after the other."""
        latest = max((place.free for place in self.places), default=0)
        return latest + sum(max(spot.minutes for spot in work.spots) for work in self.works)

    def earliness(self, minutes: int, end: int) -> int:
        """How much a work that ends then adds to `early`: its minutes, each counted by when it is worked."""
        return self.share(minutes) * (2 * end - minutes)

    def share(self, minutes: int) -> int:
        """Minutes in steps that are coarse enough to be multiplied."""
        return ceil(minutes / self.step)

    def worth(self, plan: Plan) -> Worth:
        """How good a plan is."""
        late = end = early = choice = 0
        for work, chosen, start in zip(self.works, plan.spots, plan.starts, strict=True):
            minutes = work.spots[chosen].minutes
            done = start + minutes
            end = max(end, done)
            early += work.weight * self.earliness(minutes, done)
            choice += chosen
            if work.due is not None:
                late += work.weight * max(0, done - work.due)
        return Worth(late, end, early, choice)

    def packed(self, spots: tuple[int, ...], turn: list[int]) -> Plan:
        """Every work at its spot as soon as it can, those of a place in this order; `turn` keeps to what waits for what."""
        floor = Floor(self)
        starts = [0] * len(self.works)
        for number in turn:
            work = self.works[number]
            spot = work.spots[spots[number]]
            ready = max((starts[one] + self.works[one].spots[spots[one]].minutes for one in work.after), default=0)
            starts[number] = floor.take(spot, ready)
        return Plan(spots, tuple(starts))


class Floor:
    """The places filling up: when the next of the people there is free."""

    def __init__(self, problem: Problem) -> None:
        most = max(1, len(problem.works))
        self._free = [[place.free] * min(place.people, most) for place in problem.places]
        for people in self._free:
            heapify(people)

    def start(self, spot: Spot, ready: int) -> int:
        """When a work that is ready then would start."""
        return max(ready, self._free[spot.place][0])

    def take(self, spot: Spot, ready: int) -> int:
        """Put it there; says when it starts."""
        start = self.start(spot, ready)
        heapreplace(self._free[spot.place], start + spot.minutes)
        return start


def problem_of(tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]], day: int) -> Problem:
    """The tasks that somebody is offered for. The order of tasks and candidates does not matter; `day` is in minutes."""
    wanted = {task.id: task for task in tasks if offers.get(task.id)}
    found: dict[tuple[str, int], Place] = {}
    for offered in [candidate for name in sorted(wanted) for candidate in offers[name]]:
        place = Place(offered.people, ceil(offered.open_minutes / offered.people))
        found.setdefault((offered.kind, offered.id), place)
    numbers = {key: number for number, key in enumerate(sorted(found))}
    turns: dict[str, int] = {}
    works: list[Work] = []
    for task in _in_turn(wanted):
        after = tuple(sorted({turns[name] for name in task.after if name in turns}))
        turns[task.id] = len(works)
        due = None if task.days_left is None else task.days_left * day
        works.append(Work(task.id, _spots(offers[task.id], numbers), after, due, weight(task.priority)))
    longest = max((spot.minutes for work in works for spot in work.spots), default=0)
    return Problem(tuple(works), tuple(found[key] for key in sorted(found)), longest // FINEST + 1)


def weight(priority: int) -> int:
    """A minute of lateness counts double with each step of priority."""
    return 2 ** max(0, min(priority, 4) - 1)


def _spots(offer: tuple[Candidate, ...], numbers: Mapping[tuple[str, int], int]) -> tuple[Spot, ...]:
    preferred = sorted(offer, key=lambda one: (one.priority, one.minutes, one.id))
    return tuple(Spot(numbers[one.kind, one.id], max(0, one.minutes), one.id) for one in preferred)


def _in_turn(wanted: Mapping[str, TaskFacts]) -> Iterator[TaskFacts]:
    """Each task behind those that it waits for, otherwise by id. Of a ring the first goes without waiting."""
    waits = {name: {one for one in task.after if one in wanted and one != name} for name, task in wanted.items()}
    followers: dict[str, list[str]] = {}
    for name, before in waits.items():
        for one in before:
            followers.setdefault(one, []).append(name)
    ready = sorted(name for name, before in waits.items() if not before)
    while waits:
        if not ready:
            ready = [min(waits)]
        name = ready.pop(0)
        if waits.pop(name, None) is None:
            continue
        yield wanted[name]
        for follower in sorted(followers.get(name, ())):
            if follower in waits:
                waits[follower].discard(name)
                if not waits[follower]:
                    ready.append(follower)
