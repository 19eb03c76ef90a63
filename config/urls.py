"""One console for everybody: the admin is the site."""

from django.contrib import admin
from django.urls import include, path

handler400 = "paidan.backoffice.errors.bad_request"

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("orders/import/", include("paidan.exchange.urls")),
    path("dispatch/", include("paidan.console.dispatching.urls")),
    path("board/", include("paidan.console.board.urls")),
    path("", include("paidan.console.wall.urls")),
    path("centre/", include("paidan.console.centre.urls")),
    path("pictures/", include("paidan.catalog.views")),
    path("changes/", include("paidan.insight.urls")),
    path("", include("paidan.console.urls")),
    path("", include("paidan.people.urls")),
    path("", include("paidan.notices.urls")),
    path("", admin.site.urls),
]
