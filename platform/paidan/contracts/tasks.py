"""What a task generator is told, and what it answers. Entry-point group `paidan.task_generators.v1`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """One product of the order. `ref` is its lasting number within the order; `quantity` is in pieces."""

    ref: int
    product: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialFacts:
    """One material of the order; `usage` is in the material's own unit (sheets, kg …)."""

    ref: int
    material: str
    usage: Decimal
    needs_cutting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolingFacts:
    """One artwork (`artwork`), die (`die`), foil plate (`foil`) or embossing plate (`embossing`) of the order.

    `process` is the code of the only process that uses it, or empty when every process of its kind does.
    """

    ref: int
    kind: str
    name: str
    confirmed: bool
    process: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """One step of the order's route. `ref` lasts when steps are moved; the same process may stand twice."""

    ref: int
    sequence: int
    process: str
    name: str
    generator: str
    task_text: str = "{process} {subject}"
    parallel: bool = False
    tooling_kinds: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """All that a generator may know of an order. No customer, no money."""

    order_date: date
    due: date | None
    priority: int
    print_run: int
    spoilage: int
    colours: str
    lines: tuple[LineFacts, ...] = ()
    materials: tuple[MaterialFacts, ...] = ()
    tooling: tuple[ToolingFacts, ...] = ()
    steps: tuple[StepFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """A task that a step should have.

    `key` says what it is for and is unique within the step, so that the same task is found again later:
    `order`, `line:3`, `material:1`, `tooling:42` … `planned` and `allowance` (how much more than planned may be
    made or wasted) are in pieces. At most one of `line`, `material`, `tooling` names the subject by its ref.
    """

    key: str
    content: str
    planned: int
    allowance: int = 0
    line: int | None = None
    material: int | None = None
    tooling: int | None = None


type TaskGenerator = Callable[[OrderFacts, StepFacts], Iterable[TaskSpec]]
"""Say which tasks one step of an order should have. Pure: the same facts give the same answer."""
