"""Dispatch rules and the switch above them all."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from paidan.catalog.models import Process
from paidan.people.access import Scope, ScopedQuerySet
from paidan.people.models import Department
from paidan.registry.loader import STRATEGIES, choices


def strategies() -> list[tuple[str, str]]:
    """The strategies that are installed."""
    return choices(STRATEGIES)


class RuleQuerySet(ScopedQuerySet):
    scope = Scope(department="department")


class DispatchRule(models.Model):
    """A process may be done by a department: the smallest enabled priority gets it, equals share by strategy."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="rules", verbose_name=_("process"))
    department = models.ForeignKey(Department, models.CASCADE, related_name="rules", verbose_name=_("department"))
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=1, help_text=_("1 is tried first. Departments with the same number share the work.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    notes = models.CharField(_("notes"), max_length=200, blank=True)
    history = HistoricalRecords()

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispatch rule")
        verbose_name_plural = _("dispatch rules")
        ordering = ["process__sequence", "process_id", "priority", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["process", "department"],
                name="dispatch_rule_once_per_process_and_department",
                violation_error_message=_("There is a rule for this process and department already. Change that one."),
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=1),
                name="dispatch_rule_priority_from_1",
                violation_error_message=_("Priorities start at 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process} → {self.department} ({self.priority})"


class DispatchSwitch(models.Model):
    """The one switch above all rules, and the strategy that decides among equals."""

    enabled = models.BooleanField(
        _("dispatch automatically"),
        default=True,
        help_text=_("When off, approved tasks wait without a department until somebody assigns them."),
    )
    strategy = models.CharField(_("strategy among equals"), max_length=60, default="least_load", choices=strategies)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("dispatch switch")
        verbose_name_plural = _("dispatch switch")
        constraints = [
            models.CheckConstraint(
                condition=Q(id=1),
                name="dispatch_switch_is_one",
                violation_error_message=_("There is one switch only. Change that one."),
            )
        ]

    def __str__(self) -> str:
        return str(_("Automatic dispatch: on") if self.enabled else _("Automatic dispatch: off"))

    @classmethod
    def current(cls) -> Self:
        """The switch as it stands; on, with the built-in strategy, until somebody changes it."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
