"""Where the work is, to look at rather than to read: bars that are links to the lists that they count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paidan.console.numbers import Tile
from paidan.orders.admin.filters import tasks_due
from paidan.orders.models import Task
from paidan.orders.models.task import OPEN
from paidan.people.access import person

MOST_BARS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its words and number, the part of it that is late, and its length in percent of the longest."""

    title: Any
    count: int
    late: int
    url: str
    width: float
    late_width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A few bars under a heading; how many are not shown."""

    name: str
    title: Any
    bars: list[Bar]
    more: int = 0


def due(tiles: Sequence[Tile]) -> Chart:
    """Open tasks by when they are due, as the start page counted them."""
    rows = [(tile.title, tile.count, tile.count if tile.alarm else 0, tile.url) for tile in tiles if tile.count]
    return Chart("due", _("Open tasks by due date"), _bars(rows))


def by_department(request: HttpRequest) -> Chart:
    """Open tasks by department, the late ones in red. One query."""
    return _load(request, "department", _("Load by department"), "department__id__exact")


def by_operator(request: HttpRequest) -> Chart:
    """Open tasks by operator, the late ones in red. One query."""
    return _load(request, "operator", _("Load by operator"), "operator")


def _load(request: HttpRequest, field: str, title: Any, parameter: str) -> Chart:
    rows = (
        Task.objects.filter(status__in=OPEN, **{f"{field}__isnull": False})
        .visible_to(person(request))
        .order_by()
        .values_list(field, f"{field}__name")
        .annotate(n=Count("pk"), late=Count("pk", filter=tasks_due("late")))
        .order_by("-n", f"{field}__name")
    )
    found = list(rows)
    page = reverse("admin:orders_task_changelist")
    shown = [
        (name, n, late, f"{page}?{urlencode({parameter: pk, 'standing': 'open'})}")
        for pk, name, n, late in found[:MOST_BARS]
    ]
    return Chart(field, title, _bars(shown), max(0, len(found) - MOST_BARS))


def _bars(rows: Sequence[tuple[Any, int, int, str]]) -> list[Bar]:
    most = max((count for _title, count, _late, _url in rows), default=0)
    return [
        Bar(title, count, late, url, round(100 * count / most, 1), round(100 * late / most, 1))
        for title, count, late, url in rows
    ]
