"""Create and edit an order: facts → plan → apply → record."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from paidan.constraints import in_words
from paidan.dispatch import engine
from paidan.dispatch.facts import rules_for
from paidan.errors import Refused
from paidan.orders import facts as reading
from paidan.orders import works
from paidan.orders.actions.locking import fresh, lock_order
from paidan.orders.actions.syncing import rows_of
from paidan.orders.actions.writing import Thought, change, create
from paidan.orders.drafts import OrderDraft, draft_of, numbered, with_plate_making
from paidan.orders.generation import Generators
from paidan.orders.models import WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.orders.planning import TaskPlan, plan
from paidan.people.models import User

TRIES = 3


def preview_save(order: WorkOrder | None, draft: OrderDraft, *, known: reading.Catalogue | None = None) -> TaskPlan:
    """Show what saving this draft would do to the order's tasks. Writes nothing."""
    return think(order, draft, known=known, shown=True).plan


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
        thought = think(order, draft, shown=bool(fingerprint))
        if fingerprint and fingerprint != thought.plan.fingerprint:
            raise _stale(reading.moved(fingerprint, thought.plan.fingerprint))
        with in_words(), transaction.atomic():
            if order is None:
                return create([thought], by=by, reason=reason)[0]
            locked = lock_order(order)
            must_be_editable(locked, version, reason)
            if saved := carry_out(locked, thought, by=by, reason=reason):
                return saved
        if fingerprint:
            raise _stale(["tasks"])
    raise _stale(["tasks"])


def think(
    order: WorkOrder | None,
    draft: OrderDraft | None,
    *,
    known: reading.Catalogue | None = None,
    bring_back: bool = False,
    shown: bool = False,
) -> Thought:
    """Work out what saving a draft means. Plugins think here: it must not be called inside a transaction.

    Without a draft the order stays what it is. `known` is master data that was read for many drafts; `bring_back`
    forgets what was left out by hand; a plan that is `shown` knows all that it was made from.
    """
    current = fresh(order) if order else None
    before = draft_of(current) if current else None
    draft = draft or before
    assert draft is not None
    known = known or reading.Catalogue.of(draft)
    full = numbered(with_plate_making(draft, known.processes.values()), current, known.processes)
    left_out = dict(current.steps.values_list("ref", "left_out")) if current and not bring_back else {}
    facts = reading.order_facts(full, known, left_out)
    have = reading.have_tasks(current) if current else ()
    state = _state(current, have)
    made_from = f"{state} {reading.fingerprint(wanted=(full, facts), parts=before)}" if shown else state
    tasks = plan(facts, have, Generators(), made_from)
    rows = rows_of(tasks, full, known)
    if current is None or current.approval != Approval.APPROVED:
        return Thought(full, tasks, known, state, rows, None, {})
    problem = works.problem(current, works.works(rows, current.number))
    return Thought(full, tasks, known, state, rows, problem, engine.decide(problem))


def carry_out(order: WorkOrder, thought: Thought, *, by: User, reason: str) -> WorkOrder | None:
    """Make a locked order what was thought; none when something moved since, and thinking must be done again."""
    if not _still_true(order, thought):
        return None
    if refusals := thought.plan.refusals:
        raise Refused.because(refusals, "task_started")
    return change(order, thought, by=by, reason=reason)


def _state(order: WorkOrder | None, have: Iterable[Any]) -> str:
    header = (order.version, order.approval, order.progress == Progress.CANCELLED) if order else None
    return reading.fingerprint(order=header, tasks=tuple(have))


def _still_true(order: WorkOrder, thought: Thought) -> bool:
    """Whether nothing moved between thinking and locking."""
    if _state(order, reading.have_tasks(order)) != thought.state:
        return False
    if thought.problem is None or not thought.problem.works:
        return True
    return rules_for(work.process for work in thought.problem.works) == thought.problem.rules


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


def must_be_editable(order: WorkOrder, version: int | None, reason: str) -> None:
    """Refuse to change an order that moved, waits for approval or is cancelled; an approved one needs a reason."""
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
