"""Pictures, for whoever may see what they show."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from paidan.catalog.access import pictured
from paidan.catalog.pictures import FOLDER
from paidan.people.access import person


@require_safe
def tooling_picture(request: HttpRequest, name: str) -> HttpResponse:
    """The picture of that name. A browser may keep it, but asks each time whether it still may show it."""
    tooling = pictured(person(request)).filter(picture=f"{FOLDER}/{name}").first()
    if tooling is None:
        raise Http404
    try:
        with tooling.picture.open() as file:
            content = file.read()
    except FileNotFoundError:  # the folder was not restored with the database
        raise Http404 from None
    etag = f'"{name}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": etag, "Content-Disposition": "inline"}
    response = HttpResponse(content, content_type="image/webp", headers=headers)
    return get_conditional_response(request, etag=etag, response=response) or response


urlpatterns = [
    path("tooling/<str:name>/", admin.site.admin_view(tooling_picture, cacheable=True), name="tooling_picture"),
]
