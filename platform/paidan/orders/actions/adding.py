"""Tasks that people add: a part that is split off, and work that no generator knows of."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from paidan import audited
from paidan.dispatch import engine
from paidan.errors import Fault, Refused
from paidan.notices.actions import announce
from paidan.orders import facts as reading
from paidan.orders import works
from paidan.orders.actions import dispatching, progress, telling
from paidan.orders.actions.locking import lock_order, lock_task, must_be_live
from paidan.orders.actions.readiness import wrong_status
from paidan.orders.models import OrderStep, Task
from paidan.orders.models.order import Approval
from paidan.orders.models.task import OPEN, Status
from paidan.orders.planning import next_part_key
from paidan.people.models import User


@transaction.atomic
def split(task: Task, *, by: User, pieces: int) -> Task:
    """Move some of the planned pieces into a new task in the same pool, so that two can work on them."""
    task = lock_task(task)
    must_be_live(task.order)
    if task.status not in OPEN:
        raise wrong_status(task)
    most = task.planned - max(1, task.good + task.waste)
    if not 0 < pieces <= most:
        raise Refused(
            _("Split off between 1 and %(most)s pieces; the others are reported or must stay.") % {"most": most}
            if most > 0
            else _("There is nothing left to split off."),
            "bad_quantity",
        )
    root = task.parent or task
    family = Task.objects.filter(Q(parent=root) | Q(pk=root.pk)).values_list("key", flat=True)
    minutes = reading.minutes(task.step.process, pieces)
    part = Task(
        step=task.step, key=next_part_key(root.key, family), parent=root, line_id=task.line_id,
        material_id=task.material_id, tooling_id=task.tooling_id, content=task.content, planned=pieces,
        status=Status.PENDING, department=task.department, undispatched=task.undispatched,
        priority=task.priority, due=task.due, notes=task.notes, minutes=minutes,
        edited_fields=list(task.edited_fields),  # what somebody set by hand stays in every part when the order changes
    )  # fmt: skip
    telling.touch(task.order, departments=[task.department_id], operators=[task.operator_id])
    audited.update(
        Task, [task.pk], by=by, why=_("split"),
        planned=F("planned") - pieces, minutes=max(0, task.minutes - minutes), version=F("version") + 1,
    )  # fmt: skip
    audited.insert_one(part, by=by, why=_("split off"))
    return part


def add(step: OrderStep, *, by: User, content: str, planned: int, priority: int | None = None, notes: str = "") -> Task:
    """Add a task by hand: a draft before approval, afterwards one in a department's pool at once."""
    order = step.order
    task = Task(
        step=step,
        key=f"manual:{uuid.uuid4().hex[:12]}",
        content=content.strip(),
        planned=planned,
        priority=priority or order.priority,
        due=order.due_date,
        notes=notes,
        minutes=reading.minutes(step.process, planned),
    )
    row = works.of_task(task)
    decisions = engine.decide(works.problem(order, works.works([row], order.number)))
    with transaction.atomic():
        order = lock_order(order)
        must_be_live(order)
        if order.approval == Approval.SUBMITTED:
            raise Refused(_("Order %(order)s waits for approval. Withdraw it first.") % {"order": order}, "submitted")
        if not OrderStep.objects.filter(pk=step.pk).exists():
            raise Refused(_("This step no longer exists. The order was changed meanwhile."), "gone")
        try:
            task.clean_fields(exclude=["step", "key"])
        except ValidationError as problem:
            raise Refused.because((Fault("bad_value", text) for text in problem.messages), "bad_value") from problem
        audited.insert_one(task, by=by, why=_("added by hand"))
        telling.touch(order)
        if order.approval == Approval.APPROVED:
            tellings = dispatching.formalise(order, {task.pk: row.name}, decisions, by=by)
            announce([*tellings, *progress.refresh(order, by=by)], by=by)
    task.refresh_from_db()
    return task
