"""What a tablet sends: read, checked at the edge like the console's dialogs, done once, answered."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from paidan.errors import Refused
from paidan.orders import floor
from paidan.orders.actions import deed
from paidan.orders.models import Task
from paidan.orders.models.order import MOST_PIECES
from paidan.people.access import person
from paidan.people.models import User

ASKED: Mapping[str, tuple[str, ...]] = {
    "claim": (),
    "start": (),
    "report": ("good", "waste", "version", "note"),
    "complete": ("good", "waste", "version", "note"),
    "release": ("reason",),
}
"""What each verb takes besides the task."""


class WishForm(forms.Form):
    """One thing that a tablet wants done; the key is the tablet's, and so is the person that it thinks it speaks for."""

    key = forms.UUIDField()
    person = forms.IntegerField()
    verb = forms.ChoiceField(choices=[(name, name) for name in ASKED])
    task = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    good = forms.IntegerField(required=False, min_value=0, max_value=MOST_PIECES)
    waste = forms.IntegerField(required=False, min_value=0, max_value=MOST_PIECES)
    note = forms.CharField(required=False, max_length=300)
    reason = forms.CharField(required=False, max_length=300)
    shown = forms.CharField(required=False, max_length=300)

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for the verb; a report without pieces of a kind has none of it."""
        asked = {name: self.cleaned_data[name] for name in ASKED[self.cleaned_data["verb"]]}
        if "waste" in asked:
            asked["waste"] = asked["waste"] or 0
        if self.cleaned_data["verb"] == "report":
            asked["good"] = asked["good"] or 0
        return asked


@require_POST
def do(request: HttpRequest) -> HttpResponse:
    """Do one thing, once. 200 is the outcome, also when that is a refusal; 404 is a task that does not exist for this
    person; 401, and 409 for somebody else's tablet, are no outcome: the tablet keeps what it wanted to send."""
    if not admin.site.has_permission(request):
        return _no(401, "signed_out", _("You are signed out. Sign in, then what is waiting here is sent."))
    form = WishForm(_body(request))
    if not form.is_valid():
        return _no(400, "unreadable", _("This could not be read. Load the page anew and enter it again."))
    if form.cleaned_data["person"] != person(request).pk:
        return _no(409, "other_person", _("Somebody else is signed in on this device now."))
    return _done(form, person(request))


def _done(form: WishForm, who: User) -> HttpResponse:
    wish, asked = form.cleaned_data, form.arguments()
    try:
        outcome = deed.once(
            wish["key"], by=who, verb=wish["verb"], task_id=wish["task"], asked=asked,
            find=lambda: floor.find(who, wish["task"]), act=lambda task: _act(task, who, wish["verb"], asked),
        )  # fmt: skip
    except Http404:
        if holder := floor.taken_by(who, wish["task"], wish["shown"]):
            return _no(200, "already_taken", _("%(person)s was faster. Choose another one.") % {"person": holder})
        return _no(404, "gone", _("This task is not in your list any more. Choose another one from the pool."))
    except Refused as refused:
        return _no(200, refused.code, str(refused))
    return JsonResponse(outcome)


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body)
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def _act(task: Task, who: User, name: str, asked: dict[str, Any]) -> str:
    """The same question and the same call as the dialog of this verb."""
    verb = floor.VERBS[name]
    if not verb.may(who, task):
        raise Refused(_("You may not do this with “%(task)s”.") % {"task": task}, "not_yours")
    try:
        verb.act(task, by=who, **asked)
    except Refused as refused:
        if refused.code == "stale" and asked.get("version"):
            refused.detail["since"] = _told(who, floor.since(task.pk, asked["version"]))
        raise
    return str(verb.done % {"row": task})


def _told(who: User, since: floor.Since | None) -> dict[str, Any] | None:
    """Who moved the task on, in values that the tablet has the words for."""
    if since is None:
        return None
    return {
        "person": since.person,
        "mine": since.by == who.pk,
        "at": since.at.isoformat(),
        "good": since.good,
        "waste": since.waste,
    }


def _no(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"ok": False, "code": code, "message": message}, status=status)
