"""A workbook that waits between upload and import."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportSession(models.Model):
    """One uploaded order book: only the person who uploaded it sees it, and it is imported at most once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports", verbose_name=_("uploaded by")
    )
    name = models.CharField(_("file name"), max_length=200)
    content = models.BinaryField(_("file"))
    digest = models.CharField(max_length=64, editable=False)
    create_missing = models.BooleanField(_("create missing customers and products"), default=False)
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    applied_at = models.DateTimeField(_("imported at"), null=True, blank=True)

    class Meta:
        verbose_name = _("order import")
        verbose_name_plural = _("order imports")
        ordering = ["-id"]
        default_permissions = ()  # reached by its own page only

    def __str__(self) -> str:
        return self.name
