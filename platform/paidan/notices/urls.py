from django.contrib import admin
from django.urls import path

from paidan.notices.preferences import preferences

urlpatterns = [
    path("account/notifications/", admin.site.admin_view(preferences), name="notification_preferences"),
]
