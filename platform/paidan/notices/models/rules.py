"""Whom a shop tells of what, and what a person wants to hear."""

from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.notices.conditions import Condition, check
from paidan.notices.models.events import WORDS, Kind, Priority
from paidan.people.models import Role

PARTS: dict[str, Any] = {
    "operator": _("The operator who holds the task"),
    "former_operator": _("The operator who held it before"),
    "department": _("Everybody who works in the department"),
    "pool": _("Everybody who may take it from the pool"),
    "supervisors": _("The department's supervisors"),
    "maker": _("Who wrote the order"),
    "salesperson": _("The salesperson"),
    "approvers": _("Everybody who may approve"),
    "administrators": _("The system administrators"),
}
"""The parts that people play in an event."""


def audiences() -> list[tuple[str, Any]]:
    """Whom a rule can name: parts in the event, and roles."""
    roles = [(f"role:{role.value}", _("Role: %(role)s") % {"role": role.label}) for role in Role]
    return [*PARTS.items(), *roles]


def check_condition(text: str) -> None:
    """Refuse a condition that cannot be read, in words."""
    if text.strip():
        check(text)


def check_words(text: str) -> None:
    """Refuse a sentence with words that no event has."""
    try:
        text % dict.fromkeys(WORDS, "")
    except (KeyError, TypeError, ValueError) as problem:
        raise ValidationError(
            _("“%(word)s” is not a word that can be put in. Write %%(order)s and the like; a percent sign is %%%%."),
            params={"word": str(problem).strip("'")},
        ) from problem


class Rule(models.Model):
    """When this happens – and the condition holds – tell these people, through these channels, in these words."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    enabled = models.BooleanField(_("enabled"), default=False)
    kind = models.CharField(_("event"), max_length=30, choices=Kind)
    condition = models.TextField(
        _("condition"),
        blank=True,
        validators=[check_condition],
        help_text=_("Empty: always. For example: after.priority >= 3 and after.due != before.due"),
    )
    audience = models.JSONField(_("audience"), default=list, help_text=_("Nobody is told of what they may not see."))
    people = models.JSONField(_("also these people"), default=list, blank=True)
    channels = models.JSONField(
        _("channels"), default=list, blank=True, help_text=_("Besides the inbox, which has everything.")
    )
    title = models.CharField(_("title"), max_length=120, blank=True, validators=[check_words])
    text = models.TextField(
        _("text"),
        blank=True,
        validators=[check_words],
        help_text=_("Empty: the usual sentence, in the reader's language. Words to put in: %(order)s, %(task)s …"),
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, null=True, blank=True, help_text=_("Empty: as the order has it.")
    )
    digest = models.BooleanField(
        _("collect"),
        default=False,
        help_text=_("Messages through channels are collected and sent together every full hour."),
    )
    built_in = models.CharField(max_length=60, unique=True, null=True, default=None, editable=False)
    history = audited.records()

    class Meta:
        verbose_name = _("notification rule")
        verbose_name_plural = _("notification rules")
        ordering = ["kind", "id"]

    def __str__(self) -> str:
        return self.get_kind_display() if self.name == self.built_in else self.name

    @property
    def test(self) -> Condition | None:
        """The condition, ready to be asked; none when the rule always holds."""
        return check(self.condition) if self.condition.strip() else None


class PreferenceQuerySet(models.QuerySet["Preference"]):
    def visible_to(self, user: Any) -> Self:
        """What a person wants to hear is that person's affair."""
        return self.filter(person=user.pk)


class Preference(models.Model):
    """What one person wants to hear, when, and where. Without a row: everything, at once, by the rules' channels."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preference", verbose_name=_("person")
    )
    muted = models.JSONField(
        _("muted"), default=list, blank=True, help_text=_("Kinds that come into the inbox without sound or message.")
    )
    declined = models.JSONField(_("channels not wanted"), default=list, blank=True)
    addresses = models.JSONField(_("addresses"), default=dict, blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    history = audited.records()

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification preferences")
        verbose_name_plural = _("notification preferences")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="preference_quiet_hours_have_both_ends",
                violation_error_message=_("Say both when the quiet hours begin and when they end, or neither."),
            )
        ]

    def __str__(self) -> str:
        return str(self.person)
