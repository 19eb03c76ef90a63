"""The traveller (施工单): the order on paper, as it goes from machine to machine; to print, and as a PDF."""

import logging
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan.backoffice import qr
from paidan.backoffice.errors import plain
from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.orders.models.order import Approval
from paidan.orders.models.task import Status
from paidan.people.access import person


def page(request: HttpRequest, order: WorkOrder) -> HttpResponse:
    """The traveller of an order that exists for this person: a page to print, or with `?format=pdf` a PDF."""
    sheet = {"order": order, "title": _("Traveller %(order)s") % {"order": order}, **_sheet(request, order)}
    if request.GET.get("format") != "pdf":
        return render(request, "orders/traveller.html", sheet)
    content = pdf(render_to_string("orders/traveller.html", {**sheet, "on_paper": True}, request))
    if content is None:
        sentence = _("This machine cannot make PDF files. Go back and print from the browser instead.")
        return plain(request, 501, _("No PDF here"), sentence)
    name = f'inline; filename="traveller-{order.pk}.pdf"'
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": name})


def _sheet(request: HttpRequest, order: WorkOrder) -> dict[str, Any]:
    """What stands on it: what this person may know, and no prices. Five queries."""
    tasks: dict[int, list[Task]] = {}
    living = Task.objects.filter(step__order=order).exclude(status=Status.CANCELLED).visible_to(request.user)
    for task in living.select_related("department", "operator").order_by("pk"):
        tasks.setdefault(task.step_id, []).append(task)
    steps = order.steps.select_related("process")
    return {
        "warning": warning(order),
        "customer": order.customer if request.user.has_perm("catalog.view_customer") else None,
        "lines": order.lines.select_related("product"),
        "materials": order.materials.select_related("material"),
        "toolings": order.toolings.select_related("tooling", "process"),
        "route": [(step, list(_rows(request, step, tasks.get(step.pk, [])))) for step in steps],
        "code": qr.of_page(request, reverse("admin:orders_workorder_change", args=[order.pk])),
        "printed_by": person(request),
        "printed_at": timezone.localtime(),
    }


def _rows(request: HttpRequest, step: OrderStep, tasks: list[Task]) -> Iterator[tuple[Task, str]]:
    """The tasks of a step, each with the code that opens it on a tablet; a draft may be gone tomorrow and has none."""
    for task in tasks:
        is_draft = task.status == Status.DRAFT
        yield task, "" if is_draft else qr.of_page(request, reverse("centre_task", args=[task.pk]))


def warning(order: WorkOrder) -> str:
    """Why nobody may work from this paper; nothing when work may go on."""
    if order.is_held:
        return order.get_progress_display()
    if order.approval != Approval.APPROVED:
        return _("Not approved: do not produce from this paper")
    return ""


def pdf(html: str) -> bytes | None:
    """The page as a PDF; nothing where the machine lacks the libraries, or a font that has Chinese characters."""
    if not draws_chinese():
        return None
    import weasyprint  # noqa: PLC0415  as below

    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=["data"])  # no page may make the server fetch an address
    style = weasyprint.CSS(filename=str(finders.find("paidan/traveller.css")), url_fetcher=fetcher)
    content: bytes = weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(stylesheets=[style])
    return content


class Ear(logging.Handler):
    """Hears what a library says."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@cache
def draws_chinese() -> bool:
    """Whether this machine can draw a Chinese word: boxes instead of words would be worse than no PDF."""
    try:
        import weasyprint  # noqa: PLC0415  loads pango, which a bare machine does not have
    except (ImportError, OSError):
        return False
    ear, log = Ear(), logging.getLogger("weasyprint")
    log.addHandler(ear)
    try:
        weasyprint.HTML(string="<p>施工单").write_pdf()
    finally:
        log.removeHandler(ear)
    return not any("notdef" in said for said in ear.heard)
