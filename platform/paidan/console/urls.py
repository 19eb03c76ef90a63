from django.contrib import admin
from django.urls import path

from paidan.console import placing_page

urlpatterns = [
    path("people/user/<int:pk>/place/", admin.site.admin_view(placing_page.place_person), name="place_person"),
]
