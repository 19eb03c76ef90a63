from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackofficeConfig(AppConfig):
    name = "paidan.backoffice"
    verbose_name = _("Back office")

    def ready(self) -> None:
        from huey.contrib.djhuey import HUEY

        from paidan.backoffice.requests import name_jobs

        name_jobs(HUEY)
