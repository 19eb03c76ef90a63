from django.contrib import admin
from django.urls import path

from paidan.insight import views

urlpatterns = [path("", admin.site.admin_view(views.all_changes), name="all_changes")]
