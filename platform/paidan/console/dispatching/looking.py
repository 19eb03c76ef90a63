"""Looks at a draft: reads the facts, lets the strategies think, and says what would happen. Writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from paidan.catalog.models import Process
from paidan.console.dispatching.plan import Plan, rules_of
from paidan.contracts import DepartmentFacts, TaskFacts
from paidan.dispatch import engine
from paidan.dispatch.facts import Decision, Problem, RuleFacts, rules_for
from paidan.dispatch.rules import Shop
from paidan.orders import moves
from paidan.orders.facts import minutes
from paidan.people.models import Department, User

PIECES = 1000
"""Of so many pieces is the task by which the page says where a process would go now."""


class Answer(NamedTuple):
    """Where a task of this process would go now, by the rules as they stand and by the draft."""

    process: Process
    before: Decision
    after: Decision


class Look(NamedTuple):
    """What a draft would do."""

    plan: Plan
    answers: list[Answer]


def look(plan: Plan, processes: Iterable[Process], departments: Mapping[int, Department], user: User) -> Look:
    """Complete a plan with the tasks that it would move, and say where work would go.

    Plugins think here: it must not be called inside a transaction. Five queries, more for facts that strategies read.
    """
    processes = list(processes)
    rules = _rules(plan, processes, departments)
    tasks = moves.waiting(user, processes[0].pk if plan.process else None)
    waiting = moves.rows(tasks)
    frames = (
        _frame(shop, which) for shop, which in zip((plan.seen_shop, plan.wanted_shop), rules, strict=True)
    )  # fmt: skip
    before, after = moves.problems(tasks, waiting, *frames)
    old = engine.decide(before)
    new = old if rules[0] == rules[1] and plan.seen_shop == plan.wanted_shop else engine.decide(after)
    found = moves.plan(waiting, rules[1], only_equals=plan.wanted_shop.only_equals, before=old, after=new)
    loads = _with_waiting(before.loads, waiting)
    answers = [_answer(process, replace(before, loads=loads), replace(after, loads=loads)) for process in processes]
    return Look(plan._replace(moves=tuple(found)), answers)


def _rules(
    plan: Plan, processes: list[Process], departments: Mapping[int, Department]
) -> tuple[tuple[RuleFacts, ...], tuple[RuleFacts, ...]]:
    """The rules before and after. No query for one process, one for the whole shop."""
    if not plan.process:
        standing = rules_for(process.code for process in processes)
        return standing, standing
    active = {pk for pk, place in departments.items() if place.is_active}
    before, after = (rules_of(plan.process, each, active) for each in (plan.seen, plan.wanted))
    return before, after


def _frame(shop: Shop, rules: tuple[RuleFacts, ...]) -> Problem:
    return Problem(
        works=(), rules=rules, loads={}, switched_on=shop.enabled, strategy=shop.strategy, only_equals=shop.only_equals
    )


def _with_waiting(
    loads: Mapping[int, DepartmentFacts], waiting: Iterable[moves.WaitingTask]
) -> dict[int, DepartmentFacts]:
    """The departments with the tasks that wait there, which the other question leaves out."""
    full = dict(loads)
    for task in waiting:
        if task.department in full:
            place = full[task.department]
            full[task.department] = replace(
                place, open_tasks=place.open_tasks + 1, open_minutes=place.open_minutes + task.row.minutes
            )
    return full


def _answer(process: Process, before: Problem, after: Problem) -> Answer:
    sample = TaskFacts(id="0/order", process=process.code, planned=PIECES, minutes=minutes(process, PIECES))
    old, new = (engine.decide(replace(each, works=(sample,)))[sample.id] for each in (before, after))
    return Answer(process, old, new)
