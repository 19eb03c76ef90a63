"""Brings notifications through channels outside the house: claims what is due, asks the notifier, keeps the answer.

A worker that dies in between leaves a claim that runs out; so every message is sent at least once, under an id that
stays the same, by which a receiver can drop a second one.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import F
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
"""Deliveries in one round."""


def send_due() -> int:
    """Send what is due, messages for one person by one channel together; returns how many were settled or put off."""
    due = Delivery.objects.filter(state=State.WAITING, next_at__lte=timezone.now()).order_by("next_at", "pk")
    claimed = [pk for pk, next_at in due.values_list("pk", "next_at")[:MOST] if _claim(pk, next_at)]
    rows = Delivery.objects.filter(pk__in=claimed).select_related("notification__recipient__preference")
    together = sorted(rows, key=_address)
    for _who, some in groupby(together, key=_address):
        _send(list(some))
    return len(together)


def _address(row: Delivery) -> tuple[str, int, int]:
    return row.channel, row.notification.recipient_id, row.pk if row.attempts > 1 else 0


def _claim(pk: int, next_at: Any) -> bool:
    """Whether this delivery is ours for a while: exactly one of many workers gets it."""
    rows = Delivery.objects.filter(pk=pk, state=State.WAITING, next_at=next_at)
    return bool(rows.update(next_at=timezone.now() + CLAIM, attempts=F("attempts") + 1))


def _send(rows: Sequence[Delivery]) -> None:
    answer = deliver(rows[0].channel, message([row.notification for row in rows], attempt=rows[0].attempts))
    for row in rows:
        _keep(row, answer)


def _keep(row: Delivery, answer: contracts.Delivery) -> None:
    now = timezone.now()
    values: dict[str, Any] = {"last_error": answer.reason[:500]}
    if answer.outcome == contracts.Outcome.DELIVERED:
        values = {"state": State.DELIVERED, "delivered_at": now, "last_error": ""}
    elif answer.outcome == contracts.Outcome.GAVE_UP or row.attempts > len(BACK_OFF):
        values["state"] = State.GAVE_UP
    else:
        minutes = answer.minutes if answer.minutes is not None else BACK_OFF[row.attempts - 1]
        values["next_at"] = now + timedelta(minutes=minutes)
    Delivery.objects.filter(pk=row.pk, state=State.WAITING).update(**values)


def message(notices: Sequence[Notification], *, attempt: int = 1) -> contracts.Message:
    """One message that says what these notifications say, in the house's language."""
    first, person = notices[0], notices[0].recipient
    with translation.override(settings.LANGUAGE_CODE):
        title = str(first.heading)
        if len(notices) > 1:
            title = _("%(n)s notifications") % {"n": len(notices)}
        return contracts.Message(
            id="-".join(["notice", str(first.pk), *([str(notices[-1].pk)] if len(notices) > 1 else [])]),
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
    """Whose open pages should look again: people with notifications of the last day that no page has shown."""
    now = timezone.now()
    rows = Notification.objects.filter(
        sent_at=None, created_at__lt=now - timedelta(seconds=5), created_at__gt=now - timedelta(days=1)
    )
    return list(rows.order_by().values_list("recipient_id", flat=True).distinct())
