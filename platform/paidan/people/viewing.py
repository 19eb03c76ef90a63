"""An administrator looks at the console as another person sees it: nothing can be changed, and it is written down."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from paidan.backoffice.errors import plain
from paidan.errors import Refused
from paidan.people import actions
from paidan.people.access import person, sight
from paidan.people.models import User, Viewing

KEY = "paidan_viewing"
SAFE = ("GET", "HEAD", "OPTIONS")
PERSONAL = ("/account/", "/password_change/")
"""Pages that are a person's own: keys and passwords are nobody else's to look at."""
WRITES = re.compile(r'\s*(?:INSERT\s+INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.I)
STILL_WRITTEN = ("django_session", "people_viewing", "registry_")
"""The session is the administrator's own, and plugins are counted whoever makes them work."""


def may_view_as(viewer: User, row: User) -> bool:
    """Whether this person may look through that one's eyes: at people who see no more than oneself, and no administrator."""
    if viewer.pk == row.pk or not (viewer.is_active and viewer.has_perm("people.view_as")):
        return False
    if row.is_superuser or not (row.is_active and row.is_staff) or row.has_perm("people.view_as"):
        return False
    return sight(viewer).everything and row.get_all_permissions() <= viewer.get_all_permissions()


def remember(request: HttpRequest, viewing: Viewing) -> None:
    """From now on this browser shows what the person sees."""
    request.session[KEY] = viewing.pk


def finish(request: HttpRequest) -> None:
    """Show one's own console again, and write down until when it was another's."""
    if pk := request.session.pop(KEY, None):
        actions.end_viewing(Viewing(pk=pk))


def current(request: HttpRequest) -> Viewing | None:
    """Through whose eyes this browser looks; None when it shows the console of who signed in."""
    pk = request.session.get(KEY)
    if pk is None or not request.user.is_authenticated:
        return None
    return Viewing.objects.select_related("person").filter(pk=pk, by=request.user).first()


def over(viewing: Viewing, viewer: User) -> str:
    """Why it has to end now, in a sentence; empty when it goes on."""
    who = {"person": viewing.person}
    if timezone.now() > viewing.ends_at:
        return _("The time to look as %(person)s is over. This is your own console again.") % who
    if not may_view_as(viewer, viewing.person):
        return _("You may no longer look as %(person)s. This is your own console again.") % who
    return ""


class ViewingAs:
    """Shows another person's console to who may look at it, and lets nothing be written meanwhile."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        viewing = current(request)
        if viewing is None:
            return self.get_response(request)
        if request.method == "POST" and request.path in (reverse("stop_viewing"), reverse("admin:logout")):
            finish(request)
            return self.get_response(request)
        if why := over(viewing, person(request)):
            finish(request)
            messages.warning(request, why)
            return self._again(request, why)
        if request.method not in SAFE or request.path.startswith(PERSONAL):
            return refused(request, viewing)
        return self._shown(request, viewing)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page that would have written something while it was looked at."""
        if isinstance(exception, Refused) and exception.code == "only_looking":
            return plain(request, 403, _("You are only looking"), str(exception))
        return None

    def _again(self, request: HttpRequest, why: str) -> HttpResponse:
        """The start page, as one's own; what was sent is not done in one's own name either."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=403, headers={"HX-Redirect": reverse("admin:index")})
        if request.method in SAFE:
            return redirect("admin:index")
        return plain(request, 403, _("You are only looking"), why)

    def _shown(self, request: HttpRequest, viewing: Viewing) -> HttpResponse:
        viewer, request.user = person(request), viewing.person
        request.viewer, request.viewing = viewer, viewing  # type: ignore[attr-defined]
        try:
            with nothing_written(viewing):
                return self.get_response(request)
        finally:
            request.user = viewer


def refused(request: HttpRequest, viewing: Viewing) -> HttpResponse:
    """In words, wherever it was asked from; a dialog makes its page load anew, with the sentence on top."""
    why = sentence(viewing)
    if request.headers.get("HX-Request"):
        messages.warning(request, why)
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    request.viewing = viewing  # type: ignore[attr-defined]  # the banner stands on this page too
    return plain(request, 403, _("You are only looking"), why)


def sentence(viewing: Viewing) -> str:
    """Why nothing happens."""
    return _("You look at the console as %(person)s sees it. Nothing was changed. Stop looking to work yourself.") % {
        "person": viewing.person
    }


@contextmanager
def nothing_written(viewing: Viewing) -> Iterator[None]:
    """No statement inside changes a row, whichever page sends it: looking leaves nothing in another person's name."""

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        written = WRITES.match(sql)
        if written and not written[1].startswith(STILL_WRITTEN):
            raise Refused(sentence(viewing), "only_looking")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Back to one's own console; `ViewingAs` has ended it already."""
    messages.success(request, _("This is your own console again."))
    return redirect("admin:index")
