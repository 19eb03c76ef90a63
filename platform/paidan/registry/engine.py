"""Which plugins can be asked now. Every process looks at the switches once a second, and only when it needs one."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext_noop

from paidan.contracts import GROUPS, NOTIFIERS, READABLE, BadSettings, Words, made
from paidan.registry import words
from paidan.registry.loader import HOUSE, Found, usable
from paidan.registry.models import Epoch, Plugin

LOOK_EVERY = 1.0
"""Seconds between two looks at the epoch; a switch is seen everywhere within twice that."""
USUAL_SECONDS: Mapping[str, float] = {NOTIFIERS: 10.0}
MOST_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A plugin that can be asked: made with its settings, with what it may cost."""

    group: str
    name: str
    distribution: str
    version: str
    call: Callable[..., Any]
    method: str = ""
    reads: frozenset[str] = READABLE
    seconds: float = 1.0
    settings: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """What the shop knows it by."""
        return self.group, self.name

    @property
    def built_in(self) -> bool:
        """Whether it came with the house."""
        return self.distribution == HOUSE


class _Switches(NamedTuple):
    """What the database said when the epoch was last looked at."""

    epoch: int
    ready: Mapping[tuple[str, str], Ready]
    off: Mapping[tuple[str, str], Words]


_lock = threading.Lock()
_kept: _Switches | None = None
_looked = 0.0
_stuck: dict[tuple[str, str], threading.Thread] = {}


def ready(group: str, name: str, given: Mapping[str, Any] | None = None) -> Ready | None:
    """The plugin, if it can be asked now, with these settings before its own; `why_not` says why when it cannot."""
    one = _switches().ready.get((group, name))
    if one is None or _is_stuck(one.key):
        return None
    made_anew = _with(one, given) if given else one
    return made_anew if isinstance(made_anew, Ready) else None


def why_not(group: str, name: str, given: Mapping[str, Any] | None = None) -> Words:
    """Why a plugin cannot be asked now, or not with these settings."""
    if _is_stuck((group, name)):
        return Words(gettext_noop("is still busy with an earlier call"))
    one = _switches().ready.get((group, name))
    if one and given and isinstance(wrong := _with(one, given), Words):
        return wrong
    missing = gettext_noop("is held back by safe mode")
    if not settings.PAIDAN_SAFE_MODE:
        missing = gettext_noop("cannot be used here")
    return _switches().off.get((group, name), Words(missing))


def choices(group: str) -> list[tuple[str, str]]:
    """The plugins of a group for a form, in the reader's language; one that is off says so."""
    on = _switches().ready
    return [
        (name, title if (group, name) in on else f"{title} ({words.house(why_not(group, name))})")
        for name, title in ((name, words.title(group, name)) for name in usable(group))
    ]


def _with(one: Ready, given: Mapping[str, Any]) -> Ready | Words:
    """The same plugin with these settings before its own, or why it does not take them."""
    try:
        return prepared(usable(one.group)[one.name], {**one.settings, **given})
    except BadSettings as problem:
        return _lacking(problem)


def _lacking(problem: BadSettings) -> Words:
    return Words(gettext_noop("lacks settings: {problem}"), problem=str(problem))


def suspend(one: Ready, thread: threading.Thread) -> None:
    """Do not ask a plugin again in this process while this thread is still inside it."""
    _stuck[one.key] = thread


def forget() -> None:
    """Look at the database before the next answer."""
    global _kept  # noqa: PLW0603
    _kept = None


def _is_stuck(key: tuple[str, str]) -> bool:
    thread = _stuck.get(key)
    if thread is None:
        return False
    if thread.is_alive():
        return True
    _stuck.pop(key, None)
    return False


def _switches() -> _Switches:
    """The switches, at most a second old. Looking them up costs no query in between."""
    global _kept, _looked  # noqa: PLW0603
    kept = _kept
    if kept is not None and time.monotonic() - _looked < LOOK_EVERY:
        return kept
    with _lock:
        if _kept is not None and time.monotonic() - _looked < LOOK_EVERY:  # another thread has just looked
            return _kept
        epoch = _epoch()
        _kept = kept = _kept if _kept is not None and _kept.epoch == epoch else _read(epoch)
        _looked = time.monotonic()
        return kept


def _epoch() -> int:
    """−1 before the tables exist: everything that is installed is on, with its defaults."""
    try:
        return Epoch.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    except DatabaseError:
        return -1


def _read(epoch: int) -> _Switches:
    rows = {(row.group, row.name, row.distribution): row for row in Plugin.objects.all()} if epoch >= 0 else {}
    can: dict[tuple[str, str], Ready] = {}
    off: dict[tuple[str, str], Words] = {}
    for one in (one for group in GROUPS for one in usable(group).values()):
        row = rows.get((one.group, one.name, one.distribution))
        if one.built_in or not settings.PAIDAN_SAFE_MODE:
            _judge(one, row, can, off)
    return _Switches(epoch, can, off)


def _judge(
    one: Found, row: Plugin | None, can: dict[tuple[str, str], Ready], off: dict[tuple[str, str], Words]
) -> None:
    if row is not None and not row.enabled:
        off[one.key] = Words(gettext_noop("is switched off"))
        return
    try:
        can[one.key] = prepared(one, {**row.settings, **row.secrets} if row else {})
    except BadSettings as problem:  # settings that are missing, or of an older version
        off[one.key] = _lacking(problem)


def prepared(one: Found, given: Mapping[str, Any]) -> Ready:
    """A plugin that was found, made with these settings. Raises `BadSettings`."""
    plugin = made(one.plugin, given)
    method = next((name for name in GROUPS[one.group] if callable(getattr(plugin, name, None))), "")
    seconds = getattr(plugin, "seconds", USUAL_SECONDS.get(one.group, 1.0))
    return Ready(
        group=one.group,
        name=one.name,
        distribution=one.distribution,
        version=one.version,
        call=getattr(plugin, method) if method else plugin,
        method=method,
        reads=READABLE & frozenset(getattr(plugin, "reads", READABLE)),
        seconds=min(MOST_SECONDS, float(seconds)),
        settings=dict(given),
    )
