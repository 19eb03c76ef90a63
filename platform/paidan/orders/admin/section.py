"""The task section of the order page: counts, progress, warnings, and the drafts as a table to edit."""

import json
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from paidan.orders import access
from paidan.orders.actions import saving
from paidan.orders.actions.bulk import EDITABLE
from paidan.orders.actions.order import faults
from paidan.orders.admin.forms import typed_again
from paidan.orders.drafts import draft_of
from paidan.orders.facts import Catalogue, step_states
from paidan.orders.flow import ready_pieces, waits_for
from paidan.orders.models import OrderMaterial, Task, WorkOrder
from paidan.orders.models.order import Approval, Priority
from paidan.orders.models.task import OPEN, Status
from paidan.orders.planning import Change, TaskPlan, summary
from paidan.people.access import person
from paidan.people.models import User

TASK_FIELDS = {field.name: field.verbose_name for field in Task._meta.concrete_fields}


def context(admin: Any, request: HttpRequest, object_id: str) -> dict[str, Any]:
    """What the head and the section show of an order that exists for this person."""
    order = admin.must_exist(request, object_id)
    tasks = list(
        with_material(Task.objects.filter(step__order=order).visible_to(request.user))
        .select_related("step__process", "department", "operator")
        .order_by("step__sequence", "step__ref", "pk")
    )
    add_readiness(tasks)
    for task in tasks:
        task.seen = as_typed(task) if task.status == Status.DRAFT else ""
    can_edit = access.may_edit_drafts(person(request), order)
    approvals = list(order.approvals.select_related("by")[:5])
    living = [task for task in tasks if task.status != Status.CANCELLED]
    return {
        "task_section": {
            "order": order,
            "tasks": tasks,
            "counts": [(label, sum(t.status == status for t in tasks)) for status, label in Status.choices],
            "done": sum(task.status == Status.COMPLETED for task in living),
            "total": len(living),
            "can_edit": can_edit,
            "has_drafts": any(task.status == Status.DRAFT for task in tasks),
            "priorities": Priority.choices,
            **_obstacles(person(request), order),
            "approvals": approvals,
            "state": _mark(can_edit, [entry.pk for entry in approvals], [(t.pk, t.version, t.waits) for t in tasks]),
            "form": _mark(order.version, order.approval, _verbs(admin, request, order)),
        }
    }


def fragment(request: HttpRequest, object_id: str, model_admin: Any, outcome: Any = None) -> HttpResponse:
    """Head and section by themselves, as they stand now: the page fetches them when something changed."""
    found = context(model_admin, request, object_id)
    section = found["task_section"]
    section["changed_by"] = section["order"].history.select_related("history_user").latest().history_user
    for task in section["tasks"] if outcome else ():
        task.faults = {name: outcome.at.get(f"{name}-{task.pk}") for name in EDITABLE}
    return render(request, "orders/live_order.html", {**found, "outcome": outcome})


def as_typed(task: Task) -> str:
    """What the fields of a draft show, one after the other, to be sent back with what was typed over it."""
    shown = (getattr(task, name) for name in EDITABLE)
    return json.dumps(["" if value is None else str(value) for value in shown])


def _verbs(admin: Any, request: HttpRequest, order: WorkOrder) -> list[str]:
    """The buttons that the page has for this person now."""
    return [button.action_name for button in admin.get_actions_detail(request, order.pk)]


def _mark(*parts: Any) -> str:
    """Differs when one of these does: by it an open page knows whether what it shows is still so."""
    return f"{crc32(repr(parts).encode()):08x}"


def _obstacles(user: User, order: Any) -> dict[str, Any]:
    """What stands in the way before approval: told to those who mend the order, and to those who decide about it."""
    decides = order.approval == Approval.SUBMITTED and access.may_approve(user, order)
    if order.approval == Approval.APPROVED or order.is_held or not (decides or access.may_edit(user, order)):
        return {"warnings": (), "faults": ()}
    draft = draft_of(order)
    known = Catalogue.of(draft)
    return {"warnings": saving.preview_save(order, draft, known=known).warnings, "faults": faults(draft, known)}


def with_material(tasks: QuerySet[Any]) -> QuerySet[Any]:
    """The tasks with the name of their material while that is not in."""
    missing = OrderMaterial.objects.filter(pk=OuterRef("material")).exclude(supply=OrderMaterial.Supply.IN)
    return tasks.annotate(missing=Subquery(missing.values("material__name")[:1]))


def add_readiness(tasks: list[Any]) -> None:
    """Say of each task, read `with_material`, what it waits for; one query for all their orders."""
    states = step_states({task.step.order_id for task in tasks if task.status in OPEN})
    for task in tasks:
        task.waits = ""
        if task.status in OPEN:
            steps = states[task.step.order_id]
            mine = next(state for state in steps if state.ref == task.step.ref)
            blocker = waits_for(mine, steps)
            if task.missing and task.step.process.needs_material:
                task.waits = task.missing
            elif blocker and not ready_pieces(task.planned, blocker):
                task.waits = blocker.name


def plan_groups(plan: TaskPlan, steps: Mapping[int, str]) -> list[dict[str, Any]]:
    """The plan's changes by kind, as the page shows them."""
    titles = {
        Change.REFUSE: _("Not possible"),
        Change.ADD: _("Added"),
        Change.CHANGE: _("Changed"),
        Change.REMOVE: _("Removed"),
        Change.LEAVE_OUT: _("Left out"),
        Change.KEEP: _("Kept"),
    }
    tones = {Change.ADD: "success", Change.CHANGE: "info", Change.REMOVE: "danger", Change.REFUSE: "danger"}
    return [
        {
            "kind": kind.value,
            "tone": tones.get(kind, "muted"),
            "title": title,
            "rows": [
                {
                    "step": steps.get(change.step, _("new step")),
                    "change": change,
                    "fields": [
                        (TASK_FIELDS[name], old, (change.after or {})[name])
                        for name, old in (change.before or {}).items()
                    ],
                }
                for change in plan.of(kind)
            ],
        }
        for kind, title in titles.items()
        if plan.of(kind)
    ]


def plan_page(admin: Any, request: HttpRequest, order: WorkOrder, plan: TaskPlan) -> HttpResponse:
    """What the edit would do to the tasks, before it is done."""
    steps = dict(order.steps.values_list("ref", "process__name"))
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Changes to order %(order)s") % {"order": order},
        "opts": admin.opts,
        "original": order,
        "plan": plan,
        "groups": plan_groups(plan, steps),
        "refusals": plan.of(Change.REFUSE),
        "typed": typed_again(request),
        "summary": summary(plan),
    }
    return render(request, "orders/plan.html", context)
