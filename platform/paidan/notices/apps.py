from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "paidan.notices"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from paidan.notices import jobs, standard  # noqa: F401  huey finds jobs when their module is imported

        post_migrate.connect(standard.make_rules, sender=self)
