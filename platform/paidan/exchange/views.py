"""The import page: upload, look, apply. Whoever may not add orders finds nothing here."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods
from unfold.widgets import UnfoldAdminFileFieldWidget

from paidan.backoffice import sheets
from paidan.errors import Refused
from paidan.exchange import actions, workbook
from paidan.exchange.actions import ImportPlan
from paidan.exchange.models import ImportSession
from paidan.exchange.order_columns import HEADINGS
from paidan.exchange.order_rows import PlannedOrder
from paidan.orders.models import OrderLine, WorkOrder
from paidan.orders.planning import summary
from paidan.people.access import person, shows

SHOWN_ORDERS = 50
SHOWN_FAULTS = 200
MASTERS = ("catalog.add_customer", "catalog.add_product")
type View = Callable[..., HttpResponse]


class FileForm(forms.Form):
    """The field for the workbook; what is in it is judged by opening it."""

    file = forms.FileField(widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx"}))


def for_makers(view: View) -> View:
    """A page of the console for those who may add orders; for the others there is none."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("orders.add_workorder"):
            raise Http404
        return view(request, *args, **kwargs)

    return admin.site.admin_view(page)


@for_makers
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a workbook; a readable one is kept and shown, any other is refused in a sentence."""
    if request.method != "POST":
        return _page(request)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Refused(_("Choose a workbook first."), "no_file")
        content = file.read(workbook.MOST_BYTES + 1)  # one byte more is enough to be refused
        missing = "create_missing" in request.POST and request.user.has_perms(MASTERS)
        session = actions.keep(content, name=file.name or "", by=person(request), create_missing=missing)
    except Refused as refusal:
        return _page(request, status=422, refusal=refusal)
    return redirect("import_review", session.pk)


@for_makers
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what an upload would do, and do exactly that when it is confirmed."""
    session = get_object_or_404(ImportSession.objects.exclude(content=b""), pk=pk, user=request.user)
    refusal = None
    if request.method == "POST":
        try:
            result = actions.apply_kept(
                session,
                by=person(request),
                fingerprint=request.POST.get("fingerprint", ""),
                only_good="only_good" in request.POST,
            )
            messages.success(request, _result(result))
            return redirect("admin:orders_workorder_changelist" if not result.left_out else "import_orders")
        except Refused as problem:
            refusal = problem
    return _show(request, session, refusal)


def _show(request: HttpRequest, session: ImportSession, refusal: Refused | None) -> HttpResponse:
    try:
        plan = actions.review(session, by=person(request))
    except Refused as problem:
        return _page(request, status=422, refusal=problem)
    if refusal and refusal.code == "bad_rows":  # the same faults stand in the table
        refusal = None
    return _page(
        request,
        status=409 if refusal else 200,
        refusal=refusal,
        session=session,
        plan=plan,
        notes=[*plan.notes, *([plan.repeats] if plan.repeats and not session.applied_at else [])],
        faults=plan.faults[:SHOWN_FAULTS],
        more_faults=max(0, len(plan.faults) - SHOWN_FAULTS),
        orders=[_shown(order, request) for order in _written_first(plan)[:SHOWN_ORDERS]],
        more_orders=max(0, len(plan.good) - SHOWN_ORDERS),
        counts=_counts(plan),
        to_write=plan.counts["create"] + plan.counts["change"],
    )


def _written_first(plan: ImportPlan) -> list[PlannedOrder]:
    return sorted(plan.good, key=lambda order: order.kind == "unchanged")


def _counts(plan: ImportPlan) -> list[tuple[str, int]]:
    counts = plan.counts
    return [
        (_("rows"), counts["rows"]),
        (_("orders to create"), counts["create"]),
        (_("orders that change"), counts["change"]),
        (_("orders that stay as they are"), counts["unchanged"]),
        (_("orders with a bad row"), counts["bad"]),
        (_("tasks of the new and changed orders"), counts["tasks"]),
    ]


def _shown(order: PlannedOrder, request: HttpRequest) -> dict[str, Any]:
    """One order as the review shows it; an existing one with what happens to its tasks."""
    assert order.draft is not None
    tasks = ngettext("%(n)s task", "%(n)s tasks", order.tasks) % {"n": order.tasks}
    if order.kind == "change":
        tasks = summary(actions.task_changes(order))
    kinds = {"create": _("new"), "change": _("changes"), "unchanged": _("stays as it is")}
    return {
        "order": order,
        "kind": kinds[order.kind],
        "tone": {"create": "success", "change": "warning"}.get(order.kind, "muted"),
        "tasks": tasks,
        "amount": order.draft.total_amount if shows(person(request), WorkOrder, "total_amount") else None,
    }


def _result(result: actions.ImportResult) -> str:
    return _("%(created)s orders created, %(changed)s changed, %(unchanged)s as they were, %(left_out)s left out.") % {
        "created": len(result.created),
        "changed": len(result.changed),
        "unchanged": result.unchanged,
        "left_out": result.left_out,
    }


def _page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Import orders"),
        "form": FileForm(),
        "may_create_missing": request.user.has_perms(MASTERS),
        **context,
    }
    return TemplateResponse(request, "exchange/import.html", context, status=status)


@for_makers
@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """An order book to fill in: the headings and two example rows."""
    today = timezone.localdate()
    due = today + timedelta(days=14)
    first: dict[str, object] = {
        "number": "2026-A001", "customer": "华美日化", "product": "礼品盒", "spec": "210×150×60 mm", "quantity": 5000,
        "order_date": today, "due_date": due, "priority": "高", "processes": "开料+四色印刷+过哑胶+烫金+啤+粘盒+包装",
        "print_run": 5000, "spoilage": 100, "colours": "4C", "material": "P350W", "usage": 1300, "artwork": "AW-101",
        "die": "D-201", "foil": "F-301", "notes": "烫金位置以样盒为准",
    }  # fmt: skip
    second: dict[str, object] = {
        "number": "2026-A001", "customer": "华美日化", "product": "说明书", "spec": "200×50 mm", "quantity": 5000,
    }  # fmt: skip
    if shows(person(request), OrderLine, "unit_price"):
        first["unit_price"], second["unit_price"] = 3.2, 0.045
    columns = [name for name in HEADINGS if name != "code"]
    rows = [[row.get(name) for name in columns] for row in (first, second)]
    return sheets.answer("orders-template", _("Orders"), [HEADINGS[name][0] for name in columns], rows)
