"""An order's life, from the first draft to the last piece."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from paidan.catalog.actions import confirm
from paidan.catalog.models import Tooling
from paidan.errors import Refused
from paidan.notices.models import Kind, Notification
from paidan.orders.actions import adding, bulk
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import preview_save, save
from paidan.orders.drafts import LineDraft, OrderDraft, StepDraft, ToolingDraft, draft_of
from paidan.orders.models import ApprovalEntry, OrderMaterial, OrderStep, Task, Workload, WorkOrder
from paidan.people.models import User
from tests.conftest import (
    Hire,
    MakeOrder,
    Shop,
    assert_history_complete,
    refuses,
    reload,
    snapshot,
    tasks_of,
    unchanged,
)

type Draft = Callable[..., OrderDraft]


def states(order: WorkOrder) -> list[tuple[str, str, int]]:
    return [(task.step.process.code, task.status, task.planned) for task in tasks_of(order)]


def told(person: User) -> list[str]:
    return list(Notification.objects.filter(recipient=person).order_by("pk").values_list("kind", flat=True))


def dropped(order: WorkOrder, code: str) -> OrderDraft:
    """The order without its steps of this process."""
    draft = draft_of(order)
    ids = set(OrderStep.objects.filter(order=order, process__code=code).values_list("ref", flat=True))
    return replace(draft, steps=tuple(step for step in draft.steps if step.ref not in ids))


def added(order: WorkOrder, shop: Shop, *codes: str) -> OrderDraft:
    """The order with these processes more."""
    draft = draft_of(order)
    return replace(draft, steps=(*draft.steps, *(StepDraft(process_id=shop.process(code).pk) for code in codes)))


# --- drafts ---------------------------------------------------------------------------------------
def test_creating_an_order_makes_every_task_as_a_draft_at_once(created: MakeOrder) -> None:
    """TASK-01, TASK-02."""
    order = created()

    assert (order.approval, order.progress, order.version) == ("draft", "pending", 1)
    assert states(order) == [
        ("CTP", "draft", 1), ("CTP", "draft", 1), ("CUT", "draft", 260), ("PRT", "draft", 1000),
        ("LAM_M", "draft", 1000), ("DIE", "draft", 1000), ("PACK", "draft", 1000),
    ]  # fmt: skip
    assert {(task.department, task.operator) for task in tasks_of(order)} == {(None, None)}
    assert order.total_amount == Decimal("3200.00")
    assert_history_complete()


def test_plate_making_comes_by_itself_when_there_is_tooling(created: MakeOrder) -> None:
    with_tooling, without = created("PRT"), created("VAN")

    assert [task.step.process.code for task in tasks_of(with_tooling)] == ["CTP", "PRT"]
    assert [task.step.process.code for task in tasks_of(without)] == ["VAN"]


def test_order_numbers_run_on_within_the_month(created: MakeOrder) -> None:
    month = timezone.localdate().strftime("%Y%m")

    numbers = [created("VAN").number for _n in range(3)]

    assert numbers == [f"{month}0001", f"{month}0002", f"{month}0003"]


def test_a_running_number_that_somebody_brought_along_is_passed_over(created: MakeOrder) -> None:
    month = timezone.localdate().strftime("%Y%m")
    created("VAN", number=f"{month}0001")

    assert created("VAN").number == f"{month}0002"


@pytest.mark.parametrize("wrong", ["print_run", "line", "due", "number", "tooling"])
def test_an_order_that_cannot_be_is_refused_in_words(
    wrong: str, draft_order: Draft, created: MakeOrder, maker: User, product: Any, tooling: Callable[..., Tooling]
) -> None:
    taken, die = created("VAN"), tooling("die")
    changes: dict[str, Any] = {
        "print_run": {"print_run": 0},
        "line": {"lines": (LineDraft(product_id=product.pk, quantity=0),)},
        "due": {"due_date": timezone.localdate() - timedelta(days=1)},
        "number": {"number": taken.number},
        "tooling": {"toolings": (ToolingDraft(tooling_id=die.pk), ToolingDraft(tooling_id=die.pk))},
    }[wrong]
    draft = replace(draft_order("VAN"), **changes)

    with unchanged(), pytest.raises(Refused):
        save(None, draft, by=maker)


def test_editing_shows_a_plan_and_applies_exactly_that(created: MakeOrder, shop: Shop, maker: User) -> None:
    """TASK-03, TASK-04."""
    order = created("VAN", "PACK")
    draft = replace(added(order, shop, "LAM_M"), print_run=2000)

    with unchanged():
        shown = preview_save(order, draft)
    saved = save(order, draft, by=maker, version=order.version, fingerprint=shown.fingerprint)

    assert [(change.kind.value, change.key) for change in shown.changes] == [
        ("change", "order"), ("add", "order"), ("keep", "line:1"),
    ]  # fmt: skip
    assert states(saved) == [("VAN", "draft", 2000), ("LAM_M", "draft", 2000), ("PACK", "draft", 1000)]
    assert saved.version == 2
    assert_history_complete()


def test_a_plan_that_was_shown_is_stale_when_a_task_moved(created: MakeOrder, maker: User) -> None:
    order = created("VAN")
    draft = replace(draft_of(order), print_run=2000)
    shown = preview_save(order, draft)
    bulk.edit_drafts({tasks_of(order)[0].pk: {"notes": "先打样"}}, by=maker)

    with refuses("stale") as refusal:
        save(order, draft, by=maker, fingerprint=shown.fingerprint)

    assert refusal.value.detail["moved"] == ["tasks"]


def test_a_save_over_a_newer_version_is_stale(created: MakeOrder, maker: User) -> None:
    order = created("VAN")
    save(order, replace(draft_of(order), notes="先"), by=maker)

    with refuses("stale"):
        save(order, replace(draft_of(order), notes="后"), by=maker, version=order.version)


def test_saving_an_order_as_it_is_changes_no_task(created: MakeOrder, maker: User) -> None:
    order = created()
    before = snapshot("orders")["orders.Task"]

    save(order, draft_of(order), by=maker)

    assert snapshot("orders")["orders.Task"] == before


def test_drafts_edited_together_keep_their_edits_when_the_order_changes(created: MakeOrder, maker: User) -> None:
    """AUTH-04, CONS-03."""
    order = created("PACK", lines=3)
    first, second, third = tasks_of(order)

    bulk.edit_drafts({first.pk: {"planned": 990, "priority": 4}, second.pk: {"notes": "加垫板"}}, by=maker)
    save(order, replace(draft_of(order), priority=3), by=maker)

    rows = [reload(task) for task in (first, second, third)]
    assert [(row.planned, row.priority, row.notes) for row in rows] == [
        (990, 4, ""),
        (1000, 3, "加垫板"),
        (1000, 3, ""),
    ]
    assert rows[0].edited_fields == ["planned", "priority"]
    assert_history_complete()


def test_editing_drafts_together_is_all_or_none(created: MakeOrder, maker: User) -> None:
    """CONS-03."""
    first, second = tasks_of(created("PACK", lines=2))

    with refuses("bad_value") as refusal:
        bulk.edit_drafts({first.pk: {"planned": 5}, second.pk: {"planned": 0}}, by=maker)

    assert second.content in str(refusal.value)


def test_only_drafts_can_be_edited_or_deleted_together(pooled_task: Task, maker: User) -> None:
    with refuses("not_draft"):
        bulk.edit_drafts({pooled_task.pk: {"planned": 5}}, by=maker)
    with refuses("not_draft"):
        bulk.delete_drafts([pooled_task.pk], by=maker)


def test_a_draft_that_is_gone_spoils_the_whole_deletion(created: MakeOrder, maker: User) -> None:
    first, second = tasks_of(created("PACK", lines=2))
    bulk.delete_drafts([first.pk], by=maker)

    with refuses("gone"):
        bulk.delete_drafts([first.pk, second.pk], by=maker)


def test_drafts_of_a_submitted_order_cannot_be_edited(submitted: MakeOrder, maker: User) -> None:
    order = submitted("VAN")

    with refuses("submitted") as refusal:
        bulk.edit_drafts({tasks_of(order)[0].pk: {"planned": 5}}, by=maker)

    assert order.number in str(refusal.value)


def test_deleted_drafts_stay_out_until_they_are_restored(created: MakeOrder, maker: User) -> None:
    order = created("PACK", lines=3)
    first, second, _third = tasks_of(order)

    bulk.delete_drafts([first.pk, second.pk], by=maker)
    save(order, replace(draft_of(order), print_run=2000), by=maker)
    assert [task.key for task in tasks_of(order)] == ["line:3"]
    bulk.restore_drafts(order, by=maker)

    assert sorted(task.key for task in tasks_of(order)) == ["line:1", "line:2", "line:3"]
    assert_history_complete()


def test_nothing_is_restored_when_nothing_was_deleted(created: MakeOrder, maker: User) -> None:
    order = created("VAN")

    with refuses("nothing_left_out"):
        bulk.restore_drafts(order, by=maker)


def test_a_task_added_by_hand_is_a_draft_before_approval_and_survives_a_save(created: MakeOrder, maker: User) -> None:
    """WO-05."""
    order = created("VAN")

    extra = adding.add(order.steps.get(), by=maker, content=" 打样 ", planned=5, priority=4)
    save(order, replace(draft_of(order), print_run=2000), by=maker)

    extra = reload(extra)
    assert (extra.content, extra.status, extra.planned, extra.priority) == ("打样", "draft", 5, 4)
    assert extra.key.startswith("manual:")
    assert_history_complete()


def test_a_task_of_no_pieces_is_refused(created: MakeOrder, maker: User) -> None:
    step = created("VAN").steps.get()

    with unchanged(), pytest.raises(Refused):
        adding.add(step, by=maker, content="打样", planned=0)


def test_deleting_a_draft_order_leaves_nothing(created: MakeOrder, maker: User) -> None:
    """CONS-04."""
    before = {label: rows for label, rows in snapshot("orders").items() if "Historical" not in label}
    order = created()
    adding.add(order.steps.all()[0], by=maker, content="打样", planned=5)

    life.delete(order, by=maker, reason="客户取消")

    after = {label: rows for label, rows in snapshot("orders").items() if "Historical" not in label}
    before["orders.NumberSeries"] = after["orders.NumberSeries"]  # a number is not given twice
    assert after == before
    last = WorkOrder.history.filter(id=order.pk).latest("history_id")
    assert (last.history_type, last.history_user, last.history_change_reason) == ("-", maker, "客户取消")
    assert_history_complete()


def test_a_rejected_order_can_be_deleted_with_what_people_were_told(
    submitted: MakeOrder, maker: User, approver: User
) -> None:
    """CONS-04."""
    order = submitted("VAN")
    life.reject(order, by=approver, reason="价格不对")

    life.delete(order, by=maker)
    connection.check_constraints()

    assert not WorkOrder.objects.filter(pk=order.pk).exists()
    assert Notification.objects.exclude(order=None).count() == 0
    assert told(maker) == [Kind.ORDER_REJECTED]


def test_an_order_that_waits_or_was_approved_is_not_deleted(submitted: MakeOrder, approver: User, maker: User) -> None:
    order = submitted("VAN")

    with refuses("not_deletable"):
        life.delete(order, by=maker)
    life.approve(order, by=approver)
    with refuses("not_deletable"):
        life.delete(order, by=maker)


# --- submit, approve, reject ----------------------------------------------------------------------
def test_submitting_tells_every_approver_but_not_oneself(created: MakeOrder, maker: User, approver: User) -> None:
    order = life.submit(created("VAN"), by=maker)

    assert order.approval == "submitted"
    assert (told(approver), told(maker)) == ([Kind.ORDER_SUBMITTED], [])
    assert order.approvals.get().act == "submitted"


def test_a_submitted_order_cannot_be_changed_until_it_is_withdrawn(submitted: MakeOrder, maker: User) -> None:
    order = submitted("VAN")
    wanted = replace(draft_of(order), print_run=2000)

    with refuses("submitted"):
        save(order, wanted, by=maker)
    life.withdraw(order, by=maker)
    save(order, wanted, by=maker)

    assert states(order) == [("VAN", "draft", 2000)]
    assert reload(order).approval == "draft"


def test_approval_puts_every_task_into_its_department(submitted: MakeOrder, approver: User, hire: Hire) -> None:
    """TASK-05, DISP-01."""
    boss = hire("bob", post=("printing", "supervisor"))
    order = submitted()

    order = life.approve(order, by=approver)

    assert (order.approval, order.progress, order.approved_by) == ("approved", "pending", approver)
    assert [(task.step.process.code, task.status, task.department.code) for task in tasks_of(order)] == [
        ("CTP", "pending", "design"), ("CTP", "pending", "design"), ("CUT", "pending", "cutting"),
        ("PRT", "pending", "printing"), ("LAM_M", "pending", "outsourcing"), ("DIE", "pending", "die_cutting"),
        ("PACK", "pending", "packaging"),
    ]  # fmt: skip
    assert told(order.maker) == [Kind.ORDER_APPROVED]
    assert told(boss) == [Kind.TASKS_DISPATCHED]
    assert_history_complete()


def test_approving_twice_names_who_did_and_makes_no_second_set(
    submitted: MakeOrder, approver: User, hire: Hire
) -> None:
    order = submitted("VAN", "PACK")
    life.approve(order, by=approver)

    with refuses("already_approved") as refusal:
        life.approve(order, by=hire("eva", role="approver"))

    assert "abe" in str(refusal.value)
    assert len(tasks_of(order)) == 2


def test_a_draft_cannot_be_approved_or_rejected(created: MakeOrder, approver: User) -> None:
    order = created("VAN")

    with refuses("is_draft"):
        life.approve(order, by=approver)
    with refuses("is_draft"):
        life.reject(order, by=approver, reason="缺稿")


def test_an_order_whose_tasks_were_all_deleted_cannot_be_approved(
    created: MakeOrder, maker: User, approver: User
) -> None:
    order = created("VAN")
    bulk.delete_drafts([tasks_of(order)[0].pk], by=maker)
    life.submit(order, by=maker)

    with refuses("no_tasks"):
        life.approve(order, by=approver)


def test_rejecting_deletes_the_drafts_and_resubmitting_brings_them_back(
    submitted: MakeOrder, maker: User, approver: User
) -> None:
    """TASK-06."""
    order = submitted()
    before = states(order)

    life.reject(order, by=approver, reason="缺少刀模")
    assert (reload(order).approval, tasks_of(order)) == ("rejected", [])
    life.submit(order, by=maker)

    assert states(order) == before
    acts = ApprovalEntry.objects.filter(order=order).order_by("pk").values_list("act", "reason")
    assert list(acts) == [("submitted", ""), ("rejected", "缺少刀模"), ("submitted", "")]
    assert told(maker) == [Kind.ORDER_REJECTED]
    assert_history_complete()


def test_a_rejection_needs_a_reason(submitted: MakeOrder, approver: User) -> None:
    order = submitted("VAN")

    with refuses("reason_required"):
        life.reject(order, by=approver, reason="  ")


# --- hold and cancel ------------------------------------------------------------------------------
def test_a_paused_order_stands_still_and_goes_on_where_it_stood(pooled_task: Task, approver: User, hire: Hire) -> None:
    ann, ben = hire("ann"), hire("ben")
    work.claim(pooled_task, by=ann)
    task = work.start(pooled_task, by=ann)
    life.pause(task.order, by=approver, reason="等客户确认")

    with refuses("order_paused"):
        work.claim(task, by=ben)
    with refuses("order_paused"):
        work.report(task, by=ann, good=1)
    with refuses("order_paused"):
        life.pause(task.order, by=approver)
    life.resume(task.order, by=approver)

    assert reload(task.order).progress == "in_progress"
    assert work.report(task, by=ann, good=1).good == 1


def test_only_a_paused_order_is_resumed(pooled_task: Task, approver: User) -> None:
    with refuses("already_approved"):
        life.resume(pooled_task.order, by=approver)


def test_cancelling_an_order_cancels_what_is_open_and_gives_the_counters_back(
    approved: MakeOrder, approver: User, hire: Hire
) -> None:
    ann = hire("ann", post=("packaging", "operator"))
    order = approved("PACK", lines=3)
    done, held, free = tasks_of(order)
    work.claim(done, by=ann)
    work.complete(done, by=ann)
    work.claim(held, by=ann)

    life.cancel(order, by=approver, reason="客户破产")

    assert [reload(task).status for task in (done, held, free)] == ["completed", "cancelled", "cancelled"]
    assert Workload.objects.get(operator=ann).open == 0
    assert Kind.TASK_CANCELLED in told(ann)
    with refuses("cancelled"):
        life.cancel(order, by=approver, reason="再来")
    with refuses("cancelled"):
        save(order, draft_of(order), by=approver, reason="再来")
    with refuses("order_cancelled"):
        work.claim(free, by=ann)
    assert_history_complete()


def test_cancelling_needs_a_reason(pooled_task: Task, approver: User) -> None:
    with refuses("reason_required"):
        life.cancel(pooled_task.order, by=approver, reason=" ")
    with refuses("reason_required"):
        work.cancel(pooled_task, by=approver, reason=" ")


@pytest.mark.parametrize("verb", ["withdraw", "reject", "approve"])
def test_nothing_more_is_done_with_a_cancelled_order(verb: str, submitted: MakeOrder, approver: User) -> None:
    order = submitted("VAN")
    life.cancel(order, by=approver, reason="客户破产")
    more = {"reason": "太晚"} if verb == "reject" else {}

    with refuses("cancelled"):
        getattr(life, verb)(order, by=approver, **more)


# --- work -----------------------------------------------------------------------------------------
def test_an_order_runs_from_the_first_plate_to_the_last_box(
    draft_order: Draft, maker: User, approver: User, hire: Hire, tooling: Callable[..., Tooling]
) -> None:
    """The whole life in one go: create, submit, approve, receive, claim, start, report, complete."""
    sam = hire("sam", role="sales")
    plate = tooling("artwork", confirmed=False)
    draft = draft_order("CUT", "PRT", "PACK", toolings=(ToolingDraft(tooling_id=plate.pk),), salesperson_id=sam.pk)
    order = life.approve(life.submit(save(None, draft, by=maker), by=maker), by=approver)
    posts = {"CTP": "design", "CUT": "cutting", "PRT": "printing", "PACK": "packaging"}
    people = {code: hire(code.lower(), post=(place, "operator")) for code, place in posts.items()}
    ctp, cut, prt, pack = tasks_of(order)

    work.claim(ctp, by=people["CTP"])
    with refuses("tooling_not_confirmed"):
        work.complete(ctp, by=people["CTP"])
    confirm(plate, by=maker)
    work.complete(ctp, by=people["CTP"])
    assert reload(order).progress == "in_progress"

    work.claim(cut, by=people["CUT"])
    with refuses("material_missing"):
        work.start(cut, by=people["CUT"])
    life.receive(OrderMaterial.objects.get(order=order), by=maker)
    work.start(cut, by=people["CUT"])

    work.claim(prt, by=people["PRT"])
    with refuses("blocked") as refusal:
        work.start(prt, by=people["PRT"])
    assert "开料" in str(refusal.value)
    work.report(cut, by=people["CUT"], good=130)
    work.start(prt, by=people["PRT"])
    with refuses("not_handed_over"):
        work.report(prt, by=people["PRT"], good=501)
    work.report(prt, by=people["PRT"], good=490, waste=10)
    work.report(cut, by=people["CUT"], good=130)
    assert reload(cut).status == "completed"

    work.claim(pack, by=people["PACK"])
    prt = work.complete(prt, by=people["PRT"], good=500, note="10 张报废")
    assert (prt.status, prt.good, prt.waste) == ("completed", 990, 10)
    work.complete(pack, by=people["PACK"])

    assert reload(order).progress == "completed"
    assert Kind.ORDER_COMPLETED in told(maker) and Kind.ORDER_COMPLETED in told(sam)
    assert set(Workload.objects.values_list("open", flat=True)) == {0}
    assert_history_complete()


def test_the_last_piece_completes_the_task_and_tells_the_supervisor(pooled_task: Task, hire: Hire) -> None:
    """NOTIF-02."""
    ann, boss = hire("ann"), hire("bob", post=("printing", "supervisor"))
    work.claim(pooled_task, by=ann)

    half = work.report(pooled_task, by=ann, good=400)
    assert (half.status, half.good, half.remaining) == ("in_progress", 400, 600)
    task = work.report(pooled_task, by=ann, good=600, version=half.version)

    assert (task.status, task.good) == ("completed", 1000)
    assert list(task.reports.order_by("pk").values_list("good", "by")) == [(400, ann.pk), (600, ann.pk)]
    assert told(boss) == [Kind.TASK_COMPLETED]
    assert reload(task.order).progress == "completed"


def test_reports_that_cannot_be_are_refused(pooled_task: Task, hire: Hire) -> None:
    ann = hire("ann")
    with refuses("not_claimed"):
        work.report(pooled_task, by=ann, good=1)
    with refuses("not_claimed"):
        work.start(pooled_task, by=ann)
    work.claim(pooled_task, by=ann)

    for good, waste, code in [
        (0, 0, "bad_quantity"),
        (-1, 5, "bad_quantity"),
        (1001, 0, "too_many"),
        (999, 2, "too_many"),
    ]:
        with refuses(code):
            work.report(pooled_task, by=ann, good=good, waste=waste)
    with refuses("stale") as refusal:
        work.report(pooled_task, by=ann, good=1, version=1)

    assert refusal.value.detail["version"] == reload(pooled_task).version


def test_a_task_may_end_with_fewer_pieces_when_somebody_says_why(pooled_task: Task, hire: Hire) -> None:
    ann = hire("ann")
    work.claim(pooled_task, by=ann)

    with refuses("reason_required"):
        work.complete(pooled_task, by=ann, good=900)
    task = work.complete(pooled_task, by=ann, good=900, note="纸不够")

    assert (task.status, task.good) == ("completed", 900)
    assert task.reports.get().note == "纸不够"
    with refuses("is_completed"):
        work.complete(pooled_task, by=ann)


def test_spoilage_may_be_made_or_wasted_beyond_the_print_run(approved: MakeOrder, hire: Hire) -> None:
    [task] = tasks_of(approved("VAN", spoilage=50))
    ann = hire("ann")
    work.claim(task, by=ann)

    with refuses("too_many"):
        work.report(task, by=ann, good=1000, waste=51)
    assert work.report(task, by=ann, good=1000, waste=50).status == "completed"


def test_claiming_ones_own_task_again_is_fine(pooled_task: Task, hire: Hire) -> None:
    """DISP-04."""
    ann = hire("ann")

    first, second = work.claim(pooled_task, by=ann), work.claim(pooled_task, by=ann)

    assert (first.already_claimed, second.already_claimed) == (False, True)
    assert Workload.objects.get(operator=ann).open == 1


def test_the_loser_hears_who_has_it(pooled_task: Task, hire: Hire) -> None:
    """CONS-01, DISP-05."""
    ann, ben = hire("ann"), hire("ben")
    work.claim(pooled_task, by=ann)

    with refuses("already_taken") as refusal:
        work.claim(pooled_task, by=ben)

    assert "ann" in str(refusal.value)
    assert reload(pooled_task).operator == ann


def test_an_operator_holds_ten_open_tasks_at_most(approved: MakeOrder, hire: Hire) -> None:
    """OP-05."""
    ann = hire("ann", post=("packaging", "operator"))
    tasks = tasks_of(approved("PACK", lines=11))
    for task in tasks[:10]:
        work.claim(task, by=ann)

    with refuses("limit_reached") as refusal:
        work.claim(tasks[10], by=ann)
    work.release(tasks[0], by=ann)
    work.claim(tasks[10], by=ann)

    assert (refusal.value.detail["open"], refusal.value.detail["limit"]) == (10, 10)
    assert Workload.objects.get(operator=ann).open == 10


def test_a_supervisor_assigns_moves_and_takes_away(pooled_task: Task, hire: Hire, shop: Shop) -> None:
    """DISP-03, NOTIF-01."""
    ann, ben, boss = hire("ann"), hire("ben"), hire("bob", post=("printing", "supervisor"))
    away = hire("cat", post=("packaging", "operator"))

    work.assign(pooled_task, by=boss, to=ann)
    work.assign(pooled_task, by=boss, to=ben)
    assert (told(ann), told(ben)) == ([Kind.TASK_ASSIGNED, Kind.TASK_TAKEN_AWAY], [Kind.TASK_REASSIGNED])
    with refuses("not_in_department") as refusal:
        work.assign(pooled_task, by=boss, to=away)
    task = work.assign(pooled_task, by=boss, department=shop.department("packaging"))

    assert "cat" in str(refusal.value)
    assert (task.department.code, task.operator) == ("packaging", None)
    assert dict(Workload.objects.values_list("operator__name", "open")) == {"ann": 0, "ben": 0}
    assert_history_complete()


def test_nobody_is_assigned_who_has_left(pooled_task: Task, hire: Hire, approver: User) -> None:
    gone = hire("ann", is_active=False)

    with unchanged(), pytest.raises(Refused):
        work.assign(pooled_task, by=approver, to=gone)


def test_a_department_that_is_closed_gets_nothing(pooled_task: Task, approver: User, shop: Shop) -> None:
    closed = shop.department("packaging")
    closed.is_active = False
    closed.save()

    with refuses("inactive"):
        work.assign(pooled_task, by=approver, department=closed)


def test_a_task_cancelled_by_hand_counts_no_more(approved: MakeOrder, approver: User, hire: Hire) -> None:
    ann = hire("ann", post=("packaging", "operator"))
    order = approved("PACK", lines=2)
    first, second = tasks_of(order)
    work.claim(first, by=ann)
    work.complete(first, by=ann)
    work.claim(second, by=ann)

    work.cancel(second, by=approver, reason="不要了")

    assert reload(order).progress == "completed"
    assert Workload.objects.get(operator=ann).open == 0
    with refuses("is_cancelled"):
        work.claim(second, by=ann)


# --- split ----------------------------------------------------------------------------------------
def test_split_off_pieces_become_a_task_in_the_same_pool(pooled_task: Task, approver: User, hire: Hire) -> None:
    """SUP-04."""
    ann = hire("ann")
    work.claim(pooled_task, by=ann)
    work.report(pooled_task, by=ann, good=300)

    for pieces in (0, -5, 701):
        with refuses("bad_quantity"):
            adding.split(pooled_task, by=approver, pieces=pieces)
    part = reload(adding.split(pooled_task, by=approver, pieces=400))
    third = reload(adding.split(part, by=approver, pieces=100))

    assert (reload(pooled_task).planned, reload(part).planned, third.planned) == (600, 300, 100)
    assert (part.key, third.key, third.parent_id) == ("order#2", "order#3", pooled_task.pk)
    assert (part.status, part.department, part.operator) == ("pending", pooled_task.department, None)
    assert_history_complete()


def test_a_split_family_follows_the_quantity_of_its_order(pooled_task: Task, approver: User, hire: Hire) -> None:
    order, ann = pooled_task.order, hire("ann")
    part = adding.split(pooled_task, by=approver, pieces=400)
    work.claim(pooled_task, by=ann)
    work.start(pooled_task, by=ann)

    save(order, replace(draft_of(order), print_run=1500), by=approver, reason="加量")
    assert [task.planned for task in tasks_of(order)] == [600, 900]
    save(order, replace(draft_of(order), print_run=700), by=approver, reason="减量")
    assert [task.planned for task in tasks_of(order)] == [600, 100]
    save(order, replace(draft_of(order), print_run=600), by=approver, reason="减量")

    assert [task.pk for task in tasks_of(order)] == [pooled_task.pk]
    assert Task.history.filter(id=part.pk).latest("history_id").history_type == "-"
    assert_history_complete()


def test_a_part_keeps_what_was_set_by_hand_when_its_order_changes(created: MakeOrder, approver: User) -> None:
    order = created("VAN")
    bulk.edit_drafts({tasks_of(order)[0].pk: {"priority": 4, "notes": "先做"}}, by=approver)
    life.submit(order, by=approver)
    life.approve(order, by=approver)
    part = adding.split(tasks_of(order)[0], by=approver, pieces=400)

    save(order, replace(draft_of(order), due_date=date(2030, 1, 2)), by=approver, reason="改期")

    part = reload(part)
    assert (part.priority, part.notes, part.due) == (4, "先做", date(2030, 1, 2))


def test_saving_as_it_is_after_a_split_changes_no_task(approved: MakeOrder, approver: User) -> None:
    order = approved("VAN", spoilage=50)
    adding.split(tasks_of(order)[0], by=approver, pieces=400)

    shown = preview_save(order, draft_of(order))

    assert not shown.changes_tasks


# --- changes after approval -----------------------------------------------------------------------
def test_changing_an_approved_order_needs_a_reason(approved: MakeOrder, approver: User) -> None:
    order = approved("VAN")

    with refuses("reason_required"):
        save(order, replace(draft_of(order), print_run=2000), by=approver)


def test_a_step_added_after_approval_brings_a_dispatched_task(
    approved: MakeOrder, shop: Shop, approver: User, maker: User
) -> None:
    order = approved("VAN")

    save(order, added(order, shop, "PACK"), by=approver, reason="要装箱")

    assert [(task.status, task.department.code) for task in tasks_of(order)] == [
        ("pending", "printing"), ("pending", "packaging"),
    ]  # fmt: skip
    assert tasks_of(order, "PACK")[0].decisions.get().reason == "only_first_choice"
    assert order.approvals.filter(act="changed").get().reason == "要装箱"
    assert told(maker) == [Kind.ORDER_APPROVED, Kind.ORDER_CHANGED]
    assert_history_complete()


def test_a_task_added_by_hand_after_approval_is_in_a_pool_at_once(approved: MakeOrder, maker: User) -> None:
    order = approved("VAN")

    extra = adding.add(order.steps.get(), by=maker, content="补印", planned=20)

    assert (extra.status, extra.department.code) == ("pending", "printing")
    assert extra.decisions.get().outcome.code == "printing"


def test_a_started_step_cannot_be_dropped(approved: MakeOrder, approver: User, hire: Hire) -> None:
    order, ann = approved("VAN", "PACK"), hire("ann")
    task = tasks_of(order)[0]
    work.claim(task, by=ann)
    work.start(task, by=ann)

    with refuses("task_started") as refusal:
        save(order, dropped(order, "VAN"), by=approver, reason="不过油")

    assert task.content in str(refusal.value)


def test_a_pending_step_that_nobody_touched_may_be_dropped(approved: MakeOrder, approver: User) -> None:
    order = approved("VAN", "PACK")

    save(order, dropped(order, "VAN"), by=approver, reason="不过油")

    assert states(order) == [("PACK", "pending", 1000)]
    assert_history_complete()


@pytest.mark.parametrize("how", ["claimed", "assigned"])
def test_dropping_a_step_gives_its_operator_the_counter_back(
    how: str, approved: MakeOrder, approver: User, hire: Hire
) -> None:
    order, ann = approved("VAN", "PACK"), hire("ann")
    task = tasks_of(order)[0]
    if how == "claimed":
        work.claim(task, by=ann)
    else:
        work.assign(task, by=approver, to=ann)

    save(order, dropped(order, "VAN"), by=approver, reason="不过油")
    connection.check_constraints()

    assert Workload.objects.get(operator=ann).open == 0
    assert told(ann)[-1] == Kind.ORDER_CHANGED


def test_a_completed_order_goes_on_when_a_step_is_added(
    approved: MakeOrder, shop: Shop, approver: User, hire: Hire
) -> None:
    order, ann = approved("VAN"), hire("ann")
    work.claim(tasks_of(order)[0], by=ann)
    work.complete(tasks_of(order)[0], by=ann)
    assert reload(order).progress == "completed"

    save(order, added(order, shop, "PACK"), by=approver, reason="要装箱")

    assert reload(order).progress == "in_progress"


# --- words ----------------------------------------------------------------------------------------
def test_a_refusal_speaks_english(pooled_task: Task, hire: Hire) -> None:
    ann, ben = hire("ann"), hire("ben")
    work.claim(pooled_task, by=ann)

    with translation.override("en"), refuses("already_taken") as refusal:
        work.claim(pooled_task, by=ben)

    assert str(refusal.value) == "ann has taken “过油 礼品盒”. Choose another one from the pool."


def test_a_refusal_speaks_chinese(pooled_task: Task, hire: Hire) -> None:
    ann, ben = hire("ann"), hire("ben")
    work.claim(pooled_task, by=ann)

    with translation.override("zh-hans"), refuses("already_taken") as refusal:
        work.claim(pooled_task, by=ben)

    sentence = str(refusal.value)
    assert "ann" in sentence and "过油 礼品盒" in sentence
    assert "has taken" not in sentence and "Choose" not in sentence


# --- how much it costs ----------------------------------------------------------------------------
def queries(verb: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as asked:
        verb()
    return len(asked)


def test_creating_asks_as_much_for_10_tasks_as_for_1000(draft_order: Draft, created: MakeOrder, maker: User) -> None:
    """PERF-01."""
    created("VAN")  # the first number of the month
    few, many = draft_order("PACK", lines=10), draft_order("PACK", lines=1000)

    asked = [queries(lambda draft=draft: save(None, draft, by=maker)) for draft in (few, many)]

    assert asked[0] == asked[1] <= 30


def test_approving_asks_as_much_for_10_tasks_as_for_1000(submitted: MakeOrder, approver: User) -> None:
    """PERF-02."""
    few, many = submitted("PACK", lines=10), submitted("PACK", lines=1000)

    asked = [queries(lambda order=order: life.approve(order, by=approver)) for order in (few, many)]

    assert asked[0] == asked[1] <= 45


@pytest.mark.parametrize(("state", "ceiling"), [("draft", 45), ("approved", 55)])
def test_changing_20_of_100_steps_asks_a_constant_number_of_queries(
    state: str, ceiling: int, created: MakeOrder, approved: MakeOrder, shop: Shop, maker: User
) -> None:
    """PERF-03. After approval the new tasks are dispatched and people are told as well."""
    order = (approved if state == "approved" else created)(*["VAN", "LAM_M", "UV", "TEX", "BOX"] * 20)
    draft = draft_of(order)
    fresh = tuple(StepDraft(process_id=shop.process("GLUE").pk) for _n in range(20))
    draft = replace(draft, steps=(*draft.steps[20:], *fresh))

    asked = queries(lambda: save(order, draft, by=maker, reason="改工艺"))

    assert asked <= ceiling
    assert len(tasks_of(order)) == 100


def test_claiming_asks_at_most_12(approved: MakeOrder, hire: Hire) -> None:
    """PERF-04."""
    ann = hire("ann", post=("packaging", "operator"))
    first, second = tasks_of(approved("PACK", lines=2))
    work.claim(first, by=ann)

    assert queries(lambda: work.claim(second, by=ann)) <= 12
