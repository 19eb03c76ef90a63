"""What the shop decided about its plugins, and how they behave."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.contracts import GENERATORS, NOTIFIERS, STRATEGIES
from paidan.registry.words import title

FAILURES_UNTIL_OFF = 5
"""So many failures in a row switch a plugin off."""


class Plugin(models.Model):
    """A plugin that was found installed: switched on or off, with its settings, and what its calls were like."""

    class Group(models.TextChoices):
        STRATEGY = STRATEGIES, _("Dispatch strategy")
        GENERATOR = GENERATORS, _("Task generator")
        NOTIFIER = NOTIFIERS, _("Notifier")

    class Problem(models.TextChoices):
        """Why it cannot be used."""

        IMPORT = "import", _("cannot be imported")
        TYPE = "type", _("is of the wrong kind")
        VERSION = "version", _("speaks another version of the contract")
        DUPLICATE = "duplicate", _("shares its name with another one")
        GONE = "gone", _("is no longer installed")

    group = models.CharField(_("kind"), max_length=60, choices=Group)
    name = models.CharField(_("name"), max_length=60)
    distribution = models.CharField(_("package"), max_length=100, blank=True)
    version = models.CharField(_("version"), max_length=40, blank=True)
    problem = models.CharField(_("problem"), max_length=12, choices=Problem, blank=True, default="")
    error = models.TextField(_("error"), blank=True, default="")
    enabled = models.BooleanField(_("switched on"), default=True)
    switched_off_because = models.CharField(_("why off"), max_length=300, blank=True, default="")
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = models.JSONField(_("secrets"), default=dict, blank=True, editable=False)
    certificate = models.JSONField(_("certificate"), null=True, blank=True, editable=False)
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    calls = models.PositiveBigIntegerField(_("calls"), default=0, editable=False)
    milliseconds = models.FloatField(_("time in all, ms"), default=0, editable=False)
    failures = models.PositiveBigIntegerField(_("failures"), default=0, editable=False)
    failures_in_row = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    last_error = models.TextField(_("last failure"), blank=True, default="", editable=False)
    last_failed_at = models.DateTimeField(_("failed last"), null=True, blank=True, editable=False)
    history = audited.records(
        excluded_fields=[
            "secrets", "told_at", "calls", "milliseconds", "failures", "failures_in_row", "last_error", "last_failed_at",
        ]  # counters change with every call, and a secret is kept in one place only
    )  # fmt: skip

    class Meta:
        verbose_name = _("plugin")
        verbose_name_plural = _("plugins")
        ordering = ["group", "name", "distribution"]
        constraints = [
            models.UniqueConstraint(fields=["group", "name", "distribution"], name="plugin_once_per_distribution"),
            models.CheckConstraint(
                condition=Q(enabled=True) | ~Q(switched_off_because=""),
                name="plugin_off_for_a_reason",
                violation_error_message=_("Say why the plugin is switched off."),
            ),
        ]

    def __str__(self) -> str:
        return title(self.group, self.name)

    @property
    def built_in(self) -> bool:
        """Whether it came with the house; such a plugin cannot be switched off, others fall back on it."""
        return self.distribution == "paidan"

    @property
    def state(self) -> str:
        """In one word, for programs: `on`, `off`, or the problem."""
        return self.problem or ("on" if self.enabled else "off")


class Epoch(models.Model):
    """One number that moves whenever a plugin was switched or set; every process looks at it each second."""

    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("plugin epoch")
        verbose_name_plural = _("plugin epochs")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="plugin_epoch_is_one")]

    def __str__(self) -> str:
        return str(self.number)
