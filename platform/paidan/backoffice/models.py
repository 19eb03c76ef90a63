"""What a person keeps of the console itself."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paidan import audited

MOST_QUERY = 1000
"""Letters of filters, search and order; no list needs more."""


class SavedView(models.Model):
    """A list as one person likes to see it: its filters, search and order, under a name."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name=_("person")
    )
    page = models.CharField(_("page"), max_length=60)
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(_("query"), max_length=MOST_QUERY, blank=True)
    is_default = models.BooleanField(_("opens first"), default=False)
    history = audited.records()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "page", "name"],
                name="view_name_once",
                violation_error_message=_("You have a view of this name already. Choose another name."),
            ),
            models.UniqueConstraint(
                fields=["person", "page"],
                condition=Q(is_default=True),
                name="view_one_default",
                violation_error_message=_("Only one view can open first."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="view_has_a_name", violation_error_message=_("Give the view a name.")
            ),
        ]

    def __str__(self) -> str:
        return self.name
