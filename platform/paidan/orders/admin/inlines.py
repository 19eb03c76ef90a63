"""The parts of an order as tables in its form; choosers share their choices, so that rows cost no queries."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from paidan.backoffice.admin import Inline
from paidan.backoffice.forms import SharedChoices
from paidan.catalog.models import Process
from paidan.orders.admin.forms import PartForm
from paidan.orders.models import OrderLine, OrderMaterial, OrderStep, OrderTooling


class PartInline(Inline):
    """One kind of part; related rows come with it."""

    form = PartForm
    related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.related)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.remote_field.model is Process and field is not None:
            shared = request.__dict__.setdefault("_processes", SharedChoices(Process.objects.filter(is_active=True)))
            return shared.give(field)
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and hasattr(field.widget, "can_change_related"):
            field.widget.can_change_related = field.widget.can_delete_related = field.widget.can_view_related = False
        return field


class LineInline(PartInline):
    model = OrderLine
    fields = ("product", "quantity", "unit_price")
    autocomplete_fields = ("product",)
    related = ("product",)


class MaterialInline(PartInline):
    model = OrderMaterial
    fields = ("material", "usage", "needs_cutting", "supply")
    autocomplete_fields = ("material",)
    related = ("material",)


class ToolingInline(PartInline):
    model = OrderTooling
    fields = ("tooling", "process")
    autocomplete_fields = ("tooling",)
    related = ("tooling", "process")


class StepInline(PartInline):
    model = OrderStep
    fields = ("sequence", "process")
    related = ("process",)
    ordering = ("sequence", "ref")


PARTS = (LineInline, MaterialInline, ToolingInline, StepInline)
