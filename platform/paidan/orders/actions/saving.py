"""Create and edit an order: facts → plan → apply → record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan import audited
from paidan.catalog.models import Process
from paidan.constraints import in_words
from paidan.contracts import WorkFacts
from paidan.dispatch import engine
from paidan.errors import Refused
from paidan.notices.actions import Telling, announce
from paidan.notices.models import Kind
from paidan.orders import facts as reading
from paidan.orders.actions import dispatching, progress
from paidan.orders.actions.locking import lock_order
from paidan.orders.actions.numbers import next_number
from paidan.orders.actions.syncing import apply_tasks, works_of
from paidan.orders.drafts import PARTS, OrderDraft, Part, StepDraft, draft_of
from paidan.orders.models import (
    ApprovalEntry,
    OrderLine,
    OrderMaterial,
    OrderStep,
    OrderTooling,
    WorkOrder,
)
from paidan.orders.models.order import Approval, Progress
from paidan.orders.planning import TaskPlan, plan
from paidan.people.models import User

PART_MODELS: Mapping[str, Any] = {  # four models that share `ref` and a foreign key to their order
    "lines": OrderLine,
    "materials": OrderMaterial,
    "toolings": OrderTooling,
    "steps": OrderStep,
}
TRIES = 3


@dataclass(frozen=True, slots=True)
class Thought:
    """What was worked out before the transaction: the draft with its numbers, the plan, where new tasks would go."""

    draft: OrderDraft
    plan: TaskPlan
    known: reading.Catalogue
    state: str
    works: Sequence[WorkFacts]
    problem: engine.Problem | None
    decisions: Mapping[str, engine.Decision]


def preview_save(order: WorkOrder | None, draft: OrderDraft) -> TaskPlan:
    """Show what saving this draft would do to the order's tasks. Writes nothing."""
    return _think(order, draft).plan


def save(
    order: WorkOrder | None,
    draft: OrderDraft,
    *,
    by: User,
    version: int | None = None,
    fingerprint: str = "",
    reason: str = "",
) -> WorkOrder:
    """Create an order, or make it what the draft says; its tasks follow in the same transaction.

    `version` refuses an order that somebody saved meanwhile; `fingerprint`, from a plan that was shown, refuses
    when anything that the plan was made from has moved. Without them the newest state is used.
    """
    for _attempt in range(TRIES):
        thought = _think(order, draft)
        if fingerprint and fingerprint != thought.plan.fingerprint:
            raise _stale(reading.moved(fingerprint, thought.plan.fingerprint))
        with in_words(), transaction.atomic():
            locked = lock_order(order) if order else None
            if locked:
                _must_be_editable(locked, version, reason)
            if _still_true(locked, thought):
                if refusals := thought.plan.refusals:
                    raise Refused.because(refusals, "task_started")
                return _apply(locked, thought, by=by, reason=reason)
        if fingerprint:
            raise _stale(["tasks"])
    raise _stale(["tasks"])


def _think(order: WorkOrder | None, draft: OrderDraft) -> Thought:
    current = WorkOrder.objects.filter(pk=order.pk).first() if order else None
    before = draft_of(current) if current else None
    known = reading.Catalogue.of(draft)
    full = numbered(with_plate_making(draft, known.processes.values()), current, known.processes)
    left_out = dict(current.steps.values_list("ref", "left_out")) if current else {}
    facts = reading.order_facts(full, known, left_out)
    have = reading.have_tasks(current) if current else ()
    state = _state(current, have)
    shown = f"{state} {reading.fingerprint(wanted=(full, facts), parts=before)}"
    tasks = plan(facts, have, reading.generators(), shown)
    works = works_of(tasks, full, known)
    if current is None or current.approval != Approval.APPROVED:
        return Thought(full, tasks, known, state, works, None, {})
    problem = reading.dispatch_problem(works)
    return Thought(full, tasks, known, state, works, problem, engine.decide(problem))


def _state(order: WorkOrder | None, have: Iterable[Any]) -> str:
    header = (order.version, order.approval, order.progress == Progress.CANCELLED) if order else None
    return reading.fingerprint(order=header, tasks=tuple(have))


def _still_true(order: WorkOrder | None, thought: Thought) -> bool:
    """Whether nothing moved between thinking and locking."""
    if order is None:
        return True
    if _state(order, reading.have_tasks(order)) != thought.state:
        return False
    if thought.problem is None or not thought.problem.works:
        return True
    return engine.rules_for(work.process for work in thought.problem.works) == thought.problem.rules


def _stale(what: list[str]) -> Refused:
    names = {
        "order": _("the order"),
        "tasks": _("its tasks"),
        "wanted": _("what you entered, or the master data"),
        "parts": _("its lines, materials, tooling or steps"),
    }
    which = _(", ").join(names[name] for name in what if name in names)
    return Refused(
        _(
            "What you saw is no longer how it is: %(which)s changed meanwhile. Nothing was saved; look again and confirm."
        )
        % {"which": which},
        "stale",
        moved=what,
    )


def _must_be_editable(order: WorkOrder, version: int | None, reason: str) -> None:
    if version is not None and version != order.version:
        raise _stale(["order"])
    if order.progress == Progress.CANCELLED:
        raise Refused(_("Order %(order)s is cancelled and can no longer be changed.") % {"order": order}, "cancelled")
    if order.approval == Approval.SUBMITTED:
        raise Refused(
            _("Order %(order)s waits for approval. Withdraw it first, then change it.") % {"order": order}, "submitted"
        )
    if order.approval == Approval.APPROVED and not reason.strip():
        raise Refused(_("Order %(order)s is approved. Say why it is changed.") % {"order": order}, "reason_required")


def with_plate_making(draft: OrderDraft, processes: Iterable[Process]) -> OrderDraft:
    """The draft with a plate-making step when it has tooling to make plates for and nobody thought of one."""
    plates = [process for process in processes if process.generator == reading.PLATE_MAKING and process.is_active]
    ids = {process.pk for process in plates}
    if not draft.toolings or not plates or any(step.process_id in ids for step in draft.steps):
        return draft
    first = min((step.sequence for step in draft.steps if step.sequence), default=plates[0].sequence)
    step = StepDraft(process_id=plates[0].pk, sequence=min(plates[0].sequence, max(first - 1, 1)))
    return replace(draft, steps=(step, *draft.steps))


def numbered(draft: OrderDraft, order: WorkOrder | None, processes: Mapping[int, Process]) -> OrderDraft:
    """The draft with a lasting number for each new part, and a place in the route for each new step."""
    last = order.last_ref if order else 0
    changes: dict[str, tuple[Part, ...]] = {}
    for name in PARTS:
        parts = []
        for part in getattr(draft, name):
            if not part.ref:
                last += 1
                part = replace(part, ref=last)
            if isinstance(part, StepDraft) and not part.sequence:
                part = replace(part, sequence=processes[part.process_id].sequence)
            parts.append(part)
        changes[name] = tuple(parts)
    return replace(draft, **changes)  # type: ignore[arg-type]


def _apply(order: WorkOrder | None, thought: Thought, *, by: User, reason: str) -> WorkOrder:
    created = order is None
    order = _write_header(order, thought.draft, by, reason)
    parts: dict[str, dict[int, int]] = {}
    dropped: dict[str, list[int]] = {}
    for name in PARTS:
        have = {} if created else {row.ref: row for row in getattr(order, name).all()}
        parts[name] = _write_parts(order, name, thought.draft, have, by, reason)
        dropped[name] = [row.pk for ref, row in have.items() if ref not in parts[name]]
    added, gone = apply_tasks(order, thought.plan, parts, thought.works, thought.known, by=by, reason=reason)
    for name, ids in dropped.items():
        audited.delete(PART_MODELS[name], ids, by=by, why=reason)
    tellings: list[Telling] = []
    if order.approval == Approval.APPROVED and not created:
        tellings += _changed_after_approval(order, by, reason, gone)
        if added:
            dispatching.formalise(dict(zip(added, thought.works, strict=True)), thought.decisions, by=by)
            tellings += dispatching.arrivals(order, thought.decisions)
        tellings += progress.refresh(order, by=by)
    announce(tellings, by=by)
    return order


def _write_header(order: WorkOrder | None, draft: OrderDraft, by: User, reason: str) -> WorkOrder:
    last_ref = max((part.ref for name in PARTS for part in getattr(draft, name)), default=0)
    if order is None:
        number = draft.number or next_number(timezone.localdate())
        order = WorkOrder(number=number, maker=by, **draft.header, total_amount=draft.total_amount, last_ref=last_ref)
        return audited.insert_one(order, by=by, why=reason or _("created"))
    values = {**draft.header, "total_amount": draft.total_amount, "last_ref": max(order.last_ref, last_ref)}
    audited.update(WorkOrder, [order.pk], by=by, why=reason or _("edited"), **values, version=F("version") + 1)
    order.refresh_from_db()
    return order


def _write_parts(
    order: WorkOrder, name: str, draft: OrderDraft, have: Mapping[int, Any], by: User, reason: str
) -> dict[int, int]:
    """Write new and changed parts of one kind; returns the ids of those that the draft names, by lasting number."""
    model, kind = PART_MODELS[name], PARTS[name]
    names = [field.name for field in fields(kind) if field.name != "ref"]
    ids: dict[int, int] = {}
    new: list[dict[str, Any]] = []
    changed: list[models.Model] = []
    for part in getattr(draft, name):
        values = {field: getattr(part, field) for field in names}
        row = have.get(part.ref)
        if row is None:
            new.append({"ref": part.ref, "order_id": order.pk, **values})
            continue
        ids[part.ref] = row.pk
        if any(getattr(row, field) != value for field, value in values.items()):
            for field, value in values.items():
                setattr(row, field, value)
            changed.append(row)
    made = audited.insert(model, new, by=by, why=reason)
    audited.update_each(changed, names, by=by, why=reason)
    return ids | {values["ref"]: pk for values, pk in zip(new, made, strict=True)}


def _changed_after_approval(order: WorkOrder, by: User, reason: str, gone: Iterable[int]) -> list[Telling]:
    ApprovalEntry.objects.create(order=order, act=ApprovalEntry.Act.CHANGED, by=by, reason=reason)
    people = {order.maker_id, order.salesperson_id, *gone}
    values = {"order": order.number, "person": by, "reason": reason}
    return [Telling(Kind.ORDER_CHANGED, people, values, order.pk)]
