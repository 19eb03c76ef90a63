"""Who signed in when and from where, who tried in vain, and whom the door keeps out now; nobody changes these."""

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, FieldTextFilter, RangeDateTimeFilter
from unfold.decorators import display

from paidan.backoffice.admin import ReadOnlyAdmin
from paidan.backoffice.display import label, moment


class SignInAdmin(ReadOnlyAdmin):
    """What the lists have in common. What was typed is not kept, apart from the name."""

    list_filter: Any = (
        ("attempt_time", RangeDateTimeFilter),
        ("username", FieldTextFilter),
        ("ip_address", FieldTextFilter),
    )
    search_fields = ("username", "ip_address")
    search_help_text = _("Name, address")
    ordering = ("-attempt_time",)

    @display(description=_("at"), ordering="attempt_time")
    def at(self, row: Any) -> Any:
        return moment(row.attempt_time)

    @display(description=_("user name"), ordering="username")
    def who(self, row: Any) -> str:
        return row.username or "—"

    @display(description=_("address"), ordering="ip_address")
    def address(self, row: Any) -> str:
        return row.ip_address or "—"

    @display(description=_("browser"))
    def browser(self, row: Any) -> str:
        return row.user_agent or "—"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for name in self.list_display if name != "browser"] + ["browser"]


@admin.register(AccessLog)
class AccessLogAdmin(SignInAdmin):
    """Who came in, and signed out; who closes the browser only leaves no time."""

    list_display = ("at", "who", "address", "left", "browser")

    @display(description=_("signed out"), ordering="logout_time")
    def left(self, row: AccessLog) -> Any:
        return moment(row.logout_time)


@admin.register(AccessFailureLog)
class AccessFailureLogAdmin(SignInAdmin):
    """Who gave a wrong password or code, each time."""

    list_display = ("at", "who", "address", "kept_out", "browser")
    list_filter = (("locked_out", BooleanRadioFilter), *SignInAdmin.list_filter)

    @display(description=_("locked out by it"), ordering="locked_out")
    def kept_out(self, row: AccessFailureLog) -> Any:
        return label(_("locked out"), "danger") if row.locked_out else "—"


@admin.register(AccessAttempt)
class AccessAttemptAdmin(SignInAdmin):
    """Failures that count at the moment; an administrator unlocks a person on the person's page."""

    list_display = ("at", "who", "address", "failures", "browser")

    @display(description=_("failures"), ordering="failures_since_start")
    def failures(self, row: AccessAttempt) -> Any:
        most = settings.AXES_FAILURE_LIMIT
        tone = "danger" if row.failures_since_start >= most else "warning"
        return label(f"{row.failures_since_start}/{most}", tone)
