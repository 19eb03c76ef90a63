"""Beside the order: dispatch decisions, workloads, materials to come."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from paidan.backoffice.admin import ReadOnlyAdmin, ScopedModelAdmin
from paidan.backoffice.display import due, label, moment
from paidan.backoffice.verb import verb
from paidan.contracts import STRATEGIES
from paidan.orders.actions.order import receive
from paidan.orders.models import DispatchDecision, OrderMaterial, Workload
from paidan.registry import words

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
            "<li>{} · {} {} · {} · {}{}</li>",
            (
                (
                    row["name"],
                    _("priority"),
                    row["priority"],
                    _("%(tasks)s open, %(minutes)s min")
                    % {"tasks": row["open_tasks"], "minutes": number_format(row["open_minutes"])},
                    VERDICTS.get(row["verdict"], row["verdict"]),
                    _reason(decision.strategy, row),
                )
                for row in decision.ranking
            ),
        ),
    )


def _reason(strategy: str, row: dict[str, Any]) -> str:
    said = words.say(STRATEGIES, strategy, row["reason"]) if row["reason"] else ""
    return f" · {said}" if said else ""


@admin.register(DispatchDecision)
class DispatchDecisionAdmin(ReadOnlyAdmin):
    list_display = ("moment", "task", "outcome", "operator", "why", "by_strategy", "by")
    list_select_related = ("task", "outcome", "operator", "by")
    list_filter = (("outcome", RelatedDropdownFilter),)
    search_fields = ("task__content", "task__step__order__number")
    fields = ("task", "at", "by", ("outcome", "operator"), "why", "by_strategy", "instead", "candidates", "people")
    readonly_fields = ("why", "by_strategy", "instead", "candidates", "people")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was not needed for a decision is not shown empty."""
        inputs = obj.inputs if obj else {}
        needed = {"instead": "instead_of" in inputs, "people": "people" in inputs}
        return [name for name in super().get_fields(request, obj) if needed.get(name, True)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("task", "outcome", "operator", "by")

    @display(description=_("at"), ordering="at")
    def moment(self, decision: DispatchDecision) -> Any:
        return moment(decision.at)

    @display(description=_("reason"))
    def why(self, decision: DispatchDecision) -> Any:
        return REASONS.get(decision.reason, decision.reason)

    @display(description=_("strategy"), ordering="strategy")
    def by_strategy(self, decision: DispatchDecision) -> str:
        return f"{words.title(STRATEGIES, decision.strategy)} {decision.version}".strip()

    @display(description=_("instead of"))
    def instead(self, decision: DispatchDecision) -> str:
        """The strategy that had no answer, and why."""
        wanted = decision.inputs.get("instead_of")
        if not wanted:
            return "—"
        return f"{words.title(STRATEGIES, wanted['strategy'])}: {words.house_kept(wanted['why'])}"

    @display(description=_("people considered"))
    def people(self, decision: DispatchDecision) -> Any:
        strategy = decision.inputs.get("people_strategy", decision.strategy)
        rows = [(row["name"], _reason(strategy, row)) for row in decision.inputs.get("people", ())]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}{}</li>", rows)) if rows else "—"

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


@admin.register(OrderMaterial)
class OrderMaterialAdmin(ReadOnlyAdmin):
    """What the warehouse waits for."""

    list_display = ("material", "order_number", "usage", "needs_cutting", "supply_state", "due")
    list_filter = (("supply", ChoicesDropdownFilter), ("material", AutocompleteSelectFilter))
    search_fields = ("material__name", "material__code", "order__number")
    fields = ("material", "order_number", "usage", "needs_cutting", "supply_state", "due")
    readonly_fields = ("order_number", "supply_state", "due")
    actions_detail = ("receive",)
    receive = verb(
        receive,
        label=_("Material is in"),
        icon="inventory_2",
        may=lambda user, row: user.has_perm("orders.change_ordermaterial"),
        offered=lambda row: row.supply != OrderMaterial.Supply.IN and not row.order.is_held,
        ask=_("Cutting of this material may start."),
        done=_("%(row)s is in stock."),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("material", "order")

    @display(description=_("order"), ordering="order__number")
    def order_number(self, row: OrderMaterial) -> str:
        return row.order.number

    @display(description=_("supply"), ordering="supply")
    def supply_state(self, row: OrderMaterial) -> Any:
        tone = "success" if row.supply == OrderMaterial.Supply.IN else "warning"
        return label(row.get_supply_display(), tone)

    @display(description=_("due date"), ordering="order__due_date")
    def due(self, row: OrderMaterial) -> Any:
        return due(row.order.due_date, is_open=row.supply != OrderMaterial.Supply.IN)
