"""A whole working day is played through the actions, and every invariant is proven; each that is broken is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from paidan.catalog.models import Customer
from paidan.exchange.shop import load_demo, load_shop
from paidan.insight.invariants import problems
from paidan.insight.play import play
from paidan.orders.actions import adding, progress
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import preview_save, save
from paidan.orders.drafts import draft_of
from paidan.orders.models import DispatchDecision, Task, TaskProgress, Workload, WorkOrder
from paidan.orders.models.task import Status
from paidan.orders.planning import Change
from paidan.people.models import Department, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(transactional_db: None) -> None:
    """The demo shop, with its orders in every state."""
    if not User.objects.exists():
        load_demo()


def only(found: list[str], *words: str) -> None:
    """One problem was found, and its sentence names the row."""
    assert len(found) == 1, found
    for word in words:
        assert word in found[0], found


def held() -> Task:
    task = Task.objects.filter(operator__isnull=False, status=Status.IN_PROGRESS).first()
    assert task is not None
    return task


def raw(sql: str, *params: Any) -> None:
    """Past every action, as a person with a database console would."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_the_demo_shop_is_sound(demo: None) -> None:
    assert problems() == []


def test_a_day_with_six_orders_leaves_everything_sound(demo: None) -> None:
    report = play(6, "1")

    assert report.problems == []
    assert report.counts["create"] == 6 and sum(report.outcome.values()) == 6
    assert report.refusals["already_approved"] >= 1 and report.refusals["stale"] >= 1


def test_the_command_prints_nothing_but_json(demo: None) -> None:
    out = StringIO()

    call_command("play_day", orders=1, seed=7, json=True, stdout=out)

    told = json.loads(out.getvalue())
    assert told["orders"] == 1 and told["problems"] == [] and told["timings"]["create"]["count"] == 1


def test_a_day_without_orders_is_a_day_too(demo: None) -> None:
    out = StringIO()

    call_command("play_day", orders=0, json=True, stdout=out)

    assert json.loads(out.getvalue())["counts"] == {}


@pytest.mark.parametrize("orders", ["-1", "2001", "many", "1.5", "", "³"])
def test_an_impossible_number_of_orders_is_refused_in_one_sentence(demo: None, orders: str) -> None:
    with pytest.raises(CommandError, match="whole number from 0 to 2000"):
        call_command("play_day", orders=orders)


def test_nothing_is_written_in_a_real_shop(transactional_db: None) -> None:
    load_shop()
    User.objects.create(username="somebody")

    with pytest.raises(CommandError, match="not the demo shop"):
        call_command("play_day", orders=1)

    assert not WorkOrder.objects.exists() and User.objects.count() == 1


def test_a_day_that_went_wrong_ends_with_status_1(demo: None) -> None:
    Workload.objects.filter(pk=held().operator_id).update(open=7)

    with pytest.raises(SystemExit) as ended:
        call_command("play_day", orders=0, stdout=StringIO())

    assert ended.value.code == 1


def test_a_task_changed_past_the_actions_is_found(demo: None) -> None:
    task = held()

    raw("UPDATE orders_task SET notes = 'x' WHERE id = %s", task.pk)

    only(problems(), str(task.pk), "notes")


def test_a_counter_that_is_off_by_one_is_found(demo: None) -> None:
    task = held()

    raw("UPDATE orders_workload SET open = open + 1 WHERE operator_id = %s", task.operator_id)

    only(problems(), str(task.operator))


def test_a_row_without_history_is_found(demo: None) -> None:
    customer = Customer.objects.order_by("pk")[0]

    customer.history.all().delete()

    only(problems(), str(customer.pk))


def test_a_row_deleted_without_a_word_is_found(demo: None) -> None:
    customer = Customer.objects.create(name="Nobody")

    raw("DELETE FROM catalog_customer WHERE id = %s", customer.pk)

    only(problems(), str(customer.pk))


def test_a_history_that_contradicts_itself_is_found(demo: None) -> None:
    customer = Customer.objects.create(name="Twice")
    customer.history.model.objects.create(
        id=customer.pk, name="Twice", history_type="+", history_date=timezone.now(), is_active=True
    )

    only(problems(), str(customer.pk))


def test_reports_that_do_not_add_up_are_found(demo: None) -> None:
    report = TaskProgress.objects.filter(good__gt=1).first()
    assert report is not None

    raw("UPDATE orders_taskprogress SET good = good - 1 WHERE id = %s", report.pk)

    only(problems(), str(report.task_id), report.task.content)


def test_a_missing_decision_is_found(demo: None) -> None:
    task = held()

    DispatchDecision.objects.filter(task=task).delete()

    only(problems(), str(task.pk), task.content, task.order.number)


def test_progress_that_does_not_follow_from_the_tasks_is_found(demo: None) -> None:
    order = WorkOrder.objects.filter(progress="in_progress").first()
    assert order is not None

    _moved_with_history(order, "progress", "pending")

    only(problems(), order.number)


def test_a_formal_task_of_an_order_that_was_never_approved_is_found(demo: None) -> None:
    task = Task.objects.filter(status=Status.DRAFT).first()
    assert task is not None
    task.status, task.department = Status.PENDING, Department.objects.get(code="printing")
    task.save()

    found = problems()

    assert len(found) == 2  # and no decision was kept
    assert all(str(task.pk) in sentence for sentence in found)


def test_a_draft_on_an_approved_order_is_found(demo: None) -> None:
    task = Task.objects.filter(status=Status.PENDING, operator=None).first()
    assert task is not None
    task.status, task.department = Status.DRAFT, None
    task.save()

    only(problems(), str(task.pk), task.order.number)


@pytest.mark.parametrize(
    "change", [lambda task: {"planned": task.planned + 1}, lambda task: {"priority": 5 - task.priority}]
)
def test_a_task_out_of_step_with_its_order_is_found(demo: None, change: Callable[[Task], dict[str, Any]]) -> None:
    task = Task.objects.filter(status=Status.DRAFT).exclude(priority=2).first()
    assert task is not None
    for name, value in change(task).items():
        setattr(task, name, value)
    task.save()

    only(problems(), task.order.number, task.content)


def test_a_task_that_is_missing_is_found(demo: None) -> None:
    task = Task.objects.filter(status=Status.DRAFT).first()
    assert task is not None
    order, content = task.order.number, task.content
    task.delete()

    only(problems(), order, content)


def test_a_task_left_out_by_hand_is_not_missed(demo: None) -> None:
    task = Task.objects.filter(status=Status.DRAFT).first()
    assert task is not None
    task.step.left_out = [task.key]
    task.step.save()
    task.delete()

    assert problems() == []


def test_pieces_split_off_from_a_begun_task_that_has_too_many_are_no_fault(demo: None) -> None:
    task = _begun()
    order, approver = task.order, User.objects.get(username="approver")
    draft = draft_of(order)
    save(order, replace(draft, print_run=task.planned // 2), by=approver, reason="少要一半")
    part = adding.split(Task.objects.get(pk=task.pk), by=approver, pieces=task.planned // 4)

    plan = preview_save(order, draft_of(WorkOrder.objects.get(pk=order.pk)))

    assert [change.task for change in plan.of(Change.REMOVE)] == [part.pk]
    assert problems() == []


def _begun() -> Task:
    """A task for the whole print run that somebody has begun."""
    free = Task.objects.filter(status=Status.PENDING, key="order", step__process__code="LAM_M", operator=None)
    task = free.filter(planned__gt=100).exclude(step__order__progress="completed").first()
    assert task is not None
    boss = User.objects.get(username="outsourcing1")
    work.claim(task, by=boss)
    task.refresh_from_db()
    # begun past the steps before it, with its history
    task.status, task.started_at = Status.IN_PROGRESS, timezone.now()
    task.save()
    progress.refresh(task.order, by=boss)
    return task


def _moved_with_history(row: Any, field: str, value: Any) -> None:
    """A change whose history is complete, and that is wrong all the same."""
    setattr(row, field, value)
    row.save()
