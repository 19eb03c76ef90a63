"""One row per person and event: it waits in the outbox until it was delivered, and stays in the inbox."""

from collections.abc import Mapping
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paidan import audited


class Kind(models.TextChoices):
    ORDER_SUBMITTED = "order_submitted", _("Order submitted")
    ORDER_APPROVED = "order_approved", _("Order approved")
    ORDER_REJECTED = "order_rejected", _("Order rejected")
    ORDER_CHANGED = "order_changed", _("Order changed")
    ORDER_COMPLETED = "order_completed", _("Order completed")
    TASKS_DISPATCHED = "tasks_dispatched", _("Tasks dispatched")
    TASK_ASSIGNED = "task_assigned", _("Task assigned")
    TASK_TAKEN_AWAY = "task_taken_away", _("Task taken away")
    TASK_COMPLETED = "task_completed", _("Task completed")
    TASK_CANCELLED = "task_cancelled", _("Task cancelled")
    PLUGIN_SWITCHED_OFF = "plugin_switched_off", _("Plugin switched off")


SENTENCES: Mapping[str, Any] = {
    Kind.ORDER_SUBMITTED: _("Order %(order)s waits for approval."),
    Kind.ORDER_APPROVED: _("Order %(order)s was approved by %(person)s; %(tasks)s tasks are in their departments."),
    Kind.ORDER_REJECTED: _("Order %(order)s was rejected by %(person)s: %(reason)s"),
    Kind.ORDER_CHANGED: _("Order %(order)s was changed by %(person)s: %(reason)s"),
    Kind.ORDER_COMPLETED: _("Order %(order)s is completed."),
    Kind.TASKS_DISPATCHED: _("%(tasks)s tasks of order %(order)s came to %(department)s."),
    Kind.TASK_ASSIGNED: _("%(person)s gave you “%(task)s” of order %(order)s."),
    Kind.TASK_TAKEN_AWAY: _("%(person)s took “%(task)s” of order %(order)s off your list."),
    Kind.TASK_COMPLETED: _("%(person)s completed “%(task)s” of order %(order)s."),
    Kind.TASK_CANCELLED: _("%(person)s cancelled “%(task)s” of order %(order)s: %(reason)s"),
    Kind.PLUGIN_SWITCHED_OFF: _("The plugin %(plugin)s was switched off: %(reason)s"),
}


class InboxQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: Any) -> Self:
        """An inbox is its owner's alone, whatever else a person may see."""
        return self.filter(recipient=user.pk)


class Notification(models.Model):
    """What one person is told of one event. The sentence is made when it is read, in the reader's language."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", verbose_name=_("recipient")
    )
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    values = models.JSONField(_("values"), default=dict, help_text=_("Words that the sentence is made with."))
    order = models.ForeignKey(
        "orders.WorkOrder", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("work order")
    )
    task = models.ForeignKey(
        "orders.Task", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("task")
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    request = audited.request_field()

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        indexes = [models.Index(fields=["recipient", "read_at", "-id"], name="notification_inbox")]

    def __str__(self) -> str:
        sentence = SENTENCES.get(self.kind, "%(order)s")
        try:
            return gettext(str(sentence)) % self.values
        except (KeyError, TypeError, ValueError):  # written by an older version with other words
            return self.get_kind_display()
