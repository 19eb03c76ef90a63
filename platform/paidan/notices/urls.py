from django.contrib import admin
from django.urls import path

from paidan.notices import views
from paidan.notices.preferences import preferences

urlpatterns = [
    path("notifications/panel/", views.panel, name="notices_panel"),
    path("notifications/poll/", views.poll, name="notices_poll"),
    path("notifications/shown/", views.shown, name="notices_shown"),
    path("notifications/read/", views.read, name="notices_read"),
    path("account/notifications/", admin.site.admin_view(preferences), name="notification_preferences"),
]
