"""Decides which department gets each task, and which person when the shop wants that too.

Knows facts and strategies, never a Task row; writes nothing. A strategy thinks over a snapshot, outside every
transaction; where it has no usable answer, the house's own answers, and the decision says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_noop

from paidan.contracts import (
    STRATEGIES,
    Candidate,
    Ranking,
    TaskFacts,
    Words,
)
from paidan.dispatch.facts import Choice, Decision, Problem, RuleFacts
from paidan.dispatch.strategies import priority_then_least_load
from paidan.dispatch.verdicts import all_fitting, fitting, kept, verdicts
from paidan.registry import engine as registry
from paidan.registry.engine import Ready
from paidan.registry.guard import Failed, Watch, think

BUILT_IN = "priority_then_least_load"
HOUSE = Ready(
    group=STRATEGIES, name=BUILT_IN, distribution="paidan", version="1", call=priority_then_least_load,
    reads=frozenset(),
)  # fmt: skip
"""What answers when the chosen strategy cannot."""


class _Offer(NamedTuple):
    """The rules of one process, those among them that are offered to a strategy, and why when there are none."""

    rules: tuple[RuleFacts, ...]
    offered: tuple[RuleFacts, ...]
    reason: str


class _Instead(NamedTuple):
    """A strategy that had no answer, and why."""

    strategy: str
    why: str


def decide(problem: Problem, strategy: Ready | None = None) -> dict[str, Decision]:
    """Decide in turn, each task with the load that the ones before it added.

    Tasks of one strategy are decided together; `strategy` is asked instead of all that were chosen.
    """
    desk = _Desk(problem)
    for choice, works in desk.groups() if strategy is None else [(Choice(strategy.name, {}), problem.works)]:
        desk.turn_to(choice, works)
        _settle(desk, choice, strategy or registry.ready(STRATEGIES, *choice))
    return desk.decisions


def reads(shops: str, rules: Iterable[RuleFacts]) -> frozenset[str]:
    """The facts that the strategies use which decide by these rules."""
    choices = {choice.key: choice for rule in rules if (choice := rule.choice or Choice(shops, {}))}
    return frozenset().union(*((registry.ready(STRATEGIES, *choice) or HOUSE).reads for choice in choices.values()))


def _settle(desk: "_Desk", choice: Choice, chosen: Ready | None) -> None:
    """Decide for all tasks of one strategy; what it leaves is the house's."""
    if chosen is None:
        desk.instead = _Instead(choice.strategy, registry.why_not(STRATEGIES, *choice))
    elif chosen.method == "rank_all":
        _plan(desk, chosen)
    else:
        watch = think(chosen, desk.settle)
        if watch.overran:
            desk.instead = _Instead(chosen.name, watch.why)
    think(HOUSE, desk.settle)


def _plan(desk: "_Desk", chosen: Ready) -> None:
    """Ask a strategy that sees all tasks at once; those that its answer leaves out are the house's."""
    works = tuple([work for work in desk.works if not desk.offer(work).reason])
    offers = {work.id: desk.candidates(work) for work in works}
    answers: list[Mapping[str, Ranking]] = []
    why: list[str] = [Words(gettext_noop("gave no answer for this task"))]

    def ask(watch: Watch) -> None:
        try:
            answers.append(watch.ask(works, offers, take=lambda answer: all_fitting(answer, offers)))
        except Failed as failed:
            why.append(failed.why)

    watch = think(chosen, ask)
    desk.instead = _Instead(chosen.name, watch.why if watch.overran else why[-1])
    if answers and not watch.overran:
        desk.planned, desk.planner = answers[0], chosen


class _Desk:
    """The tasks on the way to their departments, and the loads as they grow with each."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.decisions: dict[str, Decision] = {}
        self.turn_to(Choice(problem.strategy, {}), problem.works)
        self.loads = dict(problem.loads)
        self.people = {department: {one.id: one for one in all_} for department, all_ in problem.people.items()}
        by_process: dict[str, list[RuleFacts]] = {}
        for rule in problem.rules:
            by_process.setdefault(rule.process, []).append(rule)
        self._offers = {process: _offer(problem, rules) for process, rules in by_process.items()}
        self._nothing = _offer(problem, ())

    def turn_to(self, choice: Choice, works: Sequence[TaskFacts]) -> None:
        """Go on with the tasks of this strategy."""
        self.choice, self.works = choice, works
        self.instead: _Instead | None = None
        self.planned: Mapping[str, Ranking] = {}
        self.planner = HOUSE

    def groups(self) -> Iterable[tuple[Choice, Sequence[TaskFacts]]]:
        """The tasks by the strategy that decides for them, in the order in which they come first."""
        shops = Choice(self.problem.strategy, {})
        groups: dict[str, tuple[Choice, list[TaskFacts]]] = {}
        for work in self.problem.works:
            choice = next((rule.choice for rule in self.offer(work).rules if rule.choice), shops)
            groups.setdefault(choice.key, (choice, []))[1].append(work)
        return groups.values()

    def offer(self, work: TaskFacts) -> _Offer:
        """The rules for a task."""
        return self._offers.get(work.process, self._nothing)

    def candidates(self, work: TaskFacts) -> tuple[Candidate, ...]:
        """The departments that are offered for a task, as they stand now."""
        loads, minutes = self.loads, work.minutes
        return tuple([
            Candidate(loads[rule.department], round(minutes * rule.time_factor), rule.priority)
            for rule in self.offer(work).offered
        ])  # fmt: skip

    def settle(self, watch: Watch) -> None:
        """Decide for every task that is not decided yet, asking this strategy."""
        for work in self.works:
            if work.id in self.decisions:
                continue
            reason = self.offer(work).reason
            if reason:
                self.decisions[work.id] = self._decision(work, Ranking((), ()), watch.ready, reason)
                continue
            candidates = self.candidates(work)
            ranking, used, instead = self._rank(watch, work, candidates)
            decision = self._decision(work, ranking, used, _reason(candidates), instead)
            self._give(work, candidates, decision, watch)
            self.decisions[work.id] = decision

    def _rank(
        self, watch: Watch, work: TaskFacts, candidates: tuple[Candidate, ...]
    ) -> tuple[Ranking, Ready, _Instead | None]:
        """The plan's ranking, or the strategy's, or the house's with the reason why."""
        planned = self.planned.get(work.id)
        if planned is not None:
            return planned, self.planner, None
        try:
            ranking = watch.ask(work, candidates, take=lambda answer: fitting(answer, candidates))
        except Failed as failed:
            return priority_then_least_load(work, candidates), HOUSE, _Instead(watch.ready.name, failed.why)
        return ranking, watch.ready, self.instead if watch.ready is HOUSE else None

    def _decision(
        self, work: TaskFacts, ranking: Ranking, used: Ready, reason: str, instead: _Instead | None = None
    ) -> Decision:
        chosen = ranking.order[0] if ranking.order else None
        inputs: dict[str, Any] = {"process": work.process, "planned": work.planned, "minutes": work.minutes}
        if self.choice.settings:
            inputs["settings"] = dict(self.choice.settings)
        if instead:
            inputs["instead_of"] = {"strategy": instead.strategy, "why": kept(instead.why)}
        if ranking.start is not None:
            inputs["start"] = ranking.start
        rules = self.offer(work).rules
        return Decision(
            work=work.id, department=chosen, reason=reason, strategy=used.name, version=used.version, inputs=inputs,
            ranking=verdicts(rules, self.offer(work).offered, self.loads, ranking),
        )  # fmt: skip

    def _give(self, work: TaskFacts, candidates: Sequence[Candidate], decision: Decision, watch: Watch) -> None:
        """Count the task where it went, and pick a person there when the shop wants that."""
        department = decision.department
        assert department is not None
        chosen = next(candidate for candidate in candidates if candidate.id == department)
        self.loads[department] = chosen.with_task(work)  # type: ignore[assignment]  # a department stays one
        people = self.people.get(department, {})
        free = tuple([Candidate(one, chosen.minutes) for one in people.values() if one.open_tasks < one.limit])
        if not free:
            return
        ranking, used, _instead = self._rank_people(watch, work, free)
        decision.operator = ranking.order[0]
        taken = {one.id: one for one in free}
        people[decision.operator] = taken[decision.operator].with_task(work)  # type: ignore[assignment]  # so does a person
        decision.inputs["people"] = [
            {"operator": one, "name": taken[one].name, "reason": kept(reason)}
            for one, reason in zip(ranking.order, ranking.reasons, strict=True)
        ]
        decision.inputs["people_strategy"] = used.name

    def _rank_people(
        self, watch: Watch, work: TaskFacts, free: tuple[Candidate, ...]
    ) -> tuple[Ranking, Ready, _Instead | None]:
        """As departments are ranked; a plan for all tasks speaks of departments only."""
        try:
            return watch.ask(work, free, take=lambda answer: fitting(answer, free)), watch.ready, None
        except Failed as failed:
            return priority_then_least_load(work, free), HOUSE, _Instead(watch.ready.name, failed.why)


def _offer(problem: Problem, rules: Sequence[RuleFacts]) -> _Offer:
    usable = [rule for rule in rules if rule.enabled and rule.department_active]
    best = min((rule.priority for rule in usable), default=0)
    offered = [rule for rule in usable if rule.priority == best or not problem.only_equals]
    reason = ""
    if not problem.switched_on:
        reason = "switched_off"
    elif not usable:
        reason = "all_disabled" if rules else "no_rule"
    return _Offer(tuple(sorted(rules, key=lambda rule: rule.priority)), () if reason else tuple(offered), reason)


def _reason(candidates: Sequence[Candidate]) -> str:
    return "only_first_choice" if len(candidates) == 1 else "strategy"
