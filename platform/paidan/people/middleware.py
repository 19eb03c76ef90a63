"""Sessions end after a while, and what they showed stays in no cache."""

from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from paidan.people import security, viewing


class SessionClock:
    """Ends a session that is idle or old, or that lacks the second step its person's role needs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if security.asks_by_itself(request):
            return self._asked_by_itself(request)
        if request.user.is_authenticated and (why := security.over(request, request.user)):
            viewing.finish(request)
            logout(request)
            messages.warning(request, why)
            return to_sign_in(request)
        leaving = request.path == reverse("admin:logout") and request.method == "POST"
        response = self.get_response(request)
        if request.user.is_authenticated:
            if not response.has_header("Cache-Control"):
                add_never_cache_headers(response)
            # A page left open past the end of its session loads anew, and is then the sign-in page.
            response.headers.setdefault("Refresh", str(settings.PAIDAN_IDLE_MINUTES * 60 + 30))
        if leaving:
            response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def _asked_by_itself(self, request: HttpRequest) -> HttpResponse:
        """Ends no session and touches no cookie: in the same browser a person may be signing in at this moment."""
        if not request.user.is_authenticated:
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)  # Django would answer by deleting an unknown one
        elif security.over(request, request.user):
            return to_sign_in(request)
        response = self.get_response(request)
        if not request.user.is_authenticated and response.has_header("Location"):  # 304, too, begins with a 3
            return to_sign_in(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and back to this page after it; a part of a page that was asked for makes the page load anew.

    What a page asks by itself is answered in place: the page says so, and what is typed there stays.
    """
    if security.asks_by_itself(request):
        return HttpResponse(
            _("You are signed out. Sign in again."), status=401, content_type="text/plain; charset=utf-8"
        )
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    target = request.get_full_path() if request.method == "GET" else resolve_url("admin:index")
    return HttpResponseRedirect(f"{reverse('admin:login')}?next={quote(target)}")
