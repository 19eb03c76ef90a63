"""The plugin API, version 1: frozen facts go in, frozen choices come out. Standard library only.

A plugin is a function, or a small class whose settings are its fields, named by an entry point of one of three groups:

| group | a function | or a class with |
|---|---|---|
| `paidan.dispatch_strategies.v1` | `(task, candidates) -> Ranking` | `rank(task, candidates)`, or `rank_all(tasks, offers)` |
| `paidan.task_generators.v1` | `(order, step) -> Iterable[TaskSpec]` | `tasks(order, step)` |
| `paidan.notifiers.v1` | `(message) -> Delivery` | `deliver(message)` |

Quantities are pieces, times are minutes, days are `datetime.date`. Strategies and generators are pure: they write nothing,
never read the clock, never use the network and never see a database row. Only a notifier reaches out.
"""

from paidan.contracts.dispatch import (
    Candidate,
    DepartmentFacts,
    DispatchStrategy,
    OperatorFacts,
    Ranking,
    TaskFacts,
)
from paidan.contracts.notices import Delivery, Message, Notifier, Outcome, Recipient
from paidan.contracts.plugins import (
    GENERATORS,
    GROUPS,
    NOTIFIERS,
    READABLE,
    STRATEGIES,
    VERSION,
    DoesNotFit,
    description,
    must_fit,
    reads,
    translated,
)
from paidan.contracts.settings import BadSettings, made, schema_of, setting
from paidan.contracts.tasks import (
    LineFacts,
    MaterialFacts,
    OrderFacts,
    StepFacts,
    TaskGenerator,
    TaskSpec,
    ToolingFacts,
)
from paidan.contracts.words import Words

__all__ = [
    "GENERATORS",
    "GROUPS",
    "NOTIFIERS",
    "READABLE",
    "STRATEGIES",
    "VERSION",
    "BadSettings",
    "Candidate",
    "Delivery",
    "DepartmentFacts",
    "DispatchStrategy",
    "DoesNotFit",
    "LineFacts",
    "MaterialFacts",
    "Message",
    "Notifier",
    "OperatorFacts",
    "OrderFacts",
    "Outcome",
    "Ranking",
    "Recipient",
    "StepFacts",
    "TaskFacts",
    "TaskGenerator",
    "TaskSpec",
    "ToolingFacts",
    "Words",
    "description",
    "made",
    "must_fit",
    "reads",
    "schema_of",
    "setting",
    "translated",
]
