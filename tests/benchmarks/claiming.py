"""Claiming: how many statements, and whether it is right under many hands."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from django.db import connections

from paidan.errors import Refused
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.models import Task, Workload
from paidan.orders.models.task import OPEN, Status
from paidan.people.models import User
from tests.benchmarks.figures import Row, counted, row, timed
from tests.benchmarks.shop import Shop, hire

HANDS = 50
TRIES = 200
MOST_STATEMENTS = 12


def rows(shop: Shop) -> list[Row]:
    """All figures of this file."""
    pool = _pool(shop, TRIES + 21)
    return [_one_claim(pool[:20]), _many_hands(pool[20]), _greedy(pool[21:])]


def _pool(shop: Shop, wanted: int) -> list[Task]:
    """So many tasks in the pool of printing."""
    while Task.objects.filter(status=Status.PENDING, operator=None, department__code="printing").count() < wanted:
        order = life.submit(save(None, shop.draft(100), by=shop.maker), by=shop.maker)
        life.approve(order, by=shop.approver)
    free = Task.objects.filter(status=Status.PENDING, operator=None, department__code="printing")
    return list(free.order_by("-pk")[:wanted])


def _one_claim(tasks: Sequence[Task]) -> Row:
    operators = [hire(department="printing") for _place in range(2)]
    taken, most = [], 0
    for place, task in enumerate(tasks):
        with counted() as statements:
            milliseconds, _claim = timed(lambda place=place, task=task: work.claim(task, by=operators[place % 2]))
        if place > 1:  # the first claim of each makes the counter row
            taken.append(milliseconds)
            most = max(most, statements.count)
    must = f"≤ {MOST_STATEMENTS} statements"
    return row("claim a task", median(taken), queries=most, must=must, ok=most <= MOST_STATEMENTS)


def _many_hands(task: Task) -> Row:
    """Fifty people at the same moment: one has it, and forty-nine are told who."""
    operators = [hire(department="printing") for _place in range(HANDS)]
    outcomes, slowest = _together([lambda who=who: work.claim(task, by=who) for who in operators])
    counts = Counter(outcome if isinstance(outcome, str) else "won" for outcome in outcomes)
    holder = Task.objects.get(pk=task.pk).operator_id
    ok = counts == {"won": 1, "already_taken": HANDS - 1} and holder in {who.pk for who in operators}
    return row(f"{HANDS} claims of one task, slowest", slowest, must=f"1 wins, {HANDS - 1} are refused", ok=ok)


def _greedy(tasks: Sequence[Task]) -> Row:
    """One person tries two hundred tasks from fifty places and holds exactly the limit."""
    who = hire(department="printing")
    shares = [tasks[place:TRIES:HANDS] for place in range(HANDS)]
    outcomes, _slowest = _together([lambda share=share: [_try(task, who) for task in share] for share in shares])
    counts = Counter(outcome for many in outcomes for outcome in many)
    held = Task.objects.filter(operator=who, status__in=OPEN).count()
    counter = Workload.objects.get(pk=who.pk)
    ok = held == counter.open == counter.limit == counts["won"] == 10 and counts["limit_reached"] == TRIES - 10
    return row(f"{TRIES} claims of one person, held", held, "tasks", must="exactly 10", ok=ok)


def _try(task: Task, who: User) -> str:
    try:
        work.claim(task, by=who)
    except Refused as refusal:
        return refusal.code
    return "won"


def _together(acts: Sequence[Callable[[], Any]]) -> tuple[list[Any], float]:
    """Every act in a thread of its own, all begun at once; refusals by their code, and the slowest time."""
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)
    times = [0.0] * len(acts)

    def run(place: int) -> None:
        try:
            start.wait(30)
            times[place], outcomes[place] = timed(lambda: _code_or_outcome(acts[place]))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes, max(times)


def _code_or_outcome(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Refused as refusal:
        return refusal.code
    except Exception as problem:  # counted as an answer of its own, so that the row is not ok
        return f"{type(problem).__name__}: {problem}"
