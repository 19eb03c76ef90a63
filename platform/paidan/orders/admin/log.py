"""What was decided and by whom: dispatch decisions, workloads."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from paidan.backoffice.admin import ReadOnlyAdmin, ScopedModelAdmin
from paidan.orders.models import DispatchDecision, Workload

VERDICTS = {
    "chosen": _("chosen"),
    "later_choice": _("a later choice"),
    "ranked_behind": _("ranked behind"),
    "rule_disabled": _("rule is disabled"),
    "department_inactive": _("department is not active"),
    "not_asked": _("not asked"),
}
REASONS = {
    "only_first_choice": _("the only first choice"),
    "strategy": _("best of several equals"),
    "switched_off": _("automatic dispatch is switched off"),
    "no_rule": _("no rule for this process"),
    "all_disabled": _("all rules are disabled"),
}


def verdict_table(decision: DispatchDecision) -> Any:
    """Each candidate with its priority, its load then, and how it was judged."""
    return format_html(
        "<ul>{}</ul>",
        format_html_join(
            "",
            "<li>{} · {} {} · {} · {}</li>",
            (
                (
                    row["name"],
                    _("priority"),
                    row["priority"],
                    _("%(tasks)s open, %(minutes)s min") % {"tasks": row["open_tasks"], "minutes": row["open_minutes"]},
                    VERDICTS.get(row["verdict"], row["verdict"]),
                )
                for row in decision.ranking
            ),
        ),
    )


@admin.register(DispatchDecision)
class DispatchDecisionAdmin(ReadOnlyAdmin):
    list_display = ("at", "task", "outcome", "why", "strategy", "by")
    list_select_related = ("task", "outcome", "by")
    list_filter = (("outcome", RelatedDropdownFilter),)
    search_fields = ("task__content", "task__step__order__number")
    fields = ("task", "at", "by", "outcome", "why", ("strategy", "version"), "candidates")
    readonly_fields = ("why", "candidates")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("task", "outcome", "by")

    @display(description=_("reason"))
    def why(self, decision: DispatchDecision) -> Any:
        return REASONS.get(decision.reason, decision.reason)

    @display(description=_("candidates"))
    def candidates(self, decision: DispatchDecision) -> Any:
        return verdict_table(decision)


@admin.register(Workload)
class WorkloadAdmin(ScopedModelAdmin):
    list_display = ("operator", "open", "limit")
    list_select_related = ("operator",)
    fields = ("operator", "open", "limit")
    readonly_fields = ("operator", "open")
    search_fields = ("operator__name", "operator__username")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
