"""All tasks of an approval planned together: small cases to the minute, large ones against a plain rule."""

import sys
import time
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from heapq import heapify, heapreplace
from itertools import permutations, product
from math import ceil
from random import Random
from subprocess import run
from typing import Any

import paidan_cpsat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from paidan_cpsat import ELSEWHERE, NO_PLAN, NO_SOLVER, PLANNED, PLANNED_LATE, WORDS, Planner
from paidan_cpsat.listing import settled
from paidan_cpsat.problem import Plan, Problem, Worth, problem_of

from paidan.contracts import (
    STRATEGIES,
    BadSettings,
    Candidate,
    Ranking,
    TaskFacts,
    Words,
    description,
    made,
    schema_of,
    translated,
)
from paidan.testing import candidate, certify, operator, task
from paidan.testing.facts import pools

type Offers = dict[str, tuple[Candidate, ...]]
type Placed = dict[str, tuple[int, int, int]]
"""Where each task goes, its start and its end."""


def planned(tasks: tuple[TaskFacts, ...], offers: Offers, **settings: Any) -> Placed:
    return placed(Planner(**settings).rank_all(tasks, offers), offers)


def placed(rankings: Mapping[str, Ranking], offers: Mapping[str, tuple[Candidate, ...]]) -> Placed:
    minutes = {name: {one.id: one.minutes for one in offer} for name, offer in offers.items()}
    return {
        name: (ranking.order[0], ranking.start, ranking.start + minutes[name][ranking.order[0]])
        for name, ranking in rankings.items()
        if ranking.order and ranking.start is not None
    }


def worth(tasks: tuple[TaskFacts, ...], where: Placed) -> tuple[int, int]:
    """Weighted lateness and make-span."""
    late = sum(
        2 ** (one.priority - 1) * max(0, where[one.id][2] - one.days_left * 480)
        for one in tasks
        if one.days_left is not None
    )
    return late, max(end for _place, _start, end in where.values())


def wrong(tasks: tuple[TaskFacts, ...], offers: Offers, where: Placed) -> list[str]:
    """What nobody could work by: too early, before what it waits for, or more at once than there are people."""
    faults = []
    places = {one.id: one for offer in offers.values() for one in offer}
    for one in tasks:
        place, start, _end = where[one.id]
        if start < places[place].open_minutes / places[place].people:
            faults.append(f"{one.id} before what is open")
        faults += [f"{one.id} before {other}" for other in one.after if other in where and start < where[other][2]]
    for number, place_ in places.items():
        mine = [(start, end) for at, start, end in where.values() if at == number and end > start]
        most = max((sum(start <= now < end for start, end in mine) for now, _end in mine), default=0)
        if most > place_.people:
            faults.append(f"{most} at once in {number}")
    return faults


def earliest_finish(tasks: tuple[TaskFacts, ...], offers: Offers) -> Placed:
    """The plain rule: one task after the other, as offered, each where it is done first."""
    free: dict[int, list[int]] = {}
    where: Placed = {}
    for one in tasks:
        for place in offers[one.id]:
            free.setdefault(place.id, [ceil(place.open_minutes / place.people)] * place.people)
            heapify(free[place.id])
        ready = max((where[other][2] for other in one.after), default=0)
        end, place = min((max(ready, free[at.id][0]) + at.minutes, at.id) for at in offers[one.id])
        minutes = next(at.minutes for at in offers[one.id] if at.id == place)
        where[one.id] = (place, end - minutes, end)
        heapreplace(free[place], end)
    return where


def alone(number: int, **facts: Any) -> Candidate:
    return candidate(number, **{"people": 1} | facts)


# --- small, to the minute -------------------------------------------------------------------------
def test_work_is_spread_so_that_all_is_done_as_soon_as_possible() -> None:
    tasks = tuple(task(str(number)) for number in range(5))
    lengths = (30, 30, 20, 20, 20)
    offers = {
        one.id: (alone(1, minutes=minutes), alone(2, minutes=minutes))
        for one, minutes in zip(tasks, lengths, strict=True)
    }

    where = planned(tasks, offers)

    assert worth(tasks, where) == (0, 60)
    assert wrong(tasks, offers, where) == []


def test_a_slow_place_is_used_only_where_it_saves_time() -> None:
    tasks = (task("a"), task("b"), task("c"))
    offers = {one.id: (alone(1, minutes=60), alone(2, minutes=130)) for one in tasks}

    where = planned(tasks, offers)

    assert sorted(where.values()) == [(1, 0, 60), (1, 60, 120), (2, 0, 130)]


def test_of_equally_early_places_the_one_where_it_takes_less_gets_it() -> None:
    offers = {"1": (alone(1, minutes=90), alone(2, minutes=30, open_minutes=60))}

    assert planned((task("1"),), offers) == {"1": (2, 60, 90)}


def test_a_task_waits_for_those_before_it() -> None:
    tasks = (task("pack", after=("print", "cut", "of another approval")), task("print", after=("cut",)), task("cut"))
    offers = {
        "cut": (alone(1, minutes=20),),
        "print": (alone(2, minutes=60), alone(3, minutes=50, open_minutes=15)),
        "pack": (alone(1, minutes=10),),
    }

    assert planned(tasks, offers) == {"cut": (1, 0, 20), "print": (3, 20, 70), "pack": (1, 70, 80)}


def test_work_is_done_first_that_much_waits_for() -> None:
    tasks = (task("a"), task("b"), task("c", after=("b",)))
    offers = {"a": (alone(1, minutes=50),), "b": (alone(1, minutes=40),), "c": (alone(2, minutes=90),)}

    assert planned(tasks, offers) == {"b": (1, 0, 40), "a": (1, 40, 90), "c": (2, 40, 130)}


def test_a_place_of_two_does_two_at_once_after_what_is_open() -> None:
    tasks = tuple(task(str(number)) for number in range(3))
    offers = {one.id: (candidate(1, people=2, open_minutes=91),) for one in tasks}

    where = planned(tasks, offers)

    assert sorted(where.values()) == [(1, 46, 106), (1, 46, 106), (1, 106, 166)]


def test_as_little_late_as_possible_comes_before_being_done_soon() -> None:
    tasks = (task("due", days_left=1), task("free"))
    offers = {
        "due": (alone(1, minutes=60), alone(2, minutes=100)),
        "free": (alone(1, minutes=100), alone(2, minutes=130)),
    }

    assert planned(tasks, offers, minutes_a_day=60) == {"due": (1, 0, 60), "free": (2, 0, 130)}
    assert planned(tasks, offers, minutes_a_day=100) == {"due": (2, 0, 100), "free": (1, 0, 100)}


def test_of_two_that_will_be_late_the_urgent_one_goes_first() -> None:
    tasks = (task("a", priority=2, days_left=0), task("b", priority=4, days_left=0))
    offers = {one.id: (alone(1),) for one in tasks}

    assert planned(tasks, offers) == {"b": (1, 0, 60), "a": (1, 60, 120)}


def test_late_minutes_count_double_with_each_step_of_priority() -> None:
    tasks = (task("short", priority=2, days_left=0), task("long", priority=3, days_left=0))
    offers = {"short": (alone(1, minutes=29),), "long": (alone(1, minutes=60),)}

    assert planned(tasks, offers)["short"] == (1, 0, 29)
    assert planned(tasks, {**offers, "short": (alone(1, minutes=31),)})["long"] == (1, 0, 60)


def test_without_due_dates_urgent_and_then_long_work_goes_first() -> None:
    tasks = (task("a"), task("b"), task("c", priority=4))
    offers = {"a": (alone(1, minutes=10),), "b": (alone(1, minutes=30),), "c": (alone(1, minutes=20),)}

    assert planned(tasks, offers) == {"c": (1, 0, 20), "b": (1, 20, 50), "a": (1, 50, 60)}


def test_work_without_a_due_date_lets_dated_work_go_first() -> None:
    tasks = (task("free"), task("due", days_left=1))
    offers = {one.id: (alone(1),) for one in tasks}

    assert planned(tasks, offers, minutes_a_day=60) == {"due": (1, 0, 60), "free": (1, 60, 120)}


def test_work_that_takes_no_time_is_planned_too() -> None:
    tasks = (task("a"), task("b", days_left=0, after=("a",)), task("c"))
    offers = {"a": (alone(1, minutes=0),), "b": (alone(1, minutes=0),), "c": (alone(1, minutes=200),)}

    rankings = Planner().rank_all(tasks, offers)

    assert placed(rankings, offers) == {"a": (1, 0, 0), "b": (1, 0, 0), "c": (1, 0, 200)}
    assert rankings["b"].reasons == ("planned: starts in 0 min, done in 0 min",)


def test_tasks_that_wait_for_each_other_are_planned_all_the_same() -> None:
    tasks = (task("a", after=("b",)), task("b", after=("a",)), task("c", after=("c",)))
    offers = {one.id: (alone(1),) for one in tasks}

    assert sorted(planned(tasks, offers).values()) == [(1, 0, 60), (1, 60, 120), (1, 120, 180)]


def test_the_order_within_a_place_is_settled_where_it_makes_no_difference() -> None:
    tasks = (task("a"), task("b"), task("c", days_left=9), task("d"), task("e"))
    lengths = {"a": 10, "b": 30, "c": 15, "d": 5, "e": 20}
    problem = problem_of(tasks, {name: (alone(1, minutes=length),) for name, length in lengths.items()}, 480)

    plan = settled(problem, Plan((0,) * 5, (1, 11, 41, 56, 61)))

    assert plan == Plan(
        (0,) * 5, (30, 0, 40, 75, 55)
    )  # without the gap; b before a, then c that has a date, e before d


def best_of_all(problem: Problem) -> Worth:
    """What every order and every choice of places is worth, at the best."""
    numbers = range(len(problem.works))
    orders = [
        list(order)
        for order in permutations(numbers)
        if all(order.index(before) < order.index(one) for one in numbers for before in problem.works[one].after)
    ]
    choices = list(product(*[range(len(work.spots)) for work in problem.works]))
    return min(problem.worth(problem.packed(spots, order)) for order in orders for spots in choices)


@pytest.mark.parametrize("seed", range(60))
def test_a_small_plan_is_as_good_as_any_can_be(seed: int) -> None:
    chance = Random(seed)
    dated = chance.random() < 0.5
    tasks = tuple(
        task(
            str(number),
            priority=chance.randint(1, 4),
            days_left=chance.choice((None, 0, 1, 2)) if dated else None,
            after=tuple(str(before) for before in range(number) if chance.random() < 0.3),
        )
        for number in range(5)
    )
    places = {number: {"open_minutes": chance.choice((0, 25)), "people": chance.choice((1, 1, 2))} for number in (1, 2)}
    offers = {
        one.id: tuple(candidate(number, minutes=chance.randint(5, 60), **facts) for number, facts in places.items())
        for one in tasks
    }
    problem = problem_of(tasks, offers, 40)

    rankings = Planner(minutes_a_day=40).rank_all(tasks, offers)

    starts = tuple(rankings[work.id].start or 0 for work in problem.works)
    spots = tuple(
        next(at for at, spot in enumerate(work.spots) if spot.id == rankings[work.id].order[0])
        for work in problem.works
    )
    assert problem.worth(Plan(spots, starts)) == best_of_all(problem)


# --- what is answered -----------------------------------------------------------------------------
def test_the_others_rank_by_when_they_would_be_done_behind_what_is_planned() -> None:
    tasks = (task("a"), task("b", days_left=0))
    offers = {
        "a": (alone(1, minutes=60), alone(2, minutes=45, open_minutes=40), alone(3, minutes=90)),
        "b": (alone(3, minutes=20),),
    }

    rankings = Planner().rank_all(tasks, offers)

    assert rankings["a"].order == (1, 2, 3)
    assert rankings["a"].reasons == (
        "planned: starts in 0 min, done in 60 min",
        "behind what is planned there: done in 85 min",
        "behind what is planned there: done in 110 min",
    )
    assert (rankings["a"].start, rankings["b"].start) == (0, 0)
    assert rankings["b"].reasons == ("planned: starts in 0 min, done in 20 min, which is 20 min late",)


def test_an_empty_offer_gets_an_empty_ranking() -> None:
    assert Planner().rank_all((), {}) == {}
    assert Planner().rank_all((task("1"),), {}) == {"1": Ranking((), ())}
    rankings = Planner().rank_all((task("1"), task("2", after=("1",))), {"1": (), "2": (alone(1),)})
    assert (rankings["1"], rankings["2"].start) == (Ranking((), ()), 0)


def test_a_department_and_a_person_of_the_same_number_are_two_places() -> None:
    offers = {"1": (alone(1),), "2": (candidate(operator(1)),)}

    assert planned((task("1"), task("2")), offers) == {"1": (1, 0, 60), "2": (1, 0, 60)}


def test_without_an_answer_of_the_solver_each_task_goes_where_it_is_done_first(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = (task("a"), task("b"))
    offers = {one.id: (alone(1), alone(2, open_minutes=30)) for one in tasks}
    monkeypatch.setattr(paidan_cpsat, "solved", lambda *arguments: None)

    rankings = Planner().rank_all(tasks, offers)

    assert placed(rankings, offers) == {"a": (1, 0, 60), "b": (2, 30, 90)}
    assert rankings["b"].reasons[0] == (
        "the solver found no plan in time, so where it is done first: starts in 30 min, done in 90 min"
    )


def test_a_solver_that_cannot_be_imported_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = (task("a"), task("b"))
    offers = {one.id: (alone(1),) for one in tasks}
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)

    rankings = Planner().rank_all(tasks, offers)

    assert rankings["a"].reasons[0] == (
        "the solver is not installed, so where it is done first: starts in 0 min, done in 60 min"
    )


def test_a_time_that_is_far_too_short_still_gets_a_plan() -> None:
    facts = pools.pool(1000, 12, seed=21)
    offers = dict(facts.offers)

    rankings = Planner(seconds_to_think=0.1).rank_all(facts.tasks, offers)

    assert {ranking.reasons[0].template for ranking in rankings.values()} == {NO_PLAN}  # type: ignore[attr-defined]
    assert wrong(facts.tasks, offers, placed(rankings, offers)) == []


# --- large ----------------------------------------------------------------------------------------
def test_a_large_approval_is_planned_in_time_and_no_worse_than_by_the_plain_rule() -> None:
    facts = pools.pool(200, 12, seed=7)
    offers = dict(facts.offers)
    planned((task("1"), task("2")), {"1": (alone(1),), "2": (alone(1),)})  # the solver is imported

    began = time.process_time()
    where = planned(facts.tasks, offers, seconds_to_think=2)
    took = time.process_time() - began

    assert took < 4
    assert wrong(facts.tasks, offers, where) == []
    assert worth(facts.tasks, where) <= worth(facts.tasks, earliest_finish(facts.tasks, offers))


def test_the_same_facts_get_the_same_plan_however_they_are_told() -> None:
    facts = pools.pool(12, 5, seed=3)
    chance = Random(5)

    first = Planner(seconds_to_think=20).rank_all(facts.tasks, facts.offers)
    for _time in range(3):
        tasks = tuple(chance.sample(facts.tasks, len(facts.tasks)))
        offers = {one.id: tuple(chance.sample(facts.offers[one.id], 5)) for one in tasks}
        assert Planner(seconds_to_think=20).rank_all(tasks, offers) == first


@some.composite
def problems(draw: some.DrawFn) -> tuple[tuple[TaskFacts, ...], Offers]:
    few = some.integers(0, 3)
    places = draw(some.dictionaries(some.integers(1, 9), few, min_size=1, max_size=4))
    tasks = tuple(
        task(
            str(number),
            priority=draw(some.integers(1, 4)),
            days_left=draw(some.none() | some.integers(-2, 2)),
            after=tuple(str(before) for before in range(number) if draw(few) == 0),
        )
        for number in range(draw(some.integers(1, 5)))
    )
    offers = {
        one.id: tuple(
            candidate(
                number, minutes=draw(few) * 200, priority=draw(few) + 1, open_minutes=load * 100, people=load or 1
            )
            for number, load in places.items()
        )
        for one in tasks
    }
    return tasks, offers


@settings(max_examples=60, deadline=None)
@given(problems())
def test_every_plan_can_be_worked_by_and_is_no_worse_than_the_plain_rule(
    problem: tuple[tuple[TaskFacts, ...], Offers],
) -> None:
    tasks, offers = problem

    rankings = Planner().rank_all(tasks, offers)

    where = placed(rankings, offers)
    assert {ranking.reasons[0].template for ranking in rankings.values()} <= {PLANNED, PLANNED_LATE}  # type: ignore[attr-defined]
    assert {name: sorted(ranking.order) for name, ranking in rankings.items()} == {
        name: sorted(one.id for one in offer) for name, offer in offers.items()
    }
    assert wrong(tasks, offers, where) == []
    assert worth(tasks, where) <= worth(tasks, earliest_finish(tasks, offers))


# --- what it says about itself --------------------------------------------------------------------
def test_importing_the_plugin_does_not_import_the_solver() -> None:
    said = run(
        [sys.executable, "-c", "import sys, paidan_cpsat; print('ortools' in sys.modules, 'numpy' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.split() == ["False", "False"]


def test_a_call_may_take_as_long_as_it_thinks_and_some_more_but_never_too_long() -> None:
    assert Planner.seconds == 7
    assert Planner(seconds_to_think=0.1).seconds == 5.1
    assert Planner(seconds_to_think=25).seconds == 30


@pytest.mark.parametrize("seconds", [0, 0.05, 26])
def test_a_time_to_think_out_of_bounds_is_refused(seconds: float) -> None:
    with pytest.raises(BadSettings, match=r"^Thinking takes between 0.1 and 25 seconds\.$"):
        made(Planner, {"seconds_to_think": seconds})


def test_a_day_without_working_minutes_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"^A day has at least one working minute\.$"):
        made(Planner, {"minutes_a_day": 0})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Planner().seed = 2  # type: ignore[misc]


def test_everything_that_is_shown_has_chinese_words() -> None:
    known = schema_of(Planner)["properties"].values()
    shown = {"cpsat", description(Planner), PLANNED, PLANNED_LATE, NO_PLAN, NO_SOLVER, ELSEWHERE}
    shown |= {words for setting in known for words in (setting["title"], setting["description"])}

    assert set(WORDS["zh-hans"]) == shown


def test_reasons_keep_what_a_translation_needs() -> None:
    (reason,) = Planner().rank_all((task("1", days_left=0),), {"1": (alone(1),)})["1"].reasons

    assert isinstance(reason, Words)
    assert (translated(Planner, reason.template, "zh-hans") or "").format(**reason.values) == (
        "排程：0 分钟后开始，60 分钟后做完，误期 60 分钟"
    )


def test_it_conforms() -> None:
    report = certify(STRATEGIES, "cpsat")

    assert report.ok, report.text()
