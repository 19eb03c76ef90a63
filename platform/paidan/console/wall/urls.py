from django.urls import path

from paidan.console.wall import views

urlpatterns = [
    path("wall/<str:token>/", views.show, name="wall"),
    path("wall/<str:token>/now/", views.now, name="wall_now"),
    path("walls/", views.manage, name="walls"),
    path("walls/<int:pk>/", views.code, name="wall_code"),
    path("walls/<int:pk>/revoke/", views.revoke, name="wall_revoke"),
]
