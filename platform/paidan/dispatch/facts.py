"""What a decision is made from and what it is, and the rules as they stand."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import CharField, QuerySet

from paidan.contracts import DepartmentFacts, OperatorFacts, TaskFacts
from paidan.dispatch.models import DispatchRule
from paidan.prepared import OneOf, Prepared


class Choice(NamedTuple):
    """The strategy that was chosen, and the settings that it gets before the plugin's own."""

    strategy: str
    settings: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The same for the same choice."""
        return f"{self.strategy} {json.dumps(self.settings, sort_keys=True)}"


class RuleFacts(NamedTuple):
    """One dispatch rule as it stood when the decision was prepared. `time_factor` 2 means: takes twice as long there.

    `choice` is the strategy of the process, where it has one of its own.
    """

    process: str
    department: int
    priority: int
    enabled: bool
    department_active: bool
    time_factor: float = 1.0
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that a decision depends on: tasks, rules, the switch, and the places as they stand.

    With `only_equals` a strategy is offered the departments of the smallest priority only. `people` are the operators
    of each department when tasks are to be given to a person as well; empty leaves them in the pool.
    """

    works: tuple[TaskFacts, ...]
    rules: tuple[RuleFacts, ...]
    loads: Mapping[int, DepartmentFacts]
    switched_on: bool
    strategy: str
    only_equals: bool = True
    people: Mapping[int, tuple[OperatorFacts, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Decision:
    """Where one task goes, or the reason why it goes nowhere, and how each place was judged."""

    work: str
    department: int | None
    reason: str
    strategy: str
    version: str
    inputs: dict[str, Any]
    ranking: list[dict[str, Any]]
    operator: int | None = None


def rules_for(processes: Iterable[str]) -> tuple[RuleFacts, ...]:
    """The rules of these processes as they stand now. One query."""
    return tuple([
        RuleFacts(*rule, float(factor), Choice(strategy, settings) if strategy else None)  # type: ignore[call-arg]
        for *rule, factor, strategy, settings in _rules.ask(processes=set(processes))
    ])  # fmt: skip


@Prepared
def _rules() -> QuerySet[Any, Any]:
    rows = DispatchRule.objects.filter(process__code__in=OneOf("processes", CharField()))
    names = ("process__code", "department_id", "priority", "enabled", "department__is_active", "time_factor")
    own = ("process__own_strategy__strategy", "process__own_strategy__settings")
    return rows.order_by("process__code", "priority", "id").values_list(*names, *own)
