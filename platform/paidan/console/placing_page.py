"""The page on which a person is placed: one form, one button; refusals in words, and nothing typed is lost."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from paidan.catalog.models import Process, Skill
from paidan.console import placing
from paidan.console.placing import Placement
from paidan.errors import Refused
from paidan.orders.models import Workload
from paidan.people.access import CLAIM, DISPATCH, VIEW, person
from paidan.people.actions import POST_RIGHTS
from paidan.people.admin import may_place
from paidan.people.models import Department, Role, User
from paidan.people.viewing import may_view_as

RIGHTS = {
    CLAIM: gettext_lazy("Works in"),
    VIEW: gettext_lazy("Sees all tasks of"),
    DISPATCH: gettext_lazy("Assigns tasks in"),
}
EVERYWHERE = [(role.value, role.label) for role in Role if role not in POST_RIGHTS]


class PlaceForm(forms.Form):
    """What the page asks; the choices are the shop's own."""

    is_active = forms.BooleanField(required=False)
    roles = forms.MultipleChoiceField(required=False, choices=EVERYWHERE)
    posts = forms.MultipleChoiceField(required=False)
    skills = forms.MultipleChoiceField(required=False)
    limit = forms.IntegerField(label=gettext_lazy("Open tasks at the same time"), min_value=1, max_value=1000)

    def __init__(self, data: Any, now: Placement, departments: Sequence[Department], processes: Sequence[Process]):
        shown = {
            "is_active": now.is_active,
            "roles": sorted(now.roles),
            "posts": [_post(*post) for post in sorted(now.posts)],
            "skills": [str(pk) for pk in sorted(now.skills)],
            "limit": now.limit,
        }
        super().__init__(data, initial=shown)
        self.fields["posts"].choices = [(_post(d.pk, role), "") for d in departments for role in POST_RIGHTS]  # type: ignore[attr-defined]
        self.fields["skills"].choices = [(str(process.pk), process.name) for process in processes]  # type: ignore[attr-defined]

    def wanted(self) -> Placement:
        """Where the person shall stand."""
        asked = self.cleaned_data
        posts = (post.split(":") for post in asked["posts"])
        return Placement(
            is_active=asked["is_active"],
            roles=frozenset(asked["roles"]),
            posts=frozenset((int(department), role) for department, role in posts),
            skills=frozenset(map(int, asked["skills"])),
            limit=asked["limit"],
        )


def _post(department: int, role: str) -> str:
    return f"{department}:{role}"


@require_http_methods(["GET", "HEAD", "POST"])
def place_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Where somebody works and what follows from it; for administrators, for the others there is no such page."""
    if not may_place(person(request), None):
        raise Http404
    row = get_object_or_404(User, pk=pk)
    if not may_place(person(request), row):
        raise Http404
    now = placing.placement(row)
    departments = list(Department.objects.all())
    known = Skill.objects.filter(person=row).values("process")
    processes = list((Process.objects.filter(is_active=True) | Process.objects.filter(pk__in=known)).distinct())
    form = PlaceForm(request.POST if request.method == "POST" else None, now, departments, processes)
    refusal, left, wanted = None, [], now
    if form.is_valid():
        wanted = form.wanted()
        left = placing.left_behind(row, wanted)
        if "save" in request.POST and (not left or "anyway" in request.POST):
            try:
                placing.place(row, wanted, by=person(request), seen=request.POST.get("seen", ""))
            except Refused as problem:
                refusal = problem
            else:
                messages.success(request, _("%(person)s is placed.") % {"person": row})
                return redirect("place_person", row.pk)
    context = _context(request, row, form, departments) | {
        "now": now,
        "left": [(each, _list(row, each.department.pk)) for each in left],
        "refusal": refusal,
        "sees": _sees(row, wanted),
        "is_preview": wanted != now,
    }
    status = 409 if refusal else 422 if form.errors else 200
    return TemplateResponse(request, "console/placing.html", context, status=status)


def _context(request: HttpRequest, row: User, form: PlaceForm, departments: Sequence[Department]) -> dict[str, Any]:
    load = Workload.objects.filter(operator=row).first()
    posts, held = form["posts"].value() or [], placing.open_tasks(row)
    return {
        **admin.site.each_context(request),
        "title": _("Place %(person)s") % {"person": row},
        "row": row,
        "form": form,
        "roles": [(value, label, value in (form["roles"].value() or [])) for value, label in EVERYWHERE],
        "duties": [Role(role).label for role in POST_RIGHTS],
        "departments": [_line(row, department, posts, held) for department in _tree(departments)],
        "skills": [(v, label, v in (form["skills"].value() or [])) for v, label in form.fields["skills"].choices],  # type: ignore[attr-defined]
        "load": load,
        "elsewhere": _list(row),
        "may_view": may_view_as(person(request), row),
    }


def _tree(departments: Sequence[Department], parent: int | None = None, depth: int = 0) -> Iterator[Department]:
    """Each department behind the one that it belongs to, and how deep it stands."""
    for department in departments:
        if department.parent_id == parent and depth < len(departments):
            department.depth = depth  # type: ignore[attr-defined]
            yield department
            yield from _tree(departments, department.pk, depth + 1)


def _line(row: User, department: Department, posts: Sequence[str], held: dict[int, int]) -> dict[str, Any]:
    boxes = [
        {"value": _post(department.pk, role), "name": f"{department} · {Role(role).label}"} for role in POST_RIGHTS
    ]
    return {
        "department": department,
        "boxes": [box | {"chosen": box["value"] in posts} for box in boxes],
        "tasks": held.get(department.pk, 0),
        "url": _list(row, department.pk),
    }


def _list(row: User, department: int | None = None) -> str:
    """The task list with what this person holds, there or anywhere."""
    where = {"department__id__exact": department} if department else {}
    return f"{reverse('admin:orders_task_changelist')}?{urlencode({'operator__id__exact': row.pk, **where})}"


def _sees(row: User, wanted: Placement) -> dict[str, Any]:
    seen = placing.sees(row, wanted)
    return {
        "departments": [(label, seen.departments[right]) for right, label in RIGHTS.items() if seen.departments[right]],
        "tasks": seen.tasks,
        "orders": seen.orders,
    }
