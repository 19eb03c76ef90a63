"""Facts for the tests of a plugin: say what matters, the rest is ordinary."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from paidan.contracts import (
    Candidate,
    DepartmentFacts,
    LineFacts,
    MaterialFacts,
    Message,
    OperatorFacts,
    OrderFacts,
    Recipient,
    StepFacts,
    TaskFacts,
    ToolingFacts,
)


def task(id: str = "1", **facts: Any) -> TaskFacts:
    """A task for 1,000 printed pieces that takes an hour."""
    known: dict[str, Any] = {"id": id, "process": "PRT", "planned": 1000, "minutes": 60, "order": "A"}
    return TaskFacts(**known | facts)


def department(id: int = 1, **facts: Any) -> DepartmentFacts:
    """A department of two that has nothing to do."""
    known: dict[str, Any] = {"id": id, "name": f"Department {id}", "people": 2}
    return DepartmentFacts(**known | facts)


def operator(id: int = 1, **facts: Any) -> OperatorFacts:
    """A person who has nothing to do."""
    known: dict[str, Any] = {"id": id, "name": f"Operator {id}", "department": 1}
    return OperatorFacts(**known | facts)


def candidate(
    place: DepartmentFacts | OperatorFacts | int = 1, *, minutes: int = 60, priority: int = 1, **facts: Any
) -> Candidate:
    """A place as it is offered: a department by its id and facts, or the department or operator that is given."""
    offered = department(place, **facts) if isinstance(place, int) else replace(place, **facts)
    return Candidate(offered, minutes, priority)


def line(ref: int = 1, **facts: Any) -> LineFacts:
    """A product of the order, 1,000 pieces."""
    known: dict[str, Any] = {"ref": ref, "product": f"Box {ref}", "quantity": 1000}
    return LineFacts(**known | facts)


def material(ref: int = 1, **facts: Any) -> MaterialFacts:
    """A material of the order that needs cutting."""
    known: dict[str, Any] = {"ref": ref, "material": f"Paper {ref}", "usage": Decimal(260), "needs_cutting": True}
    return MaterialFacts(**known | facts)


def tooling(ref: int = 1, **facts: Any) -> ToolingFacts:
    """A confirmed artwork of the order."""
    known: dict[str, Any] = {"ref": ref, "kind": "artwork", "name": f"Artwork {ref}", "confirmed": True}
    return ToolingFacts(**known | facts)


def step(ref: int = 1, **facts: Any) -> StepFacts:
    """A printing step of the route."""
    known: dict[str, Any] = {"ref": ref, "sequence": ref * 10, "process": "PRT", "name": "印刷", "generator": "general"}
    return StepFacts(**known | facts)


def order(**facts: Any) -> OrderFacts:
    """An order for 1,000 boxes: a line, a material, an artwork, and one step that prints."""
    known: dict[str, Any] = {
        "order_date": date(2030, 1, 1),
        "due": date(2030, 1, 8),
        "priority": 2,
        "print_run": 1000,
        "spoilage": 50,
        "colours": "CMYK+877C",
        "lines": (line(),),
        "materials": (material(),),
        "tooling": (tooling(),),
        "steps": (step(),),
    }
    return OrderFacts(**known | facts)


def recipient(id: int = 1, **facts: Any) -> Recipient:
    """Somebody who has an e-mail address."""
    known: dict[str, Any] = {"id": id, "name": "Ann", "addresses": {"email": "ann@example.com"}}
    return Recipient(**known | facts)


def message(id: str = "1", **facts: Any) -> Message:
    """A message that a task was assigned."""
    known: dict[str, Any] = {
        "id": id,
        "kind": "task_assigned",
        "title": "A task for you",
        "text": "Print 1,000 boxes until Friday.",
        "recipient": recipient(),
        "created_at": datetime(2030, 1, 1, 8, tzinfo=UTC),
    }
    return Message(**known | facts)
