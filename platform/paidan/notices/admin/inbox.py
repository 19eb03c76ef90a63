"""The inbox: what a person was told within the last 30 days."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from paidan.backoffice.admin import ReadOnlyAdmin
from paidan.backoffice.display import moment
from paidan.backoffice.display import priority as how_urgent
from paidan.notices import leading, views
from paidan.notices.actions import mark_read
from paidan.notices.models import Notification
from paidan.people.access import person

WORDS = ("order", "task", "person", "department", "reason", "plugin")
"""Words of a sentence that somebody may look for."""


class ReadFilter(DropdownFilter):
    title = _("read")
    parameter_name = "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("no", _("unread")), ("yes", _("already read"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {"no": True, "yes": False}.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(read_at__isnull=chosen)


class PeriodFilter(DropdownFilter):
    title = _("period")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("1", _("Today")), ("2", _("Since yesterday")), ("7", _("The last 7 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = {"1": 1, "2": 2, "7": 7}.get(self.value() or "")
        if days is None:
            return queryset
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return queryset.filter(created_at__gte=midnight - timedelta(days=days - 1))


class Inbox(ChangeList):  # type: ignore[misc]
    """A page of the inbox; its rows know where they lead."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Notification] = list(self.result_list)
        urls = leading.urls(person(request), self.result_list)
        for notice in self.result_list:
            notice.__dict__["leads_to"] = urls[notice.pk]


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("sentence", "kind", "urgency", "at")
    list_display_links = None
    list_filter = (
        ReadFilter,
        PeriodFilter,
        ("kind", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
    )
    list_before_template = "notices/before_list.html"
    search_fields = ("values",)
    search_help_text = _("Order number, task, person, department or reason")
    fields = ("what", "kind", "about", "at", "read_at")
    readonly_fields = ("what", "about", "at")
    actions = ("read",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Inbox

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        unread = views.count(request)[0]
        return super().changelist_view(request, {"unread": unread, **(extra_context or {})})

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        """Every word must stand in one of the words that the sentence is made with."""
        for word in search_term.split():
            queryset = queryset.filter(self._says(word))
        return queryset, False

    def _says(self, word: str) -> Q:
        said = Q(text__icontains=word) | Q(title__icontains=word)
        for name in WORDS:
            said |= Q(**{f"values__{name}__icontains": word})
        return said

    @display(description=_("notification"))
    def sentence(self, notice: Notification) -> Any:
        """It leads to what it is about while that is there for its reader; until it was read it is bold."""
        url, words, unread = notice.__dict__.get("leads_to", ""), str(notice), ""
        if notice.read_at is None:
            unread = format_html(' data-unread="{}"', notice.pk)
            words = format_html('<span class="sr-only" data-new>{}: </span>{}', _("unread"), words)
        if not url:
            return format_html("<span{}>{}</span>", unread, words)
        return format_html('<a href="{}" data-notice="{}"{}>{}</a>', url, notice.pk, unread, words)

    @display(description=_("notification"))
    def what(self, notice: Notification) -> str:
        return str(notice)

    @display(description=_("priority"), ordering="priority")
    def urgency(self, notice: Notification) -> Any:
        return how_urgent(notice)

    @display(description=_("at"), ordering="created_at")
    def at(self, notice: Notification) -> Any:
        """With today and yesterday in words."""
        day = timezone.localdate(notice.created_at)
        words = views.day_in_words(day)
        if words == day:
            return moment(notice.created_at)
        clock = date_format(timezone.localtime(notice.created_at), "H:i")
        return format_html('<span class="whitespace-nowrap">{} {}</span>', words, clock)

    @display(description=_("about"))
    def about(self, notice: Notification) -> Any:
        """What it leads to, while that is there for its reader."""
        url = leading.urls(notice.recipient, [notice])[notice.pk]
        return format_html('<a href="{}">{}</a>', url, notice.task or notice.order) if url else "—"

    @admin.action(description=_("Mark as read"))
    def read(self, request: HttpRequest, rows: QuerySet[Notification]) -> None:
        mark_read(person(request), list(rows.values_list("pk", flat=True)))
        messages.success(request, _("Marked as read."))
