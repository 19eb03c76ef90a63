"""One row per person and event: it waits in the outbox until it was shown, and stays in the inbox for 30 days."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.notices.models.events import Event, Kind, Priority, sentence

KEPT_DAYS = 30


def in_thirty_days() -> datetime:
    """When what is written now leaves the inbox."""
    return timezone.now() + timedelta(days=KEPT_DAYS)


class InboxQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: Any) -> Self:
        """An inbox is its owner's alone, whatever else a person may see; what is old is gone, swept or not."""
        return self.filter(recipient=user.pk, expires_at__gt=timezone.now())


class Notification(models.Model):
    """What one person is told of one event. Where the shop gave no words, the house's are made in the reader's language."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", verbose_name=_("recipient")
    )
    event = models.ForeignKey(Event, models.CASCADE, null=True, related_name="notifications", verbose_name=_("event"))
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    title = models.CharField(_("title"), max_length=120, blank=True)
    text = models.TextField(_("text"), blank=True)
    values = models.JSONField(_("values"), default=dict, help_text=_("Words that the sentence is made with."))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    quiet = models.BooleanField(_("quiet"), default=False, help_text=_("Counted, but without sound and pop-up."))
    order = models.ForeignKey(
        "orders.WorkOrder", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("work order")
    )
    step = models.ForeignKey(
        "orders.OrderStep", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("step")
    )
    task = models.ForeignKey(
        "orders.Task", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("task")
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)
    sent_at = models.DateTimeField(_("shown at"), null=True, blank=True, help_text=_("When a page first showed it."))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    request = audited.request_field()
    expires_at = models.DateTimeField(_("kept until"), default=in_thirty_days)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["recipient", "read_at", "-id"], name="notification_inbox"),
            models.Index(fields=["created_at"], condition=models.Q(sent_at=None), name="notification_outbox"),
            models.Index(fields=["expires_at"], name="notification_old"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "recipient"], name="notification_once_per_event_and_person")
        ]

    def __str__(self) -> str:
        return self.text or sentence(self.kind, self.values)

    @property
    def heading(self) -> str:
        """What stands above the sentence."""
        return self.title or self.get_kind_display()

    @property
    def is_sent(self) -> bool:
        """Whether it was on a screen of its recipient."""
        return self.sent_at is not None


class Delivery(models.Model):
    """One notification on its way through one channel outside the house: a mail, a message in WeCom."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        GAVE_UP = "gave_up", _("Given up")

    notification = models.ForeignKey(
        Notification, models.CASCADE, related_name="deliveries", verbose_name=_("notification")
    )
    channel = models.CharField(_("channel"), max_length=100)
    message = models.CharField(max_length=50, default="", editable=False)  # the one that took it along when first tried
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt at"), default=timezone.now)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="delivery_due")]
        constraints = [
            models.UniqueConstraint(fields=["notification", "channel"], name="delivery_once_per_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.get_state_display()}"
