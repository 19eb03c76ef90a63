"""One verb for many tasks of the list: asked once, done in small parts, and told task by task what was not possible."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paidan.backoffice.verb import ReasonForm, VerbForm
from paidan.errors import Refused
from paidan.orders import access
from paidan.orders.actions import bulk
from paidan.orders.actions import task as work
from paidan.orders.admin.dialogs import AssignSeveralForm, PriorityForm
from paidan.orders.models import Task
from paidan.orders.models.task import Status
from paidan.people.access import person
from paidan.people.models import User

MOST = 1000
"""More at once is a slip of the finger; the rest is chosen afterwards."""
AT_ONCE = 25
"""Tasks in one request: a second or so, so that the bar moves and nobody waits for a lock."""
NAMED = 10

type Problem = tuple[Task, Refused]
type Act = Callable[..., Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Together:
    """A verb for many tasks: what it asks, who may do it to which task, and how it goes through them."""

    label: Any
    permission: str
    may: Callable[[User, Task], bool]
    act: Act
    form: type[VerbForm] = VerbForm
    danger: bool = False


def one_by_one(verb: Callable[..., Any]) -> Act:
    """Each task by itself, as its own dialog does it."""

    def act(tasks: Iterable[Task], *, by: User, **arguments: Any) -> Iterator[Problem]:
        for task in tasks:
            try:
                verb(task, by=by, **arguments)
            except Refused as refused:
                yield task, refused

    return act


def by_order(verb: Callable[..., Any]) -> Act:
    """The tasks of one order in one go: what stands in the way of one holds up those of its order only."""

    def act(tasks: Iterable[Task], *, by: User, **arguments: Any) -> Iterator[Problem]:
        ordered = sorted(tasks, key=lambda task: task.step.order_id)
        for _order, some in groupby(ordered, key=lambda task: task.step.order_id):
            rows = list(some)
            try:
                verb([row.pk for row in rows], by=by, **arguments)
            except Refused as refused:
                yield from ((row, refused) for row in rows)

    return act


def _may_prioritise(user: User, task: Task) -> bool:
    if task.status == Status.DRAFT:
        return access.may_edit_drafts(user, task.order)
    return access.may_assign(user, task)


def _may_delete(user: User, task: Task) -> bool:
    return access.may_edit_drafts(user, task.order)


VERBS: dict[str, Together] = {
    "claim": Together(_("Claim the chosen tasks"), "orders.claim_task", access.may_claim, one_by_one(work.claim)),
    "assign": Together(
        _("Assign the chosen tasks"), "orders.assign_task", access.may_assign, one_by_one(work.assign), AssignSeveralForm
    ),
    "prioritise": Together(
        _("Change the priority of the chosen tasks"), "orders.assign_task", _may_prioritise, by_order(bulk.prioritise),
        PriorityForm,
    ),
    "cancel": Together(
        _("Cancel the chosen tasks"), "orders.cancel_task", access.may_cancel_task, one_by_one(work.cancel), ReasonForm,
        danger=True,
    ),
    "delete_drafts": Together(
        _("Delete the chosen drafts"), "orders.edit_draft_task", _may_delete, by_order(bulk.delete_drafts), danger=True
    ),
}  # fmt: skip


def begin(request: HttpRequest, admin: Any, name: str, rows: QuerySet[Task]) -> HttpResponse:
    """Say how many tasks were chosen, and ask what the verb has to know."""
    ids = list(rows.select_related(None).values_list("pk", flat=True)[: MOST + 1])
    if len(ids) > MOST:
        messages.error(
            request, _("More than %(most)s tasks are chosen. Narrow the list by a filter first.") % {"most": MOST}
        )
        return HttpResponseRedirect(request.get_full_path())
    form = VERBS[name].form(request=request)
    return _page(request, admin, name, ids, form, back=request.GET.urlencode())


def go_on(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Do the verb to the next few of the chosen tasks, and show what came of it and what is left."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    name = request.POST.get("verb", "")
    if name not in VERBS:
        raise Http404
    if not request.user.has_perm(VERBS[name].permission):
        raise PermissionDenied
    ids = [
        int(pk)
        for pk in request.POST.get("ids", "").split(",")[:MOST]
        if pk.isascii() and pk.isdigit() and len(pk) < 19
    ]
    form = VERBS[name].form(request=request, data=request.POST)
    back = request.POST.get("back", "")
    if not form.is_valid():
        return _page(request, model_admin, name, ids, form, back=back)
    now, left = ids[:AT_ONCE], ids[AT_ONCE:]
    problems = list(carry_out(VERBS[name], person(request), now, form.arguments()))
    done = _number(request.POST.get("done")) + len(now) - len(problems)
    return _page(request, model_admin, name, left, form, back=back, problems=problems, done=done, told=True)


def carry_out(verb: Together, user: User, ids: list[int], arguments: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Do it to those of these tasks that exist for this person; which ones it was not possible for, and why."""
    rows = Task.objects.all().visible_to(user).filter(pk__in=ids).select_related("step__order", "step__process")
    found = {row.pk: row for row in rows}
    for pk in ids:
        if pk not in found:
            yield {"task": f"#{pk}", "url": "", "why": str(_("It no longer exists, or not for you."))}
    tasks = [found[pk] for pk in ids if pk in found]
    allowed = {task.pk for task in tasks if verb.may(user, task)}
    for task in tasks:
        if task.pk not in allowed:
            yield _problem(task, str(_("You may not do this to this task now.")))
    for task, refused in verb.act((task for task in tasks if task.pk in allowed), by=user, **arguments):
        yield _problem(task, str(refused))


def _problem(task: Task, why: str) -> dict[str, str]:
    url = reverse("admin:orders_task_change", args=[task.pk])
    return {"task": f"{task.order} · {task.content}", "url": url, "why": why}


def _page(
    request: HttpRequest, admin: Any, name: str, ids: list[int], form: VerbForm, *, back: str, **told: Any
) -> HttpResponse:
    shown = Task.objects.all().visible_to(person(request)).filter(pk__in=ids[:NAMED]).select_related("step__order")
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": VERBS[name].label,
        "verb": name,
        "danger": VERBS[name].danger,
        "form": form,
        "ids": ",".join(map(str, ids)),
        "count": len(ids),
        "named": [] if told else sorted(shown, key=lambda task: ids.index(task.pk)),
        "more": max(0, len(ids) - NAMED),
        "back": f"{reverse('admin:orders_task_changelist')}?{back}",
        "query": back,
        **told,
    }
    return render(request, "orders/together.html", context)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0
