"""Old traces of sign-ins go."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

KEEP_DAYS = 180
"""So long it stays known who signed in when and from where."""


@db_periodic_task(crontab(hour="3", minute="20"))
def forget_sign_ins() -> None:
    """Delete ended sessions, failures past their cool-off, and sign-ins older than half a year."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
    for log in (AccessLog, AccessFailureLog):
        log.objects.filter(attempt_time__lt=now - timedelta(days=KEEP_DAYS)).delete()
