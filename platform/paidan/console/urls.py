from django.contrib import admin
from django.urls import path

from paidan.console import home, placing_page

urlpatterns = [
    path("home/now/", home.now, name="home_now"),
    path("people/user/<int:pk>/place/", admin.site.admin_view(placing_page.place_person), name="place_person"),
]
