from django.contrib import admin
from django.urls import path

from paidan.notices import views
from paidan.notices.preferences import preferences

urlpatterns = [
    path("account/notifications/", admin.site.admin_view(preferences), name="notification_preferences"),
    path("notifications/panel/", views.panel, name="notices_panel"),
    path("notifications/poll/", views.poll, name="notices_poll"),
    path("notifications/read/", views.read, name="notices_read"),
]
