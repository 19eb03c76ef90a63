from django.urls import path

from paidan.exchange import views

urlpatterns = [
    path("", views.upload, name="import_orders"),
    path("template/", views.template, name="import_template"),
    path("<int:pk>/", views.review, name="import_review"),
]
