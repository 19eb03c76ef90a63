"""What the bell asks for: the newest notifications, what came since, and that something was read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Max, Q, Value
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from paidan.errors import Refused
from paidan.notices.actions import mark_read
from paidan.notices.models import Notification
from paidan.people.access import person
from paidan.people.models import User

SHOWN = 20
PAGE = 100
PAGES = {"task": "orders_task", "order": "orders_workorder"}
"""What a notification can be about, the nearest thing first, and the pages of these."""
type View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class Item:
    """A notification as its reader sees it, and where it leads, if anywhere."""

    notice: Notification
    url: str

    @property
    def day(self) -> date:
        return timezone.localdate(self.notice.created_at)

    def sent(self) -> dict[str, Any]:
        """The same for a script; the live channel speaks alike."""
        return {
            "id": self.notice.pk,
            "kind": self.notice.kind,
            "title": self.notice.heading,
            "text": str(self.notice),
            "priority": self.notice.priority,
            "url": self.url,
            "at": self.notice.created_at.astimezone(UTC).isoformat(),
            "read": self.notice.read_at is not None,
            "quiet": self.notice.quiet,
        }


# --- pages ----------------------------------------------------------------------------------------
@admin.site.admin_view
@require_GET
def panel(request: HttpRequest) -> HttpResponse:
    """The newest notifications by day, and what this browser does when one comes."""
    rows = items(person(request), mine(request).order_by("-pk")[:SHOWN])
    days = [(day_in_words(day), list(group)) for day, group in groupby(rows, key=lambda item: item.day)]
    return render(request, "notices/panel.html", {"days": days, "unread": count(request)[0]})


@admin.site.admin_view
@require_GET
def poll(request: HttpRequest) -> HttpResponse:
    """What came after this notification, for a page without a live channel; without `after`, only the counts."""
    try:
        after = number(request.GET["after"], name="after") if "after" in request.GET else None
    except Refused as refusal:
        return JsonResponse({"error": refusal.code, "message": str(refusal)}, status=400)
    rows = [] if after is None else list(mine(request).filter(pk__gt=after).order_by("pk")[: PAGE + 1])
    unread, newest = count(request)
    notices = [item.sent() for item in items(person(request), rows[:PAGE])]
    return JsonResponse({"notices": notices, "unread": unread, "last_id": newest, "more": len(rows) > PAGE})


@admin.site.admin_view
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark these notifications, or all, as read; what is somebody else's stays as it is."""
    ids: list[int] | None = None
    if "all" not in request.POST:
        try:
            ids = [number(part, name="ids") for part in request.POST.get("ids", "").split(",")]
        except Refused as refusal:
            return JsonResponse({"error": refusal.code, "message": str(refusal)}, status=400)
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


def items(user: User, notices: Iterable[Notification]) -> list[Item]:
    """These notifications with where they lead for this person now: one query more, and the person's rights."""
    notices = list(notices)
    there = _still_there(user, notices)
    return [Item(notice, _link(notice, there)) for notice in notices]


def _still_there(user: User, notices: list[Notification]) -> set[tuple[str, int]]:
    """What these are about, as far as it exists for this person and its page opens."""
    parts = []
    for noun, page in PAGES.items():
        ids = {pk for notice in notices if (pk := getattr(notice, f"{noun}_id"))}
        if ids and user.has_perm(f"{page.replace('_', '.view_')}"):
            model: Any = Notification._meta.get_field(noun).remote_field.model  # type: ignore[union-attr]
            rows = model._default_manager.filter(pk__in=ids).visible_to(user).order_by()
            parts.append(rows.values_list(Value(noun), "pk"))
    return set(parts[0].union(*parts[1:])) if parts else set()


def _link(notice: Notification, there: set[tuple[str, int]]) -> str:
    for noun, page in PAGES.items():
        pk = getattr(notice, f"{noun}_id")
        if (noun, pk) in there:
            return reverse(f"admin:{page}_change", args=[pk])
    return ""


def day_in_words(day: date) -> Any:
    """Today, yesterday, or the date itself."""
    today = timezone.localdate()
    return {today: _("Today"), today - timedelta(days=1): _("Yesterday")}.get(day, day)


def number(text: str, *, name: str) -> int:
    """An id that somebody sent; anything else is refused."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise Refused(_("“%(name)s” must be the number of a notification.") % {"name": name}, "bad_number")
