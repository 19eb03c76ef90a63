"""What stands in the way of starting or reporting a task."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from paidan.errors import Refused
from paidan.orders import facts as reading
from paidan.orders import flow
from paidan.orders.actions.locking import must_be_live
from paidan.orders.models import OrderMaterial, Task
from paidan.orders.models.task import OPEN, Status


def why_blocked(task: Task) -> Refused | None:
    """What a task waits for: material, or the steps before its own. One query."""
    if task.step.process.needs_material and task.material_id:
        supply = OrderMaterial.objects.select_related("material").get(pk=task.material_id)
        if supply.supply != OrderMaterial.Supply.IN:
            return Refused(
                _("“%(task)s” waits for its material %(material)s.") % {"task": task, "material": supply.material},
                "material_missing",
            )
    blocker = blocker_of(task)
    if blocker and not flow.ready_pieces(task.planned, blocker):
        return Refused(_("“%(task)s” waits for %(step)s.") % {"task": task, "step": blocker.name}, "blocked")
    return None


def blocker_of(task: Task) -> flow.StepState | None:
    states = reading.step_states([task.step.order_id])[task.step.order_id]
    mine = next(state for state in states if state.ref == task.step.ref)
    return flow.waits_for(mine, states)


def may_report(task: Task, good: int, waste: int, version: int | None, *, may_be_nothing: bool = False) -> None:
    """Refuse a report that is stale, impossible, or of pieces that were not handed over yet."""
    must_be_live(task.order)
    if task.status not in OPEN or task.operator_id is None:
        raise wrong_status(task)
    if version is not None and version != task.version:
        raise Refused(
            _(
                "“%(task)s” changed meanwhile: %(good)s good and %(waste)s waste are reported now. Check and report again."
            )
            % {"task": task, "good": number_format(task.good), "waste": number_format(task.waste)},
            "stale",
            version=task.version,
        )
    if good < 0 or waste < 0 or (good + waste == 0 and not may_be_nothing):
        raise Refused(_("Report at least one good or waste piece; less than none is not possible."), "bad_quantity")
    allowed = task.planned + task.allowance
    if task.good + task.waste + good + waste > allowed:
        raise Refused(
            _("That is more than allowed: %(allowed)s pieces with allowance, %(done)s are reported already.")
            % {"allowed": number_format(allowed), "done": number_format(task.good + task.waste)},
            "too_many",
        )
    if blocked := why_blocked(task):
        raise blocked
    blocker = blocker_of(task)
    ready = flow.ready_pieces(allowed, blocker)
    if blocker and task.good + task.waste + good + waste > ready:
        raise Refused(
            _("%(step)s has handed over enough for %(ready)s pieces only. Report the others when they arrive.")
            % {"step": blocker.name, "ready": number_format(ready)},
            "not_handed_over",
        )


def must_be_as_seen(task: Task, version: int | None) -> None:
    """Refuse to move a task that changed since the person looked at it, and say where it is now."""
    if version is None or version == task.version:
        return
    if task.operator_id:
        said = _("%(person)s has “%(task)s” now.") % {"person": task.operator, "task": task}
    elif task.department_id:
        said = _("“%(task)s” changed meanwhile and is in the pool of %(department)s.") % {
            "task": task,
            "department": task.department,
        }
    else:
        said = _("“%(task)s” changed meanwhile and has no department.") % {"task": task}
    raise Refused(said, "stale", version=task.version, operator=task.operator_id)


def wrong_status(task: Task) -> Refused:
    """Why a verb does not fit the state that the task is in."""
    if task.status == Status.PENDING:
        return Refused(_("Nobody holds “%(task)s” yet. Claim it first.") % {"task": task}, "not_claimed")
    return Refused(
        _("“%(task)s” is %(status)s; that is not possible any more, or not yet.")
        % {"task": task, "status": task.get_status_display()},
        f"is_{task.status}",
    )
