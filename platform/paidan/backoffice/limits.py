"""How often the same may be asked for. Counts in the cache, and in the process itself while the cache is dead."""

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from paidan.backoffice.errors import too_often

log = logging.getLogger(__name__)
MOST_KEPT = 10_000
TRY_AGAIN = 15
"""Seconds for which a cache that failed is left alone, so that not every request waits for it."""


class Limit(NamedTuple):
    """So many requests to paths that begin like this, in so many seconds."""

    method: str
    begins: str
    most: int
    seconds: int


LIMITS = (
    Limit("POST", "/login/", 100, 600),
    Limit("POST", "/account/", 60, 600),
    Limit("POST", "/orders/import/", 30, 60),
    Limit("GET", "/autocomplete/", 300, 60),
    Limit("GET", "/search/", 120, 60),
    Limit("GET", "/wall/", 600, 60),  # a screen asks 12 times a minute, and a workshop's screens share an address
)
"""By person; before somebody signed in, by address. Wrong passwords have a stricter count of their own, in the database."""

_counts: dict[str, int] = {}
_lock = threading.Lock()
_dead_until = 0.0


class RateLimits:
    """Answers what comes too often with a sentence and when to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for limit in LIMITS:
            if request.method == limit.method and request.path.startswith(limit.begins):
                now = int(time.time())
                key = f"limit:{limit.method}:{limit.begins}:{_who(request)}:{now // limit.seconds}"
                if count(key, limit.seconds) > limit.most:
                    return too_often(request, wait=limit.seconds - now % limit.seconds)
        return self.get_response(request)


def _who(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"person-{request.user.pk}"
    return f"address-{request.META.get('REMOTE_ADDR', '')}"


def count(key: str, seconds: int) -> int:
    """One more for this key; how many there are. Never raises: a dead cache is no reason to send people away."""
    global _dead_until  # noqa: PLW0603
    if time.monotonic() >= _dead_until:
        try:
            cache.add(key, 0, seconds)
            return cache.incr(key)
        except ValueError:  # thrown out between the two
            return 1
        except Exception:  # whatever the cache's driver raises
            log.warning("The cache does not answer; requests are counted in this process.", exc_info=True)
            _dead_until = time.monotonic() + TRY_AGAIN
    with _lock:
        if len(_counts) >= MOST_KEPT:
            _counts.clear()
        _counts[key] = _counts.get(key, 0) + 1
        return _counts[key]


def forget() -> None:
    """Start counting anew, and try the cache again."""
    global _dead_until  # noqa: PLW0603
    _dead_until = 0.0
    _counts.clear()
