"""The base of every page of the console: rows through `visible_to`, fields through `hidden_from`."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from paidan.backoffice import display
from paidan.backoffice.forms import KnownChoicesForm, SharedChoices
from paidan.backoffice.history import HistoryPagesMixin, last_state
from paidan.backoffice.seeing import hidden

SELECT2 = "admin/js/vendor/select2/select2.full.js"
SHOWN_USES = 20
"""So many uses of a row that cannot be deleted are named."""


def scoped(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows that exist for the person who asks; master data has no scope of its own."""
    return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows


def money_column(model: type[models.Model], name: str) -> Any:
    """A column of prices, sorted as its field is."""

    @admin.display(description=model._meta.get_field(name).verbose_name, ordering=name)  # type: ignore[union-attr]
    def column(row: Any) -> str:
        return display.money(getattr(row, name))

    column.__name__ = name
    return column


class PricedMixin:
    """Leaves the money fields of a model out for people who may not see prices."""

    model: type[models.Model]

    def without_money(self, request: HttpRequest, names: Any) -> list[Any]:
        """These field or column names without the money ones, unless prices are shown to this person."""
        money = hidden(request.user, self.model)
        if not money:
            return list(names)
        kept = (tuple(self.without_money(request, name)) if isinstance(name, tuple) else name for name in names)
        return [name for name in kept if name not in money and name != ()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.without_money(request, super().get_fields(request, obj))  # type: ignore[misc]


class ScopedModelAdmin(HistoryPagesMixin, PricedMixin, ModelAdmin):  # type: ignore[misc]
    """A page that shows a person exactly what `people.access` says exists for that person."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True

    @property
    def media(self) -> forms.Media:
        """unfold's filters load select2 a second time, under another name; the second copy forgets its language."""
        media = super().media
        scripts = [SELECT2.replace(".js", ".min.js") if path == SELECT2 else path for path in media._js]
        return forms.Media(css=media._css, js=list(dict.fromkeys(scripts)))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return scoped(super().get_queryset(request), request)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        money = getattr(self.model, "money_fields", ())
        names = self.without_money(request, super().get_list_display(request))
        return tuple(money_column(self.model, name) if name in money else name for name in names)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [
            (title, options | {"fields": self.without_money(request, options["fields"])})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        rows = kwargs.get("queryset", db_field.remote_field.model._default_manager.all())
        return super().formfield_for_foreignkey(db_field, request, **kwargs | {"queryset": scoped(rows, request)})

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Without the filters whose chooser would search rows that this person may not look at."""
        return tuple(each for each in super().get_list_filter(request) if self._may_choose(request, each))

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        """A chooser that would search rows which this person may not look at is a plain list instead."""
        return tuple(name for name in super().get_autocomplete_fields(request) if self._may_look(request, name))

    def _may_choose(self, request: HttpRequest, list_filter: Any) -> bool:
        searches = isinstance(list_filter, tuple) and issubclass(list_filter[1], AutocompleteSelectFilter)
        return not searches or self._may_look(request, list_filter[0])

    def _may_look(self, request: HttpRequest, name: str) -> bool:
        related = get_fields_from_path(self.model, name)[-1].remote_field
        return related is None or self.admin_site.get_model_admin(related.model).has_view_permission(request)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        usual = {
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
            "show_history": self.shows_history(request),
        }
        return super().changeform_view(request, object_id, form_url, usual | (extra_context or {}))

    def shows_history(self, request: HttpRequest) -> bool:
        """Whether this page has a history that this person may open; rows that only actions write have none here."""
        if may := getattr(self, "has_view_history_or_change_history_permission", None):
            return bool(may(request))
        elsewhere = getattr(type(self), "history_view", None) is not getattr(ModelAdmin, "history_view", None)
        return elsewhere or self.has_change_permission(request)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What a row takes with it needs no right of its own; what is in use stays, and some of its uses are named."""
        deleted, counts, _lacking, protected = super().get_deleted_objects(objs, request)
        more = len(protected) - SHOWN_USES
        if more > 0:
            protected = [*protected[:SHOWN_USES], ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more}]
        links = {model._meta.verbose_name_plural for model in apps.get_models(True) if model._meta.auto_created}
        return deleted, {name: n for name, n in counts.items() if name not in links}, set(), protected

    def must_exist(self, request: HttpRequest, object_id: str) -> Any:
        """The row, if it exists for this person; otherwise the same 404 as for a row that never was. Asked once."""
        kept: dict[Any, Any] = request.__dict__.setdefault("_paidan_rows", {})
        key = (self.model, str(object_id))
        if key not in kept:
            kept[key] = self.get_object(request, unquote(str(object_id)))
        if kept[key] is None:
            raise Http404
        return kept[key]

    def must_have_existed(self, request: HttpRequest, object_id: str) -> Any:
        """The row, or its last state when it is gone, if either exists for this person; otherwise the same 404."""
        try:
            return self.must_exist(request, object_id)
        except Http404:
            if gone := last_state(request.user, self.model, unquote(str(object_id))):
                return gone
            raise

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        """Only the verbs that make sense for the row as it stands."""
        offered = super().get_actions_detail(request, object_id)
        row = self.must_exist(request, str(object_id)) if offered else None
        return [action for action in offered if getattr(action.method, "offered", lambda row: True)(row)]


class ReadOnlyAdmin(ScopedModelAdmin):
    """Rows that only actions write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Inline(PricedMixin, TabularInline):  # type: ignore[misc]
    """Parts of a row, edited with it; whoever may change the row may change its parts."""

    extra = 0
    show_title = False
    show_change_link = False
    form = KnownChoicesForm
    related: tuple[str, ...] = ()
    """Foreign keys whose rows come with the parts, so that choosers know what they show."""
    shared: tuple[str, ...] = ()
    """Foreign keys to small tables whose choices are read once for all rows."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.related)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name not in self.shared or field is None:
            return field
        kept: dict[Any, SharedChoices] = request.__dict__.setdefault("_paidan_choices", {})
        return kept.setdefault(field.queryset.model, SharedChoices(field.queryset.all())).give(field)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and hasattr(field.widget, "can_change_related"):
            field.widget.can_change_related = field.widget.can_delete_related = field.widget.can_view_related = False
        return field

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._follows(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._follows(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._follows(request, obj)

    def _follows(self, request: HttpRequest, obj: Any) -> bool:
        parent = self.admin_site.get_model_admin(self.parent_model)
        return parent.has_change_permission(request, obj) if obj else parent.has_add_permission(request)


class ReadOnlyInline(Inline):
    """Parts of a row that only actions write."""

    can_delete = False

    def _follows(self, request: HttpRequest, obj: Any) -> bool:
        return False
