"""The parts of an order as tables in its form; choosers share their choices, so that rows cost no queries."""

from typing import Any

from django.http import HttpRequest

from paidan.backoffice.admin import Inline
from paidan.orders.models import OrderLine, OrderMaterial, OrderStep, OrderTooling


class LineInline(Inline):
    model = OrderLine
    fields = ("product", "quantity", "unit_price")
    autocomplete_fields = ("product",)
    related = ("product",)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class MaterialInline(Inline):
    model = OrderMaterial
    fields = ("material", "usage", "needs_cutting", "supply")
    autocomplete_fields = ("material",)
    related = ("material",)


class ToolingInline(Inline):
    model = OrderTooling
    fields = ("tooling", "process")
    autocomplete_fields = ("tooling",)
    related = ("tooling", "process")
    shared = ("process",)


class StepInline(Inline):
    model = OrderStep
    fields = ("sequence", "process")
    related = ("process",)
    shared = ("process",)
    ordering = ("sequence", "ref")


PARTS = (LineInline, MaterialInline, ToolingInline, StepInline)
