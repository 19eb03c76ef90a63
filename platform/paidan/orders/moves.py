"""Which waiting tasks other rules would send elsewhere: facts and a plan; `actions.redispatching` carries it out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from paidan.contracts import TaskFacts
from paidan.dispatch import engine
from paidan.dispatch.facts import Decision, Problem, RuleFacts
from paidan.orders import works
from paidan.orders.access import assignable
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Progress
from paidan.orders.models.task import Status
from paidan.people.models import User

LIVE = (Progress.PENDING, Progress.IN_PROGRESS)


class WaitingTask(NamedTuple):
    """A task that nobody holds and nobody began: where it waits may still change."""

    version: int
    department: int | None
    order: int
    number: str
    row: works.TaskRow

    @property
    def name(self) -> str:
        """What dispatch calls it among the tasks of many orders."""
        return f"{self.order}:{self.row.name}"

    def facts(self, today: date) -> TaskFacts:
        """The task as dispatch sees it."""
        return self.row.facts(today, order=self.number, name=self.name)


class Move(NamedTuple):
    """One waiting task, as it was when it was looked at, and the decision that would send it elsewhere, or nowhere."""

    task: int
    version: int
    source: int | None
    number: str
    content: str
    decision: Decision

    @property
    def target(self) -> int | None:
        """Where it goes."""
        return self.decision.department


def waiting(user: User, process: int | None = None) -> "QuerySet[Task]":
    """The tasks that this person may send elsewhere: pending, in nobody's hands, never begun, of a live order."""
    free = Task.objects.all().visible_to(user).filter(
        assignable(user), status=Status.PENDING, operator=None, started_at=None, good=0, waste=0,
        step__order__progress__in=LIVE,
    )  # fmt: skip
    return free.filter(step__process=process) if process else free


def rows(tasks: "QuerySet[Task]") -> list[WaitingTask]:
    """These tasks as facts, in the order in which they are decided: urgent and early ones first. One query."""
    where = ("version", "department_id", "step__order_id", "step__order__number")
    found = tasks.order_by("-priority", "due", "pk").values_list(*where, *works.COLUMNS)
    return [
        WaitingTask(version, department, order, number, works.TaskRow(*row))
        for version, department, order, number, *row in found
    ]


def problems(
    tasks: "QuerySet[Task]", found: Sequence[WaitingTask], before: Problem, after: Problem
) -> tuple[Problem, Problem]:
    """What decides about these tasks by the old and by the new rules, as if none of them waited anywhere yet.

    Three queries, and more for facts that strategies read. What the two share is read once for both.
    """
    reads = engine.reads(before.strategy, before.rules) | engine.reads(after.strategy, after.rules)
    places = works.departments({rule.department for rule in (*before.rules, *after.rules)}, reads, without=tasks)
    today = timezone.localdate()
    facts: Sequence[TaskFacts] = [task.facts(today) for task in found]
    if {"setup", "after"} & reads:
        orders = WorkOrder.objects.filter(pk__in={task.order for task in found})
        facts = works.told(facts, {str(row.pk): row for row in orders}, reads)
    before, after = (replace(each, works=tuple(facts), loads=places) for each in (before, after))
    return before, after


def plan(
    tasks: Sequence[WaitingTask], rules: Sequence[RuleFacts], *, only_equals: bool,
    before: Mapping[str, Decision], after: Mapping[str, Decision],
) -> list[Move]:  # fmt: skip
    """The tasks that new rules would send elsewhere. Pure.

    A task moves when the new rules would not send it where it waits at all, or when they decide otherwise than the old
    ones do; that the load has shifted since it was dispatched moves nothing. With the switch off nothing moves.
    """
    offers = offered(rules, only_equals)
    moves = []
    for task in tasks:
        decision, row = after[task.name], task.row
        if decision.department == task.department or decision.reason == "switched_off":
            continue
        stands = task.department in offers.get(row.process, ())
        if not stands or decision.department != before[task.name].department:
            moves.append(Move(row.pk, task.version, task.department, task.number, row.content, decision))
    return moves


def offered(rules: Sequence[RuleFacts], only_equals: bool) -> dict[str, set[int]]:
    """The departments that the rules would send tasks of each process to."""
    usable: dict[str, list[RuleFacts]] = {}
    for rule in rules:
        if rule.enabled and rule.department_active:
            usable.setdefault(rule.process, []).append(rule)
    best = {process: min(rule.priority for rule in mine) for process, mine in usable.items()}
    return {
        process: {rule.department for rule in mine if not only_equals or rule.priority == best[process]}
        for process, mine in usable.items()
    }
