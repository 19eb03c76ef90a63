"""What the bell asks for: the newest notifications, what came since, and that something was read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from paidan.errors import Refused
from paidan.notices import inbox, leading
from paidan.notices.actions import mark_read, mark_shown
from paidan.notices.models import Notification
from paidan.people.access import person

SHOWN = 20
type View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class Item:
    """A notification as its reader sees it, and where it leads, if anywhere."""

    notice: Notification
    url: str

    @property
    def day(self) -> date:
        return timezone.localdate(self.notice.created_at)


# --- pages ----------------------------------------------------------------------------------------
@admin.site.admin_view
@require_GET
def panel(request: HttpRequest) -> HttpResponse:
    """The newest notifications by day, and what this browser does when one comes."""
    notices = list(mine(request).order_by("-pk")[:SHOWN])
    urls = leading.urls(person(request), notices)
    rows = [Item(notice, urls[notice.pk]) for notice in notices]
    days = [(day_in_words(day), list(group)) for day, group in groupby(rows, key=lambda item: item.day)]
    return render(request, "notices/panel.html", {"days": days, "unread": count(request)[0]})


@admin.site.admin_view
@require_GET
def poll(request: HttpRequest) -> HttpResponse:
    """What a page without a live channel has not seen: what came after this one, and what no page has shown."""
    try:
        after = number(request.GET["after"], name="after") if "after" in request.GET else None
    except Refused as refusal:
        return bad(refusal)
    unread, newest = count(request)
    user = person(request)
    rows = inbox.unseen(user.pk, after=newest if after is None else after)
    notices = inbox.as_sent(user, rows[: inbox.PAGE])
    return JsonResponse({"notices": notices, "unread": unread, "last_id": newest, "more": len(rows) > inbox.PAGE})


@admin.site.admin_view
@require_POST
def shown(request: HttpRequest) -> HttpResponse:
    """A page that asks says what it showed; until then that is looked for, also where its id came late."""
    try:
        ids = numbers(request.POST.get("ids", ""))
    except Refused as refusal:
        return bad(refusal)
    return JsonResponse({"shown": mark_shown(ids, by=person(request))})


@admin.site.admin_view
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark these notifications, or all, as read; what is somebody else's stays as it is."""
    ids: list[int] | None = None
    if "all" not in request.POST:
        try:
            ids = numbers(request.POST.get("ids", ""))
        except Refused as refusal:
            return bad(refusal)
    done = mark_read(person(request), ids)
    if "back" in request.POST:
        text = ngettext("%(n)s notification marked as read.", "%(n)s notifications marked as read.", done)
        messages.success(request, text % {"n": done})
        return redirect("admin:notices_notification_changelist")
    return JsonResponse({"ids": ids, "unread": count(request)[0]})


# --- what they are made of ------------------------------------------------------------------------
def mine(request: HttpRequest) -> Any:
    """The inbox of who asks."""
    return Notification.objects.all().visible_to(request.user)


def count(request: HttpRequest) -> tuple[int, int]:
    """How many are unread, and the newest one's id. One query."""
    found = mine(request).aggregate(unread=Count("pk", filter=Q(read_at=None)), newest=Max("pk"))
    return found["unread"], found["newest"] or 0


def day_in_words(day: date) -> Any:
    """Today, yesterday, or the date itself."""
    today = timezone.localdate()
    return {today: _("Today"), today - timedelta(days=1): _("Yesterday")}.get(day, day)


def bad(refusal: Refused) -> HttpResponse:
    """What was sent makes no sense: a code for the page, a sentence for the person."""
    return JsonResponse({"error": refusal.code, "message": str(refusal)}, status=400)


def numbers(text: str) -> list[int]:
    """Ids that somebody sent, with commas between them."""
    return [number(part, name="ids") for part in text.split(",")]


def number(text: str, *, name: str) -> int:
    """An id that somebody sent; anything else is refused."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise Refused(_("“%(name)s” must be the number of a notification.") % {"name": name}, "bad_number")
