"""Which department does what, and the switch above it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter

from paidan.backoffice.admin import ScopedModelAdmin
from paidan.contracts import STRATEGIES
from paidan.dispatch import access as rights
from paidan.dispatch.models import DispatchRule, DispatchSwitch
from paidan.people import access
from paidan.registry.words import title


@admin.register(DispatchRule)
class DispatchRuleAdmin(SimpleHistoryAdmin, ScopedModelAdmin):  # type: ignore[misc]
    list_display = ("process", "department", "priority", "enabled", "time_factor", "notes")
    list_select_related = ("process", "department")
    list_filter = (
        ("process", RelatedDropdownFilter),
        ("department", RelatedDropdownFilter),
        ("enabled", BooleanRadioFilter),
    )
    search_fields = ("process__name", "process__code", "department__name")
    fields = ("process", "department", ("priority", "enabled"), "time_factor", "notes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("process", "department")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may(request, "delete", obj)

    def _may(self, request: HttpRequest, verb: str, rule: Any) -> bool:
        return rule is None or rights.may(access.person(request), verb, rule.department_id)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "department" and not rights.everywhere(access.person(request)):
            mine = access.sight(request.user).departments[access.DISPATCH]
            kwargs["queryset"] = db_field.remote_field.model.objects.filter(pk__in=mine)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(DispatchSwitch)
class DispatchSwitchAdmin(SimpleHistoryAdmin, ScopedModelAdmin):  # type: ignore[misc]
    fields = ("enabled", "strategy", "only_equals", "pick_operator")
    readonly_fields = ("strategy_name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look reads the strategy's title, not its key."""
        may_change = self.has_change_permission(request, obj)
        return [name if may_change or name != "strategy" else "strategy_name" for name in self.fields]

    @admin.display(description=_("strategy"))
    def strategy_name(self, switch: DispatchSwitch) -> str:
        return title(STRATEGIES, switch.strategy)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one switch: its list is its page."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        DispatchSwitch.objects.get_or_create(pk=1)
        return redirect("admin:dispatch_dispatchswitch_change", 1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
