"""The start page: what waits for this person, counted by the same conditions as the lists behind the numbers."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from paidan.console import charts, first_steps, health, numbers
from paidan.notices import leading
from paidan.notices.models import Notification
from paidan.people.access import DISPATCH, person, sight


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Numbers, bars and news for this person. One query for each of them, however much there is."""
    groups: list[dict[str, Any]] = []
    drawn: list[charts.Chart] = []
    if request.user.has_perm("orders.view_workorder"):
        title, tiles = numbers.order_tiles(request)
        groups.append({"title": title, "tiles": tiles})
    if request.user.has_perm("orders.view_task"):
        title, tiles, due = numbers.task_tiles(request)
        groups.append({"title": title, "tiles": tiles})
        drawn.append(charts.due(due))
        drawn += loads(request)
    if request.user.has_perm("registry.view_plugin") and request.user.has_perm("people.view_user"):
        groups.append({"title": _("Health"), "tiles": health.tiles(request)})
    if request.user.has_perm("orders.claim_task") and not request.user.has_perm("orders.assign_task"):
        groups.reverse()  # an operator's own day comes before the orders
    steps = first_steps.steps(request)
    context |= {
        "steps": steps,
        "steps_done": sum(step.done for step in steps),
        "groups": groups,
        "charts": [chart for chart in drawn if chart.bars],
        "notices": news(request),
        "title": _("Home"),
    }
    return context


def loads(request: HttpRequest) -> list[charts.Chart]:
    """How full departments and people are, for those who spread the work."""
    see = sight(person(request))
    if not (see.everything or see.departments[DISPATCH]):
        return []
    return [charts.by_department(request), charts.by_operator(request)]


def news(request: HttpRequest) -> list[tuple[Notification, str]]:
    """The last things that this person was told, and where each leads."""
    notices = list(Notification.objects.all().visible_to(request.user)[:8])
    urls = leading.urls(person(request), notices)
    return [(notice, urls[notice.pk]) for notice in notices]
