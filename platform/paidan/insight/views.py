"""The page of all changes, and the same as a workbook."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from paidan.backoffice import sheets
from paidan.backoffice.differences import ACTS, in_a_cell
from paidan.errors import Refused
from paidan.insight import trail
from paidan.insight.trail import THE_HOUSE, Change, Mark, Wanted
from paidan.insight.trail_words import Words
from paidan.people.access import person
from paidan.people.models import User

AT_ONCE = 100
MOST_TAKEN = 5000
"""Changes in one workbook."""
FOLDED_FROM = 9


@require_safe
def all_changes(request: HttpRequest) -> HttpResponse:
    """Who changed what, newest first; for approvers and administrators, and for the others there is no such page."""
    if not trail.may_read(person(request)):
        raise Http404
    wanted = _wanted(request)
    refusal = None
    if request.GET.get("format") == "xlsx":
        try:
            return _workbook(request, wanted)
        except Refused as refused:
            refusal = refused
    found, older = trail.changes(wanted, to=person(request), most=AT_ONCE)
    kept = request.GET.copy()
    for name in ("before", "format"):
        kept.pop(name, None)
    context = {
        "title": _("All changes"),
        "moments": list(_moments(found, Words(found, request))),
        "wanted": wanted,
        "kept": kept.urlencode(),
        "older": older,
        "refusal": refusal,
        "models": sorted(_models(person(request)), key=lambda pair: str(pair[1])),
        "acts": ACTS.items(),
        "people": User.objects.order_by("-is_active", "name", "username"),
        "the_house": THE_HOUSE,
    }
    return TemplateResponse(
        request, "insight/trail.html", admin.site.each_context(request) | context, status=409 if refusal else 200
    )


def _models(user: User) -> Iterator[tuple[str, str]]:
    for model in trail.readable(user):
        yield model._meta.label, capfirst(str(model._meta.verbose_name))


def _wanted(request: HttpRequest) -> Wanted:
    """What the address asks for; what makes no sense asks for nothing."""
    asked = {name: str(value).replace("\0", "").strip() for name, value in request.GET.items()}
    who = asked.get("person", "")
    return Wanted(
        model=asked.get("model", ""),
        act=asked["act"] if asked.get("act") in ACTS else "",
        person=int(who) if who.isascii() and who.isdigit() and len(who) < 19 else None,
        since=_day(asked.get("since", "")),
        until=_day(asked.get("until", "")),
        order=asked.get("order", "")[:32],
        request=asked.get("request", "")[:36],
        before=Mark.read(asked.get("before", "")),
    )


def _day(typed: str) -> date | None:
    try:
        day = parse_date(typed)
    except ValueError:  # written like a day, and none
        return None
    return day if day and date.min < day < date.max else None


def _moments(found: Sequence[Change], words: Words) -> Iterator[dict[str, Any]]:
    """What one person did at one moment in one request, together."""
    for (request, by, why), some in groupby(found, key=lambda change: (_request(change), change.by, _why(change))):
        changes = list(some)
        yield {
            "at": changes[0].at,
            "by": by,
            "person": words.person(changes[0]),
            "why": why,
            "request": request,
            "folded": len(changes) >= FOLDED_FROM,
            "entries": [_entry(change, words) for change in changes],
        }


def _entry(change: Change, words: Words) -> dict[str, Any]:
    return {
        "at": change.at,
        "act": change.act,
        "kind": words.kind(change),
        "about": words.about(change),
        "order": words.order(change),
        "link": words.link(change),
        "what": words.what(change),
        "differences": [(one.name, *one.texts()) for one in words.differences(change)],
    }


def _request(change: Change) -> str:
    return str(change.row["history_request"])


def _why(change: Change) -> str:
    return change.row["history_change_reason"] or ""


# --- workbook ---------------------------------------------------------------------------------------
def _workbook(request: HttpRequest, wanted: Wanted) -> HttpResponse:
    """One row for each field that changed."""
    found, more = trail.changes(wanted, to=person(request), most=MOST_TAKEN)
    if more:
        raise Refused(
            _("More than %(n)s changes fit, too many for one workbook. Choose a shorter period.") % {"n": MOST_TAKEN},
            "too_many",
        )
    headings = (
        _("When"), _("Who"), _("Kind"), _("About"), _("Work order"), _("What"), _("Field"), _("Before"), _("After"),
        _("Why"), _("Request"),
    )  # fmt: skip
    rows = _rows(found, Words(found, request))
    return sheets.answer("changes", _("All changes"), headings, ([in_a_cell(value) for value in row] for row in rows))


def _rows(found: Sequence[Change], words: Words) -> Iterator[tuple[Any, ...]]:
    for change in found:
        start = (
            change.at, words.person(change), words.kind(change), words.about(change), words.order(change),
            words.what(change),
        )  # fmt: skip
        for side in [(one.name, one.before, one.after) for one in words.differences(change)] or [("", "", "")]:
            yield (*start, *side, _why(change), _request(change))
