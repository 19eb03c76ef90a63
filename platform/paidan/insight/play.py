"""Plays a working day of the demo shop through the actions alone, and proves that nothing got lost on the way."""

import time
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import batched
from random import Random

from django.db import connection

from paidan.catalog.models import Product
from paidan.exchange.shop import read
from paidan.insight.invariants import problems
from paidan.insight.play_floor import Floor
from paidan.insight.play_ledger import Ledger
from paidan.insight.play_office import Office
from paidan.orders.actions import order as life
from paidan.orders.models import WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.people.models import User

AT_ONCE = 20
"""Orders that are worked on together; the next ones start when these are done, so that a long day stays linear."""
NOON = 4
"""The round after which everything is proven while half of the work is still open."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a played day came to. Times in milliseconds, by verb; `outcome` counts the day's own orders."""

    orders: int
    seed: str
    database: str
    counts: dict[str, int]
    refusals: dict[str, int]
    timings: dict[str, dict[str, float]]
    outcome: dict[str, int]
    seconds: float
    problems: list[str]

    def as_dict(self) -> dict[str, object]:
        """The report for a program."""
        return asdict(self)


def strangers() -> list[str]:
    """Which of the demo shop's people and products this database lacks; empty when the day can be played."""
    demo = read("demo")
    people = {row["username"] for row in demo["people"]}
    products = set(demo["tooling_of"])
    people -= set(User.objects.filter(username__in=people, is_active=True).values_list("username", flat=True))
    products -= set(Product.objects.filter(code__in=products).values_list("code", flat=True))
    return sorted(people | products)


def play(orders: int, seed: str) -> Report:
    """Let the demo shop work through so many new orders; the same seed makes the same day, but for who wins a race."""
    began = time.perf_counter()
    ledger, chance = Ledger(), Random(seed)
    office = Office(ledger, chance)
    floor = Floor(ledger, chance, office.approver)
    outcome: Counter[str] = Counter()
    for wave, some in enumerate(batched(range(orders), AT_ONCE, strict=False)):
        outcome += _morning_to_evening(office, floor, len(some), look_at_noon=wave == 0)
    found = [*ledger.problems, *problems()]
    return Report(
        orders=orders,
        seed=seed,
        database=connection.vendor,
        counts=dict(sorted(ledger.done.items())),
        refusals=dict(sorted(ledger.refused.items())),
        timings=ledger.timings,
        outcome=dict(sorted(outcome.items())),
        seconds=round(time.perf_counter() - began, 2),
        problems=found,
    )


def _morning_to_evening(office: Office, floor: Floor, count: int, *, look_at_noon: bool) -> Counter[str]:
    written = [order for order in (office.write() for _place in range(count)) if order]
    for order in written:
        office.revise(order)
        office.edit_tasks(order)
    kept = [order for order in written if not office.often(0.05)]
    for order in written:
        office.hand_in(order) if order in kept else office.drop(order)
    for order in kept:
        office.approve(order)
    approved = list(WorkOrder.objects.filter(pk__in=[order.pk for order in kept], approval=Approval.APPROVED))
    _work(office, floor, sorted(approved, key=lambda order: order.pk), look_at_noon=look_at_noon)
    ends = WorkOrder.objects.filter(pk__in=[order.pk for order in written]).values_list("progress", flat=True)
    return Counter(ends) + Counter(deleted=len(written) - len(kept))


def _work(office: Office, floor: Floor, orders: list[WorkOrder], *, look_at_noon: bool) -> None:
    """Rounds, until every order is done or nothing moves any more; once everything is looked at half-way."""
    floor.round(orders)  # before the material is in
    floor.prepare(orders)
    rounds = 0
    while True:
        rounds += 1
        going = list(WorkOrder.objects.filter(pk__in=[order.pk for order in orders]).order_by("pk"))
        going = [order for order in going if order.progress not in (Progress.COMPLETED, Progress.CANCELLED)]
        moved = floor.round(going)
        if rounds == 2:
            floor.confirm(going)
        if rounds > 2 and not moved:
            return
        if rounds < NOON * 2:
            _interrupt(office, floor, going)
        if rounds == NOON and look_at_noon:
            office.ledger.problems += [f"at noon: {problem}" for problem in problems()]


def _interrupt(office: Office, floor: Floor, orders: list[WorkOrder]) -> None:
    """What comes between: a pause, a change after approval, a customer who cancels."""
    for order in orders:
        if office.often(0.06):
            floor.hold(order)
        if office.often(0.12) and not _is_over(order):
            office.change_approved(order)
        if office.often(0.01) and not _is_over(order):
            office.ledger.ask("cancel_order", life.cancel, order, by=office.approver, reason="客户取消")


def _is_over(order: WorkOrder) -> bool:
    order.refresh_from_db()
    return order.progress in (Progress.COMPLETED, Progress.CANCELLED)
