"""What happens when many do the same at the same moment: real threads, real transactions, both databases."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from paidan.errors import Refused
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.actions.workload import reconcile
from paidan.orders.drafts import OrderDraft, draft_of
from paidan.orders.models import DispatchDecision, Task, Workload, WorkOrder
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, Shop, assert_history_complete, reload, tasks_of, together

pytestmark = pytest.mark.django_db(transaction=True)


def refusals(answers: list[Any]) -> list[str]:
    return [answer.code for answer in answers if isinstance(answer, Refused)]


def holds(person: User) -> tuple[int, int]:
    """What the counter says, and what is true."""
    return Workload.objects.get(operator=person).open, Task.objects.filter(operator=person, status="pending").count()


def test_of_50_simultaneous_claims_exactly_one_wins(pooled_task: Task, hire: Hire) -> None:
    """CONS-01."""
    people = [hire(f"ann{n}") for n in range(50)]

    answers = together([lambda who=who: work.claim(pooled_task, by=who) for who in people])

    winner = reload(pooled_task).operator
    assert [answer.task.operator for answer in answers if isinstance(answer, work.Claim)] == [winner]
    assert refusals(answers) == ["already_taken"] * 49
    assert all(winner.name in str(answer) for answer in answers if isinstance(answer, Refused))
    assert dict(Workload.objects.exclude(open=0).values_list("operator", "open")) == {winner.pk: 1}
    assert_history_complete("orders")


def test_200_tries_of_one_operator_end_with_exactly_ten_tasks(approved: MakeOrder, hire: Hire) -> None:
    """OP-05."""
    ann = hire("ann", post=("packaging", "operator"))
    tasks = tasks_of(approved("PACK", lines=60))

    def ten_tries(first: int) -> list[str]:
        codes = []
        for n in range(10):
            try:
                work.claim(tasks[(first + n * 7) % 60], by=ann)
            except Refused as refusal:
                codes.append(refusal.code)
        return codes

    answers = together([lambda n=n: ten_tries(n * 3) for n in range(20)])

    assert holds(ann) == (10, 10)
    assert {code for codes in answers for code in codes} == {"limit_reached"}
    assert_history_complete("orders")


def test_two_approvals_at_once_make_one_set_of_tasks(submitted: MakeOrder, hire: Hire) -> None:
    order = submitted("VAN", "PACK", lines=10)
    bosses = [hire("abel", role="approver"), hire("eva", role="approver")]

    answers = together([lambda who=who: life.approve(order, by=who) for who in bosses])

    assert refusals(answers) == ["already_approved"]
    [refusal] = [answer for answer in answers if isinstance(answer, Refused)]
    assert reload(order).approved_by.name in str(refusal)
    assert Counter(task.status for task in tasks_of(order)) == {"pending": 11}
    assert DispatchDecision.objects.count() == 11
    assert order.approvals.filter(act="approved").count() == 1
    assert_history_complete("orders")


def test_of_two_saves_of_the_same_version_one_is_stale(created: MakeOrder, maker: User) -> None:
    order = created("VAN", "PACK")
    drafts = [replace(draft_of(order), notes=notes, print_run=run) for notes, run in (("甲", 2000), ("乙", 3000))]

    answers = together([lambda draft=draft: save(order, draft, by=maker, version=1) for draft in drafts])

    assert refusals(answers) == ["stale"]
    [won] = [answer for answer in answers if isinstance(answer, WorkOrder)]
    assert (reload(order).notes, reload(order).version) == (won.notes, 2)
    assert tasks_of(order, "VAN")[0].planned == won.print_run
    assert_history_complete("orders")


def test_20_orders_at_once_get_20_numbers_without_a_gap(draft_order: Callable[..., OrderDraft], maker: User) -> None:
    drafts = [draft_order("VAN") for _n in range(20)]

    orders = together([lambda draft=draft: save(None, draft, by=maker) for draft in drafts])

    month = timezone.localdate().strftime("%Y%m")
    assert sorted(order.number for order in orders) == [f"{month}{n:04d}" for n in range(1, 21)]
    assert Task.objects.count() == 20


def test_of_two_reports_on_the_same_version_one_is_stale(pooled_task: Task, hire: Hire) -> None:
    ann = hire("ann")
    version = work.claim(pooled_task, by=ann).task.version

    answers = together([lambda: work.report(pooled_task, by=ann, good=100, version=version)] * 2)

    assert refusals(answers) == ["stale"]
    assert (reload(pooled_task).good, pooled_task.reports.count()) == (100, 1)
    assert_history_complete("orders")


def test_reports_without_a_version_add_up(pooled_task: Task, hire: Hire) -> None:
    ann = hire("ann")
    work.claim(pooled_task, by=ann)

    answers = together([lambda: work.report(pooled_task, by=ann, good=100)] * 12)

    task = reload(pooled_task)
    assert refusals(answers) == ["is_completed"] * 2
    assert (task.good, task.status, task.reports.count()) == (1000, "completed", 10)
    assert Workload.objects.get(operator=ann).open == 0


def test_simultaneous_assignments_never_pass_the_limit(approved: MakeOrder, approver: User, hire: Hire) -> None:
    ann, ben = (hire(name, post=("packaging", "operator")) for name in ("ann", "ben"))
    orders = [approved("PACK", lines=4) for _n in range(6)]
    tasks = [task for order in orders for task in tasks_of(order)]
    for n, task in enumerate(tasks[:18]):
        work.assign(task, by=approver, to=(ann, ben)[n % 2])

    answers = together(
        [
            lambda n=n, task=task: work.assign(task, by=approver, to=(ann, ben)[n % 2])
            for n, task in enumerate(tasks[18:])
        ]
    )

    assert refusals(answers) == ["limit_reached"] * 4
    assert (holds(ann), holds(ben)) == ((10, 10), (10, 10))
    assert_history_complete("orders")


def test_two_who_swap_tasks_do_not_lock_each_other_out(approved: MakeOrder, approver: User, hire: Hire) -> None:
    ann, ben = hire("ann"), hire("ben")
    mine, yours = (tasks_of(approved("VAN"))[0] for _n in range(2))
    work.assign(mine, by=approver, to=ann)
    work.assign(yours, by=approver, to=ben)

    for _round in range(15):
        together([lambda: work.assign(mine, by=approver, to=ben), lambda: work.assign(yours, by=approver, to=ann)])
        together([lambda: work.assign(mine, by=approver, to=ann), lambda: work.assign(yours, by=approver, to=ben)])

    assert (reload(mine).operator, reload(yours).operator) == (ann, ben)
    assert (holds(ann), holds(ben)) == ((1, 1), (1, 1))


def test_orders_cancelled_at_once_do_not_lock_each_other_out(approved: MakeOrder, approver: User, hire: Hire) -> None:
    people = [hire(name, post=("packaging", "operator")) for name in ("ann", "ben", "cat")]
    orders = [approved("PACK", lines=6) for _n in range(4)]
    for start, order in enumerate(orders):
        for n, task in enumerate(tasks_of(order)):
            work.assign(task, by=approver, to=people[(start + n) % 3])

    answers = together([lambda order=order: life.cancel(order, by=approver, reason="停电") for order in orders])

    assert refusals(answers) == []
    assert [holds(who) for who in people] == [(0, 0)] * 3
    assert reconcile() == []


def test_a_claim_and_the_cancelling_of_its_order_leave_nothing_half_done(
    approved: MakeOrder, approver: User, hire: Hire
) -> None:
    ann = hire("ann")
    for _round in range(10):
        order = approved("VAN")
        [task] = tasks_of(order)

        answers = together([
            lambda task=task: work.claim(task, by=ann),
            lambda order=order: life.cancel(order, by=approver, reason="停电"),
        ])  # fmt: skip

        assert refusals(answers) in ([], ["order_cancelled"])
        assert (reload(order).progress, reload(task).status) == ("cancelled", "cancelled")
        assert Task.objects.filter(operator=ann, status="pending").count() == 0
    assert reconcile() == []
    assert_history_complete("orders")


def test_an_approval_and_a_withdrawal_at_once_end_in_one_of_both(
    submitted: MakeOrder, maker: User, approver: User
) -> None:
    for _round in range(8):
        order = submitted("VAN")

        answers = together([
            lambda order=order: life.approve(order, by=approver),
            lambda order=order: life.withdraw(order, by=maker),
        ])  # fmt: skip

        ended = (reload(order).approval, tasks_of(order)[0].status, *refusals(answers))
        assert ended in (("approved", "pending", "already_approved"), ("draft", "draft", "is_draft"))


def test_the_last_two_tasks_completed_at_once_complete_the_order(approved: MakeOrder, hire: Hire, shop: Shop) -> None:
    ann, ben = (hire(name, post=("packaging", "operator")) for name in ("ann", "ben"))
    for _round in range(5):
        order = approved("PACK", lines=2)
        first, second = tasks_of(order)
        work.claim(first, by=ann)
        work.claim(second, by=ben)

        together([
            lambda first=first: work.complete(first, by=ann),
            lambda second=second: work.complete(second, by=ben),
        ])  # fmt: skip

        assert reload(order).progress == "completed"
