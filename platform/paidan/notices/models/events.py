"""What happened: written with the change itself, read to tell people, and to try a rule on the past."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from paidan import audited


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class Kind(models.TextChoices):
    ORDER_SUBMITTED = "order_submitted", _("Order submitted")
    ORDER_APPROVED = "order_approved", _("Order approved")
    ORDER_REJECTED = "order_rejected", _("Order rejected")
    ORDER_CHANGED = "order_changed", _("Order changed")
    ORDER_COMPLETED = "order_completed", _("Order completed")
    ORDER_DUE_SOON = "order_due_soon", _("Order due soon")
    ORDER_OVERDUE = "order_overdue", _("Order overdue")
    TASKS_DISPATCHED = "tasks_dispatched", _("Tasks dispatched")
    TASKS_MOVED = "tasks_moved", _("Tasks moved")
    TASK_ASSIGNED = "task_assigned", _("Task assigned")
    TASK_REASSIGNED = "task_reassigned", _("Task reassigned")
    TASK_TAKEN_AWAY = "task_taken_away", _("Task taken away")
    TASK_CLAIMED = "task_claimed", _("Task claimed")
    TASK_RELEASED = "task_released", _("Task given back")
    TASK_STARTED = "task_started", _("Task started")
    TASK_COMPLETED = "task_completed", _("Task completed")
    TASK_CANCELLED = "task_cancelled", _("Task cancelled")
    BECAME_URGENT = "became_urgent", _("Became urgent")
    PRIORITY_CHANGED = "priority_changed", _("Priority changed")
    PLUGIN_SWITCHED_OFF = "plugin_switched_off", _("Plugin switched off")


QUIET = frozenset({Kind.PRIORITY_CHANGED})
"""What is counted, and does not pop up or ring."""
SENTENCES: Mapping[str, Any] = {
    Kind.ORDER_SUBMITTED: _("Order %(order)s waits for approval."),
    Kind.ORDER_APPROVED: ngettext_lazy(
        "Order %(order)s was approved by %(person)s; %(tasks)s task is in its department.",
        "Order %(order)s was approved by %(person)s; %(tasks)s tasks are in their departments.",
        "tasks",
    ),
    Kind.ORDER_REJECTED: _("Order %(order)s was rejected by %(person)s: %(reason)s"),
    Kind.ORDER_CHANGED: _("Order %(order)s was changed by %(person)s: %(reason)s"),
    Kind.ORDER_COMPLETED: _("Order %(order)s is completed."),
    Kind.ORDER_DUE_SOON: _("Order %(order)s is due on %(due)s and not completed."),
    Kind.ORDER_OVERDUE: _("Order %(order)s was due on %(due)s and is not completed."),
    Kind.TASKS_DISPATCHED: ngettext_lazy(
        "%(tasks)s task of order %(order)s came to %(department)s.",
        "%(tasks)s tasks of order %(order)s came to %(department)s.",
        "tasks",
    ),
    Kind.TASKS_MOVED: ngettext_lazy(
        "%(person)s moved %(tasks)s waiting task from %(source)s to %(department)s.",
        "%(person)s moved %(tasks)s waiting tasks from %(source)s to %(department)s.",
        "tasks",
    ),
    Kind.TASK_ASSIGNED: _("%(person)s gave you “%(task)s” of order %(order)s."),
    Kind.TASK_REASSIGNED: _("%(person)s gave “%(task)s” of order %(order)s to you; %(former)s had it before."),
    Kind.TASK_TAKEN_AWAY: _("%(person)s took “%(task)s” of order %(order)s off your list."),
    Kind.TASK_CLAIMED: _("%(person)s claimed “%(task)s” of order %(order)s."),
    Kind.TASK_RELEASED: _("%(person)s gave back “%(task)s” of order %(order)s: %(reason)s"),
    Kind.TASK_STARTED: _("%(person)s started “%(task)s” of order %(order)s."),
    Kind.TASK_COMPLETED: _("%(person)s completed “%(task)s” of order %(order)s."),
    Kind.TASK_CANCELLED: _("%(person)s cancelled “%(task)s” of order %(order)s: %(reason)s"),
    Kind.BECAME_URGENT: ngettext_lazy(
        "Urgent now: %(tasks)s open task of order %(order)s (%(person)s).",
        "Urgent now: %(tasks)s open tasks of order %(order)s (%(person)s).",
        "tasks",
    ),
    Kind.PRIORITY_CHANGED: ngettext_lazy(
        "Priority “%(priority)s” now: %(tasks)s open task of order %(order)s (%(person)s).",
        "Priority “%(priority)s” now: %(tasks)s open tasks of order %(order)s (%(person)s).",
        "tasks",
    ),
    Kind.PLUGIN_SWITCHED_OFF: _("The plugin %(plugin)s was switched off: %(reason)s"),
}
WORDS: Mapping[str, Any] = {
    "order": _("number of the order"),
    "task": _("content of the task"),
    "person": _("who did it"),
    "former": _("who had the task before"),
    "department": _("name of the department"),
    "source": _("where it was before"),
    "reason": _("reason"),
    "tasks": _("number of tasks"),
    "due": _("due date"),
    "priority": _("priority"),
    "plugin": _("plugin"),
}
"""The words that sentences are made with; a shop's own sentence may use them too. None of them is a price."""


def spoken(values: Mapping[str, Any]) -> dict[str, Any]:
    """The words of an event as they are read: kept as text, a number is counted and a priority has a name again."""
    said = dict(values)
    if said.get("tasks"):
        said["tasks"] = int(said["tasks"])
    if said.get("priority"):
        said["priority"] = Priority(int(said["priority"])).label
    return said


def sentence(kind: str, values: Mapping[str, Any]) -> str:
    """What happened, in the reader's language."""
    try:
        return str(SENTENCES[kind] % spoken(values))
    except (KeyError, TypeError, ValueError):  # written by another version with other words
        return str(dict(Kind.choices).get(kind, kind))


class Event(models.Model):
    """One thing that happened to an order, a task or the house, with all that a rule may ask about it."""

    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    values = models.JSONField(_("words"), default=dict)
    people = models.JSONField(_("people"), default=dict)  # ids by part played: operator, former_operator, maker, …
    departments = models.JSONField(_("departments"), default=list)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    priority = models.PositiveSmallIntegerField(_("priority"), default=2)
    order = models.ForeignKey(
        "orders.WorkOrder", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("work order")
    )
    step = models.ForeignKey(
        "orders.OrderStep", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("step")
    )
    task = models.ForeignKey(
        "orders.Task", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("task")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)
    request = audited.request_field()
    once = models.CharField(max_length=80, unique=True, null=True, default=None, editable=False)  # said a single time

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "-id"], name="event_of_kind")]

    def __str__(self) -> str:
        return sentence(self.kind, self.values)
