"""Work goes where the same stock, inks or die already run."""

from dataclasses import FrozenInstanceError
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from paidan_gang_run import NOTHING_SHARED, SHARED, TOO_LATE, WORDS, GangRun

from paidan.contracts import (
    STRATEGIES,
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

CARD, GOLD, BLUE, DIE = "stock:白卡纸 350g", "ink:877C", "ink:286C", "die:D-102"

type Problem = tuple[tuple[TaskFacts, ...], dict[str, tuple[Candidate, ...]]]


def rank_one(offer: tuple[Candidate, ...], strategy: GangRun | None = None, **facts: Any) -> Ranking:
    return (strategy or GangRun()).rank_all((task("1", **facts),), {"1": offer})["1"]


@some.composite
def problems(draw: some.DrawFn) -> Problem:
    few = some.integers(0, 3)
    words = some.lists(some.sampled_from([CARD, GOLD, BLUE, DIE, "foil:F-1", "odd"]), unique=True, max_size=3)
    places = draw(some.dictionaries(some.integers(1, 9), some.tuples(few, words), max_size=4))
    tasks = tuple(
        task(str(number), priority=draw(some.integers(1, 4)), setup=tuple(draw(words)))
        for number in range(draw(some.integers(0, 4)))
    )
    offers = {
        one.id: tuple(
            candidate(id, priority=draw(few) + 1, open_minutes=load * 100, people=load, running=tuple(running))
            for id, (load, running) in places.items()
            if draw(some.booleans())
        )
        for one in tasks
    }
    return tasks, offers


def test_the_place_that_runs_the_same_stock_is_preferred() -> None:
    idle = candidate(1)
    running = candidate(2, priority=2, open_minutes=100, running=(CARD, BLUE))

    ranking = rank_one((idle, running), setup=(CARD, GOLD))

    assert ranking.order == (2, 1)
    assert ranking.reasons == (
        "already runs stock:白卡纸 350g: saves 15 min, done in 110 min",
        "runs nothing that this work needs: done in 60 min",
    )


def test_the_minutes_of_every_match_are_added() -> None:
    die = candidate(1, running=(DIE,))
    inks = candidate(2, running=(GOLD, BLUE, "foil:F-1"))

    ranking = rank_one((die, inks), setup=(BLUE, DIE, "foil:F-1", GOLD, "odd"))

    assert ranking.order == (2, 1)
    assert ranking.reasons[0] == "already runs foil:F-1, ink:286C, ink:877C: saves 25 min, done in 60 min"
    assert ranking.reasons[1] == "already runs die:D-102: saves 20 min, done in 60 min"


def test_what_a_match_is_worth_is_a_setting() -> None:
    die, ink = candidate(1, running=(DIE,)), candidate(2, running=(GOLD,))

    assert rank_one((die, ink), setup=(DIE, GOLD)).order == (1, 2)
    assert rank_one((die, ink), GangRun(ink_minutes=30), setup=(DIE, GOLD)).order == (2, 1)
    assert rank_one((die, ink), GangRun(die_minutes=0), setup=(DIE, GOLD)).order == (2, 1)


def test_what_is_worth_nothing_is_not_named() -> None:
    ranking = rank_one((candidate(1, running=(DIE,)),), GangRun(die_minutes=0), setup=(DIE,))

    assert ranking.reasons == ("runs nothing that this work needs: done in 60 min",)


def test_a_place_that_would_be_done_too_late_gets_nothing_for_what_it_runs() -> None:
    idle = candidate(2, people=1)
    busy = candidate(1, people=1, open_minutes=121, running=(CARD,))

    ranking = rank_one((idle, busy), setup=(CARD,))

    assert ranking.order == (2, 1)
    assert ranking.reasons[1] == "already runs stock:白卡纸 350g, but is done 121 min later than elsewhere"
    assert rank_one((idle, busy), GangRun(at_most_later=121), setup=(CARD,)).order == (1, 2)


def test_without_a_match_the_rule_s_priority_counts_and_then_the_finish() -> None:
    late, early, outside = candidate(1, open_minutes=60), candidate(2), candidate(3, priority=2, minutes=1)

    assert rank_one((outside, late, early), setup=(CARD,)).order == (2, 1, 3)


def test_tasks_of_one_approval_that_share_a_setup_gather() -> None:
    gold, blue = task("1", setup=(CARD, GOLD)), task("2", setup=(CARD, BLUE))
    die, gold_again = task("3", setup=(DIE,)), task("4", setup=(CARD, GOLD))
    tasks = (gold, blue, die, gold_again)
    offer = (candidate(1, people=1), candidate(2, people=1))

    rankings = GangRun().rank_all(tasks, {one.id: offer for one in tasks})

    assert {id: ranking.order[0] for id, ranking in rankings.items()} == {"1": 1, "2": 1, "3": 2, "4": 1}
    assert rankings["4"].reasons[0] == ("already runs ink:877C, stock:白卡纸 350g: saves 25 min, done in 180 min")


def test_they_spread_again_when_the_place_gets_too_full() -> None:
    tasks = tuple(task(str(number), setup=(CARD,)) for number in range(1, 6))
    offer = (candidate(1, people=1), candidate(2, people=1))

    rankings = GangRun().rank_all(tasks, {one.id: offer for one in tasks})

    assert [rankings[one.id].order[0] for one in tasks] == [1, 1, 1, 2, 2]


def test_work_that_can_go_to_one_place_only_draws_the_others_there() -> None:
    free, bound = task("1", setup=(DIE,)), task("2", setup=(DIE,))
    offers = {"1": (candidate(1), candidate(2)), "2": (candidate(2),)}

    assert GangRun().rank_all((free, bound), offers)["1"].order == (2, 1)


def test_work_of_higher_priority_has_the_first_choice() -> None:
    low, high = task("1", priority=1), task("2", priority=3)
    offer = (candidate(1, people=1), candidate(2, people=1))

    rankings = GangRun().rank_all((low, high), {"1": offer, "2": offer})

    assert (rankings["2"].order, rankings["1"].order) == ((1, 2), (2, 1))


def test_equals_are_decided_by_id() -> None:
    assert rank_one((candidate(9), candidate(4), candidate(7)), setup=(CARD,)).order == (4, 7, 9)


def test_a_department_and_a_person_of_the_same_number_run_things_of_their_own() -> None:
    tasks = (task("1", setup=(CARD,)), task("2", setup=(CARD,)), task("3", setup=(CARD,)))
    offers = {"1": (candidate(1),), "2": (candidate(operator(1)),), "3": (candidate(operator(1)),)}

    rankings = GangRun().rank_all(tasks, offers)

    assert rankings["2"].reasons == ("runs nothing that this work needs: done in 60 min",)
    assert rankings["3"].reasons == ("already runs stock:白卡纸 350g: saves 15 min, done in 120 min",)


def test_an_empty_offer_gets_an_empty_ranking() -> None:
    assert rank_one((), setup=(CARD,)) == Ranking((), ())
    assert GangRun().rank_all((task("1"),), {}) == {"1": Ranking((), ())}
    assert GangRun().rank_all((), {}) == {}


def test_one_candidate_is_ranked_whatever_it_runs() -> None:
    assert rank_one((candidate(5, running=(BLUE,)),), setup=(CARD,)).order == (5,)


@settings(deadline=None)
@given(problems(), some.integers(0, 200), some.randoms())
def test_every_ranking_is_a_permutation_of_its_offer_whatever_the_order_of_the_facts(
    problem: Problem, at_most_later: int, chance: Random
) -> None:
    tasks, offers = problem
    strategy = GangRun(at_most_later=at_most_later)
    shuffled = chance.sample(tasks, len(tasks))
    other_offers = {id: tuple(chance.sample(offer, len(offer))) for id, offer in offers.items()}

    rankings = strategy.rank_all(tasks, offers)

    assert {id: sorted(ranking.order) for id, ranking in rankings.items()} == {
        id: sorted(place.id for place in offer) for id, offer in offers.items()
    }
    assert strategy.rank_all(tuple(shuffled), other_offers) == rankings


@settings(deadline=None)
@given(problems(), some.integers(0, 200))
def test_a_task_alone_never_follows_its_setup_further_than_allowed(problem: Problem, at_most_later: int) -> None:
    for one, offer in zip(problem[0], problem[1].values(), strict=True):
        finish = {place.id: place.finish for place in offer}
        usual = sorted(offer, key=lambda place: (place.priority, place.finish, place.id))

        (ranking,) = GangRun(at_most_later=at_most_later).rank_all((one,), {one.id: offer}).values()

        if offer and ranking.order[0] != usual[0].id:
            assert finish[ranking.order[0]] <= min(finish.values()) + at_most_later


def test_settings_and_facts_cannot_be_changed() -> None:
    offers = {"1": (candidate(1),), "2": (candidate(1),)}

    GangRun().rank_all((task("1", setup=(CARD,)), task("2", setup=(CARD,))), offers)

    assert offers == {"1": (candidate(1),), "2": (candidate(1),)}
    with pytest.raises(FrozenInstanceError):
        GangRun().die_minutes = 1  # type: ignore[misc]


def test_settings_are_made_as_the_shop_set_them() -> None:
    assert made(GangRun, {"at_most_later": 30, "unknown": 1}) == GangRun(at_most_later=30)


def test_everything_that_is_shown_has_chinese_words() -> None:
    said = schema_of(GangRun)["properties"].values()
    shown = {"gang-run", description(GangRun), SHARED, TOO_LATE, NOTHING_SHARED}
    shown |= {words for setting in said for words in (setting["title"], setting["description"])}

    assert set(WORDS["zh-hans"]) == shown


def test_reasons_keep_what_a_translation_needs() -> None:
    (reason,) = rank_one((candidate(1, running=(DIE,)),), setup=(DIE,)).reasons

    assert isinstance(reason, Words)
    assert (translated(GangRun, reason.template, "zh-hans") or "").format(**reason.values) == (
        "正在用 die:D-102：省 20 分钟，60 分钟后做完"
    )


def test_it_conforms() -> None:
    report = certify(STRATEGIES, "gang-run")

    assert report.ok, report.text()
