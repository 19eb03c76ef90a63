"""The registry of plugins."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "paidan.registry"
    verbose_name = _("Plugins")

    def ready(self) -> None:
        from paidan.registry import jobs  # noqa: F401  the job queue looks for its jobs when it starts
