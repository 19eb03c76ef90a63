from django.urls import path

from paidan.notices import views

urlpatterns = [
    path("panel/", views.panel, name="notices_panel"),
    path("poll/", views.poll, name="notices_poll"),
    path("read/", views.read, name="notices_read"),
]
