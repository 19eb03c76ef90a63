"""Puts plans, decisions and past changes into words for the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from paidan.console.dispatching import story
from paidan.console.dispatching.facts import STATES, Listed
from paidan.console.dispatching.looking import Look
from paidan.console.dispatching.plan import pairs
from paidan.contracts import STRATEGIES
from paidan.dispatch.facts import Decision
from paidan.orders.admin.log import REASONS
from paidan.people.models import Department
from paidan.registry import words

MOST_MOVES = 200
"""So many tasks are listed by name; the others are counted."""


def counts(listed: Sequence[Listed], *, whole: bool) -> list[dict[str, Any]]:
    """How many processes stand how; nobody can tell of a part whether a process is covered."""
    unknown = "elsewhere" if whole else "uncovered"
    return [
        {"state": state, "icon": icon, "word": word, "n": sum(each.state == state for each in listed)}
        for state, (icon, word) in STATES.items()
        if state != unknown
    ]


def deed(one: story.Deed, names: dict[int, str]) -> dict[str, Any]:
    """A past change for the page."""
    return {"at": one.at, "by": one.by, "why": one.why, "lines": story.told(one, names)}


def preview(look: Look, departments: Mapping[int, Department]) -> dict[str, Any]:
    """What a draft would do, for the page."""
    names: dict[int | None, str] = {None: _("no department"), **{pk: place.name for pk, place in departments.items()}}
    plan = look.plan
    changes: list[tuple[str, ...]] = [
        (names.get(change.department, "—"), story.rank_words(change.before), story.rank_words(change.after))
        for change in plan.changes
    ]
    if plan.seen.choice != plan.wanted.choice:
        changes.append((_("Strategy"), *map(story.choice_words, (plan.seen.choice, plan.wanted.choice))))
    shown = sorted(plan.moves, key=lambda move: (move.target is not None, str(move.source), str(move.target)))
    return {
        "changes": [*changes, *_of_shop(look)],
        "changes_rules": plan.changes_rules,
        "answers": [_answer(answer, names) for answer in look.answers if len(look.answers) == 1 or _differs(answer)],
        "of_one": len(look.answers) == 1,
        "pairs": [(names[pair.source], names[pair.target], pair.tasks) for pair in pairs(plan.moves)],
        "moves": [
            {"move": move, "source": names[move.source], "target": names[move.target], "why": why(move.decision)}
            for move in shown[:MOST_MOVES]
        ],
        "count": len(plan.moves),
        "more": max(0, len(plan.moves) - MOST_MOVES),
        "off": not plan.wanted_shop.enabled,
        "process": plan.process,
    }


def _of_shop(look: Look) -> list[tuple[str, ...]]:
    """What changes above all rules, in words."""
    seen, wanted = look.plan.seen_shop, look.plan.wanted_shop
    yes = {True: _("on"), False: _("off")}
    rows: list[tuple[str, ...]] = [
        (_("dispatch automatically"), yes[seen.enabled], yes[wanted.enabled]),
        (_("keep to the order of priority"), yes[seen.only_equals], yes[wanted.only_equals]),
        (_("Strategy"), *(words.title(STRATEGIES, shop.strategy) for shop in (seen, wanted))),
    ]
    return [row for row in rows if row[1] != row[2]]


def _answer(answer: Any, names: Mapping[int | None, str]) -> dict[str, Any]:
    return {
        "process": answer.process,
        "before": names.get(answer.before.department, "—"),
        "after": names.get(answer.after.department, "—"),
        "why": why(answer.after),
        "nowhere": answer.after.department is None,
        "differs": _differs(answer),
    }


def _differs(answer: Any) -> bool:
    return bool(answer.before.department != answer.after.department)


def why(decision: Decision) -> str:
    """Why a task goes where it goes, in the reader's language."""
    said = [str(REASONS.get(decision.reason, decision.reason))]
    chosen = next((row for row in decision.ranking if row["verdict"] == "chosen"), None)
    if chosen and chosen["reason"]:
        said.append(words.say(STRATEGIES, decision.strategy, chosen["reason"]))
    if instead := decision.inputs.get("instead_of"):
        strategy = words.title(STRATEGIES, instead["strategy"])
        said.append(f"{strategy}: {words.house_kept(instead['why'])}")
    return " · ".join(said)
