"""Tells people what lower layers only record."""

from django.db import transaction
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from paidan.notices.actions import Telling, announce
from paidan.notices.models import Kind
from paidan.people.models import User
from paidan.registry.actions import mark_told
from paidan.registry.models import Plugin


@db_periodic_task(crontab())
def tell_of_plugins() -> None:
    """Tell the administrators, once, which plugins were switched off after failures."""
    with transaction.atomic():
        off = list(Plugin.objects.select_for_update().filter(enabled=False, told_at=None))
        if not off:
            return
        backend = "django.contrib.auth.backends.ModelBackend"
        admins = set(User.objects.with_perm("registry.change_plugin", backend=backend).values_list("pk", flat=True))
        announce(
            [
                Telling(Kind.PLUGIN_SWITCHED_OFF, admins, {"plugin": str(row), "reason": row.switched_off_because})
                for row in off
            ],
            by=None,
        )
        mark_told([row.pk for row in off])
