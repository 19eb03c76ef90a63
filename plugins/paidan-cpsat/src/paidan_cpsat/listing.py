"""Plans without a solver: works are put, one after the other, where they are done first."""

from heapq import heapify, heappop, heappush
from itertools import product

from paidan_cpsat.problem import Floor, Plan, Problem

URGENCIES = (0.0, 0.2, 0.5, 1.0)
"""How much it counts, against being ready early, that much work waits behind a work or its date is near."""
RELUCTANCES = (0.0, 0.5, 1.0, 2.0)
"""How much it counts, against being done early, that a work takes long at a place."""


def listed(problem: Problem) -> Plan:
    """The best of a few plans that put each work where it is done first; the answer when the solver has none."""
    latest = _latest_starts(problem)
    plans = [_list(problem, latest, *how) for how in product(URGENCIES, RELUCTANCES)]
    return min(plans, key=problem.worth)


def settled(problem: Problem, plan: Plan) -> Plan:
    """The same plan without gaps; where it makes no difference, urgent and then long work goes first in a place."""
    packed = problem.packed(plan.spots, sorted(range(len(problem.works)), key=lambda one: (plan.starts[one], one)))
    plans = [plan, packed]
    if not any(work.after for work in problem.works):
        plans.append(problem.packed(plan.spots, _longest_first(problem, packed)))
    return min(reversed(plans), key=problem.worth)


def _longest_first(problem: Problem, plan: Plan) -> list[int]:
    """Works in the order of their starts, but those between two that have a date sorted."""

    def place(number: int) -> int:
        return problem.works[number].spots[plan.spots[number]].place

    turn = sorted(range(len(problem.works)), key=lambda one: (plan.starts[one], one))
    blocks: dict[int, int] = {}
    keys: dict[int, tuple[int, int, int, int]] = {}
    for number in turn:
        work = problem.works[number]
        if work.due is not None:
            blocks[place(number)] = blocks.get(place(number), 0) + 1
        block = 2 * blocks.get(place(number), 0) - (work.due is not None)
        keys[number] = (block, -work.weight, -work.spots[plan.spots[number]].minutes, number)
    return sorted(turn, key=lambda number: keys[number])


def _latest_starts(problem: Problem) -> list[int]:
    """When each work has to start at the latest so that everything behind it can be on time."""
    far = max((work.due for work in problem.works if work.due is not None), default=0)
    ends = [far if work.due is None else work.due for work in problem.works]
    for number in reversed(range(len(problem.works))):
        work = problem.works[number]
        ends[number] -= work.fastest
        for before in work.after:
            ends[before] = min(ends[before], ends[number])
    return ends


def _list(problem: Problem, latest: list[int], urgency: float, reluctance: float) -> Plan:
    floor = Floor(problem)
    spots = [0] * len(problem.works)
    starts = [0] * len(problem.works)
    missing = [len(work.after) for work in problem.works]
    ready = [0] * len(problem.works)
    followers: list[list[int]] = [[] for _work in problem.works]
    for number, work in enumerate(problem.works):
        for before in work.after:
            followers[before].append(number)

    def turn(number: int) -> tuple[float, int, int, int]:
        work = problem.works[number]
        return ready[number] + urgency * latest[number], latest[number], -work.weight, number

    waiting = [turn(number) for number, count in enumerate(missing) if not count]
    heapify(waiting)
    while waiting:
        number = heappop(waiting)[-1]
        spots[number] = _best(problem, floor, number, ready[number], reluctance)
        spot = problem.works[number].spots[spots[number]]
        starts[number] = floor.take(spot, ready[number])
        for follower in followers[number]:
            ready[follower] = max(ready[follower], starts[number] + spot.minutes)
            missing[follower] -= 1
            if not missing[follower]:
                heappush(waiting, turn(follower))
    return Plan(tuple(spots), tuple(starts))


def _best(problem: Problem, floor: Floor, number: int, ready: int, reluctance: float) -> int:
    spots = problem.works[number].spots

    def cost(chosen: int) -> tuple[float, int, int]:
        spot = spots[chosen]
        return floor.start(spot, ready) + spot.minutes * (1 + reluctance), spot.minutes, chosen

    return min(range(len(spots)), key=cost)
