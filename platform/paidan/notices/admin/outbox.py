"""What is on its way out of the house, for administrators."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from paidan.backoffice.admin import ReadOnlyAdmin
from paidan.backoffice.display import label, moment
from paidan.notices.models import Delivery

COLOURS = {Delivery.State.WAITING: "info", Delivery.State.DELIVERED: "success", Delivery.State.GAVE_UP: "danger"}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("recipient", "kind", "channel", "how", "attempts", "at", "last_error")
    list_select_related = ("notification__recipient",)
    list_filter = (("state", ChoicesDropdownFilter), ("notification__kind", ChoicesDropdownFilter))
    search_fields = ("channel", "notification__recipient__name", "notification__recipient__username", "last_error")
    fields = ("recipient", "kind", "channel", "how", "attempts", "next_at", "last_error", "delivered_at")
    readonly_fields = ("recipient", "kind", "how")

    @display(description=_("recipient"))
    def recipient(self, delivery: Delivery) -> str:
        return str(delivery.notification.recipient)

    @display(description=_("kind"))
    def kind(self, delivery: Delivery) -> str:
        return delivery.notification.get_kind_display()

    @display(description=_("state"), ordering="state")
    def how(self, delivery: Delivery) -> Any:
        return label(delivery.get_state_display(), COLOURS[Delivery.State(delivery.state)])

    @display(description=_("next attempt or delivered"), ordering="next_at")
    def at(self, delivery: Delivery) -> Any:
        return moment(delivery.delivered_at or delivery.next_at)
