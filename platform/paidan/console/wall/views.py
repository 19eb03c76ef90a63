"""The wall board, which needs no sign-in, and the page on which its links are made and revoked."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from paidan.backoffice import qr
from paidan.console.models import WallLink
from paidan.console.wall import actions, facts, links
from paidan.errors import Refused
from paidan.orders import access
from paidan.people.access import person
from paidan.people.models import Department, User

type View = Callable[..., HttpResponse]


# --- the screen -----------------------------------------------------------------------------------
@never_cache
@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The department that the link was made for; any other address is a missing page."""
    link = _link(token)
    html = _html(link)
    context = {
        "link": link,
        "html": html,
        "etag": _etag(html),
        "now_url": reverse("wall_now", args=[token]),
        "socket": f"/ws/wall/{token}/"
        if hasattr(request, "scope")
        else "",  # a server without sockets is asked by turns
        "topics": f"department:{link.department_id}",
        "zone": settings.TIME_ZONE,
        "light": "light" in request.GET,
    }
    return _private(render(request, "wall/wall.html", context))


@never_cache
@require_safe
def now(request: HttpRequest, token: str) -> HttpResponse:
    """The changing part of the screen; nothing at all when it is as the screen has it."""
    html = _html(_link(token))
    etag = _etag(html)
    if request.headers.get("If-None-Match") == etag:
        return _private(HttpResponseNotModified(headers={"ETag": etag}))
    return _private(HttpResponse(html, headers={"ETag": etag}))


def _link(token: str) -> WallLink:
    link = links.find(token)
    if link is None:
        raise Http404
    return link


def _html(link: WallLink) -> str:
    wall = facts.wall(link, timezone.localdate())
    return render_to_string("wall/now.html", {"wall": wall, "people": facts.people(wall.running)})


def _etag(html: str) -> str:
    return f'"{sha256(html.encode()).hexdigest()[:24]}"'


def _private(response: HttpResponse) -> HttpResponse:
    """The address is the key: it goes to no other site and into no catalogue."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


# --- its links ------------------------------------------------------------------------------------
class LinkForm(forms.Form):
    """For which department, where, and whether customers are named."""

    department = forms.ModelChoiceField(
        Department.objects.none(), label=gettext_lazy("Department"), widget=UnfoldAdminSelectWidget
    )
    screen = forms.CharField(
        label=gettext_lazy("Screen"),
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("E.g. beside press 2."),
    )
    shows_customers = forms.BooleanField(
        label=gettext_lazy("Names customers"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("Everybody who walks by can read their names."),
    )

    def __init__(self, *args: Any, departments: QuerySet[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]


def for_leaders(view: View) -> View:
    """A page for those who answer for a department; for the others there is none."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not access.may_lead(person(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return admin.site.admin_view(page)


@for_leaders
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest) -> HttpResponse:
    """The links of the own departments, and a form for a new one."""
    user = person(request)
    form = LinkForm(request.POST or None, departments=access.leads(user))
    if request.method == "POST" and form.is_valid():
        try:
            link = actions.make(by=user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, _("The wall board for %(link)s is made. Open its link on the screen.") % {"link": link}
            )
            return redirect("wall_code", link.pk)
    rows = _own(user).select_related("department", "created_by")[:200]
    context = {
        **admin.site.each_context(request),
        "title": _("Wall boards"),
        "form": form,
        "links": [(row, _address(request, row)) for row in rows],
    }
    return TemplateResponse(request, "wall/manage.html", context, status=422 if form.errors else 200)


@for_leaders
@require_safe
def code(request: HttpRequest, pk: int) -> HttpResponse:
    """The address of a link that is in force, for a screen to be pointed at, to be copied or printed."""
    link = get_object_or_404(_own(person(request)).select_related("department"), pk=pk, revoked_at=None)
    address = _address(request, link)
    context = {
        **admin.site.each_context(request),
        "title": _("Wall board: %(link)s") % {"link": link},
        "link": link,
        "address": address,
        "picture": qr.drawn(address),
    }
    return _private(TemplateResponse(request, "wall/code.html", context))


@for_leaders
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a link; its screens show a missing page from then on."""
    link = get_object_or_404(_own(person(request)), pk=pk)
    actions.revoke(link, by=person(request))
    messages.success(request, _("The link of %(link)s is revoked.") % {"link": link})
    return redirect("walls")


def _address(request: HttpRequest, link: WallLink) -> str:
    return request.build_absolute_uri(reverse("wall", args=[links.token(link)]))


def _own(user: User) -> QuerySet[WallLink]:
    return WallLink.objects.all().visible_to(user).filter(department__in=access.leads(user))
