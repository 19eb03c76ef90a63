"""Judges what a strategy answers, and says how each department was judged."""

from collections.abc import Mapping, Sequence
from typing import Any

from paidan.contracts import Candidate, DepartmentFacts, Ranking, Words
from paidan.dispatch.facts import RuleFacts


def fitting(ranking: Any, candidates: Sequence[Candidate]) -> Ranking:
    """An answer ranks exactly what was offered, in an order that means something, with a reason in words for each."""
    if (
        not isinstance(ranking, Ranking)
        or not isinstance(ranking.order, tuple)
        or not isinstance(ranking.reasons, tuple)
    ):
        raise TypeError(f"not a ranking: {ranking!r:.200}")
    if sorted(ranking.order) != sorted([candidate.id for candidate in candidates]):
        raise ValueError(f"ranked what was not offered: {ranking.order!r:.200}")
    if len(ranking.reasons) != len(ranking.order) or not all(isinstance(reason, str) for reason in ranking.reasons):
        raise ValueError(f"a reason is missing or is not a word: {ranking.reasons!r:.200}")
    if ranking.start is not None and (type(ranking.start) is not int or ranking.start < 0):
        raise ValueError(f"not a start in minutes: {ranking.start!r:.200}")
    return ranking


def all_fitting(answers: Any, offers: Mapping[str, Sequence[Candidate]]) -> dict[str, Ranking]:
    """The answer for many tasks, each as it must be; what is left out is left out."""
    if not isinstance(answers, Mapping):
        raise TypeError(f"not rankings by task: {answers!r:.200}")
    return {work: fitting(answers[work], candidates) for work, candidates in offers.items() if work in answers}


def verdicts(
    rules: Sequence[RuleFacts], offered: Sequence[RuleFacts], loads: Mapping[int, DepartmentFacts], ranking: Ranking
) -> list[dict[str, Any]]:
    """How each department that has a rule was judged, in the order of the rules."""
    reasons = dict(zip(ranking.order, ranking.reasons, strict=True))
    chosen = ranking.order[0] if ranking.order else None
    rows = []
    for rule in rules:
        load = loads[rule.department]
        rows.append(
            {
                "department": rule.department,
                "name": load.name,
                "priority": rule.priority,
                "open_tasks": load.open_tasks,
                "open_minutes": load.open_minutes,
                "verdict": _verdict(rule, chosen, rule in offered),
                "reason": kept(reasons.get(rule.department, "")),
            }
        )
    return rows


def _verdict(rule: RuleFacts, chosen: int | None, was_offered: bool) -> str:
    if not rule.enabled:
        return "rule_disabled"
    if not rule.department_active:
        return "department_inactive"
    if chosen is None:
        return "not_asked"
    if rule.department == chosen:
        return "chosen"
    return "ranked_behind" if was_offered else "later_choice"


def kept(reason: str) -> str | dict[str, Any]:
    """A reason as it is kept: with template and values where it has them, so that it can be shown in any language."""
    if isinstance(reason, Words):
        return {"template": reason.template, "values": reason.values}
    return reason[:300]
