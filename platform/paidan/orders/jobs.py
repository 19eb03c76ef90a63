"""What the calendar brings: orders that are due, and nightly proofs."""

import logging

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from paidan.orders.actions.dates import tell_of_dates
from paidan.orders.actions.workload import reconcile

log = logging.getLogger(__name__)


@db_periodic_task(crontab(hour="18", minute="30"))  # 02:30 in Shanghai
def prove_workloads() -> None:
    """Prove every operator's counter equal to the tasks held; mend and report one that is not."""
    for operator_id, counted, held in reconcile():
        log.error("the open-task counter of person %s said %s, %s are held; mended", operator_id, counted, held)


@db_periodic_task(crontab(minute="5"))
def tell_what_is_due() -> None:
    """Tell, every hour, of orders that are due soon or late since the last time."""
    tell_of_dates(timezone.localdate())
