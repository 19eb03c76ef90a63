"""The pages of the supervisor board. Whoever has nothing to give finds nothing here."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from paidan.catalog.models import Process
from paidan.console.board import facts, figures, giving
from paidan.console.board.wish import DUES, Wish
from paidan.orders import access
from paidan.orders.models.order import Priority
from paidan.people.access import person
from paidan.people.models import Department

type View = Callable[..., HttpResponse]
KEPT = "board"
"""Where a session keeps the department that was chosen last; 0 is all."""


def for_supervisors(view: View) -> View:
    """A page for those who may put tasks into any department; for the others there is none."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not access.may_place(person(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return admin.site.admin_view(page)


@for_supervisors
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """To the board that was looked at last; to the only one; to all."""
    places = list(access.places(person(request)).values_list("pk", flat=True))
    kept = request.session.get(KEPT, 0)
    pk = kept if kept in places else places[0] if len(places) == 1 else 0
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect((reverse("board", args=[pk]) if pk else reverse("board_all")) + query)


@for_supervisors
@require_safe
def show(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """The board of one department, or of all that this person may put tasks into."""
    every = list(access.places(person(request)))
    places = _chosen(every, pk)
    if request.session.get(KEPT, 0) != pk:
        request.session[KEPT] = pk
    wish = Wish.of(request.GET)
    html = _html(request, places, wish)
    context = {
        **admin.site.each_context(request),
        "title": _("Board"),
        "is_fullwidth": "1",
        "every": every,
        "pk": pk,
        "wish": wish,
        "board_html": html,
        "etag": _etag(html),
        "cards_url": reverse("board_cards", args=[pk]) if pk else reverse("board_all_cards"),
        "topics": " ".join(f"department:{place}" for place in places),
        "processes": Process.objects.filter(is_active=True).values_list("pk", "name"),
        "priorities": Priority.choices,
        "dues": DUES.items(),
    }
    return TemplateResponse(request, "board/board.html", context)


@for_supervisors
@require_GET
def cards(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """The changing part of the board; nothing at all when it is as the page has it."""
    places = _chosen(list(access.places(person(request))), pk)
    html = _html(request, places, Wish.of(request.GET))
    etag = _etag(html)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return HttpResponse(html, headers={"ETag": etag})


@for_supervisors
@require_POST
def give(request: HttpRequest) -> HttpResponse:
    """Do the moves that were sent, each by itself, and say what came of each."""
    try:
        sent = json.loads(request.body)
        moves = [giving.Move.of(each) for each in sent["moves"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return JsonResponse({"sentence": _("This cannot be understood. Load the page again.")}, status=400)
    if len(moves) > giving.MOST_MOVES:
        sentence = _("At most %(n)s tasks can be given at once. Choose fewer.") % {"n": giving.MOST_MOVES}
        return JsonResponse({"sentence": sentence}, status=422)
    return JsonResponse({"moves": giving.give(moves, by=person(request))})


def _chosen(every: list[Department], pk: int) -> Mapping[int, Department]:
    """The department with this number, or all; what is foreign looks like what is missing."""
    places = {place.pk: place for place in every if pk in (0, place.pk)}
    if pk and not places:
        raise Http404
    return places


def _html(request: HttpRequest, places: Mapping[int, Department], wish: Wish) -> str:
    user, today = person(request), timezone.localdate()
    board = facts.board(user, places, wish, today)
    names = {column.person: column.title for column in board.columns if column.kind == "hand" and column.person}
    context = {
        "board": board,
        "figures": figures.figures(user, places, names, today),
        "wish": wish,
        "many": len(places) > 1,
        "today": today,
        "may_place_people": user.has_perm("people.change_user"),
        "may_open_orders": user.has_perm("orders.view_workorder"),
    }
    return render_to_string("board/cards.html", context)


def _etag(html: str) -> str:
    """The page's own words, so that whatever moves one of them, and nothing else, makes it another one."""
    return f'"{sha256(html.encode()).hexdigest()[:24]}"'
