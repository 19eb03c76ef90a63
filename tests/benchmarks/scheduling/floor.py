"""The simulated shop: machines work off what they are given, one operation after the other, without interruption."""

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import NamedTuple

from tests.benchmarks.scheduling.dispatching import Dispatcher, Load, Place, Step
from tests.benchmarks.scheduling.instances import Instance


class Done(NamedTuple):
    """An operation as it was done."""

    step: Step
    machine: int
    start: int
    end: int


class Floor:
    """Time, the machines, and what waits at each of them in which turn."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.now = 0
        self.done: list[Done] = []
        self.running: dict[int, Done] = {}
        self._events: list[tuple[int, Step]] = []
        for job, release in enumerate(instance.releases):
            heappush(self._events, (release, Step(job, -1)))

    def next_moment(self) -> list[Step]:
        """Go to the next moment at which something happens; the operations that become ready then, by job."""
        self.now = self._events[0][0]
        ready = []
        while self._events and self._events[0][0] == self.now:
            _time, step = heappop(self._events)
            for machine, one in list(self.running.items()):
                if one.step == step:
                    del self.running[machine]
            if step.operation + 1 < len(self.instance.jobs[step.job]):
                ready.append(Step(step.job, step.operation + 1))
        return sorted(ready)

    def begin(self, step: Step, machine: int) -> None:
        """A free machine starts an operation."""
        time = self.instance.jobs[step.job][step.operation][machine]
        self.running[machine] = one = Done(step, machine, self.now, self.now + time)
        self.done.append(one)
        heappush(self._events, (one.end, step))

    @property
    def goes_on(self) -> bool:
        """Whether something will happen without anybody starting anything."""
        return bool(self._events)


def online(instance: Instance, dispatcher: Dispatcher) -> list[Done]:
    """Decide for operations when they become ready, all of one moment together; first come, first served.

    What was decided at the same moment is taken in the order of the planned starts, and without them by job.
    """
    floor = Floor(instance)
    queues: list[list[Step]] = [[] for _machine in range(instance.machines)]
    while floor.goes_on:
        ready = floor.next_moment()
        if ready:
            loads = [_load(floor, machine, queue) for machine, queue in enumerate(queues)]
            places = dispatcher.places(ready, loads, plan=False)
            for step in sorted(ready, key=lambda step: (places[step].start or 0, step)):
                queues[places[step].machine].append(step)
        for machine, queue in enumerate(queues):
            if queue and machine not in floor.running:
                floor.begin(queue.pop(0), machine)
    return floor.done


def _load(floor: Floor, machine: int, queue: list[Step]) -> Load:
    running = floor.running.get(machine)
    jobs = floor.instance.jobs
    waiting = sum(jobs[step.job][step.operation][machine] for step in queue)
    return Load(len(queue) + bool(running), waiting + (running.end - floor.now if running else 0))


def planned(instance: Instance, dispatcher: Dispatcher) -> list[Done]:
    """Decide for everything at once; each machine then keeps to the order of the planned starts.

    What has no planned start is done when it is ready and nothing planned can begin. Where a plan waits for itself,
    what can begin with the earliest planned start is let through.
    """
    steps = [Step(job, number) for job, row in enumerate(instance.jobs) for number in range(len(row))]
    places = dispatcher.places(steps, [Load(0, 0)] * instance.machines, plan=True)
    turns = [_turn(places, machine) for machine in range(instance.machines)]
    floor = Floor(instance)
    ready: list[Step] = []
    while floor.goes_on:
        ready += floor.next_moment()
        _begin_what_can(floor, turns, ready, places)
        while not floor.goes_on and ready:
            first = min(ready, key=lambda step: (places[step].start or 0, step))
            _take(floor, turns, ready, first, places[first].machine)
    return floor.done


def _turn(places: Mapping[Step, Place], machine: int) -> list[Step]:
    """What is planned for a machine, in the order of the planned starts."""
    starts = {step: place.start for step, place in places.items() if place.machine == machine}
    return sorted(
        (step for step, start in starts.items() if start is not None),
        key=lambda step: (places[step].start, step.operation, step.job),
    )


def _begin_what_can(floor: Floor, turns: list[list[Step]], ready: list[Step], places: Mapping[Step, Place]) -> None:
    for machine, turn in enumerate(turns):
        if machine in floor.running:
            continue
        unplanned = [step for step in ready if places[step] == Place(machine, None)]
        if turn and turn[0] in ready:
            _take(floor, turns, ready, turn[0], machine)
        elif unplanned:
            _take(floor, turns, ready, unplanned[0], machine)


def _take(floor: Floor, turns: list[list[Step]], ready: list[Step], step: Step, machine: int) -> None:
    ready.remove(step)
    if step in turns[machine]:
        turns[machine].remove(step)
    floor.begin(step, machine)
