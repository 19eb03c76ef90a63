from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "paidan.notices"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from paidan.notices import jobs  # noqa: F401  huey finds jobs when their module is imported
