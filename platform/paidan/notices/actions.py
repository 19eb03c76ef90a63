"""Telling people."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from paidan import audited
from paidan.notices.models import Notification
from paidan.people.models import User


class Telling(NamedTuple):
    """One event for some people, with the words that its sentence needs."""

    kind: str
    recipients: Iterable[int | None]
    values: dict[str, Any]
    order_id: int | None = None
    task_id: int | None = None


def announce(tellings: Sequence[Telling], *, by: User | None) -> list[int]:
    """Write what people are told into their inboxes, in the caller's transaction; nobody is told of own deeds."""
    rows = [
        {
            "recipient_id": person,
            "kind": telling.kind,
            "values": {word: str(value) for word, value in telling.values.items()},
            "order_id": telling.order_id,
            "task_id": telling.task_id,
        }
        for telling in tellings
        for person in sorted({p for p in telling.recipients if p and not (by and p == by.pk)})
    ]
    return audited.write_once(Notification, rows)


def mark_read(user: User, ids: Iterable[int] | None = None) -> int:
    """Mark a person's own notifications as read: these, or all."""
    unread = Notification.objects.filter(recipient=user, read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    return unread.update(read_at=timezone.now())
