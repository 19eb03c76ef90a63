"""Decides which department gets each task. Knows facts and strategies, never a Task row; writes nothing."""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from paidan.contracts import Candidate, Ranking, WorkFacts
from paidan.dispatch.models import DispatchRule
from paidan.dispatch.strategies import least_load
from paidan.registry.loader import STRATEGIES, Plugin, plugins

BUILT_IN = "least_load"

log = logging.getLogger(__name__)


class RuleFacts(NamedTuple):
    """One dispatch rule as it stood when the decision was prepared."""

    process: str
    department: int
    priority: int
    enabled: bool
    department_active: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that a decision depends on: the tasks, the rules, the switch, the loads."""

    works: tuple[WorkFacts, ...]
    rules: tuple[RuleFacts, ...]
    loads: Mapping[int, Candidate]
    switched_on: bool
    strategy: str

    @property
    def fingerprint(self) -> str:
        """Of tasks, rules and switch; a load that moved meanwhile does not make a decision stale."""
        facts = repr((self.works, self.rules, self.switched_on, self.strategy))
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where one task goes, or the reason why it goes nowhere, and how each department was judged."""

    work: str
    department: int | None
    reason: str
    strategy: str
    version: str
    inputs: dict[str, Any]
    ranking: list[dict[str, Any]]


def decide(problem: Problem) -> dict[str, Decision]:
    """Decide for all tasks in turn; each sees the load that the ones before it added."""
    strategy = plugins(STRATEGIES).get(problem.strategy) or Plugin(BUILT_IN, least_load, "paidan", "1")
    loads = dict(problem.loads)
    by_process: dict[str, list[RuleFacts]] = {}
    for rule in problem.rules:
        by_process.setdefault(rule.process, []).append(rule)
    decisions = {}
    for work in problem.works:
        decision = _decide_one(work, by_process.get(work.process, []), loads, problem, strategy)
        decisions[work.id] = decision
        if decision.department is not None:
            load = loads[decision.department]
            loads[decision.department] = replace(
                load, open_tasks=load.open_tasks + 1, open_minutes=load.open_minutes + work.minutes
            )
    return decisions


def _decide_one(
    work: WorkFacts, rules: list[RuleFacts], loads: Mapping[int, Candidate], problem: Problem, strategy: Plugin
) -> Decision:
    usable = [rule for rule in rules if rule.enabled and rule.department_active]
    reason = _why_not(problem, rules, usable)
    best = min((rule.priority for rule in usable), default=0)
    equals = tuple(loads[rule.department] for rule in usable if rule.priority == best)
    ranking, used = (Ranking((), ()), strategy) if reason else _rank(strategy, work, equals)
    chosen = ranking.order[0] if ranking.order else None
    return Decision(
        work=work.id,
        department=chosen,
        reason=reason or ("only_first_choice" if len(equals) == 1 else "strategy"),
        strategy=used.name,
        version=used.version,
        inputs={"process": work.process, "planned": work.planned, "minutes": work.minutes},
        ranking=[_verdict(rule, loads, ranking, chosen, best) for rule in sorted(rules, key=lambda r: r.priority)],
    )


def _why_not(problem: Problem, rules: list[RuleFacts], usable: list[RuleFacts]) -> str:
    if not problem.switched_on:
        return "switched_off"
    if not rules:
        return "no_rule"
    return "" if usable else "all_disabled"


def _rank(strategy: Plugin, work: WorkFacts, candidates: tuple[Candidate, ...]) -> tuple[Ranking, Plugin]:
    """The strategy's ranking, or the built-in's when it fails or answers what was not offered."""
    built_in = Plugin(BUILT_IN, least_load, "paidan", "1")
    try:
        ranking = strategy.function(work, candidates)
        _must_fit(ranking, candidates)
    except Exception:  # a stranger's code may raise anything; the shop's work goes on
        log.exception("strategy %s failed; the built-in answers for this task", strategy.name)
        return least_load(work, candidates), built_in
    return ranking, strategy


def _must_fit(ranking: Any, candidates: tuple[Candidate, ...]) -> None:
    """An answer ranks exactly what was offered, in an order that means something, with a reason in words for each."""
    if (
        not isinstance(ranking, Ranking)
        or not isinstance(ranking.order, tuple)
        or not isinstance(ranking.reasons, tuple)
    ):
        raise TypeError(f"not a ranking: {ranking!r}")
    if sorted(ranking.order) != sorted(candidate.id for candidate in candidates):
        raise ValueError(f"ranked what was not offered: {ranking.order!r}")
    if len(ranking.reasons) != len(ranking.order) or not all(isinstance(reason, str) for reason in ranking.reasons):
        raise ValueError(f"a reason is missing or is not a word: {ranking.reasons!r}")


def _verdict(
    rule: RuleFacts, loads: Mapping[int, Candidate], ranking: Ranking, chosen: int | None, best: int
) -> dict[str, Any]:
    load = loads[rule.department]
    if not rule.enabled:
        verdict = "rule_disabled"
    elif not rule.department_active:
        verdict = "department_inactive"
    elif chosen is None:
        verdict = "not_asked"
    elif rule.department == chosen:
        verdict = "chosen"
    else:
        verdict = "ranked_behind" if rule.priority == best else "later_choice"
    reasons = dict(zip(ranking.order, ranking.reasons, strict=True))
    return {
        "department": rule.department,
        "name": load.name,
        "priority": rule.priority,
        "open_tasks": load.open_tasks,
        "open_minutes": load.open_minutes,
        "verdict": verdict,
        "reason": reasons.get(rule.department, ""),
    }


def rules_for(processes: Iterable[str]) -> tuple[RuleFacts, ...]:
    """The rules of these processes as they stand now. One query."""
    rows = DispatchRule.objects.filter(process__code__in=set(processes)).order_by("process__code", "priority", "id")
    return tuple(
        RuleFacts(*row)
        for row in rows.values_list("process__code", "department_id", "priority", "enabled", "department__is_active")
    )
