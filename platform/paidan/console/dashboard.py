"""The start page: what waits for this person, counted by the same conditions as the lists behind the numbers."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from paidan.backoffice import live
from paidan.console import charts, first_steps, health, numbers
from paidan.notices import leading
from paidan.notices.models import Notification
from paidan.people.access import CLAIM, DISPATCH, VIEW, person, sight

MOST_PLACES = 40
"""A line watches 50 topics at most and ends at more; what changes elsewhere the page sees when it looks by itself."""


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What changes while the page is open, and what has to be done first in a new shop."""
    steps = first_steps.steps(request)
    done = sum(step.done for step in steps)
    return context | now(request) | {"steps": steps, "steps_done": done, "topics": topics(request), "title": _("Home")}


def now(request: HttpRequest) -> dict[str, Any]:
    """Numbers, charts and news for this person. One query for each of them, however much there is."""
    groups: list[dict[str, Any]] = []
    drawn: list[charts.Chart] = []
    if request.user.has_perm("orders.view_workorder"):
        title, tiles = numbers.order_tiles(request)
        groups.append({"name": "orders", "title": title, "tiles": tiles})
    if request.user.has_perm("orders.view_task"):
        title, tiles, due = numbers.task_tiles(request)
        groups.append({"name": "tasks", "title": title, "tiles": tiles})
        drawn = [charts.due(due), *_loads(request), charts.done(request)]
    if request.user.has_perm("registry.view_plugin") and request.user.has_perm("people.view_user"):
        groups.append({"name": "health", "title": _("Health"), "tiles": health.tiles(request)})
    if request.user.has_perm("orders.claim_task") and not request.user.has_perm("orders.assign_task"):
        groups.reverse()  # an operator's own day comes before the orders
    return {
        "groups": groups,
        "charts": [chart for chart in drawn if chart.bars],
        "notices": _news(request),
    }


def topics(request: HttpRequest) -> str:
    """What concerns these numbers: the whole shop, or the own orders and tasks and those of the own departments."""
    see = sight(person(request))
    places = see.departments[VIEW] | see.departments[CLAIM]
    wide = [live.SHOP] if see.everything else [f"department:{place}" for place in sorted(places)[:MOST_PLACES]]
    return " ".join([f"user:{person(request).pk}", *wide])


def _loads(request: HttpRequest) -> list[charts.Chart]:
    """How full departments and people are, for those who spread the work."""
    see = sight(person(request))
    return charts.loads(request) if see.everything or see.departments[DISPATCH] else []


def _news(request: HttpRequest) -> list[tuple[Notification, str]]:
    """The last things that this person was told, and where each leads."""
    notices = list(Notification.objects.all().visible_to(request.user)[:8])
    urls = leading.urls(person(request), notices)
    return [(notice, urls[notice.pk]) for notice in notices]
