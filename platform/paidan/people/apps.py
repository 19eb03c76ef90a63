from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "paidan.people"
    verbose_name = _("People")

    def ready(self) -> None:
        apps.get_app_config("axes").verbose_name = _("Sign-ins")  # what stands above its lists
        from paidan.people import jobs  # noqa: F401  huey finds jobs when their module is imported
        from paidan.people.models import Role

        unknown = set(settings.PAIDAN_REQUIRE_TOTP) - set(Role.values)
        if unknown:  # a slip of the pen would leave the door open
            raise ImproperlyConfigured(
                f"PAIDAN_REQUIRE_TOTP names {', '.join(sorted(unknown))}. The roles are {', '.join(Role.values)}."
            )
