"""What a dispatch strategy must do: rank exactly who was offered, always, for everybody."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from paidan.contracts import READABLE, Ranking
from paidan.testing.checks.shared import must_be_in_time, must_go_well, must_hold_usually
from paidan.testing.facts import Scenario, pools, shuffled
from paidan.testing.facts.pools import Pool
from paidan.testing.telling import differing
from paidan.testing.tested import Failed, Fault, Form, Skipped

ONE_BY_ONE_SECONDS = 2.0


class Strategies:
    """Strategies are asked with the tasks of an approval; both forms answer with a ranking for each task."""

    def usual(self, name: str) -> tuple[Scenario, ...]:
        """Ordinary tasks and departments."""
        return pools.usual_pools()

    def unusual(self, name: str) -> tuple[Scenario, ...]:
        """Facts that bring out other reasons."""
        return (*pools.operator_pools(), *pools.tied_pools(), *pools.bare_pools(), *pools.single_pools())

    def ask(self, call: Callable[..., Any], method: str, facts: Pool) -> Any:
        """The rankings by task, in the order of the tasks."""
        if method != "rank_all":
            return {task.id: call(task, facts.offers[task.id]) for task in facts.tasks}
        answer = call(facts.tasks, facts.offers)
        if not isinstance(answer, Mapping):
            return answer
        places = {task.id: place for place, task in enumerate(facts.tasks)}
        return dict(sorted(answer.items(), key=lambda entry: places.get(entry[0], len(places))))

    def faults(self, facts: Pool, answer: Any) -> Iterator[Fault]:
        """A ranking of exactly the offer for each task; a plan may leave tasks out, but not all."""
        if not isinstance(answer, Mapping):
            yield Fault("answers", f"not a mapping of rankings: {answer!r:.120}")
            return
        if not answer and facts.tasks and any(facts.offers.values()):
            yield Fault("answers", "it ranks none of the tasks")
        known = {task.id for task in facts.tasks}
        for name, ranking in answer.items():
            if name not in known:
                yield Fault("ranks_offer", f"it ranks {name!r:.80}, which is no task of the offer")
            else:
                yield from _faults_of_ranking(ranking, [candidate.id for candidate in facts.offers[name]])

    def reasons(self, answer: Any) -> Iterator[Any]:
        """All reasons in an answer."""
        for ranking in answer.values():
            yield from ranking.reasons


def _faults_of_ranking(ranking: Any, ids: list[int]) -> Iterator[Fault]:
    if not isinstance(ranking, Ranking):
        yield Fault("answers", f"not a Ranking: {ranking!r:.120}")
        return
    order, reasons, start = ranking.order, ranking.reasons, ranking.start
    if not isinstance(order, tuple) or not all(isinstance(one, int) for one in order):
        yield Fault("answers", f"`order` is a tuple of ids, not {order!r:.120}")
        return
    if not isinstance(reasons, tuple) or not all(isinstance(reason, str) for reason in reasons):
        yield Fault("answers", f"`reasons` is a tuple of strings, not {reasons!r:.120}")
    elif len(reasons) != len(order):
        yield Fault("answers", f"{len(reasons)} reasons for {len(order)} candidates")
    if start is not None and (isinstance(start, bool) or not isinstance(start, int) or start < 0):
        yield Fault("answers", f"`start` is a whole number of minutes from 0 or None, not {start!r:.80}")
    if sorted(order) != sorted(ids):
        yield Fault("ranks_offer", f"ranked {list(order)!r:.100} where {ids!r:.100} were offered")


def answers(form: Form) -> str | None:
    """It answers with a ranking for a task, and a reason in words for each candidate."""
    must_hold_usually(form, "answers")
    if form.method == "rank_all" and (left := _left_out(form)):
        return f"it leaves tasks to the built-in strategy: {left}"
    return None


def _left_out(form: Form) -> str:
    missing = [
        f"{len(left)} of {scenario.title}"
        for scenario in form.usual
        if (left := {task.id for task in scenario.facts.tasks} - form.ask(scenario.facts).keys())
    ]
    return ", ".join(missing)


def ranks_offer(form: Form) -> None:
    """It ranks every candidate once and nobody else, for tasks of the offer only."""
    must_hold_usually(form, "ranks_offer")


def empty_pool(form: Form) -> None:
    """When nobody is offered it answers with an empty ranking, and no tasks get no rankings."""
    must_go_well(form, pools.empty_pools())


def one_candidate(form: Form) -> None:
    """It ranks a single candidate."""
    must_go_well(form, pools.single_pools())


def ties(form: Form) -> None:
    """Equal candidates are decided in the same way, whoever is offered first."""
    _must_ignore_order(form, pools.tied_pools())


def order_of_offer(form: Form) -> None:
    """The order in which candidates are offered does not matter."""
    _must_ignore_order(form, (*pools.usual_pools(), *pools.operator_pools()))


def _must_ignore_order(form: Form, scenarios: tuple[Scenario, ...]) -> None:
    form.must_be_right()
    if not form.steady:
        raise Skipped("cannot be judged before same_twice passed")
    for scenario in scenarios:
        first = form.shown(scenario)
        for seed in (1, 2, 3):
            offers = {name: shuffled(offer, seed) for name, offer in scenario.facts.offers.items()}
            again = form.shown(Scenario(scenario.title, Pool(scenario.facts.tasks, offers)))
            if again != first:
                raise Failed(f"{scenario.title}: {differing(first, again)}")


def operators(form: Form) -> None:
    """It ranks people as well as departments."""
    must_go_well(form, pools.operator_pools())


def unicode(form: Form) -> None:
    """Names may be in any script and of any length."""
    must_go_well(form, pools.strange_pools())


def huge_numbers(form: Form) -> None:
    """Quantities, loads and ids may be huge."""
    must_go_well(form, pools.huge_pools())


def bare_facts(form: Form) -> None:
    """Tasks may have no time and no due date, or be late; departments may be empty."""
    must_go_well(form, pools.bare_pools())


def reads(form: Form) -> str | None:
    """It answers the same when it is told only what it says it reads."""
    declared = getattr(form.tested.plugin, "reads", None)
    if declared is None:
        return "it reads everything; `reads` would save queries"
    form.must_be_right("answers")
    if not form.steady:
        raise Skipped("cannot be judged before same_twice passed")
    for scenario in form.usual:
        told = Scenario(scenario.title, pools.without(scenario.facts, READABLE - frozenset(declared)))
        if (first := form.shown(scenario)) != (again := form.shown(told)):
            raise Failed(f"{scenario.title}: {differing(first, again)}")
    return None


def in_time(form: Form) -> None:
    """It ranks 12 candidates for each of 1,000 tasks in 2 s, or all at once within its own `seconds`."""
    limit = form.tested.seconds if form.method == "rank_all" else ONE_BY_ONE_SECONDS
    must_be_in_time(form, "1,000 tasks, 12 departments", lambda: pools.pool(1000, 12, seed=21), limit)


CHECKS = (
    answers,
    ranks_offer,
    empty_pool,
    one_candidate,
    operators,
    ties,
    order_of_offer,
    unicode,
    huge_numbers,
    bare_facts,
    reads,
)
KIND = Strategies()
