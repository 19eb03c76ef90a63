"""The eight ways in which a changed order usually ruins its tasks, and that none of them happens here."""

from dataclasses import replace

import pytest

from paidan.orders.actions import bulk
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.drafts import OrderDraft, StepDraft, draft_of
from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, Shop, assert_history_complete, refuses, reload, tasks_of, together


def without(order: WorkOrder, code: str) -> OrderDraft:
    refs = set(OrderStep.objects.filter(order=order, process__code=code).values_list("ref", flat=True))
    draft = draft_of(order)
    return replace(draft, steps=tuple(step for step in draft.steps if step.ref not in refs))


def with_step(order: WorkOrder, shop: Shop, code: str, sequence: int = 0) -> OrderDraft:
    draft = draft_of(order)
    return replace(draft, steps=(*draft.steps, StepDraft(process_id=shop.process(code).pk, sequence=sequence)))


@pytest.mark.parametrize("state", ["created", "approved"])
def test_a_removed_step_does_not_leave_its_task(
    state: str, created: MakeOrder, approved: MakeOrder, approver: User
) -> None:
    """CONS-02."""
    order = {"created": created, "approved": approved}[state]("VAN", "LAM_M", "PACK")

    save(order, without(order, "LAM_M"), by=approver, reason="不覆膜")

    assert [task.step.process.code for task in tasks_of(order)] == ["VAN", "PACK"]
    assert_history_complete("orders")


@pytest.mark.parametrize("state", ["created", "approved"])
def test_an_added_step_does_not_duplicate_existing_tasks(
    state: str, created: MakeOrder, approved: MakeOrder, approver: User, shop: Shop
) -> None:
    """CONS-02."""
    order = {"created": created, "approved": approved}[state]("VAN", "PACK", lines=3)
    before = {task.pk for task in tasks_of(order)}

    save(order, with_step(order, shop, "LAM_M"), by=approver, reason="要覆膜")

    after = tasks_of(order)
    assert before < {task.pk for task in after}
    assert [task.step.process.code for task in after] == ["VAN", "LAM_M", "PACK", "PACK", "PACK"]


def test_a_resync_does_not_lose_the_planned_assignment(
    approved: MakeOrder, approver: User, hire: Hire, shop: Shop
) -> None:
    order, ann = approved("VAN", "PACK"), hire("ann", post=("packaging", "operator"))
    van, pack = tasks_of(order)
    work.assign(van, by=approver, department=shop.department("production"))
    work.assign(pack, by=approver, to=ann)

    save(order, replace(with_step(order, shop, "LAM_M"), print_run=2000, priority=4), by=approver, reason="加急")

    assert (reload(van).department.code, reload(van).planned) == ("production", 2000)
    assert (reload(pack).operator, reload(pack).department.code) == (ann, "packaging")


def test_a_resync_does_not_lose_the_order_of_steps(created: MakeOrder, maker: User, shop: Shop) -> None:
    order = created("VAN", "LAM_M", "PACK")
    tasks = {task.step.process.code: task.pk for task in tasks_of(order)}
    draft = draft_of(order)
    places = {shop.process(code).pk: place for code, place in (("LAM_M", 10), ("VAN", 20), ("PACK", 30))}
    moved = tuple(replace(step, sequence=places[step.process_id]) for step in draft.steps)

    save(order, replace(draft, steps=moved), by=maker)
    save(order, with_step(order, shop, "UV", sequence=15), by=maker)

    after = tasks_of(order)
    assert [task.step.process.code for task in after] == ["LAM_M", "UV", "VAN", "PACK"]
    assert {task.step.process.code: task.pk for task in after if task.step.process.code != "UV"} == tasks


@pytest.mark.parametrize("how", ["completed", "reported"])
def test_a_resync_does_not_delete_finished_work(how: str, approved: MakeOrder, approver: User, hire: Hire) -> None:
    order, ann = approved("VAN", "PACK"), hire("ann")
    van = tasks_of(order)[0]
    work.claim(van, by=ann)
    if how == "completed":
        work.complete(van, by=ann)
    else:
        work.report(van, by=ann, good=1)
        work.release(van, by=ann)

    with refuses("task_started") as refusal:
        save(order, without(order, "VAN"), by=approver, reason="不过油")
    save(order, replace(draft_of(order), print_run=500), by=approver, reason="减量")

    assert van.content in str(refusal.value)
    assert reload(van).planned == 1000
    assert van.reports.count() == 1


@pytest.mark.parametrize("state", ["created", "approved"])
def test_a_changed_quantity_does_not_stay_unseen(
    state: str, created: MakeOrder, approved: MakeOrder, approver: User
) -> None:
    """TASK-03."""
    order = {"created": created, "approved": approved}[state]("VAN", "PACK")
    draft = draft_of(order)

    save(
        order,
        replace(draft, print_run=1500, lines=(replace(draft.lines[0], quantity=1400),)),
        by=approver,
        reason="加量",
    )

    van, pack = tasks_of(order)
    assert (van.planned, pack.planned) == (1500, 1400)
    assert van.minutes == van.step.process.setup_minutes + round(1500 * van.step.process.minutes_per_thousand / 1000)
    assert_history_complete("orders")


def test_a_changed_quantity_does_not_stay_unseen_when_work_has_started(
    approved: MakeOrder, approver: User, hire: Hire
) -> None:
    order, ann = approved("VAN"), hire("ann")
    [van] = tasks_of(order)
    work.claim(van, by=ann)
    work.report(van, by=ann, good=10)

    save(order, replace(draft_of(order), print_run=1500), by=approver, reason="加量")

    assert [(task.key, task.planned, task.status) for task in tasks_of(order)] == [
        ("order", 1000, "in_progress"), ("order#2", 500, "pending"),
    ]  # fmt: skip


def test_a_resync_does_not_lose_the_log_of_a_task(approved: MakeOrder, approver: User, hire: Hire, shop: Shop) -> None:
    order, ann = approved("VAN", "PACK"), hire("ann")
    van = tasks_of(order)[0]
    work.claim(van, by=ann)
    work.report(van, by=ann, good=10, note="首件")
    log = list(Task.history.filter(id=van.pk).order_by("history_id").values_list("pk", flat=True))

    save(order, replace(with_step(order, shop, "UV"), priority=4), by=approver, reason="加急")

    kept = list(Task.history.filter(id=van.pk).order_by("history_id").values_list("pk", flat=True))
    assert kept[: len(log)] == log
    assert van.reports.get().note == "首件"
    assert van.decisions.count() == 1


def test_a_rejection_and_a_new_submission_do_not_lose_what_was_left_out(
    created: MakeOrder, maker: User, approver: User
) -> None:
    order = created("PACK", lines=3)
    bulk.delete_drafts([tasks_of(order)[0].pk], by=maker)
    life.reject(life.submit(order, by=maker), by=approver, reason="数量不对")

    life.submit(order, by=maker)

    assert [task.key for task in tasks_of(order)] == ["line:2", "line:3"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_concurrent_edits_do_not_double_the_tasks(guarded: bool, created: MakeOrder, maker: User, shop: Shop) -> None:
    """CONS-02."""
    order = created("VAN", "PACK", lines=5)
    draft = replace(with_step(order, shop, "LAM_M"), print_run=2000)
    version = order.version if guarded else None

    together([lambda: save(order, draft, by=maker, version=version)] * 6)

    after = tasks_of(order)
    assert [task.step.process.code for task in after] == ["VAN", "LAM_M", *["PACK"] * 5]
    assert len({(task.step_id, task.key) for task in after}) == 7
    assert [after[0].planned, after[1].planned] == [2000, 2000]
    assert_history_complete("orders")
