"""Telling people."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan import audited
from paidan.backoffice import live
from paidan.constraints import in_words
from paidan.notices import facts
from paidan.notices.models import Delivery, Event, Notification, Preference
from paidan.notices.models.inbox import KEPT_DAYS
from paidan.notices.planning import Note, Telling, candidates, notes
from paidan.people.models import User
from paidan.people.staff import staff

ALL = 0
"""Stands for every notification of a person in a signal."""


def announce(tellings: Sequence[Telling], *, by: User | None) -> list[int]:
    """Write what happened, and into their inboxes what people are told of it, in the caller's transaction.

    The rules say whom; nobody is told of own deeds, or of what he or she may not see. Pages hear of it after the
    commit. At most six statements, however much happened.
    """
    if not tellings:
        return []
    events = audited.write_once(Event, [_event(telling, by) for telling in tellings])
    rules = facts.rules_in_force(telling.kind for telling in tellings)
    if not rules:
        return []
    employed = staff()
    people = candidates(tellings, rules, employed)
    if not people:
        return []
    told = notes(
        tellings, rules, employed, facts.wishes_of(people), by=by.pk if by else None,
        now=timezone.localtime(), most=settings.PAIDAN_NOTICES_PER_HOUR,
    )  # fmt: skip
    return _write(told, {id(telling): event for telling, event in zip(tellings, events, strict=True)})


def _write(told: Sequence[Note], events: dict[int, int]) -> list[int]:
    ids = audited.write_once(Notification, [_notification(note, events[id(note.telling)]) for note in told])
    audited.write_once(
        Delivery,
        [
            {"notification_id": pk, "channel": channel, "next_at": when}
            for pk, note in zip(ids, told, strict=True)
            for channel, when in sorted(note.channels.items())
        ],
    )
    for pk, note in zip(ids, told, strict=True):
        live.signal(live.inbox(note.person), live.NOTICES, [pk])
    return ids


def _event(telling: Telling, by: User | None) -> dict[str, Any]:
    return {
        "kind": telling.kind,
        "values": _words(telling),
        "people": {part: sorted(telling.played(part)) for part in telling.people},
        "departments": list(telling.departments),
        "before": dict(telling.before),
        "after": dict(telling.after),
        "priority": telling.priority,
        "order_id": telling.order_id,
        "step_id": telling.step_id,
        "task_id": telling.task_id,
        "by_id": by.pk if by else None,
        "once": telling.once,
    }


def _notification(note: Note, event: int) -> dict[str, Any]:
    return {
        "recipient_id": note.person,
        "event_id": event,
        "kind": note.telling.kind,
        "title": note.title,
        "text": note.text,
        "values": _words(note.telling),
        "priority": note.priority,
        "quiet": note.quiet,
        "order_id": note.telling.order_id,
        "step_id": note.telling.step_id,
        "task_id": note.telling.task_id,
    }


def _words(telling: Telling) -> dict[str, str]:
    return {word: str(value) for word, value in telling.values.items()}


@transaction.atomic
def mark_read(user: User, ids: Iterable[int] | None = None) -> int:
    """Mark a person's own notifications as read: these, or all. Every open page of the person agrees at once."""
    unread = Notification.objects.filter(recipient=user, read_at=None)
    if ids is not None:
        ids = list(ids)
        unread = unread.filter(pk__in=ids)
    count = unread.update(read_at=timezone.now())
    if count:
        live.signal(live.inbox(user.pk), live.READ, [ALL] if ids is None else ids)
    return count


def mark_shown(ids: Iterable[int], *, by: User | None = None) -> int:
    """Pages of their recipients showed these notifications; the first time counts. `by`: only this person's own."""
    rows = Notification.objects.filter(pk__in=list(ids), sent_at=None)
    return (rows.filter(recipient=by) if by else rows).update(sent_at=timezone.now())


def forget_old(now: datetime) -> int:
    """Delete notifications that have had their 30 days, and events that long past; returns how many notifications."""
    gone, _counts = Notification.objects.filter(expires_at__lte=now).delete()
    Event.objects.filter(at__lt=now - timedelta(days=KEPT_DAYS), notifications=None).delete()
    return gone


def prefer(person: User, **wishes: Any) -> Preference:
    """Keep what a person wants to hear, when, and where."""
    with in_words(), transaction.atomic():
        row = Preference.objects.select_for_update().filter(person=person).first()
        if row is None:
            audited.insert(Preference, [{"person_id": person.pk, **wishes}], by=person, why=_("chosen"))
        else:
            audited.update(Preference, [row.pk], by=person, why=_("chosen"), **wishes)
        return Preference.objects.get(person=person)
