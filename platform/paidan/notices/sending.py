"""Brings notifications through channels outside the house: claims what is due, asks the notifier, keeps the answer.

A worker that dies in between leaves a claim that runs out; so every message is sent at least once, under an id that
stays the same, by which a receiver can drop a second one.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from paidan import contracts
from paidan.notices.delivery import deliver
from paidan.notices.models import Delivery, Notification
from paidan.people.models import User

State = Delivery.State
CLAIM = timedelta(minutes=2)
"""Longer than any notifier may take; then somebody else may try."""
BACK_OFF = (1, 2, 5, 15, 30, 60, 120, 240)
"""Minutes until the next attempt; after the last one a message is given up."""
MOST = 200
"""Messages in one round, and notifications in one message."""


type Address = tuple[str, int, str]
"""A channel, a person, and the message that was tried before, if any: what has these in common goes together."""


def send_due() -> int:
    """Send what is due, messages for one person by one channel together; returns how many were settled or put off.

    Each message is claimed when it is its turn: a slow channel before it costs none of its claim.
    """
    return sum(_send(rows) for address in _due() if (rows := _claim(address)))


def _waiting() -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=State.WAITING, next_at__lte=timezone.now())


def _due() -> list[Address]:
    """Where something has to go, what waits longest first."""
    addresses = _waiting().values_list("channel", "notification__recipient_id", "message")
    longest = addresses.annotate(first=Min("next_at")).order_by("first", "message")[:MOST]
    return [(channel, person, tried) for channel, person, tried, _first in longest]


@transaction.atomic
def _claim(address: Address) -> list[Delivery]:
    """What is ours to send for a while; exactly one of many workers gets it.

    What goes together for the first time takes the name of its message here, and keeps it however often it is tried.
    """
    channel, person, tried = address
    due = _waiting().filter(channel=channel, notification__recipient=person, message=tried)
    # Without those that somebody else has just taken: whoever waited for a lock looks again at what is due.
    rows = list(
        due.select_related("notification__recipient__preference").select_for_update(of=("self",)).order_by("pk")[:MOST]
    )
    if rows:
        name = tried or _name(rows)
        held = Delivery.objects.filter(pk__in=[row.pk for row in rows])
        held.update(message=name, attempts=F("attempts") + 1, next_at=timezone.now() + CLAIM)
        for row in rows:
            row.message, row.attempts = name, row.attempts + 1
    return rows


def _name(rows: Sequence[Delivery]) -> str:
    """A delivery is in one message for good, so its first and last notification name it."""
    ids = [row.notification_id for row in rows]
    return "-".join(["notice", *(str(pk) for pk in dict.fromkeys((min(ids), max(ids))))])


def _send(rows: Sequence[Delivery]) -> int:
    notices = [row.notification for row in rows]
    _keep(rows, deliver(rows[0].channel, message(notices, name=rows[0].message, attempt=rows[0].attempts)))
    return len(rows)


def _keep(rows: Sequence[Delivery], answer: contracts.Delivery) -> None:
    """Whoever claimed it last says when it is tried again; that it arrived, anybody may say."""
    now, attempts = timezone.now(), rows[0].attempts
    kept = Delivery.objects.filter(pk__in=[row.pk for row in rows], state=State.WAITING)
    if answer.outcome == contracts.Outcome.DELIVERED:
        kept.update(state=State.DELIVERED, delivered_at=now, last_error="")
        return
    values: dict[str, Any] = {"last_error": answer.reason[:500]}
    if answer.outcome == contracts.Outcome.GAVE_UP or attempts > len(BACK_OFF):
        values["state"] = State.GAVE_UP
    else:
        minutes = answer.minutes if answer.minutes is not None else BACK_OFF[attempts - 1]
        values["next_at"] = now + timedelta(minutes=minutes)
    kept.filter(attempts=attempts).update(**values)


def message(notices: Sequence[Notification], *, name: str, attempt: int) -> contracts.Message:
    """One message that says what these notifications say, in the house's language."""
    first, person = notices[0], notices[0].recipient
    with translation.override(settings.LANGUAGE_CODE):
        title = str(first.heading)
        if len(notices) > 1:
            title = _("%(n)s notifications") % {"n": len(notices)}
        return contracts.Message(
            id=name,
            kind=first.kind,
            title=title,
            text="\n".join(str(notice) for notice in notices),
            recipient=contracts.Recipient(
                id=person.pk, name=str(person), language=settings.LANGUAGE_CODE, addresses=addresses_of(person)
            ),
            created_at=first.created_at,
            priority=max(notice.priority for notice in notices),
            attempt=attempt,
        )


def addresses_of(person: User) -> dict[str, str]:
    """Where a person can be reached, by kind."""
    preference = getattr(person, "preference", None)
    kept = dict(preference.addresses) if preference else {}
    return {kind: address for kind, address in ({"email": person.email} | kept).items() if address}


def unshown() -> list[int]:
    """Whose open pages should look again: people with unread notifications of the last day that no page has shown."""
    now = timezone.now()
    rows = Notification.objects.filter(
        sent_at=None, read_at=None, created_at__lt=now - timedelta(seconds=5), created_at__gt=now - timedelta(days=1)
    )
    return list(rows.order_by().values_list("recipient_id", flat=True).distinct())
