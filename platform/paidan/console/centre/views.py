"""The pages of the centre; whoever has no business there finds nothing."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from paidan.backoffice.live import PART
from paidan.console.centre import facts
from paidan.people.access import person

type View = Callable[..., HttpResponse]


def for_holders_of(permission: str) -> Callable[[View], View]:
    """A page of the console for people with this permission; for the others there is none."""

    def guard(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise Http404
            return view(request, *args, **kwargs)

        return admin.site.admin_view(page)

    return guard


@for_holders_of("orders.claim_task")
@require_GET
def centre(request: HttpRequest) -> HttpResponse:
    """My tasks, the pool, and what I did today."""
    return _page(request, "floor", gettext_lazy("Operator centre"), floor=facts.floor_of(person(request)))


@for_holders_of("orders.view_task")
@require_GET
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task: where the code on the traveller leads."""
    card = facts.card_of(person(request), pk)
    if card is None:
        raise Http404
    topics = f"user:{request.user.pk} department:{card.department_id}"
    found = {"card": card, "reports": facts.reports_of(person(request), pk), "topics": topics}
    return _page(request, "task", card.title, as_of=timezone.localtime(), **found)


def _page(request: HttpRequest, part: str, title: Any, **found: Any) -> HttpResponse:
    template = f"console/centre/{part}.html"
    found |= {"may_claim": request.user.has_perm("orders.claim_task")}
    if request.headers.get(PART):
        return render(request, template, found)
    more = {"title": title, "part": template}
    return render(request, "console/centre/page.html", {**admin.site.each_context(request), **found, **more})


# --- what makes it an app on the tablet: neither holds anything about the shop ----------------------
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script that answers without a line; from here, because it may only serve what lies below its own address."""
    path = finders.find("paidan/centre/worker.js")
    return HttpResponse(
        Path(str(path)).read_bytes(), content_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """Name, colours and icons for the tablet's home screen."""
    icons = [
        {"src": static(f"paidan/centre/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    home = reverse("centre")
    about = {
        "name": _("Paidan operator centre"), "short_name": _("Paidan"), "id": home, "start_url": home, "scope": home,
        "display": "standalone", "background_color": "#ffffff", "theme_color": "#1d63b8", "icons": icons,
    }  # fmt: skip
    return JsonResponse(about, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})
