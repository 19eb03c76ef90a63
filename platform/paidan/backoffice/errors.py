"""Pages that say no in the house's look: a sentence, never a path, a name or a traceback."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token


def plain(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A page that stands alone."""
    return render(request, "backoffice/plain.html", {"code": status, "title": title, "text": text}, status=status)


def too_large(request: HttpRequest) -> HttpResponse:
    """What was sent is more than the house takes."""
    return plain(
        request,
        413,
        _("This is too much at once"),
        _("What was sent is larger than the house takes. Send a smaller file, or fewer rows."),
    )


def too_often(request: HttpRequest, *, wait: int) -> HttpResponse:
    """The same was asked for too often."""
    text = _("Wait %(seconds)s seconds, then try again.") % {"seconds": wait}
    response = plain(request, 429, _("Too many requests"), text)
    response.headers["Retry-After"] = str(wait)
    return response


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that a browser would not have sent, or too large a one."""
    if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return too_large(request)
    return render(request, "400.html", status=400)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "", **_more: Any) -> HttpResponse:
    """A form without the token of this session: an old page, or somebody else's."""
    return plain(
        request,
        403,
        _("This page was too old"),
        _("Nothing was saved. Go back, load the page anew and send it again."),
    )
