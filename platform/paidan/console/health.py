"""What an administrator looks at in the morning: plugins, messages, jobs, people who cannot get in."""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from huey.contrib.djhuey import HUEY

from paidan.console.numbers import Tile, message_tiles, people_tiles, plugin_tiles

MANY_JOBS = 100
"""So many jobs waiting mean that nobody works on them."""


def jobs(request: HttpRequest) -> list[Tile]:
    """Jobs that wait to be done; there is no page of them."""
    try:
        waiting = HUEY.pending_count()
    except Exception:  # whatever the queue's driver raises; a dead queue is exactly what has to be shown
        return [Tile(_("the job queue does not answer"), 1, "", alarm=True)]
    return [Tile(_("jobs waiting"), waiting, "", alarm=waiting >= MANY_JOBS)]


CHECKS: tuple[Callable[[HttpRequest], list[Tile]], ...] = (plugin_tiles, message_tiles, people_tiles, jobs)
"""What stands under “Health”, in this order; another one is another function here."""


def tiles(request: HttpRequest) -> list[Tile]:
    """Every check's numbers."""
    return [tile for check in CHECKS for tile in check(request)]
