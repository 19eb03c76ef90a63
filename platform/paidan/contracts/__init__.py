"""The plugin API, version 1: frozen facts go in, frozen choices come out. Standard library only.

Quantities are pieces, times are minutes, days are `datetime.date`. A plugin never writes, never reads the
clock and never sees a database row.
"""

from paidan.contracts.dispatch import Candidate, DispatchStrategy, Ranking, WorkFacts
from paidan.contracts.tasks import (
    LineFacts,
    MaterialFacts,
    OrderFacts,
    StepFacts,
    TaskGenerator,
    TaskSpec,
    ToolingFacts,
)

__all__ = [
    "Candidate",
    "DispatchStrategy",
    "LineFacts",
    "MaterialFacts",
    "OrderFacts",
    "Ranking",
    "StepFacts",
    "TaskGenerator",
    "TaskSpec",
    "ToolingFacts",
    "WorkFacts",
]
