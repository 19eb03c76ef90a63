"""Dispatch rules and the switch above them all."""

from decimal import Decimal
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.catalog.models import Process
from paidan.contracts import STRATEGIES
from paidan.people.access import Scope, ScopedQuerySet
from paidan.people.models import Department
from paidan.registry.fields import PluginField


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
    time_factor = models.DecimalField(
        _("time factor"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
        help_text=_("How long the work takes there: 1 is usual, 2 is twice as long, 0.5 is half."),
    )
    notes = models.CharField(_("notes"), max_length=200, blank=True)
    history = audited.records()

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
            models.CheckConstraint(
                condition=Q(time_factor__gte=Decimal("0.01"), time_factor__lte=100),
                name="dispatch_rule_time_factor_possible",
                violation_error_message=_("The time factor lies between 0.01 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process} → {self.department} ({self.priority})"


class ProcessStrategy(models.Model):
    """The strategy that decides for one process instead of the shop's, with settings that go before the plugin's own."""

    process = models.OneToOneField(Process, models.CASCADE, related_name="own_strategy", verbose_name=_("process"))
    strategy = PluginField(_("strategy"), group=STRATEGIES, affects=lambda choice: in_force(process=choice.process_id))
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    history = audited.records()

    class Meta:
        verbose_name = _("strategy of a process")
        verbose_name_plural = _("strategies of processes")
        ordering = ["process__sequence", "process_id"]

    def __str__(self) -> str:
        return f"{self.process}: {self.get_strategy_display()}"  # type: ignore[attr-defined]  # see PluginField


class DispatchSwitch(models.Model):
    """The one switch above all rules, and the strategy that decides among equals."""

    enabled = models.BooleanField(
        _("dispatch automatically"),
        default=True,
        help_text=_("When off, approved tasks wait without a department until somebody assigns them."),
    )
    strategy = PluginField(
        _("strategy"),
        group=STRATEGIES,
        default="priority_then_least_load",
        affects=lambda switch: switch.rules_in_force(),
    )
    only_equals = models.BooleanField(
        _("keep to the order of priority"),
        default=True,
        help_text=_("When on, the strategy chooses among the departments with the smallest priority number only."),
    )
    pick_operator = models.BooleanField(
        _("pick a person too"),
        default=False,
        help_text=_("When on, the strategy also gives each task to a person of the department who has room for it."),
    )
    history = audited.records()

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

    def rules_in_force(self) -> list[str]:
        """The rules that the strategy decides among, in words."""
        return in_force(process__own_strategy=None) if self.enabled else []

    @classmethod
    def current(cls) -> Self:
        """The switch as it stands; on, with the built-in strategy, until somebody changes it."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


def in_force(**which: Any) -> list[str]:
    """The rules among which something is decided, in words."""
    rules = DispatchRule.objects.filter(enabled=True, **which).select_related("process", "department")
    return [str(rule) for rule in rules]
