"""The dispatch page: look, draft, see what would happen, confirm. Whoever may not see rules finds nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from paidan.catalog.models import Process
from paidan.console.dispatching import actions, drafting, facts, showing, story
from paidan.console.dispatching.looking import look
from paidan.console.dispatching.plan import Plan, packed, unpacked
from paidan.dispatch import access as rights
from paidan.dispatch.actions import shop, standing
from paidan.dispatch.facts import Choice
from paidan.dispatch.rules import Arrangement, Shop
from paidan.errors import Refused
from paidan.orders.access import assignable
from paidan.orders.facts import fingerprint
from paidan.orders.models import Task
from paidan.people.access import person, sight
from paidan.people.models import Department, User

SHOWN_FOR = 3600
"""Seconds for which a plan that was shown may be confirmed."""
type View = Callable[..., HttpResponse]


def for_viewers(view: View) -> View:
    """A page of the console for those who may see rules; for the others there is none."""

    @wraps(view)
    def shown(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("dispatch.view_dispatchrule"):
            raise Http404
        return view(request)

    return admin.site.admin_view(shown)


@for_viewers
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """All processes, and the rules of one of them, or the switch above all."""
    user = person(request)
    rules = facts.visible_rules(user)
    whole = sight(user).everything
    listed = facts.listed(rules, whole=whole)
    process = _chosen(request, [each.process for each in listed])
    context = {
        **admin.site.each_context(request),
        "title": _("Dispatch set-up"),
        "listed": listed,
        "counts": showing.counts(listed, whole=whole),
        "process": process,
        "everywhere": rights.everywhere(user),
        "shop": shop(),
        "departments": _departments(),
    }
    visible = {rule.department_id for rule in rules.get(process.pk, ())} if process else set()
    context |= _of_process(request, process, visible, context) if process else _of_shop(user, context)
    return TemplateResponse(request, "console/dispatching/page.html", context)


def _chosen(request: HttpRequest, processes: list[Process]) -> Process | None:
    """The process that was asked for, or the first; none is the whole shop, for those who may see its switch."""
    code = request.GET.get("process")
    if code:
        known = next((process for process in processes if process.code == code), None)
        if known is None:
            raise Http404
        return known
    if "shop" in request.GET:
        if not request.user.has_perm("dispatch.view_dispatchswitch"):
            raise Http404
        return None
    return next(iter(processes), None)


def _of_process(request: HttpRequest, process: Process, visible: set[int], context: dict[str, Any]) -> dict[str, Any]:
    """The cards of one process, as they stand or as they stood before the last change; and what happened to them."""
    user, now = person(request), standing(process)
    deeds = story.deeds(process, user)
    undo = "undo" in request.GET and bool(deeds)
    shown = (
        Arrangement(deeds[0].before.ranks, deeds[0].before.choice if rights.everywhere(user) else now.choice)
        if undo
        else now
    )
    places, new = facts.places(user, context["departments"], shown, visible)
    names = {pk: place.name for pk, place in context["departments"].items()}
    return {
        "places": places,
        "new": new,
        "choice": shown.choice,
        **_strategies(shown.choice, context["shop"], user),
        "seen": fingerprint(rules=now, shop=context["shop"]),
        "undo": undo,
        "may_undo": bool(deeds and deeds[0].by and any(place.may_change for place in [*places, *new])),
        "deeds": [showing.deed(deed, names) for deed in deeds[: story.MOST_SHOWN]],
    }


def _of_shop(user: User, context: dict[str, Any]) -> dict[str, Any]:
    switch = context["shop"]
    gone = "" if facts.known(switch.strategy) else switch.strategy
    return _strategies(None, switch, user) | {"seen": fingerprint(rules=Arrangement(), shop=switch), "gone": gone}


def _strategies(choice: Choice | None, switch: Shop, user: User) -> dict[str, Any]:
    """What can be chosen, for those who may choose; one that is gone stays shown."""
    return {
        "strategies": facts.strategies(choice) if rights.everywhere(user) else [],
        "strategy_words": story.choice_words(choice or Choice(switch.strategy, {})),
        "gone": choice.strategy if choice and not facts.known(choice.strategy) else "",
    }


@for_viewers
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the draft that was sent would do; a draft that cannot be is refused in its place."""
    user, departments = person(request), _departments()
    process: Process | None = None
    try:
        process = _named(request)
        plan = _drafted(request, process, departments)
        processes = [process] if process else list(Process.objects.filter(is_active=True))
        seen = look(plan, processes, departments, user)
    except Refused as refusal:
        return _refused(request, refusal, process, departments)
    token = signing.dumps(packed(seen.plan), salt=_salt(user), compress=True)
    context = showing.preview(seen, departments) | {
        "token": token,
        "may_confirm": user.has_perm("dispatch.change_dispatchrule"),
    }
    return render(request, "console/dispatching/preview.html", context)


def _named(request: HttpRequest) -> Process | None:
    """The process of a draft; none is the whole shop."""
    code = request.POST.get("process", "")
    if not code and "shop_strategy" in request.POST and request.user.has_perm("dispatch.view_dispatchswitch"):
        return None
    process = Process.objects.filter(code=code, is_active=True).first()
    if process is None:
        raise Http404
    return process


def _drafted(request: HttpRequest, process: Process | None, departments: dict[int, Department]) -> Plan:
    """The draft as a plan without its moves; refused when it was made from rules that are no more."""
    user, now, switch = person(request), standing(process) if process else Arrangement(), shop()
    if request.POST.get("seen") != fingerprint(rules=now, shop=switch):
        raise Refused(_("The rules were changed meanwhile."), "stale")
    if process:
        plan = Plan(process.code, now, drafting.drafted(user, process, now, request.POST), switch, switch)
    else:
        plan = Plan("", now, now, switch, drafting.shop_drafted(switch, request.POST))
    drafting.must_be_allowed(user, plan)
    drafting.must_be_there(plan, departments)
    return plan


@for_viewers
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Carry out the plan that was shown: the rules alone, or with the tasks that it moves."""
    user, process = person(request), None
    try:
        plan = _signed(request.POST.get("plan", ""), user)
        process = Process.objects.filter(code=plan.process).first()
        with_moves = "moves" in request.POST
        _must_be_allowed_still(user, plan, with_moves)
        moved = actions.confirm(plan, by=user, moves=with_moves, reason=request.POST.get("reason", "").strip()[:300])
    except Refused as refusal:
        return _refused(request, refusal, process, _departments(), status=409)
    said = ngettext("%(n)s task went to another place.", "%(n)s tasks went to another place.", moved) % {"n": moved}
    messages.success(request, f"{_('The rules are saved.')} {said}" if moved else _("The rules are saved."))
    return JsonResponse({"url": f"{reverse('dispatching')}?{f'process={plan.process}' if plan.process else 'shop=1'}"})


def _signed(token: str, user: User) -> Plan:
    try:
        return unpacked(signing.loads(token, salt=_salt(user), max_age=SHOWN_FOR))
    except signing.BadSignature as problem:
        raise Refused(_("This page was too old. Nothing was saved; look again and confirm."), "stale") from problem


def _salt(user: User) -> str:
    """A plan is good for the person to whom it was shown."""
    return f"paidan.dispatching.{user.pk}"


def _must_be_allowed_still(user: User, plan: Plan, with_moves: bool) -> None:
    """The same rights as when it was shown, asked anew."""
    if not user.has_perm("dispatch.change_dispatchrule"):
        raise Refused(_("You may change the rules of your own departments only."), "not_yours")
    drafting.must_be_allowed(user, plan)
    ids = {move.task for move in plan.moves} if with_moves else set()
    mine = Task.objects.filter(assignable(user), pk__in=ids).visible_to(user)
    if ids and mine.count() != len(ids):
        raise Refused(_("Some of these tasks changed meanwhile. Nothing was saved; look again and confirm."), "stale")


def _refused(
    request: HttpRequest,
    refusal: Refused,
    process: Process | None,
    departments: dict[int, Department],
    status: int = 200,
) -> HttpResponse:
    """The refusal in the preview's place; a stale one with who changed what."""
    hand = ""
    if refusal.code == "stale" and "moved" not in refusal.detail:
        names = {pk: place.name for pk, place in departments.items()}
        hand = story.last_hand(process, person(request), names)
    context = {"refusal": refusal, "hand": hand, "process": process}
    return render(request, "console/dispatching/refused.html", context, status=status)


def _departments() -> dict[int, Department]:
    return {place.pk: place for place in Department.objects.all()}
