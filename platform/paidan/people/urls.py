from django.urls import path

from paidan.people import viewing, views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="sign_in"),  # before the console's own, which knows one step
    path("login/code/", views.code, name="sign_in_code"),
    path("login/password/", views.password, name="sign_in_password"),
    path("account/second-step/", views.second_step, name="second_step"),
    path("account/second-step/on/", views.turn_on, name="second_step_on"),
    path("account/viewing/stop/", viewing.stop, name="stop_viewing"),
]
