"""A list that people work from: views of their own above it, and its rows to take along."""

from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse

from paidan.backoffice import actions
from paidan.backoffice.exporting import Column, export
from paidan.backoffice.models import SavedView
from paidan.errors import Refused

ROWS_ONLY = "X-Paidan-Rows"
"""The header by which a list asks for its next rows without the page around them."""


class WorkListMixin:
    """Saved views, an export and, with an `EndlessList`, rows that come while one scrolls."""

    list_before_template = "backoffice/list_before.html"
    list_after_template = "backoffice/list_after.html"
    export_columns: tuple[Column, ...] = ()

    model: Any

    @property
    def page_key(self) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}"

    def get_custom_urls(self) -> Any:
        more = (("views/", f"{self.page_key}_views", change_views), ("export/", f"{self.page_key}_export", export))
        return (*super().get_custom_urls(), *more)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        views = list(SavedView.objects.filter(person=request.user.pk, page=self.page_key))
        first = next((view for view in views if view.is_default), None)
        if first and request.method == "GET" and not request.GET and not _came_from_here(request):
            return HttpResponseRedirect(f"{request.path}?{first.query}")
        shown = kept(request)
        extra = {
            "views": views,
            "page_key": self.page_key,
            "shown_query": shown,
            "shown_view": next((view for view in views if view.query == shown), None),
        }
        response = super().changelist_view(request, extra | (extra_context or {}))  # type: ignore[misc]
        if request.headers.get(ROWS_ONLY) and isinstance(response, TemplateResponse):
            response.template_name = "backoffice/more_rows.html"
        return response  # type: ignore[no-any-return]

    # --- what is taken along ----------------------------------------------------------------------
    def columns_to_export(self, request: HttpRequest) -> list[Column]:
        """Money only for those who may see it."""
        names = set(self.without_money(request, [column.field for column in self.export_columns]))  # type: ignore[attr-defined]
        return [column for column in self.export_columns if column.field in names]

    def rows_to_export(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows with everything that the columns name."""
        rows: QuerySet[Any] = self.get_queryset(request)  # type: ignore[attr-defined]
        return rows

    def fill_in(self, rows: list[Any]) -> None:
        """Add to these rows what is not in their own columns, in a constant number of statements."""


def kept(request: HttpRequest) -> str:
    """What the address says of filters, search and order; not of the page."""
    asked = request.GET.copy()
    for name in ("p", "e", "all", "_popup"):
        asked.pop(name, None)
    return asked.urlencode()


def _came_from_here(request: HttpRequest) -> bool:
    """Whoever clears the filters of a list wants to see everything, not the first view again."""
    return urlsplit(request.headers.get("Referer", "")).path == request.path


def change_views(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Keep, rename, drop a view of one's own, or let it open first."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    query = request.POST.get("query", "")
    try:
        if "save" in request.POST:
            actions.save_view(model_admin.page_key, name=request.POST.get("name", ""), query=query, by=_person(request))
        else:
            query = _change(request, _own(request, model_admin), query)
    except Refused as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(f"../?{query}" if query else "../?q=")


def _person(request: HttpRequest) -> Model:
    return cast(Model, request.user)  # nobody anonymous comes here


def _own(request: HttpRequest, model_admin: Any) -> SavedView:
    pk = request.POST.get("view", "")
    mine = SavedView.objects.filter(person=request.user.pk, page=model_admin.page_key)
    view = mine.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
    if view is None:
        raise Http404
    return view


def _change(request: HttpRequest, view: SavedView, query: str) -> str:
    """Which list is shown afterwards."""
    if "delete" in request.POST:
        actions.delete_view(view, by=_person(request))
        return ""
    if "first" in request.POST:
        actions.open_first(view, by=_person(request))
    else:
        actions.rename_view(view, name=request.POST.get("name", ""), by=_person(request))
    return view.query
