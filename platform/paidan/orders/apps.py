from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "paidan.orders"
    verbose_name = _("Work orders")

    def ready(self) -> None:
        from paidan.orders import jobs  # noqa: F401  huey finds jobs when their module is imported
