"""What goes on beside people's work: the outbox is swept, what is old leaves, what lower layers recorded is told."""

from django.db import transaction
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from paidan.backoffice import live
from paidan.notices import sending
from paidan.notices.actions import announce, forget_old
from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.registry.actions import mark_told
from paidan.registry.models import Plugin

SWEEP_SECONDS = 10


@db_periodic_task(crontab())
def sweep_all_the_minute() -> None:
    """The queue's clock has minutes; the outbox is swept every ten seconds."""
    for seconds in range(0, 60, SWEEP_SECONDS):
        sweep.schedule(delay=seconds, expires=SWEEP_SECONDS)


@db_task()
def sweep() -> None:
    """Have pages look for what was not shown, and send what is due outside the house. Twice does no harm."""
    for person in sending.unshown():
        live.signal(live.inbox(person), live.NOTICES)
    sending.send_due()


@db_periodic_task(crontab(hour="18", minute="40"))  # 02:40 in Shanghai
def forget() -> None:
    """Every night: what is older than 30 days."""
    forget_old(timezone.now())


@db_periodic_task(crontab())
def tell_of_plugins() -> None:
    """Tell the administrators, once, which plugins were switched off after failures."""
    with transaction.atomic():
        off = list(Plugin.objects.select_for_update().filter(enabled=False, told_at=None))
        if not off:
            return
        announce([_off(row) for row in off], by=None)
        mark_told([row.pk for row in off])


def _off(row: Plugin) -> Telling:
    values = {"plugin": row, "reason": row.switched_off_because}
    return Telling(kind=Kind.PLUGIN_SWITCHED_OFF, values=values, priority=3)
