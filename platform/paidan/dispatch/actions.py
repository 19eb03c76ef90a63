"""Arranges which department does what: the rules of a process as a whole, and the switch above them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from paidan import audited
from paidan.catalog.models import Process
from paidan.constraints import in_words
from paidan.dispatch.facts import Choice
from paidan.dispatch.models import DispatchRule, DispatchSwitch, ProcessStrategy
from paidan.dispatch.rules import Arrangement, Change, Rank, Shop, arranged, changes
from paidan.errors import Refused
from paidan.people.models import User

RANKED = ("priority", "enabled", "time_factor")


def standing(process: Process, *, lock: bool = False) -> Arrangement:
    """The rules of a process as they stand. One query; `lock` keeps others out until the transaction ends, by two more."""
    if lock:
        if not Process.objects.select_for_update(no_key=True).filter(pk=process.pk).exists():
            raise Refused(_("This process no longer exists."), "gone")
        list(DispatchRule.objects.select_for_update().filter(process=process.pk).order_by("pk").values_list("pk"))
    names = (
        "own_strategy__strategy",
        "own_strategy__settings",
        "rules__department",
        *(f"rules__{name}" for name in RANKED),
    )
    rows = list(Process.objects.filter(pk=process.pk).order_by("rules__pk").values_list(*names))
    strategy, settings = rows[0][:2] if rows else (None, None)
    choice = Choice(strategy, settings or {}) if strategy else None
    return arranged((Rank(*row[2:]) for row in rows if row[2] is not None), choice)


def arrange(
    process: Process, wanted: Arrangement, *, by: User, seen: Arrangement | None = None, reason: str = ""
) -> list[Change]:
    """Make the rules of a process what is wanted, with history; `seen` refuses when they stand otherwise by now.

    A constant number of statements for any number of departments. Returns what changed.
    """
    with in_words(), transaction.atomic():
        now = standing(process, lock=True)
        if seen is not None and now != seen:
            raise Refused(_("The rules of %(process)s were changed meanwhile.") % {"process": process}, "stale")
        found = changes(now, wanted)
        _write(process, found, by, reason or _("arranged"))
        if wanted.choice != now.choice:
            _choose(process, wanted.choice, by, reason or _("arranged"))
    return found


def _write(process: Process, found: Iterable[Change], by: User, why: str) -> None:
    rows = {row.department_id: row for row in DispatchRule.objects.filter(process=process.pk)}
    gone = [rows[change.department].pk for change in found if change.after is None]
    audited.delete(DispatchRule, gone, by=by, why=why)
    moved = []
    for change in found:
        if change.before and change.after:
            row = rows[change.department]
            row.priority, row.enabled, row.time_factor = change.after[1:]
            moved.append(row)
    audited.update_each(moved, RANKED, by=by, why=why)
    new = [change.after for change in found if change.before is None and change.after]
    audited.insert(DispatchRule, [_row(process, rank) for rank in new], by=by, why=why)


def _row(process: Process, rank: Rank) -> Mapping[str, Any]:
    department, *values = rank
    return {"process_id": process.pk, "department_id": department, **dict(zip(RANKED, values, strict=True))}


def _choose(process: Process, choice: Choice | None, by: User, why: str) -> None:
    """Give a process a strategy of its own, another one, or the shop's again."""
    have = list(ProcessStrategy.objects.filter(process=process.pk).values_list("pk", flat=True))
    if choice is None:
        audited.delete(ProcessStrategy, have, by=by, why=why)
        return
    values: dict[str, Any] = {"strategy": choice.strategy, "settings": dict(choice.settings)}
    if not audited.update(ProcessStrategy, have, by=by, why=why, **values):
        audited.insert(ProcessStrategy, [{"process_id": process.pk, **values}], by=by, why=why)


def shop(*, lock: bool = False) -> Shop:
    """The switch as it stands. One query; made first when it has to be locked."""
    if not lock:
        switch = DispatchSwitch.current()
    else:
        if not DispatchSwitch.objects.filter(pk=1).exists():
            DispatchSwitch.objects.get_or_create(pk=1)
        switch = DispatchSwitch.objects.select_for_update().get(pk=1)
    return Shop(switch.enabled, switch.strategy, switch.only_equals)


@transaction.atomic
def throw(wanted: Shop, *, by: User, seen: Shop | None = None, reason: str = "") -> bool:
    """Set the switch above all rules; `seen` refuses when it stands otherwise by now. Returns whether it changed."""
    now = shop(lock=True)
    if seen is not None and now != seen:
        raise Refused(_("The switch was changed meanwhile."), "stale")
    if now == wanted:
        return False
    audited.update(DispatchSwitch, [1], by=by, why=reason or _("switched"), **wanted._asdict())
    return True
