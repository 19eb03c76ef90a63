"""Where the work is and what was done, to look at rather than to read; each bar leads to the list that it counts."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan.console.board.figures import done_since
from paidan.console.numbers import Tile
from paidan.console.plotting import Bar, Chart
from paidan.orders.admin.filters import tasks_due
from paidan.orders.models import Task
from paidan.orders.models.task import OPEN, Status
from paidan.people.access import person

MOST_BARS, DAYS = 12, 14


def due(tiles: Sequence[Tile]) -> Chart:
    """Open tasks by when they are due, as the start page counted them."""
    bars = [Bar(str(each.title), each.count, each.count if each.alarm else 0, each.url) for each in tiles if each.count]
    return Chart("due", _("Open tasks by due date"), bars)


def loads(request: HttpRequest) -> list[Chart]:
    """Open tasks by department and by operator, the late ones apart. One query for both."""
    rows = (
        Task.objects.filter(status__in=OPEN)
        .visible_to(person(request))
        .order_by()
        .values_list("department", "department__name", "operator", "operator__name")
        .annotate(n=Count("pk"), late=Count("pk", filter=tasks_due("late")))
    )
    places: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    people: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for place, place_name, holder, holder_name, n, late in rows:
        for sums, pk, name in ((places, place, place_name), (people, holder, holder_name)):
            if pk is not None:
                sums[pk, name][0] += n
                sums[pk, name][1] += late
    return [
        _load("department", _("Load by department"), places, "department__id__exact"),
        _load("operator", _("Load by operator"), people, "operator"),
    ]


def _load(name: str, title: str, sums: dict[tuple[int, str], list[int]], parameter: str) -> Chart:
    page = reverse("admin:orders_task_changelist")
    most_first = sorted(sums.items(), key=lambda each: (-each[1][0], each[0][1]))
    bars = [
        Bar(who, n, late, f"{page}?{urlencode({parameter: pk, 'standing': 'open'})}")
        for (pk, who), (n, late) in most_first[:MOST_BARS]
    ]
    return Chart(name, title, bars, max(0, len(sums) - MOST_BARS))


def done(request: HttpRequest) -> Chart:
    """The tasks that were completed on each of the last days; none when there were none at all. One query."""
    today = timezone.localdate()
    days = [today - timedelta(days=n) for n in reversed(range(DAYS))]
    rows = Task.objects.filter(done_since(days[0])).visible_to(person(request)).order_by()
    counts = dict(rows.values_list(TruncDate("completed_at")).annotate(n=Count("pk")))
    page = reverse("admin:orders_task_changelist")
    bars = [
        Bar(
            f"{day:%m-%d}",
            counts.get(day, 0),
            0,
            f"{page}?{urlencode({'status__exact': Status.COMPLETED.value, 'completed_at__date': day})}",
        )
        for day in days
    ]
    return Chart(
        "done", _("Tasks done, last %(n)s days") % {"n": DAYS}, bars if any(counts.values()) else [], of_days=True
    )
