from django.urls import path

from paidan.console.board import views

urlpatterns = [
    path("", views.choose, name="board_choose"),
    path("all/", views.show, name="board_all"),
    path("all/cards/", views.cards, name="board_all_cards"),
    path("<int:pk>/", views.show, name="board"),
    path("<int:pk>/cards/", views.cards, name="board_cards"),
    path("give/", views.give, name="board_give"),
]
