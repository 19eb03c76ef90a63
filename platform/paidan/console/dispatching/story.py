"""What happened to the rules of a process: who changed what and when, read from the histories."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from paidan.catalog.models import Process
from paidan.contracts import STRATEGIES
from paidan.dispatch.facts import Choice
from paidan.dispatch.models import DispatchRule, DispatchSwitch, ProcessStrategy
from paidan.dispatch.rules import Arrangement, Rank, arranged, changes
from paidan.people import access
from paidan.people.models import User
from paidan.registry import words

MOST_SHOWN = 12


class Deed(NamedTuple):
    """What one person changed at one moment."""

    at: datetime
    by: User | None
    why: str
    request: str
    before: Arrangement
    after: Arrangement


def deeds(process: Process, user: User) -> list[Deed]:
    """The changes of a process's rules as far as they exist for this person, the newest first. Two queries."""
    ranks: dict[int, Rank] = {}
    choice: Choice | None = None
    found: list[Deed] = []
    for entry in _entries(process, user):
        before = arranged(ranks.values(), choice)
        gone = entry.history_type == "-"
        if hasattr(entry, "strategy"):
            choice = None if gone else Choice(entry.strategy, entry.settings)
        elif gone:
            ranks.pop(entry.id, None)
        else:
            ranks[entry.id] = Rank(entry.department_id, entry.priority, entry.enabled, entry.time_factor)
        after = arranged(ranks.values(), choice)
        if found and (found[-1].request, found[-1].by) == (entry.history_request, entry.history_user):
            found[-1] = found[-1]._replace(after=after)
        else:
            why = entry.history_change_reason or ""
            found.append(Deed(entry.history_date, entry.history_user, why, entry.history_request, before, after))
    return [deed for deed in reversed(found) if deed.before != deed.after]


def _entries(process: Process, user: User) -> list[Any]:
    """Entries of both histories in the order of time."""
    rules = DispatchRule.history.filter(process=process.pk)
    see = access.sight(user)
    if not see.everything:
        rules = rules.filter(department__in=sorted(see.departments[access.VIEW]))
    both = [rules]
    if see.everything:
        both.append(ProcessStrategy.history.filter(process=process.pk))
    with_person = [rows.select_related("history_user") for rows in both]
    return sorted(
        (entry for rows in with_person for entry in rows), key=lambda entry: (entry.history_date, entry.history_id)
    )


def told(deed: Deed, names: dict[int, str]) -> list[tuple[str, str, str]]:
    """What a deed changed, in words: what, before, after; nothing is an empty text."""
    lines = [
        (names.get(change.department, "—"), rank_words(change.before), rank_words(change.after))
        for change in changes(deed.before, deed.after)
    ]
    if deed.before.choice != deed.after.choice:
        lines.append((_("Strategy"), choice_words(deed.before.choice), choice_words(deed.after.choice)))
    return lines


def rank_words(rank: Rank | None) -> str:
    """A rule in a few words."""
    if rank is None:
        return ""
    parts = [_("rank %(n)s") % {"n": rank.priority}]
    if not rank.enabled:
        parts.append(_("off"))
    if rank.time_factor != 1:
        parts.append(_("time × %(factor)s") % {"factor": f"{rank.time_factor.normalize():f}"})
    return _(", ").join(parts)


def choice_words(choice: Choice | None) -> str:
    """A choice of strategy in a few words."""
    if choice is None:
        return _("as the whole shop")
    own = _(", ").join(f"{name} = {value}" for name, value in sorted(choice.settings.items()))
    return f"{words.title(STRATEGIES, choice.strategy)} ({own})" if own else words.title(STRATEGIES, choice.strategy)


def last_hand(process: Process | None, user: User, names: dict[int, str]) -> str:
    """Who changed the rules last, when, and what, as a sentence for somebody whose view of them is stale."""
    if process is None:
        entry = DispatchSwitch.history.select_related("history_user").order_by("history_id").last()
        if entry is None:
            return ""
        what, by, at = _("the switch above all rules"), entry.history_user, entry.history_date
    else:
        newest = next(iter(deeds(process, user)), None)
        if newest is None:
            return ""
        lines = (f"{name}: {before or '—'} → {after or '—'}" for name, before, after in told(newest, names))
        what, by, at = "; ".join(lines), newest.by, newest.at
    when = date_format(timezone.localtime(at), "Y-m-d H:i")
    return _("%(person)s changed at %(when)s: %(what)s") % {"person": by or "—", "when": when, "what": what}
