"""Draft tasks, many at a time, in one transaction: all of them or none."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from paidan import audited
from paidan.backoffice.differences import text
from paidan.errors import Fault, Refused
from paidan.notices.actions import announce
from paidan.notices.planning import Telling
from paidan.orders import facts as reading
from paidan.orders.actions import telling, urgency
from paidan.orders.actions.locking import lock_order, lock_orders_of, must_be_live
from paidan.orders.actions.readiness import wrong_status
from paidan.orders.actions.saving import TRIES, carry_out, must_be_editable, think
from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.orders.models.order import Approval, Priority
from paidan.orders.models.task import OPEN, Status
from paidan.people.models import User

EDITABLE = ("content", "planned", "priority", "due", "notes")


@transaction.atomic
def edit_drafts(
    edits: Mapping[int, Mapping[str, Any]], *, by: User, seen: Mapping[int, Mapping[str, Any]] | None = None
) -> list[Task]:
    """Change draft tasks by id; what was changed by hand stays so when the order changes. All or none.

    `seen` says what stood in a field when it was edited: where something else stands now, somebody was faster.
    """
    rows = _drafts(edits.keys(), _("edited"))
    changed: list[Task] = []
    faults: list[Fault] = []
    overtaken: list[Overtaken] = []
    for row in rows:
        wish = {name: value for name, value in edits[row.pk].items() if getattr(row, name) != value}
        if unknown := wish.keys() - set(EDITABLE):
            raise ValueError(f"not editable: {sorted(unknown)}")
        if not wish:
            continue
        overtaken += _overtaken(row, wish, (seen or {}).get(row.pk, {}))
        for name, value in wish.items():
            setattr(row, name, value)
        faults += _impossible(row)
        row.edited_fields = sorted({*row.edited_fields, *wish})
        row.minutes = reading.minutes(row.step.process, row.planned or 0)
        row.version += 1
        changed.append(row)
    if faults := [*faults, *_told(overtaken)]:
        raise Refused.because(faults, faults[-1].code)
    audited.update_each(changed, [*EDITABLE, "edited_fields", "minutes", "version"], by=by, why=_("edited by hand"))
    return changed


def _impossible(row: Task) -> Iterator[Fault]:
    """What a field of a task cannot hold."""
    try:
        row.clean_fields(exclude=["step", "key", "parent", "line", "material", "tooling"])
    except ValidationError as problem:
        for name, sentences in problem.message_dict.items():
            yield from (Fault("bad_value", f"{row.content}: {sentence}", f"{name}-{row.pk}") for sentence in sentences)


class Overtaken(NamedTuple):
    """A field in which something else stands by now than whoever edits it saw."""

    task: int
    content: str
    name: str
    stands: str


def _overtaken(row: Task, wish: Iterable[str], seen: Mapping[str, Any]) -> Iterator[Overtaken]:
    for name in wish:
        now = getattr(row, name)
        if name in seen and now != seen[name]:
            stands = row.get_priority_display() if name == "priority" else text(now)
            yield Overtaken(row.pk, row.content, name, stands)


def _told(overtaken: list[Overtaken]) -> Iterator[Fault]:
    """Who was faster, field by field. One query."""
    if not overtaken:
        return
    entries = Task.history.filter(id__in={each.task for each in overtaken}).select_related("history_user")
    last = {entry.id: entry.history_user for entry in entries.order_by("history_date", "history_id")}
    sentence = _("%(task)s: %(person)s changed this to “%(value)s” meanwhile. Save again if yours is to stay.")
    for pk, content, name, stands in overtaken:
        words = {"task": content, "person": last.get(pk) or _("somebody"), "value": stands}
        yield Fault("overtaken", sentence % words, f"{name}-{pk}")


@transaction.atomic
def delete_drafts(ids: Iterable[int], *, by: User) -> int:
    """Delete draft tasks; those that a generator made are remembered as left out and do not come back by themselves."""
    rows = _drafts(ids, _("deleted"))
    steps: dict[int, OrderStep] = {}
    for row in rows:
        step = steps.setdefault(row.step_id, row.step)
        if not row.key.startswith("manual:"):
            step.left_out = sorted({*step.left_out, row.key})
    audited.update_each(list(steps.values()), ["left_out"], by=by, why=_("draft tasks deleted by hand"))
    return audited.delete(Task, [row.pk for row in rows], by=by, why=_("deleted by hand"))


@transaction.atomic
def prioritise(ids: Iterable[int], *, priority: int, by: User) -> int:
    """Give drafts and open tasks a priority that stays when the order changes. All or none; three statements and more
    for each different set of hand-made edits."""
    if priority not in Priority.values:
        raise Refused(_("Choose a priority."), "bad_value")
    ids = list(ids)
    orders = {order.pk: order for order in lock_orders_of(ids)}
    for order in orders.values():
        must_be_live(order)
        _must_not_wait(order)
    rows = _all_of(ids)
    done = [row for row in rows if row.status not in (Status.DRAFT, *OPEN)]
    if done:
        raise Refused.because((wrong_status(row).faults[0] for row in done), "not_open")
    for row in rows:
        telling.touch(orders[row.step.order_id], departments=[row.department_id], operators=[row.operator_id])
    changed = [row for row in rows if row.priority != priority]
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in changed:
        groups.setdefault(tuple(sorted({*row.edited_fields, "priority"})), []).append(row.pk)
    audited.update_groups(
        Task,
        (
            (some, {"priority": priority, "edited_fields": list(edited), "version": F("version") + 1})
            for edited, some in groups.items()
        ),
        by=by,
        why=_("priority changed by hand"),
    )
    announce(_new_priorities(orders, [row for row in changed if row.status in OPEN], priority, by), by=by)
    return len(changed)


def _new_priorities(orders: Mapping[int, WorkOrder], tasks: Iterable[Task], after: int, by: User) -> list[Telling]:
    """One event for each order, however many of its tasks were chosen; drafts are nobody's yet."""
    mine: dict[int, list[Task]] = {}
    for task in tasks:
        mine.setdefault(task.step.order_id, []).append(task)
    return [
        urgency.told(orders[order], some, before=min(task.priority for task in some), after=after, by=by)
        for order, some in mine.items()
    ]


def restore_drafts(order: WorkOrder, *, by: User) -> WorkOrder:
    """Bring back the generated tasks that somebody deleted."""
    for _attempt in range(TRIES):
        thought = think(order, None, bring_back=True)
        with transaction.atomic():
            locked = lock_order(order)
            must_be_editable(locked, None, _("restored"))
            steps = [step for step in locked.steps.all() if step.left_out]
            if not steps:
                raise Refused(_("No task of this order was deleted by hand."), "nothing_left_out")
            for step in steps:
                step.left_out = []
            audited.update_each(steps, ["left_out"], by=by, why=_("restored"))
            if saved := carry_out(locked, thought, by=by, reason=_("restored")):
                return saved
            transaction.set_rollback(True)  # the steps are written again with the next thought
    raise Refused(_("The order is being changed. Try again."), "busy")


def _drafts(ids: Iterable[int], verb: str) -> list[Task]:
    """The tasks with their orders locked; refused when one of them is gone or no longer a draft."""
    ids = list(ids)
    for order in lock_orders_of(ids):
        _must_not_wait(order)
        telling.touch(order)
    rows = _all_of(ids)
    formal = [row for row in rows if row.status != Status.DRAFT]
    if formal:
        raise Refused.because(
            (
                Fault(
                    "not_draft",
                    _("“%(task)s” is %(status)s; only drafts can be %(verb)s together.")
                    % {"task": row, "status": row.get_status_display(), "verb": verb},
                )
                for row in formal
            ),
            "not_draft",
        )
    return rows


def _must_not_wait(order: WorkOrder) -> None:
    if order.approval == Approval.SUBMITTED:
        raise Refused(_("Order %(order)s waits for approval. Withdraw it first.") % {"order": order}, "submitted")


def _all_of(ids: list[int]) -> list[Task]:
    rows = list(Task.objects.filter(pk__in=ids).select_related("step__process").order_by("pk"))
    if len(rows) < len(set(ids)):
        raise Refused(_("Some of these tasks no longer exist. Look again."), "gone")
    return rows
