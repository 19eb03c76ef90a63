"""The inbox."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from paidan.backoffice.admin import ReadOnlyAdmin
from paidan.backoffice.display import label, moment
from paidan.notices.actions import mark_read
from paidan.notices.models import Notification
from paidan.people.access import person


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("sentence", "is_read", "kind", "at")
    list_filter = (("kind", ChoicesDropdownFilter),)
    fields = ("sentence", "kind", "order", "task", "created_at", "read_at")
    readonly_fields = ("sentence",)
    actions = ("read",)

    @display(description=_("notification"))
    def sentence(self, notice: Notification) -> str:
        return str(notice)

    @display(description=_("at"), ordering="created_at")
    def at(self, notice: Notification) -> Any:
        return moment(notice.created_at)

    @display(description=_("read"))
    def is_read(self, notice: Notification) -> Any:
        return "—" if notice.read_at else label(_("new"), "primary")

    @admin.action(description=_("Mark as read"))
    def read(self, request: HttpRequest, rows: QuerySet[Notification]) -> None:
        mark_read(person(request), list(rows.values_list("pk", flat=True)))
        messages.success(request, _("Marked as read."))
