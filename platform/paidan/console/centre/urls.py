from django.urls import path

from paidan.console.centre import deeds, views

urlpatterns = [
    path("", views.centre, name="centre"),
    path("task/<int:pk>/", views.task, name="centre_task"),
    path("do/", deeds.do, name="centre_do"),
    path("worker.js", views.worker, name="centre_worker"),
    path("manifest.webmanifest", views.manifest, name="centre_manifest"),
]
