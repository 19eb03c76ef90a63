"""What people do to the drafts in the task section: saved in place, or by a page that is loaded anew where no script runs."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paidan.backoffice.live import PART
from paidan.errors import Fault, Refused
from paidan.orders import access
from paidan.orders.actions import bulk
from paidan.orders.admin import section
from paidan.orders.models import Task, WorkOrder
from paidan.people.access import person

AT_ONCE = 1000


class Outcome(NamedTuple):
    """What came of what was sent: whether it was done, what is said about it, and what at which field."""

    done: bool
    level: int
    said: tuple[str, ...]
    at: Mapping[str, str] = {}


def drafts_view(request: HttpRequest, object_id: str, model_admin: Any) -> HttpResponse:
    """Save or delete the drafts that were edited in the section: all of them or none."""
    order = model_admin.must_exist(request, object_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    outcome = carry_out(request, order)
    if request.headers.get(PART):
        return section.fragment(request, object_id, model_admin, outcome=outcome)
    for sentence in (*outcome.said, *outcome.at.values()):
        messages.add_message(request, outcome.level, sentence)
    return redirect(f"{request.path.removesuffix('drafts/')}change/#tasks")


def carry_out(request: HttpRequest, order: WorkOrder) -> Outcome:
    """Do what the button says that was pressed."""
    if not access.may_edit_drafts(person(request), order):
        return Outcome(False, messages.ERROR, (_("You cannot change the tasks of this order now."),))
    act: Callable[[HttpRequest, WorkOrder], Outcome] = next(
        (act for name, act in ACTS.items() if name in request.POST), save
    )
    try:
        return act(request, order)
    except Refused as refused:
        at = {fault.where: fault.message for fault in refused.faults if fault.where}
        said = tuple(fault.message for fault in refused.faults if not fault.where)
        return Outcome(False, messages.ERROR, said, at)


def save(request: HttpRequest, order: WorkOrder) -> Outcome:
    """Write what was typed, field by field: what was not touched stays as it is, whoever changed it meanwhile."""
    own = {str(pk): pk for pk in _own(order, request.POST.getlist("task"))}
    edits: dict[int, dict[str, Any]] = {}
    seen: dict[int, dict[str, Any]] = {}
    faults: list[Fault] = []
    for pk in request.POST.getlist("task")[:AT_ONCE]:
        before = _seen(request.POST.get(f"seen-{pk}", ""))
        typed = {name: request.POST[f"{name}-{pk}"].strip() for name in READ if f"{name}-{pk}" in request.POST}
        typed = {name: text for name, text in typed.items() if name not in before or before[name].strip() != text}
        if typed and pk in own:
            edits[own[pk]] = _read(typed, pk, faults)
            seen[own[pk]] = _read({name: text for name, text in before.items() if name in typed}, pk, [])
        elif typed and before:
            sentence = _("“%(task)s” no longer exists. What you typed for it was not saved: %(typed)s")
            raise Refused(sentence % {"task": before["content"], "typed": ", ".join(typed.values())}, "gone")
    if faults:
        raise Refused.because(faults, "bad_value")
    return _changed(len(bulk.edit_drafts(edits, by=person(request), seen=seen)))


def apply(request: HttpRequest, order: WorkOrder) -> Outcome:
    """The same quantity, priority or notes for all chosen drafts; what is left empty stays as it is."""
    ids = _own(order, request.POST.getlist("chosen"))
    typed = {name: text for name in READ if (text := request.POST.get(f"all-{name}", "").strip())}
    if not ids or not typed:
        sentence = _("Choose drafts, and enter what they should have in common.")
        return Outcome(False, messages.WARNING, (sentence,))
    faults: list[Fault] = []
    same = _read(typed, "", faults)
    if faults:
        raise Refused.because(faults, "bad_value")
    return _changed(len(bulk.edit_drafts(dict.fromkeys(ids, same), by=person(request))))


def delete(request: HttpRequest, order: WorkOrder) -> Outcome:
    """Delete the chosen drafts."""
    ids = _own(order, request.POST.getlist("chosen"))
    if not ids:
        return Outcome(False, messages.WARNING, (_("Choose the drafts to delete first."),))
    count = bulk.delete_drafts(ids, by=person(request))
    sentence = ngettext("%(n)s draft was deleted.", "%(n)s drafts were deleted.", count) % {"n": count}
    return Outcome(True, messages.SUCCESS, (f"{sentence} {_('“Bring deleted tasks back” restores them.')}",))


ACTS: Mapping[str, Callable[[HttpRequest, WorkOrder], Outcome]] = {"delete": delete, "apply": apply}


def _changed(count: int) -> Outcome:
    sentence = ngettext("%(n)s draft was changed.", "%(n)s drafts were changed.", count) % {"n": count}
    return Outcome(True, messages.SUCCESS, (sentence,))


def _own(order: WorkOrder, values: list[str]) -> list[int]:
    """Only tasks of this order, whatever was sent."""
    ids = [value for value in values[:AT_ONCE] if value.isascii() and value.isdigit() and len(value) < 19]
    return list(Task.objects.filter(step__order=order, pk__in=ids).values_list("pk", flat=True))


# --- how a browser writes what a task has ------------------------------------------------------------
def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _day(text: str) -> date | None:
    """A day as the browser sends it; what is none is refused in a sentence."""
    try:
        day = parse_date(text) if text else None
    except ValueError:
        day = None
    if text and day is None:
        raise Refused(_("“%(text)s” is no date.") % {"text": text[:20]}, "bad_value")
    return day


READ: Mapping[str, Callable[[str], Any]] = {
    "content": str, "planned": _number, "priority": _number, "due": _day, "notes": str,
}  # fmt: skip


def _seen(sent: str) -> dict[str, str]:
    """What the fields showed, as `section.as_typed` wrote it; of what makes no sense, nothing."""
    try:
        shown = json.loads(sent) if sent else None
    except ValueError:
        shown = None
    if not isinstance(shown, list) or len(shown) != len(READ) or not all(isinstance(text, str) for text in shown):
        return {}
    return dict(zip(READ, shown, strict=True))


def _read(typed: Mapping[str, str], pk: str, faults: list[Fault]) -> dict[str, Any]:
    """Values from what was typed; a fault for each that is none."""
    values = {}
    for name, text in typed.items():
        try:
            values[name] = READ[name](text)
        except Refused as refused:
            faults.append(Fault(refused.code, str(refused), f"{name}-{pk}" if pk else ""))
    return values
