"""Reads what somebody drafted on the page, and refuses in words what cannot be."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paidan.catalog.models import Process
from paidan.console.dispatching import facts
from paidan.console.dispatching.plan import Plan, merged
from paidan.dispatch import access as rights
from paidan.dispatch.facts import Choice
from paidan.dispatch.models import DispatchRule
from paidan.dispatch.rules import Arrangement, Rank, Shop
from paidan.errors import Fault, Refused
from paidan.people.models import Department, User


class RankForm(forms.Form):
    """One department's card."""

    priority = forms.IntegerField(label=gettext_lazy("rank"), min_value=1, max_value=999)
    enabled = forms.BooleanField(label=gettext_lazy("enabled"), required=False)
    factor = forms.DecimalField(
        label=gettext_lazy("time factor"), min_value=Decimal("0.01"), max_value=Decimal(100), decimal_places=2
    )


class ShopForm(forms.Form):
    """The switch above all rules."""

    enabled = forms.BooleanField(required=False)
    only_equals = forms.BooleanField(required=False)
    shop_strategy = forms.CharField(max_length=60)


def drafted(user: User, process: Process, standing: Arrangement, sent: QueryDict) -> Arrangement:
    """The rules as somebody wants them; cards that this person does not have stay as they are."""
    ranks = [_rank(department, sent) for department in dict.fromkeys(sent.getlist("department"))]
    kept = {rank.department for rank in ranks}
    visible = set(DispatchRule.objects.filter(process=process).visible_to(user).values_list("department", flat=True))
    gone = {pk for pk in visible - kept if rights.may(user, "delete", pk)}
    choice = _choice(sent, standing) if rights.everywhere(user) and "strategy" in sent else standing.choice
    return merged(standing, ranks, gone, choice)


def _rank(department: str, sent: QueryDict) -> Rank:
    form = RankForm(sent, prefix=department)
    if not form.is_valid() or not department.isdigit():
        raise Refused.because(_faults(form) or [Fault("bad_value", _("This is no department."))], "bad_value")
    values = form.cleaned_data
    factor = values["factor"].quantize(Decimal("0.01"))
    return Rank(int(department), values["priority"], values["enabled"], factor)


def _choice(sent: QueryDict, standing: Arrangement) -> Choice | None:
    """The strategy that was chosen for the process, with its settings; none is the shop's."""
    name = str(sent["strategy"])
    if not name:
        return None
    if standing.choice and standing.choice.strategy == name and not facts.known(name):
        return standing.choice  # it was chosen and is gone; keeping it is no new choice
    chosen = next((each for each in facts.strategies(standing.choice, sent) if each.name == name), None)
    if chosen is None:
        raise Refused(_("There is no such strategy here. Choose another one."), "no_strategy")
    if not chosen.form.is_valid():
        raise Refused.because(_faults(chosen.form), "bad_settings")
    return Choice(name, chosen.form.own_settings())


def shop_drafted(standing: Shop, sent: QueryDict) -> Shop:
    """The switch as somebody wants it."""
    form = ShopForm(sent)
    if not form.is_valid():
        raise Refused.because(_faults(form), "bad_value")
    values = form.cleaned_data
    if values["shop_strategy"] != standing.strategy and not facts.known(values["shop_strategy"]):
        raise Refused(_("There is no such strategy here. Choose another one."), "no_strategy")
    return Shop(values["enabled"], values["shop_strategy"], values["only_equals"])


def must_be_allowed(user: User, plan: Plan) -> None:
    """Refuse what this person may not change: asked for every look and again for every confirmation."""
    whole = plan.seen_shop != plan.wanted_shop or plan.seen.choice != plan.wanted.choice
    foreign = any(
        not rights.may(user, "add" if not change.before else "change" if change.after else "delete", change.department)
        for change in plan.changes
    )
    if foreign or (whole and not rights.everywhere(user)):
        raise Refused(_("You may change the rules of your own departments only."), "not_yours")


def must_be_there(plan: Plan, departments: dict[int, Department]) -> None:
    """Refuse a new rule for a department that is unknown or closed."""
    for change in plan.changes:
        place = departments.get(change.department)
        if change.before is None and (place is None or not place.is_active):
            raise Refused(_("This department is not active. Choose another one."), "inactive")


def _faults(form: Any) -> list[Fault]:
    """What is wrong, each with the name of its field."""
    return [
        Fault("bad_value", f"{form.fields[name].label}: {text}" if name in form.fields else str(text))
        for name, texts in form.errors.items()
        for text in texts
    ]
