"""Counts what plugins cost and how often they fail; too many failures in a row switch one off.

Good calls are added up in memory and written every few seconds; a failure is written at once.
"""

import logging
import threading
import time
from typing import Any

from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan.registry import actions
from paidan.registry.engine import Ready
from paidan.registry.models import FAILURES_UNTIL_OFF, Plugin

WRITE_EVERY = 5.0
log = logging.getLogger(__name__)

_lock = threading.Lock()
_good: dict[tuple[str, str, str], tuple[int, float]] = {}
_failing: set[tuple[str, str, str]] = set()
_written = time.monotonic()


def count(one: Ready, calls: int, seconds: float, failures: int, in_row: int, error: str) -> None:
    """Add one thinking: how often the plugin was asked, how long it took, how often it failed, the last times in a row."""
    key = (one.group, one.name, one.distribution)
    with _lock:
        before = _good.get(key, (0, 0.0))
        _good[key] = (before[0] + calls, before[1] + seconds * 1000)
    if failures:
        log.error("plugin %s of %s failed: %s", one.name, one.distribution, error)
    try:
        if failures or (calls and key in _failing):
            _note(one, failures, in_row, in_row < calls, error)
        if failures or time.monotonic() - _written > WRITE_EVERY:
            write()
    except DatabaseError:  # the shop's work does not wait for its statistics
        log.exception("what plugin %s cost could not be written", one.name)


def write() -> None:
    """Write what was added up; one statement for each plugin that was asked."""
    global _written  # noqa: PLW0603
    with _lock:
        todo = dict(_good)
        _good.clear()
        _written = time.monotonic()
    for (group, name, distribution), (calls, milliseconds) in todo.items():
        rows = Plugin.objects.filter(group=group, name=name, distribution=distribution)
        rows.update(calls=F("calls") + calls, milliseconds=F("milliseconds") + milliseconds)


def forget() -> None:
    """Drop what was added up and not yet written."""
    with _lock:
        _good.clear()
        _failing.clear()


def _note(one: Ready, failures: int, in_row: int, some_good: bool, error: str) -> None:
    """Keep the failures; a good call in between starts the row anew."""
    key = (one.group, one.name, one.distribution)
    row = actions.row_of(one.group, one.name, one.distribution)
    values: dict[str, Any] = {
        "failures": F("failures") + failures,
        "failures_in_row": in_row if some_good else F("failures_in_row") + in_row,
    }
    if failures:
        values |= {"last_error": error[-4000:], "last_failed_at": timezone.now()}
    Plugin.objects.filter(pk=row.pk).update(**values)
    (_failing.add if in_row else _failing.discard)(key)
    row.refresh_from_db()
    if row.failures_in_row >= FAILURES_UNTIL_OFF and row.enabled and not row.built_in:
        why = _("It failed %(times)s times in a row.") % {"times": row.failures_in_row}
        actions.switch(row, on=False, by=None, because=why)
