"""The life of an order after it was written: submit, approve, reject, hold, delete."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan import audited
from paidan.constraints import in_words
from paidan.dispatch import engine
from paidan.dispatch.facts import rules_for
from paidan.errors import Fault, Refused
from paidan.notices.actions import announce
from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.orders import checks, works
from paidan.orders import facts as reading
from paidan.orders.actions import dispatching, progress, telling, workload
from paidan.orders.actions.locking import lock_order
from paidan.orders.actions.saving import TRIES, carry_out, think
from paidan.orders.actions.writing import PART_MODELS
from paidan.orders.drafts import OrderDraft, draft_of
from paidan.orders.models import ApprovalEntry, OrderMaterial, Task, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.orders.models.task import OPEN, Status
from paidan.people.models import User

Act = ApprovalEntry.Act


def faults(draft: OrderDraft, known: reading.Catalogue) -> list[Fault]:
    """Everything that stands in the way of submitting an order that is as this draft says. No query."""
    facts = reading.order_facts(draft, known)
    return checks.faults(facts, has_customer=draft.customer_id is not None, today=timezone.localdate())


def submit(order: WorkOrder, *, by: User) -> WorkOrder:
    """Hand an order in for approval; refused with all faults at once. A rejected one gets its tasks back."""
    for _attempt in range(TRIES):
        thought = think(order, None)  # plugins think here, outside the transaction
        with in_words(), transaction.atomic():
            locked = lock_order(order)
            if locked.approval not in (Approval.DRAFT, Approval.REJECTED) or locked.progress == Progress.CANCELLED:
                raise _not_now(locked)
            draft = draft_of(locked)
            if found := faults(draft, reading.Catalogue.of(draft)):
                raise Refused.because(found)
            if saved := carry_out(locked, thought, by=by, reason=""):
                return _move(saved, Act.SUBMITTED, by, approval=Approval.SUBMITTED)
    raise _busy()


@transaction.atomic
def withdraw(order: WorkOrder, *, by: User) -> WorkOrder:
    """Take a submitted order back to change it."""
    order = lock_order(order)
    if order.approval != Approval.SUBMITTED or order.is_held:
        raise _not_now(order)
    return _move(order, Act.WITHDRAWN, by, approval=Approval.DRAFT)


def approve(order: WorkOrder, *, by: User) -> WorkOrder:
    """Let work start: every draft becomes a task in a department's pool, each with the reason why there."""
    for _attempt in range(TRIES):
        rows = works.draft_rows(order)
        problem = works.problem(order, works.works(rows, order.number))
        decisions = engine.decide(problem)  # plugins think here, outside the transaction
        with transaction.atomic():
            locked = lock_order(order)
            if locked.approval != Approval.SUBMITTED or locked.is_held:
                raise _not_now(locked)
            # Nobody changes the drafts of a submitted order: where its version stands, so do they.
            if locked.version != order.version or rules_for({row.process for row in rows}) != problem.rules:
                order = locked
                continue
            if not rows:
                raise Refused(
                    _("Order %(order)s has no task to start. Withdraw it and complete its steps.") % {"order": locked},
                    "no_tasks",
                )
            tellings = dispatching.formalise(locked, {row.pk: row.name for row in rows}, decisions, by=by)
            approved: dict[str, Any] = {"approval": Approval.APPROVED, "approved_by": by, "approved_at": timezone.now()}
            return _move(locked, Act.APPROVED, by, tasks=len(rows), also=tellings, **approved)
    raise _busy()


def _busy() -> Refused:
    return Refused(_("The order or the dispatch rules are being changed. Try again."), "busy")


@transaction.atomic
def reject(order: WorkOrder, *, by: User, reason: str) -> WorkOrder:
    """Send a submitted order back with a reason; its draft tasks are deleted, the approval log stays."""
    order = lock_order(order)
    if order.approval != Approval.SUBMITTED or order.is_held:
        raise _not_now(order)
    if not reason.strip():
        raise Refused(_("Say why the order is rejected, so that it can be mended."), "reason_required")
    drafts = list(Task.objects.filter(step__order=order, status=Status.DRAFT).values_list("pk", flat=True))
    audited.delete(Task, drafts, by=by, why=reason)
    return _move(order, Act.REJECTED, by, reason, approval=Approval.REJECTED)


@transaction.atomic
def pause(order: WorkOrder, *, by: User, reason: str = "") -> WorkOrder:
    """Hold all work on an approved order until it is resumed."""
    order = lock_order(order)
    if order.approval != Approval.APPROVED or order.is_held or order.progress == Progress.COMPLETED:
        raise _not_now(order)
    return _move(order, Act.PAUSED, by, reason, progress=Progress.PAUSED)


@transaction.atomic
def resume(order: WorkOrder, *, by: User) -> WorkOrder:
    """Let work on a paused order go on where it stood."""
    order = lock_order(order)
    if order.progress != Progress.PAUSED:
        raise _not_now(order)
    return _move(order, Act.RESUMED, by, progress=progress.derived(order))


@transaction.atomic
def cancel(order: WorkOrder, *, by: User, reason: str) -> WorkOrder:
    """End an order for good: open tasks are cancelled, drafts deleted, what is done stays on record."""
    order = lock_order(order)
    if order.progress in (Progress.CANCELLED, Progress.COMPLETED):
        raise _not_now(order)
    if not reason.strip():
        raise Refused(_("Say why the order is cancelled."), "reason_required")
    tasks = Task.objects.filter(step__order=order)
    still_open = list(tasks.filter(status__in=OPEN).values_list("pk", "operator"))
    workload.give_back(operator for _pk, operator in still_open)
    telling.touch_all(order)
    audited.update(
        Task,
        [pk for pk, _operator in still_open],
        by=by,
        why=reason,
        status=Status.CANCELLED,
        version=F("version") + 1,
    )
    audited.delete(Task, tasks.filter(status=Status.DRAFT).values_list("pk", flat=True), by=by, why=reason)
    holders = sorted({operator for _pk, operator in still_open if operator})
    words: dict[str, Any] = {"person": by, "task": _("all tasks"), "reason": reason}
    gone = [telling.of_order(Kind.TASK_CANCELLED, order, people={"operator": holders}, **words)]
    return _move(order, Act.CANCELLED, by, reason, also=gone, progress=Progress.CANCELLED)


@transaction.atomic
def delete(order: WorkOrder, *, by: User, reason: str = "") -> None:
    """Remove an order that was never approved, with all that hangs on it; the history keeps its last state."""
    order = lock_order(order)
    if order.approval not in (Approval.DRAFT, Approval.REJECTED) or order.approvals.filter(act=Act.APPROVED).exists():
        raise Refused(
            _("Order %(order)s is %(state)s and cannot be deleted. Cancel it instead.")
            % {"order": order, "state": order.get_approval_display()},
            "not_deletable",
        )
    telling.touch(order)
    audited.delete(Task, Task.objects.filter(step__order=order).values_list("pk", flat=True), by=by, why=reason)
    for model in PART_MODELS.values():
        audited.delete(model, model._base_manager.filter(order=order).values_list("pk", flat=True), by=by, why=reason)
    audited.delete(WorkOrder, [order.pk], by=by, why=reason)


@transaction.atomic
def receive(material: OrderMaterial, *, by: User) -> OrderMaterial:
    """Say that a material is in stock; cutting may start."""
    lock_order(material.order)
    material = OrderMaterial.objects.get(pk=material.pk)
    if material.supply == OrderMaterial.Supply.IN:
        raise Refused(_("%(material)s is in stock already.") % {"material": material.material}, "already_in")
    audited.update(OrderMaterial, [material.pk], by=by, why=_("received"), supply=OrderMaterial.Supply.IN)
    telling.touch_all(material.order)
    material.refresh_from_db()
    return material


def _move(
    order: WorkOrder,
    act: str,
    by: User,
    reason: str = "",
    *,
    tasks: int = 0,
    also: Sequence[Telling] = (),
    **values: Any,
) -> WorkOrder:
    """Write the order's new state, the log entry and what people are told."""
    why = reason or str(Act(act).label)
    before = telling.state_of_order(order)
    audited.update(WorkOrder, [order.pk], by=by, why=why, version=F("version") + 1, **values)
    audited.write_once(ApprovalEntry, [{"order_id": order.pk, "act": act, "by_id": by.pk, "reason": reason}])
    for name, value in values.items():
        setattr(order, name, value)
    order.version += 1  # the row is locked: nobody else counts
    kinds = {
        Act.SUBMITTED: Kind.ORDER_SUBMITTED,
        Act.APPROVED: Kind.ORDER_APPROVED,
        Act.REJECTED: Kind.ORDER_REJECTED,
    }
    tellings = list(also)
    if act in kinds:
        words: dict[str, Any] = {"person": by, "reason": reason, "tasks": tasks}
        tellings.append(telling.of_order(kinds[Act(act)], order, before=before, **words))
    if act in (Act.PAUSED, Act.RESUMED):
        telling.touch_all(order)
    telling.touch(order)
    announce(tellings, by=by)
    return order


def _not_now(order: WorkOrder) -> Refused:
    """Why a verb does not make sense in this state, and what does."""
    if order.progress == Progress.CANCELLED:
        return Refused(
            _("Order %(order)s is cancelled. Nothing more can be done with it.") % {"order": order}, "cancelled"
        )
    if order.progress == Progress.PAUSED:
        return Refused(_("Order %(order)s is paused. Resume it first.") % {"order": order}, "order_paused")
    if order.approval == Approval.APPROVED:
        when = timezone.localtime(order.approved_at).strftime("%Y-%m-%d %H:%M")
        return Refused(
            _("Order %(order)s is already approved by %(person)s (%(when)s). Its tasks are under way.")
            % {"order": order, "person": order.approved_by, "when": when},
            "already_approved",
        )
    sentence = {
        Approval.SUBMITTED: _("Order %(order)s waits for approval. Approve it, reject it or withdraw it."),
        Approval.DRAFT: _("Order %(order)s is a draft. Submit it first."),
        Approval.REJECTED: _("Order %(order)s was rejected. Mend it and submit it again."),
    }[Approval(order.approval)]
    return Refused(sentence % {"order": order}, f"is_{order.approval}")
