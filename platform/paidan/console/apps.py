from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "paidan.console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from django.contrib import admin

        admin.site.index_template = "console/home.html"
