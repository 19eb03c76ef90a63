"""What the console itself keeps: the links by which a screen in the workshop shows a department."""

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.people.access import Scope, ScopedQuerySet
from paidan.people.models import Department


def nonce() -> str:
    """What makes the address of one link unlike that of any other, of an earlier one for the same screen too."""
    return get_random_string(24)


class WallLinkQuerySet(ScopedQuerySet):
    scope = Scope(department="department")


class WallLink(models.Model):
    """A screen that shows one department to whoever stands before it, until the link is revoked."""

    department = models.ForeignKey(Department, models.CASCADE, related_name="wall_links", verbose_name=_("department"))
    screen = models.CharField(_("screen"), max_length=80, help_text=_("E.g. beside press 2."))
    shows_customers = models.BooleanField(
        _("shows customers"), default=False, help_text=_("Everybody who walks by can read their names.")
    )
    nonce = models.CharField(max_length=32, unique=True, default=nonce, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("link made by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    history = audited.records(excluded_fields=["nonce"])

    objects = WallLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("wall board link")
        verbose_name_plural = _("wall board links")
        ordering = ["revoked_at", "department__position", "-id"]

    def __str__(self) -> str:
        return f"{self.department} · {self.screen}"
