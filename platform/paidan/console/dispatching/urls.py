from django.urls import path

from paidan.console.dispatching import views

urlpatterns = [
    path("", views.page, name="dispatching"),
    path("preview/", views.preview, name="dispatching_preview"),
    path("confirm/", views.confirm, name="dispatching_confirm"),
]
