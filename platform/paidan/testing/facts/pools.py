"""Tasks and who may do them, as strategies are asked with them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from paidan.contracts import Candidate, DepartmentFacts, OperatorFacts, TaskFacts
from paidan.testing import builders as build
from paidan.testing.facts import DAY, PROCESSES, STRANGE, Scenario

SETUPS = ("stock:白卡纸 350g", "stock:铜版纸 157g", "ink:877C", "ink:485C", "die:D-102", "foil:金-3")


@dataclass(frozen=True)
class Pool:
    """The tasks of one approval, and who is offered for each of them."""

    tasks: tuple[TaskFacts, ...]
    offers: Mapping[str, tuple[Candidate, ...]]


def tasks(count: int, seed: int) -> tuple[TaskFacts, ...]:
    """Ordinary tasks of a few orders; some wait for the one before them."""
    random = Random(seed)
    made: list[TaskFacts] = []
    for number in range(count):
        days = random.randint(-2, 20)
        waits = number % 4 and random.random() < 0.5
        made.append(
            build.task(
                f"{number // 4}/{number}",
                process=random.choice(PROCESSES),
                planned=random.randint(100, 50_000),
                minutes=random.randint(5, 600),
                priority=random.randint(1, 4),
                due=DAY + timedelta(days),
                days_left=days,
                order=f"order {number // 4}",
                content=f"印刷 {number}",
                after=(made[-1].id,) if waits else (),
                setup=tuple(random.sample(SETUPS, random.randint(0, 3))),
            )
        )
    return tuple(made)


def departments(count: int, seed: int) -> tuple[DepartmentFacts, ...]:
    """Ordinary departments; no two have the same load."""
    random = Random(seed)
    return tuple(
        build.department(
            number * 3 + 4,
            name=f"车间 {number}",
            open_tasks=load,
            open_minutes=load * 61 + random.randint(0, 60),
            people=random.randint(1, 9),
            skills=frozenset(random.sample(PROCESSES, 5)),
            running=tuple(random.sample(SETUPS, 3)),
        )
        for number, load in enumerate(random.sample(range(1, count * 4), count))
    )


def operators(count: int, seed: int) -> tuple[OperatorFacts, ...]:
    """Ordinary people of one department."""
    random = Random(seed)
    return tuple(
        build.operator(
            number * 5 + 2,
            name=f"师傅 {number}",
            department=4,
            open_tasks=number % 10,
            open_minutes=number * 47 + random.randint(0, 40),
            skills=frozenset(random.sample(PROCESSES, 4)),
            running=tuple(random.sample(SETUPS, 2)),
        )
        for number in range(count)
    )


def offered(tasks: tuple[TaskFacts, ...], places: tuple[DepartmentFacts | OperatorFacts, ...], seed: int = 1) -> Pool:
    """Every place is offered for every task, some slower than others."""
    random = Random(seed)
    offers = {
        task.id: tuple(
            Candidate(place, round(task.minutes * random.choice((0.8, 1, 1.5))), random.randint(1, 3))
            for place in places
        )
        for task in tasks
    }
    return Pool(tasks, offers)


def pool(tasks_count: int, places_count: int, seed: int = 1) -> Pool:
    """Ordinary tasks and the departments that can do them."""
    return offered(tasks(tasks_count, seed), departments(places_count, seed), seed)


def usual_pools() -> tuple[Scenario, ...]:
    """What dispatch meets every day."""
    return (
        Scenario("8 tasks, 6 departments", pool(8, 6, seed=11)),
        Scenario("3 tasks, 9 departments", pool(3, 9, seed=12)),
        Scenario("1 task, 4 departments", pool(1, 4, seed=13)),
    )


def operator_pools() -> tuple[Scenario, ...]:
    """The same with people instead of departments."""
    return (Scenario("4 tasks, 7 operators", offered(tasks(4, seed=14), operators(7, seed=14))),)


def empty_pools() -> tuple[Scenario, ...]:
    """Nobody can do it; nothing is to be done."""
    alone = tasks(3, seed=15)
    mixed = pool(3, 3, seed=15)
    return (
        Scenario("nobody is offered", Pool(alone, {task.id: () for task in alone})),
        Scenario("nobody is offered for one of them", Pool(mixed.tasks, {**mixed.offers, mixed.tasks[1].id: ()})),
        Scenario("no tasks", Pool((), {})),
    )


def single_pools() -> tuple[Scenario, ...]:
    """There is no choice."""
    return (Scenario("one department", pool(3, 1, seed=16)), Scenario("one task", pool(1, 1, seed=17)))


def tied_pools() -> tuple[Scenario, ...]:
    """Places that differ in nothing but their id and name."""
    places = tuple(
        build.department(number, name=f"车间 {number}", open_tasks=2, open_minutes=120, skills=frozenset({"PRT"}))
        for number in (31, 7, 12, 99, 4)
    )
    equal = tasks(3, seed=18)
    return (Scenario("equal departments", Pool(equal, {t.id: tuple(Candidate(p, 60) for p in places) for t in equal})),)


def strange_pools() -> tuple[Scenario, ...]:
    """Unusual words everywhere."""
    ordinary = pool(len(STRANGE), len(STRANGE), seed=19)
    named = tuple(
        replace(task, process=word[:20], content=word, order=word, setup=(f"ink:{word}", word))
        for task, word in zip(ordinary.tasks, STRANGE, strict=True)
    )
    places = tuple(
        replace(place, name=word, skills=frozenset({word[:20], "PRT"}), running=(f"ink:{word}",))
        for place, word in zip(departments(len(STRANGE), seed=19), STRANGE, strict=True)
    )
    return (Scenario("unusual names", offered(named, places)),)


def huge_pools() -> tuple[Scenario, ...]:
    """10⁸ pieces, 10⁹ minutes, days far away."""
    days = (36_500, -36_500, 0)
    large = tuple(
        replace(task, planned=10**8, minutes=10**9, days_left=left, due=DAY + timedelta(left))
        for task, left in zip(tasks(3, seed=20), days, strict=True)
    )
    places = tuple(
        replace(place, id=2**53 + place.id, open_tasks=10**6, open_minutes=10**9 + place.id, people=10**5)
        for place in departments(4, seed=20)
    )
    return (Scenario("huge numbers", offered(large, places)),)


def bare_pools() -> tuple[Scenario, ...]:
    """As little as can be said: no time, no due date, late, nobody there, nothing known."""
    late = build.task("late", minutes=0, planned=1, days_left=-3, due=DAY - timedelta(3), order="")
    some = (build.task("bare", minutes=0, planned=1, order=""), late, build.task("now", minutes=1, days_left=0))
    places = tuple(DepartmentFacts(id=number, name="", people=number - 1) for number in (1, 2, 3))
    waiting = (replace(late, after=("elsewhere",)), replace(late, id="ring", after=("ring",)))
    return (
        Scenario("no minutes, no due date, late", offered(some, places)),
        Scenario("tasks that wait for what is not there", offered(waiting, places)),
    )


def without(facts: Pool, unread: frozenset[str]) -> Pool:
    """The same pool as it is offered to a strategy that does not read these facts."""

    def plain(offer: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        return tuple(replace(candidate, place=_without(candidate.place, unread)) for candidate in offer)

    plain_facts: dict[str, Any] = {name: () for name in ("setup", "after") if name in unread}
    tasks = tuple(replace(task, **plain_facts) for task in facts.tasks)
    return Pool(tasks, {name: plain(offer) for name, offer in facts.offers.items()})


def _without(place: DepartmentFacts | OperatorFacts, unread: frozenset[str]) -> DepartmentFacts | OperatorFacts:
    if "skills" in unread:
        place = replace(place, skills=frozenset())
    if "setup" in unread:
        place = replace(place, running=())
    if "people" in unread and isinstance(place, DepartmentFacts):
        place = replace(place, people=1)
    return place
