"""Work with the least slack is placed first; tight work where it is done earliest, the rest as the rules prefer."""

from dataclasses import FrozenInstanceError
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from paidan_due_date import LOOSE, NO_DUE_DATE, TIGHT, WORDS, DueDate, minutes_to_the_end

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

type Problem = tuple[tuple[TaskFacts, ...], dict[str, tuple[Candidate, ...]]]


def rank_one(offer: tuple[Candidate, ...], strategy: DueDate | None = None, **facts: Any) -> Ranking:
    return (strategy or DueDate()).rank_all((task("1", **facts),), {"1": offer})["1"]


@some.composite
def problems(draw: some.DrawFn) -> Problem:
    few = some.integers(0, 3)
    places = draw(some.dictionaries(some.integers(1, 9), few, max_size=4))
    tasks = tuple(
        task(
            str(number),
            minutes=draw(few) * 200,
            priority=draw(some.integers(1, 4)),
            days_left=draw(some.none() | some.integers(-2, 5)),
            after=tuple(draw(some.lists(some.sampled_from("0123x"), max_size=2))),
        )
        for number in range(draw(some.integers(0, 4)))
    )
    offers = {
        one.id: tuple(
            candidate(id, minutes=one.minutes, priority=draw(few) + 1, open_minutes=load * 100, people=load)
            for id, load in places.items()
            if draw(some.booleans())
        )
        for one in tasks
    }
    return tasks, offers


def test_tight_work_goes_where_it_is_done_earliest_whatever_the_rule_s_priority() -> None:
    ours = candidate(1, priority=1, open_minutes=900)
    outside = candidate(2, priority=2, minutes=90)

    ranking = rank_one((ours, outside), days_left=1)

    assert ranking.order == (2, 1)
    assert ranking.reasons == (
        "0.9 days of slack, which is tight: done here in 90 min",
        "0.9 days of slack, which is tight: done here in 510 min",
    )
    assert ranking.start is None


def test_work_with_slack_keeps_the_rule_s_priority() -> None:
    ours = candidate(1, priority=1, open_minutes=900)
    outside = candidate(2, priority=2, minutes=90)

    ranking = rank_one((outside, ours), days_left=2)

    assert ranking.order == (1, 2)
    assert ranking.reasons == (
        "1.9 days of slack: rule priority 1, 450 min of work waiting for each person",
        "1.9 days of slack: rule priority 2, 0 min of work waiting for each person",
    )


def test_work_with_slack_goes_to_the_least_loaded_of_equal_priority() -> None:
    crew = candidate(1, open_minutes=400, people=4)
    pair = candidate(2, open_minutes=300, people=2)
    busy = candidate(3, open_minutes=400, people=4, open_tasks=9)

    assert rank_one((busy, pair, crew), days_left=9).order == (1, 3, 2)


def test_work_without_a_due_date_is_not_tight() -> None:
    ranking = rank_one((candidate(2, minutes=1, priority=2), candidate(1)))

    assert ranking.order == (1, 2)
    assert ranking.reasons[0] == "no due date: rule priority 1, 0 min of work waiting for each person"


def test_what_is_tight_is_a_setting() -> None:
    offer = (candidate(1, open_minutes=900), candidate(2, priority=2))

    assert rank_one(offer, DueDate(tight_days=0), days_left=1).order == (1, 2)
    assert rank_one(offer, DueDate(tight_days=0), days_left=0).order == (2, 1)
    assert rank_one(offer, DueDate(tight_days=5), days_left=4).order == (2, 1)


def test_a_shorter_day_leaves_less_slack() -> None:
    offer = (candidate(1),)

    assert rank_one(offer, DueDate(minutes_a_day=120), days_left=3).reasons == (
        "2.5 days of slack: rule priority 1, 0 min of work waiting for each person",
    )


def test_slack_counts_the_longest_work_that_has_to_wait() -> None:
    print_, cut, foil, pack = (
        task("print", minutes=100),
        task("cut", minutes=30, after=("print",)),
        task("foil", minutes=50, after=("print", "somewhere else")),
        task("pack", minutes=10, after=("cut", "foil")),
    )

    assert minutes_to_the_end((pack, foil, print_, cut)) == {"pack": 10, "foil": 60, "print": 160, "cut": 40}


def test_tasks_that_wait_for_each_other_count_with_their_own_minutes() -> None:
    ring = (task("1", minutes=10, after=("2",)), task("2", minutes=20, after=("1",)))

    assert minutes_to_the_end(ring) == {"1": 10, "2": 20}


def test_each_task_sees_the_load_of_those_with_less_slack() -> None:
    loose, tight = task("loose", days_left=20, minutes=60), task("tight", days_left=1, minutes=60)
    offer = (candidate(1, people=1), candidate(2, people=1))

    rankings = DueDate().rank_all((loose, tight), {"loose": offer, "tight": offer})

    assert rankings["tight"].order == (1, 2)
    assert rankings["loose"].order == (2, 1)
    assert rankings["loose"].reasons[1] == (
        "19.9 days of slack: rule priority 1, 60 min of work waiting for each person"
    )


def test_the_load_that_is_added_is_the_time_it_takes_there() -> None:
    offer = (candidate(1, people=1, minutes=90), candidate(2, people=1, minutes=150))
    tasks = (task("1", days_left=0), task("2", days_left=0), task("3", days_left=0))

    rankings = DueDate().rank_all(tasks, {one.id: offer for one in tasks})

    assert [rankings[id].order for id in "123"] == [(1, 2), (2, 1), (1, 2)]


def test_tasks_that_take_no_time_are_spread_too() -> None:
    tasks = (task("1", minutes=0, days_left=9), task("2", minutes=0, days_left=9))
    offer = (candidate(1, minutes=0), candidate(2, minutes=0))

    assert DueDate().rank_all(tasks, {"1": offer, "2": offer})["2"].order == (2, 1)


def test_urgent_work_is_placed_first_and_work_without_a_due_date_last() -> None:
    urgent = task("urgent", priority=4, days_left=30)
    late = task("late", priority=3, days_left=-1)
    undated = task("a", priority=3)
    offer = (candidate(1, people=1), candidate(2, people=1), candidate(3, people=1))

    rankings = DueDate().rank_all((undated, late, urgent), dict.fromkeys(("urgent", "late", "a"), offer))

    assert [rankings[id].order[0] for id in ("urgent", "late", "a")] == [1, 2, 3]


def test_equals_are_decided_by_id() -> None:
    offer = (candidate(9), candidate(4), candidate(7))

    assert rank_one(offer, days_left=0).order == (4, 7, 9)
    assert rank_one(offer, days_left=9).order == (4, 7, 9)
    assert rank_one(offer).order == (4, 7, 9)


def test_a_department_and_a_person_of_the_same_number_have_loads_of_their_own() -> None:
    tasks = (task("1", days_left=0), task("2", days_left=0), task("3", days_left=0))
    offers = {"1": (candidate(1, people=1),), "2": (candidate(operator(1)),), "3": (candidate(operator(1)),)}

    rankings = DueDate().rank_all(tasks, offers)

    assert rankings["2"].reasons == ("-0.1 days of slack, which is tight: done here in 60 min",)
    assert rankings["3"].reasons == ("-0.1 days of slack, which is tight: done here in 120 min",)


def test_an_empty_offer_gets_an_empty_ranking() -> None:
    assert rank_one(()) == Ranking((), ())
    assert DueDate().rank_all((task("1"),), {}) == {"1": Ranking((), ())}
    assert DueDate().rank_all((), {}) == {}


def test_one_candidate_is_ranked_however_late_the_work_is() -> None:
    assert rank_one((candidate(5),), days_left=-400).order == (5,)


@settings(deadline=None)
@given(problems(), some.randoms())
def test_every_ranking_is_a_permutation_of_its_offer_whatever_the_order_of_the_facts(
    problem: Problem, chance: Random
) -> None:
    tasks, offers = problem
    shuffled = chance.sample(tasks, len(tasks))
    other_offers = {id: tuple(chance.sample(offer, len(offer))) for id, offer in offers.items()}

    rankings = DueDate().rank_all(tasks, offers)

    assert {id: sorted(ranking.order) for id, ranking in rankings.items()} == {
        id: sorted(place.id for place in offer) for id, offer in offers.items()
    }
    assert DueDate().rank_all(tuple(shuffled), other_offers) == rankings


def test_settings_and_facts_cannot_be_changed() -> None:
    offers = {"1": (candidate(1),), "2": (candidate(1),)}

    DueDate().rank_all((task("1"), task("2")), offers)

    assert offers == {"1": (candidate(1),), "2": (candidate(1),)}
    with pytest.raises(FrozenInstanceError):
        DueDate().minutes_a_day = 1  # type: ignore[misc]


def test_a_day_without_working_minutes_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"^A day has at least one working minute\.$"):
        made(DueDate, {"minutes_a_day": 0})


def test_everything_that_is_shown_has_chinese_words() -> None:
    said = schema_of(DueDate)["properties"].values()
    shown = {"due-date", description(DueDate), TIGHT, LOOSE, NO_DUE_DATE}
    shown |= {words for setting in said for words in (setting["title"], setting["description"])}

    assert set(WORDS["zh-hans"]) == shown


def test_reasons_keep_what_a_translation_needs() -> None:
    (reason,) = rank_one((candidate(1),), days_left=1).reasons

    assert isinstance(reason, Words)
    assert (translated(DueDate, reason.template, "zh-hans") or "").format(**reason.values) == (
        "余量 0.9 天，属赶工：这里 60 分钟后做完"
    )


def test_it_conforms() -> None:
    report = certify(STRATEGIES, "due-date")

    assert report.ok, report.text()
