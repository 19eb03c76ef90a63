"""The task section of the order page: counts, progress, warnings, and the drafts as a table to edit."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from paidan.errors import Refused
from paidan.orders import access
from paidan.orders.actions import bulk, saving
from paidan.orders.actions.order import faults
from paidan.orders.admin.forms import typed_again
from paidan.orders.drafts import draft_of
from paidan.orders.facts import step_states
from paidan.orders.flow import ready_pieces, waits_for
from paidan.orders.models import OrderMaterial, Task, WorkOrder
from paidan.orders.models.order import Approval, Priority
from paidan.orders.models.task import OPEN, Status
from paidan.orders.planning import Change, TaskPlan, summary
from paidan.people.access import person
from paidan.people.models import User

TASK_FIELDS = {field.name: field.verbose_name for field in Task._meta.concrete_fields}


def context(admin: Any, request: HttpRequest, object_id: str) -> dict[str, Any]:
    """What the section shows of an order that exists for this person."""
    order = admin.must_exist(request, object_id)
    tasks = list(
        with_material(Task.objects.filter(step__order=order).visible_to(request.user))
        .select_related("step__process", "department", "operator")
        .order_by("step__sequence", "step__ref", "pk")
    )
    add_readiness(tasks)
    living = [task for task in tasks if task.status != Status.CANCELLED]
    return {
        "task_section": {
            "order": order,
            "tasks": tasks,
            "counts": [(label, sum(t.status == status for t in tasks)) for status, label in Status.choices],
            "done": sum(task.status == Status.COMPLETED for task in living),
            "total": len(living),
            "can_edit": access.may_edit_drafts(person(request), order),
            "has_drafts": any(task.status == Status.DRAFT for task in tasks),
            "priorities": Priority.choices,
            **_obstacles(person(request), order),
            "approvals": list(order.approvals.select_related("by")[:5]),
        }
    }


def fragment(request: HttpRequest, object_id: str, model_admin: Any) -> HttpResponse:
    """The section by itself, as it stands now: the page fetches it when something changed."""
    return render(request, "orders/after_order.html", context(model_admin, request, object_id))


def _obstacles(user: User, order: Any) -> dict[str, Any]:
    """What stands in the way before approval: told to those who mend the order, and to those who decide about it."""
    decides = order.approval == Approval.SUBMITTED and access.may_approve(user, order)
    if order.approval == Approval.APPROVED or order.is_held or not (decides or access.may_edit(user, order)):
        return {"warnings": (), "faults": ()}
    return {"warnings": saving.preview_save(order, draft_of(order)).warnings, "faults": faults(order)}


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


def drafts_view(request: HttpRequest, object_id: str, model_admin: Any) -> HttpResponse:
    """Save or delete the drafts that were edited in the section: all of them or none."""
    order = model_admin.must_exist(request, object_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not access.may_edit_drafts(person(request), order):
        messages.error(request, _("You cannot change the tasks of this order now."))
        return redirect("admin:orders_workorder_change", order.pk)
    try:
        if "delete" in request.POST:
            _delete(request, order)
        elif "apply" in request.POST:
            _apply_to_chosen(request, order)
        else:
            _edit(request, order)
    except Refused as refused:
        for fault in refused.faults:
            messages.error(request, fault.message)
    return redirect(f"{request.path.removesuffix('drafts/')}change/#tasks")


def _delete(request: HttpRequest, order: Any) -> None:
    ids = _own(order, [value for value in request.POST.getlist("chosen") if value.isdigit()])
    if not ids:
        messages.warning(request, _("Choose the drafts to delete first."))
        return
    count = bulk.delete_drafts(ids, by=person(request))
    sentence = ngettext("%(n)s draft was deleted.", "%(n)s drafts were deleted.", count) % {"n": count}
    messages.success(request, sentence + " " + str(_("“Bring deleted tasks back” restores them.")))


def _edit(request: HttpRequest, order: Any) -> None:
    edits: dict[int, dict[str, Any]] = {}
    for pk in _own(order, [value for value in request.POST.getlist("task") if value.isdigit()]):
        edits[pk] = {
            "content": request.POST.get(f"content-{pk}", "").strip(),
            "planned": _number(request.POST.get(f"planned-{pk}", "")),
            "priority": _number(request.POST.get(f"priority-{pk}", "")),
            **({"due": _day(request.POST[f"due-{pk}"])} if f"due-{pk}" in request.POST else {}),
            "notes": request.POST.get(f"notes-{pk}", "").strip(),
        }
    changed = bulk.edit_drafts(edits, by=person(request))
    count = len(changed)
    messages.success(request, ngettext("%(n)s draft was changed.", "%(n)s drafts were changed.", count) % {"n": count})


def _apply_to_chosen(request: HttpRequest, order: Any) -> None:
    """The same quantity, priority or notes for all chosen drafts; what is left empty stays as it is."""
    ids = _own(order, [value for value in request.POST.getlist("chosen") if value.isdigit()])
    wish: dict[str, Any] = {
        name: request.POST.get(f"all-{name}", "").strip() for name in ("planned", "priority", "due", "notes")
    }
    reads: dict[str, Any] = {"notes": str, "due": _day}
    same = {name: reads.get(name, _number)(value) for name, value in wish.items() if value}
    if not ids or not same:
        messages.warning(request, _("Choose drafts, and enter what they should have in common."))
        return
    count = len(bulk.edit_drafts(dict.fromkeys(ids, same), by=person(request)))
    messages.success(request, ngettext("%(n)s draft was changed.", "%(n)s drafts were changed.", count) % {"n": count})


def _own(order: Any, values: list[str]) -> list[int]:
    """Only tasks of this order, whatever was sent."""
    return list(Task.objects.filter(step__order=order, pk__in=values[:1000]).values_list("pk", flat=True))


def _day(text: str) -> date | None:
    """A day as the browser sends it; what is none is refused in a sentence."""
    try:
        day = parse_date(text.strip()) if text.strip() else None
    except ValueError:
        day = None
    if text.strip() and day is None:
        raise Refused(_("“%(text)s” is no date.") % {"text": text[:20]}, "bad_value")
    return day


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
