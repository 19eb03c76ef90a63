"""What was done at a machine, so that a line that repeats itself does nothing twice."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from paidan.orders.models.task import Task


class Deed(models.Model):
    """One thing that a person did with a task on a tablet, under a key that the tablet chose, and how it ended.

    Written in the transaction of the verb and kept for `jobs.KEEP_DEEDS`: so long a repeated key is answered with
    the same outcome. What happened to the task itself is in its own history.
    """

    key = models.UUIDField(_("key"), primary_key=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("by"))
    verb = models.CharField(_("verb"), max_length=12)
    task = models.ForeignKey(Task, models.CASCADE, related_name="+", verbose_name=_("task"))
    asked = models.JSONField(_("asked"), default=dict)
    outcome = models.JSONField(_("outcome"), default=dict)
    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("deed")
        verbose_name_plural = _("deeds")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.verb} {self.task}"
