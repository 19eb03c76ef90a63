"""Plugins: what is installed, whether it works, who uses it, and its settings."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from paidan.backoffice.admin import ReadOnlyAdmin
from paidan.backoffice.display import label
from paidan.backoffice.verb import ReasonForm, verb
from paidan.errors import Refused
from paidan.registry import actions, jobs, words
from paidan.registry.facts import uses
from paidan.registry.forms import form_for, names_of
from paidan.registry.models import Plugin


class OffForm(ReasonForm):
    """Shows first who uses the plugin."""

    form_before_template = "registry/before_off.html"

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> dict[str, Any]:
        return {"form": self, "uses": uses(self.row.group, self.row.name) if self.row else []}

    def arguments(self) -> dict[str, Any]:
        return {"because": self.cleaned_data["reason"]}


def _may(user: Any, plugin: Plugin) -> bool:
    return bool(user.has_perm("registry.change_plugin"))


def in_trouble() -> Q:
    """Plugins that cannot be used, or whose last call failed."""
    return ~Q(problem="") | Q(failures_in_row__gt=0)


class TroubleFilter(DropdownFilter):
    title = _("trouble")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("1", _("cannot be used, or fails"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(in_trouble()) if self.value() == "1" else queryset


@admin.register(Plugin)
class PluginAdmin(SimpleHistoryAdmin, ReadOnlyAdmin):  # type: ignore[misc]
    list_display = ("called", "group", "origin", "state_word", "calls", "mean", "failures")
    list_filter = (
        ("group", ChoicesDropdownFilter),
        ("problem", ChoicesDropdownFilter),
        ("enabled", BooleanRadioFilter),
        TroubleFilter,
    )
    search_fields = ("name", "distribution")
    history_list_display = ("enabled", "settings", "switched_off_because")
    actions_detail = ("switch_on", "switch_off", "certify")
    readonly_fields = (
        "called",
        "does",
        "origin",
        "state_word",
        "used_by",
        "mean",
        "checked",
        "error_text",
        "last_error_text",
    )

    switch_on = verb(
        lambda plugin, *, by: actions.switch(plugin, on=True, by=by),
        label=_("Switch on"),
        icon="toggle_on",
        may=_may,
        offered=lambda plugin: not plugin.enabled,
        ask=_("Every process uses it within two seconds."),
        done=_("%(row)s is switched on."),
    )
    switch_off = verb(
        lambda plugin, *, by, because: actions.switch(plugin, on=False, by=by, because=because),
        label=_("Switch off"),
        icon="toggle_off",
        form=OffForm,
        variant=ActionVariant.DANGER,
        may=_may,
        offered=lambda plugin: plugin.enabled and not plugin.built_in,
        ask=_("What uses it falls back on what comes with the house. No task is lost."),
        done=_("%(row)s is switched off."),
    )
    certify = verb(
        lambda plugin, *, by: jobs.check(plugin.pk, by.pk),
        label=_("Check against the contract"),
        icon="verified",
        may=_may,
        offered=lambda plugin: not plugin.problem,
        ask=_("It is tried in a process of its own, for up to a minute. A notifier really delivers a few messages."),
        done=_("%(row)s is being checked. The result appears here; look again in a moment."),
    )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.has_view_permission(request) and actions.sync():
            messages.info(request, _("What is installed has changed; the list is up to date."))
        return super().changelist_view(request, extra_context)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only settings can be typed, so a plugin without any has nothing to save."""
        allowed = request.user.has_perm("registry.change_plugin")
        return allowed and (obj is None or bool(names_of(obj)))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = form_for(obj)
        return super().get_form(request, obj, change, **kwargs | {"fields": ()})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        about = ["called", "does", ("group", "origin"), "state_word", "used_by"]
        if obj and not obj.enabled:
            about[3] = ("state_word", "switched_off_because")
        behaviour = [("calls", "mean"), ("failures", "failures_in_row"), "last_failed_at", "last_error_text"]
        sets: list[Any] = [(None, {"fields": [*about, *(["error_text"] if obj and obj.error else [])]})]
        if obj and self.has_change_permission(request, obj):
            sets.append((_("Settings"), {"fields": names_of(obj)}))
        sets.append((_("How it behaves"), {"fields": behaviour}))
        return [*sets, (_("Certificate"), {"fields": ["checked"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ("group", "switched_off_because", "calls", "failures", "failures_in_row", "last_failed_at")
        return (*self.readonly_fields, *shown)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            actions.configure(obj, form.settings(), by=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))

    @display(description=_("plugin"), ordering="name")
    def called(self, plugin: Plugin) -> Any:
        return format_html('{} <span class="paidan-code">{}</span>', str(plugin), plugin.name)

    @display(description=_("what it does"))
    def does(self, plugin: Plugin) -> str:
        return words.about(plugin.group, plugin.name) or "—"

    @display(description=_("package"), ordering="distribution")
    def origin(self, plugin: Plugin) -> str:
        return f"{plugin.distribution} {plugin.version}".strip() or "—"

    @display(description=_("state"), ordering="problem")
    def state_word(self, plugin: Plugin) -> Any:
        if plugin.problem:
            return label(plugin.get_problem_display(), "danger")
        return label(_("on"), "success") if plugin.enabled else label(_("off"), "muted")

    @display(description=_("time a call"))
    def mean(self, plugin: Plugin) -> str:
        return f"{plugin.milliseconds / plugin.calls:.2f} ms" if plugin.calls else "—"

    @display(description=_("used by"))
    def used_by(self, plugin: Plugin) -> Any:
        return render_to_string("registry/uses.html", {"uses": uses(plugin.group, plugin.name)})

    @display(description=_("error"))
    def error_text(self, plugin: Plugin) -> Any:
        return format_html('<pre class="paidan-trace" tabindex="0">{}</pre>', plugin.error)

    @display(description=_("last failure"))
    def last_error_text(self, plugin: Plugin) -> Any:
        if not plugin.last_error:
            return "—"
        return format_html('<pre class="paidan-trace" tabindex="0">{}</pre>', plugin.last_error)

    @display(description=_("conformance"))
    def checked(self, plugin: Plugin) -> Any:
        return render_to_string("registry/certificate.html", {"report": plugin.certificate, "plugin": plugin})
