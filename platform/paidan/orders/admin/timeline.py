"""The page “who did what” of an order, and the same as a workbook."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from simple_history.models import SIMPLE_HISTORY_REVERSE_ATTR_NAME

from paidan.backoffice import sheets
from paidan.backoffice.differences import in_a_cell
from paidan.orders import access, timeline
from paidan.orders.admin.wording import Wording
from paidan.orders.models import WorkOrder
from paidan.orders.timeline import Entry, Group, Kind, Wanted
from paidan.people.access import person
from paidan.people.models import User

AT_ONCE = 100
FOLDED_FROM = 9
"""A moment with so many entries is shown folded."""

type Place = tuple[int, Group, Entry]
"""An entry and the moment that it belongs to, with the moment's number."""


def page(request: HttpRequest, order: WorkOrder, context: dict[str, Any]) -> HttpResponse:
    """The timeline of an order that exists for this person: a page, or with `?format=xlsx` a workbook."""
    entries = timeline.read(order, to=person(request))
    wanted = _wanted(request)
    places = [
        (number, group, entry)
        for number, group in enumerate(timeline.grouped(entries))
        for entry in group.entries
        if wanted.takes(entry)
    ]
    if request.GET.get("format") == "xlsx":
        return _workbook(request, order, places)
    people = User.objects.in_bulk({entry.by for entry in entries if entry.by})
    found = Paginator(places, AT_ONCE).get_page(request.GET.get("page"))
    words = Wording((entry for _n, _g, entry in found.object_list), people=people)
    kept = request.GET.copy()
    kept.pop("page", None)
    return render(request, "orders/timeline.html", {
        **context,
        "title": _("Timeline of order %(order)s") % {"order": order},
        "order": order,
        "moments": list(_moments(list(found.object_list), words)),
        "found": found,
        "wanted": wanted,
        "kept": kept.urlencode(),
        "kinds": [(kind.value, kind.label) for kind in Kind if any(entry.kind == kind for entry in entries)],
        "people": sorted(people.values(), key=str),
        "tasks": sorted({entry.task: entry.row["content"] for entry in entries if entry.kind == Kind.TASK}.items()),
        "may_export": access.may_approve(person(request), order),
        "has_order": not hasattr(order, SIMPLE_HISTORY_REVERSE_ATTR_NAME),  # else it is what the history kept of it
    })  # fmt: skip


def _wanted(request: HttpRequest) -> Wanted:
    """What the address asks for; what makes no sense asks for nothing."""
    asked = request.GET
    return Wanted(
        person=_number(asked.get("person")),
        kind=asked["kind"] if asked.get("kind") in Kind.values else None,
        task=_number(asked.get("task")),
        since=_day(asked.get("since")),
        until=_day(asked.get("until")),
    )


def _number(typed: str | None) -> int | None:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def _day(typed: str | None) -> date | None:
    try:
        return parse_date(typed or "")
    except ValueError:  # written like a day, and none
        return None


def _moments(places: Sequence[Place], words: Wording) -> Iterator[dict[str, Any]]:
    """The moments on a page, in words."""
    for _number, some in groupby(places, key=lambda place: place[0]):
        shown = list(some)
        group = shown[0][1]
        whys = list(dict.fromkeys(entry.why for entry in group.entries if entry.why))
        yield {
            "at": group.at,
            "person": words.person(group.by),
            "headline": words.headline(group),
            "why": whys[0] if len(whys) == 1 else "",
            "request": group.request,
            "folded": len(shown) >= FOLDED_FROM,
            "entries": [_entry(entry, words, say_why=len(whys) > 1) for _n, _g, entry in shown],
        }


def _entry(entry: Entry, words: Wording, *, say_why: bool) -> dict[str, Any]:
    return {
        "kind": Kind(entry.kind).label,
        "about": words.about(entry),
        "what": words.what(entry),
        "act": entry.act,
        "why": entry.why if say_why else "",
        "differences": [(one.name, *one.texts()) for one in words.differences(entry)],
    }


# --- workbook ---------------------------------------------------------------------------------------
def _workbook(request: HttpRequest, order: WorkOrder, places: Sequence[Place]) -> HttpResponse:
    """One row for each field that changed."""
    if not access.may_approve(person(request), order):
        raise PermissionDenied
    headings = (
        _("When"), _("Who"), _("Kind"), _("About"), _("What"), _("Field"), _("Before"), _("After"), _("Why"),
        _("Request"),
    )  # fmt: skip
    rows = _rows(places, Wording(entry for _n, _g, entry in places))
    return sheets.answer(
        f"timeline-{order.pk}", _("Timeline"), headings, ([in_a_cell(value) for value in row] for row in rows)
    )


def _rows(places: Sequence[Place], words: Wording) -> Iterator[tuple[Any, ...]]:
    for _number, _group, entry in places:
        start = (entry.at, words.person(entry.by), Kind(entry.kind).label, words.about(entry), words.what(entry))
        sides = [(one.name, one.before, one.after) for one in words.differences(entry)] or [("", "", "")]
        for side in sides:
            yield (*start, *side, entry.why, entry.request)
