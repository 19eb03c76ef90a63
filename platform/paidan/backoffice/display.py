"""Small pieces of lists and pages: labels, bars, dates, each with the same look everywhere."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

TONES: Mapping[str, str] = {
    "draft": "draft",
    "submitted": "warning",
    "approved": "success",
    "rejected": "danger",
    "pending": "info",
    "in_progress": "primary",
    "completed": "success",
    "paused": "warning",
    "cancelled": "muted",
}


def label(text: Any, tone: str) -> SafeString:
    """A coloured word."""
    return format_html('<span class="paidan-label paidan-{}">{}</span>', tone, text)


def state(row: Any, field: str) -> SafeString:
    """The state of a row as a coloured word."""
    return label(getattr(row, f"get_{field}_display")(), TONES.get(getattr(row, field), "muted"))


def priority(row: Any) -> SafeString | str:
    """Normal priority stays silent; high and urgent ones call."""
    tone = {1: "muted", 3: "warning", 4: "danger paidan-urgent"}.get(row.priority)
    return label(row.get_priority_display(), tone) if tone else row.get_priority_display()


def money(yuan: Decimal | None) -> str:
    """Money as it is written: ¥1,234.50; a price of less than a fen keeps its places."""
    if yuan is None:
        return "—"
    places = max(2, -int(Decimal(yuan).normalize().as_tuple().exponent))
    return f"{'-' if yuan < 0 else ''}¥{number_format(abs(yuan), places)}"


def moment(at: datetime | None) -> SafeString | str:
    """A day and a time that stay in one line."""
    if at is None:
        return "—"
    return format_html(
        '<span class="whitespace-nowrap">{}</span>', date_format(timezone.localtime(at), "DATETIME_FORMAT")
    )


def due(day: date | None, *, is_open: bool) -> SafeString | str:
    """A due date; an open one that is past or near says so."""
    if day is None:
        return "—"
    text = date_format(day)
    left = (day - timezone.localdate()).days
    if not is_open or left > 1:
        return format_html('<span class="whitespace-nowrap">{}</span>', text)
    if left < 0:
        note = ngettext("%(n)s day late", "%(n)s days late", -left) % {"n": -left}
        return format_html('<span class="paidan-late">{} <b>{}</b></span>', text, note)
    note = _("today") if left == 0 else _("tomorrow")
    return format_html('<span class="paidan-soon">{} <b>{}</b></span>', text, note)


def picture(url: str, what: str) -> SafeString | str:
    """A small picture that is enlarged by a tap; nothing where there is none."""
    if not url:
        return ""
    return format_html(
        '<button type="button" class="paidan-picture" data-enlarge data-close="{}" title="{}">'
        '<img src="{}" alt="{}" loading="lazy" decoding="async"></button>',
        _("Close"),
        _("Enlarge"),
        url,
        what,
    )


def bar(done: int, total: int, note: str = "") -> SafeString:
    """A progress bar with its numbers beside it."""
    share = min(100, round(100 * done / total)) if total else 0
    return format_html(
        '<span class="paidan-done"><span class="paidan-bar" role="img" aria-label="{}%"><i style="width:{}%"></i></span>'
        '<span class="paidan-bar-text">{}</span></span>',
        share,
        share,
        note or f"{number_format(done)}/{number_format(total)}",
    )
