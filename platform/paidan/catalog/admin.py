"""Master data pages."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from paidan.backoffice.admin import Inline, ScopedModelAdmin
from paidan.backoffice.display import label, picture
from paidan.backoffice.exporting import Column
from paidan.backoffice.lists import WorkListMixin
from paidan.backoffice.verb import verb
from paidan.catalog import actions, pictures
from paidan.catalog.forms import PictureField
from paidan.catalog.models import (
    Customer,
    Material,
    Process,
    Product,
    ProductMaterial,
    ProductProcess,
    Skill,
    Tooling,
    ToolingKind,
)
from paidan.contracts import GENERATORS
from paidan.people.models import sellers
from paidan.registry.words import title


class MasterAdmin(SimpleHistoryAdmin, ScopedModelAdmin):  # type: ignore[misc]
    """Master data with its history. What is in use is switched off, not deleted."""

    list_filter: Any = (("is_active", BooleanRadioFilter),)


@admin.register(Customer)
class CustomerAdmin(WorkListMixin, MasterAdmin):
    export_columns = (
        Column(_("name"), "name"), Column(_("contact"), "contact"), Column(_("phone"), "phone"),
        Column(_("salesperson"), "salesperson"), Column(_("active"), "is_active"), Column(_("notes"), "notes"),
    )  # fmt: skip
    list_display = ("name", "contact", "phone", "salesperson", "is_active")
    list_select_related = ("salesperson",)
    search_fields = ("name", "contact")
    autocomplete_fields = ("salesperson",)
    fields = (("name", "is_active"), ("contact", "phone"), "salesperson", "notes")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        people = {"queryset": sellers(of=Customer.objects.all())} if db_field.name == "salesperson" else {}
        return super().formfield_for_foreignkey(db_field, request, **kwargs | people)


@admin.register(Material)
class MaterialAdmin(WorkListMixin, MasterAdmin):
    export_columns = (
        Column(_("code"), "code"), Column(_("name"), "name"), Column(_("specification"), "spec"),
        Column(_("unit"), "unit"), Column(_("needs cutting"), "needs_cutting"), Column(_("active"), "is_active"),
    )  # fmt: skip
    list_display = ("code", "name", "spec", "unit", "needs_cutting", "is_active")
    search_fields = ("code", "name", "spec")
    fields = (("code", "name"), ("spec", "unit"), ("needs_cutting", "is_active"))


class RouteInline(Inline):
    model = ProductProcess
    fields = ("sequence", "process")
    related = ("process",)
    shared = ("process",)


class RecipeInline(Inline):
    model = ProductMaterial
    fields = ("material", "usage_per_thousand")
    autocomplete_fields = ("material",)
    related = ("material",)


@admin.register(Product)
class ProductAdmin(WorkListMixin, MasterAdmin):
    export_columns = (
        Column(_("code"), "code"), Column(_("name"), "name"), Column(_("specification"), "spec"),
        Column(_("unit"), "unit"), Column(_("unit price"), "unit_price"), Column(_("active"), "is_active"),
    )  # fmt: skip
    list_display = ("code", "name", "spec", "unit", "unit_price", "is_active")
    search_fields = ("code", "name", "spec")
    fields = (("code", "name"), ("spec", "unit"), ("unit_price", "is_active"))
    inlines = (RouteInline, RecipeInline)


@admin.register(Tooling)
class ToolingAdmin(WorkListMixin, MasterAdmin):
    export_columns = (
        Column(_("kind"), "kind"), Column(_("code"), "code"), Column(_("version"), "version"), Column(_("name"), "name"),
        Column(_("shelf"), "location"), Column(_("confirmed by"), "confirmed_by"),
        Column(_("confirmed at"), "confirmed_at"),
    )  # fmt: skip
    list_display = ("code", "thumbnail", "version", "name", "kind", "location", "confirmed")
    list_filter = (("kind", ChoicesDropdownFilter),)
    list_select_related = ("confirmed_by",)
    search_fields = ("code", "name")
    fields = (("kind", "code", "version"), ("name", "location"), "picture", ("confirmed_by", "confirmed_at"))
    formfield_overrides = {models.ImageField: {"form_class": PictureField}}
    readonly_fields = ("confirmed_by", "confirmed_at")
    actions_detail = ("confirm",)

    confirm = verb(
        actions.confirm,
        label=_("Confirm"),
        icon="verified",
        may=lambda user, tooling: user.has_perm("catalog.confirm_tooling"),
        offered=lambda tooling: tooling.confirmed_at is None,
        ask=_("Say that it is right. Plate making may complete from now on."),
        done=_("%(row)s is confirmed."),
    )

    @admin.display(description=_("confirmed"))
    def confirmed(self, tooling: Tooling) -> Any:
        return label(tooling.confirmed_by, "success") if tooling.confirmed_at else label(_("open"), "warning")

    @admin.display(description=_("picture"))
    def thumbnail(self, tooling: Tooling) -> Any:
        return picture(tooling.picture_url, str(tooling))

    def changeform_view(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        with pictures.undone_with_the_row():
            return super().changeform_view(request, *args, **more)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if "picture" in form.changed_data:
            self._forget_pictures(Tooling.objects.filter(pk=obj.pk).select_for_update())
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._forget_pictures(Tooling.objects.filter(pk=obj.pk))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._forget_pictures(queryset)
        super().delete_queryset(request, queryset)

    def _forget_pictures(self, rows: QuerySet[Any]) -> None:
        for name in rows.values_list("picture", flat=True):
            pictures.forget(name)


class ProcessForm(forms.ModelForm):  # type: ignore[type-arg]
    """A process with its tooling kinds offered as choices."""

    tooling_kinds = forms.MultipleChoiceField(
        label=capfirst(_("needs tooling")),
        choices=ToolingKind.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("An order cannot be submitted without these."),
    )


@admin.register(Process)
class ProcessAdmin(MasterAdmin):
    form = ProcessForm
    list_display = ("code", "name", "sequence", "makes", "runs_in_parallel", "partial_handover", "is_active")
    search_fields = ("code", "name", "synonyms")
    fieldsets = (
        (None, {"fields": (("code", "name"), "synonyms", ("sequence", "is_active"))}),
        (_("Tasks"), {"fields": ("generator", "task_text", "tooling_kinds")}),
        (_("Flow"), {"fields": (
            ("needs_material", "confirms_tooling"), ("runs_in_parallel", "partial_handover"),
            ("setup_minutes", "minutes_per_thousand"),
        )}),
    )  # fmt: skip

    @admin.display(description=_("task generator"), ordering="generator")
    def makes(self, process: Process) -> str:
        return title(GENERATORS, process.generator)


@admin.register(Skill)
class SkillAdmin(MasterAdmin):
    """Who is trained in what; strategies may prefer departments and people who are."""

    list_display = ("person", "process")
    list_select_related = ("person", "process")
    list_filter = (("process", RelatedDropdownFilter), ("person", AutocompleteSelectFilter))
    search_fields = ("person__name", "person__username", "process__name", "process__code")
    autocomplete_fields = ("person", "process")
