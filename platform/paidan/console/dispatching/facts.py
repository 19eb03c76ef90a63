"""What the page shows: processes and how they stand, the rules of one with their load, strategies, the switch."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from paidan.catalog.models import Process
from paidan.console.dispatching.plan import state
from paidan.contracts import STRATEGIES, DepartmentFacts, Words
from paidan.dispatch import access as rights
from paidan.dispatch.facts import Choice
from paidan.dispatch.models import DispatchRule
from paidan.dispatch.rules import Arrangement, Rank
from paidan.orders import works
from paidan.people.models import Department, User
from paidan.registry import engine as registry
from paidan.registry import words
from paidan.registry.forms import OwnSettingsForm, own_form_for
from paidan.registry.loader import usable
from paidan.registry.models import Plugin

STATES: Mapping[str, tuple[str, Any]] = {
    "covered": ("check_circle", _("one first choice")),
    "equals": ("balance", _("several equals")),
    "disabled": ("pause_circle", _("all switched off")),
    "uncovered": ("error", _("uncovered")),
    "elsewhere": ("remove", _("none of yours")),
}
"""How a process stands: its picture and its word."""


class Listed(NamedTuple):
    """One process in the list."""

    process: Process
    state: str
    places: str

    @property
    def icon(self) -> str:
        """The picture of its state."""
        return STATES[self.state][0]

    @property
    def word(self) -> Any:
        """Its state in words."""
        return STATES[self.state][1]


class Place(NamedTuple):
    """One department that does the process, as a card."""

    department: Department
    rank: Rank
    load: DepartmentFacts
    may_change: bool
    may_remove: bool


class Strategy(NamedTuple):
    """One strategy that can be chosen, with what it does, why it cannot be used, and its settings."""

    name: str
    title: str
    about: str
    problem: str
    form: OwnSettingsForm
    pk: int | None


def visible_rules(user: User) -> dict[int, list[DispatchRule]]:
    """The rules that exist for this person, by process, the first choice first. One query."""
    rules: dict[int, list[DispatchRule]] = {}
    for rule in DispatchRule.objects.all().visible_to(user).select_related("department").order_by("priority", "pk"):
        rules.setdefault(rule.process_id, []).append(rule)
    return rules


def listed(rules: Mapping[int, Sequence[DispatchRule]], *, whole: bool) -> list[Listed]:
    """Every process that is in use, and how it stands by these rules, the `whole` or those of own departments. One query."""
    active = Process.objects.filter(is_active=True)
    return [_listed(process, rules.get(process.pk, ()), whole) for process in active]


def _listed(process: Process, rules: Sequence[DispatchRule], whole: bool) -> Listed:
    can = [(rule.priority, rule.enabled and rule.department.is_active) for rule in rules]
    names = [rule.department.name for rule, (_priority, usable) in zip(rules, can, strict=True) if usable]
    return Listed(process, state(can) if rules or whole else "elsewhere", " › ".join(names))


def places(
    user: User, departments: Mapping[int, Department], shown: Arrangement, visible: Collection[int]
) -> tuple[list[Place], list[Place]]:
    """The departments of a process, of those visible to this person, and those that he or she may add. Two queries."""
    mine = {pk for pk in departments if rights.may(user, "add", pk)}
    ranked = [rank for rank in shown.ranks if rank.department in visible or rank.department in mine]
    new = [pk for pk in departments if pk in mine and pk not in shown.by_department and departments[pk].is_active]
    loads = works.departments([*(rank.department for rank in ranked), *new], ())
    last = max((rank.priority for rank in shown.ranks), default=0)

    def place(rank: Rank, verb: str) -> Place:
        pk = rank.department
        may = rights.may(user, verb, pk), verb == "add" or rights.may(user, "delete", pk)
        return Place(departments[pk], rank, loads[pk], *may)

    return [place(rank, "change") for rank in ranked], [place(Rank(pk, last + 1), "add") for pk in new]


def strategies(choice: Choice | None, sent: Any = None) -> list[Strategy]:
    """The strategies that there are, each with its settings form; `sent` is what was typed. One query."""
    kept = {(row.name, row.distribution): row for row in Plugin.objects.filter(group=STRATEGIES)}
    found = []
    for name, one in usable(STRATEGIES).items():
        row = kept.get((name, one.distribution)) or Plugin(
            group=STRATEGIES, name=name, distribution=one.distribution, version=one.version
        )
        given = choice.settings if choice and choice.strategy == name else {}
        form = own_form_for(row, given)(sent, prefix=name)
        about = words.about(STRATEGIES, name)
        found.append(Strategy(name, words.title(STRATEGIES, name), about, problem(name, given), form, row.pk))
    return found


def problem(name: str, given: Mapping[str, Any] | None = None) -> str:
    """Why a strategy cannot be used now, in the reader's language; empty when it can."""
    if registry.ready(STRATEGIES, name, given):
        return ""
    why: Words = registry.why_not(STRATEGIES, name, given)
    return words.house(why)


def known(name: str) -> bool:
    """Whether a strategy of this name is installed."""
    return name in usable(STRATEGIES)
