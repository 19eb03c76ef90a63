"""Work goes to places where somebody is trained in it."""

from dataclasses import FrozenInstanceError, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from paidan_skill_match import TRAINED, UNTRAINED, WORDS, SkillMatch

from paidan.contracts import STRATEGIES, Candidate, Words, description, made, schema_of, translated
from paidan.testing import candidate, certify, operator, task

FOIL = task("1", process="FOIL_G")
TRAINED_HERE = frozenset({"FOIL_G", "EMB"})


@some.composite
def offers(draw: some.DrawFn) -> tuple[Candidate, ...]:
    ids = draw(some.lists(some.integers(1, 50), unique=True, max_size=6))
    few = some.integers(0, 3)
    return tuple(
        candidate(
            id,
            minutes=draw(few) * 30,
            priority=draw(few) + 1,
            open_minutes=draw(few) * 60,
            people=draw(few),
            skills=draw(some.sampled_from([frozenset(), TRAINED_HERE])),
        )
        for id in ids
    )


def test_a_trained_place_comes_before_an_untrained_one_of_a_better_priority() -> None:
    untrained = candidate(1, priority=1)
    trained = candidate(2, priority=2, open_minutes=600, skills=TRAINED_HERE)

    ranking = SkillMatch().rank(FOIL, (untrained, trained))

    assert ranking.order == (2, 1)
    assert ranking.reasons == (
        "trained in FOIL_G; rule priority 2, done in 360 min",
        "nobody trained in FOIL_G; rule priority 1, done in 60 min",
    )


def test_among_trained_places_the_rule_s_priority_counts_before_the_finish() -> None:
    late = candidate(1, priority=1, open_minutes=600, skills=TRAINED_HERE)
    early = candidate(2, priority=2, skills=TRAINED_HERE)

    assert SkillMatch().rank(FOIL, (early, late)).order == (1, 2)


def test_among_equal_priorities_the_earliest_finish_counts() -> None:
    alone = candidate(1, open_minutes=100, people=1, skills=TRAINED_HERE)
    crew = candidate(2, open_minutes=200, people=4, skills=TRAINED_HERE)

    assert SkillMatch().rank(FOIL, (alone, crew)).order == (2, 1)


def test_when_training_only_breaks_ties_the_rule_s_priority_comes_first() -> None:
    first = candidate(1, priority=1)
    second = candidate(2, priority=2, skills=TRAINED_HERE)
    equal = candidate(3, priority=1, open_minutes=600, skills=TRAINED_HERE)

    assert SkillMatch(untrained_last=False).rank(FOIL, (first, second, equal)).order == (3, 1, 2)


def test_equals_are_decided_by_id() -> None:
    assert SkillMatch().rank(FOIL, (candidate(9), candidate(4), candidate(7))).order == (4, 7, 9)


def test_people_are_ranked_as_departments_are() -> None:
    ann = candidate(operator(1))
    ben = candidate(operator(2, open_minutes=300, skills=TRAINED_HERE))

    assert SkillMatch().rank(FOIL, (ann, ben)).order == (2, 1)


def test_an_empty_offer_gets_an_empty_ranking() -> None:
    ranking = SkillMatch().rank(FOIL, ())

    assert (ranking.order, ranking.reasons) == ((), ())


def test_one_candidate_is_ranked_even_when_nobody_there_is_trained() -> None:
    assert SkillMatch().rank(FOIL, (candidate(5),)).order == (5,)


@settings(deadline=None)
@given(offers(), some.booleans(), some.randoms())
def test_every_ranking_is_a_permutation_of_the_offer_whatever_its_order(
    offer: tuple[Candidate, ...], untrained_last: bool, chance: Random
) -> None:
    strategy = SkillMatch(untrained_last=untrained_last)
    shuffled = list(offer)
    chance.shuffle(shuffled)

    ranking = strategy.rank(FOIL, offer)

    assert sorted(ranking.order) == sorted(place.id for place in offer)
    assert strategy.rank(FOIL, tuple(shuffled)) == ranking


@settings(deadline=None)
@given(offers())
def test_no_untrained_place_ever_comes_before_a_trained_one(offer: tuple[Candidate, ...]) -> None:
    trained = {place.id: "FOIL_G" in place.skills for place in offer}

    verdicts = [trained[id] for id in SkillMatch().rank(FOIL, offer).order]

    assert verdicts == sorted(verdicts, reverse=True)


def test_settings_and_facts_cannot_be_changed() -> None:
    offer = (candidate(1, skills=TRAINED_HERE),)
    before = replace(offer[0])

    SkillMatch().rank(FOIL, offer)

    assert offer == (before,)
    with pytest.raises(FrozenInstanceError):
        SkillMatch().untrained_last = False  # type: ignore[misc]


def test_settings_are_made_as_the_shop_set_them() -> None:
    assert made(SkillMatch, {"untrained_last": False}) == SkillMatch(untrained_last=False)
    assert made(SkillMatch) == SkillMatch(untrained_last=True)


def test_everything_that_is_shown_has_chinese_words() -> None:
    said = schema_of(SkillMatch)["properties"].values()
    shown = {"skill-match", description(SkillMatch), TRAINED, UNTRAINED}
    shown |= {words for setting in said for words in (setting["title"], setting["description"])}

    assert set(WORDS["zh-hans"]) == shown
    assert all(translated(SkillMatch, words, "zh-hans") for words in shown)


def test_reasons_keep_what_a_translation_needs() -> None:
    (reason,) = SkillMatch().rank(FOIL, (candidate(1, skills=TRAINED_HERE),)).reasons

    assert isinstance(reason, Words)
    assert (translated(SkillMatch, reason.template, "zh-hans") or "").format(**reason.values) == (
        "会做 FOIL_G；优先顺序 1，60 分钟后做完"
    )


def test_it_conforms() -> None:
    report = certify(STRATEGIES, "skill-match")

    assert report.ok, report.text()
