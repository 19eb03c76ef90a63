"""One console for everybody: the admin is the site."""

from django.contrib import admin
from django.urls import include, path

handler400 = "paidan.backoffice.errors.bad_request"

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("orders/import/", include("paidan.exchange.urls")),
    path("notifications/", include("paidan.notices.urls")),
    path("", include("paidan.people.urls")),
    path("", admin.site.urls),
]
