"""What somebody wants an order to be: one frozen value that a form, a workbook and a program all fill in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from paidan.catalog.models import Process
from paidan.orders.models import OrderMaterial, WorkOrder
from paidan.orders.models.order import PrintingType, Priority

PLATE_MAKING = "plate_making"
"""The generator whose process joins by itself when an order has tooling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an order. `ref` is its lasting number; 0 says that it is new."""

    ref: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft(Part):
    product_id: int
    quantity: int
    unit_price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialDraft(Part):
    material_id: int
    usage: Decimal = Decimal(0)
    needs_cutting: bool = False
    supply: str = OrderMaterial.Supply.WAITING.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolingDraft(Part):
    tooling_id: int
    process_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraft(Part):
    """A step of the route; sequence 0 takes the usual position of its process."""

    process_id: int
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """An order as somebody wants it. Quantities in pieces, money in yuan; an empty number takes the next free one."""

    order_date: date
    print_run: int
    number: str = ""
    customer_id: int | None = None
    salesperson_id: int | None = None
    due_date: date | None = None
    priority: int = Priority.NORMAL.value
    spoilage: int = 0
    printing_type: str = PrintingType.FRONT.value
    cmyk: str = ""
    spot_colours: str = ""
    notes: str = ""
    lines: tuple[LineDraft, ...] = ()
    materials: tuple[MaterialDraft, ...] = ()
    toolings: tuple[ToolingDraft, ...] = ()
    steps: tuple[StepDraft, ...] = ()

    @property
    def header(self) -> dict[str, Any]:
        """The order's own fields, without its parts and number."""
        return {name: getattr(self, name) for name in HEADER}

    @property
    def total_amount(self) -> Decimal:
        """Sum of the lines, to the cent."""
        total = sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))
        return total.quantize(Decimal("0.01"))


PARTS: dict[str, type[Part]] = {
    "lines": LineDraft,
    "materials": MaterialDraft,
    "toolings": ToolingDraft,
    "steps": StepDraft,
}
HEADER = [f.name for f in fields(OrderDraft) if f.name not in PARTS and f.name != "number"]


def draft_of(order: WorkOrder) -> OrderDraft:
    """The order as it stands, ready to be changed with `dataclasses.replace`. Four queries."""
    parts = {
        name: tuple(kind(**{f.name: getattr(row, f.name) for f in fields(kind)}) for row in getattr(order, name).all())
        for name, kind in PARTS.items()
    }
    return OrderDraft(number=order.number, **{name: getattr(order, name) for name in HEADER}, **parts)  # type: ignore[arg-type]


def with_plate_making(draft: OrderDraft, processes: Iterable[Process]) -> OrderDraft:
    """The draft with a plate-making step when it has tooling to make plates for and nobody thought of one."""
    plates = [process for process in processes if process.generator == PLATE_MAKING and process.is_active]
    ids = {process.pk for process in plates}
    if not draft.toolings or not plates or any(step.process_id in ids for step in draft.steps):
        return draft
    first = min((step.sequence for step in draft.steps if step.sequence), default=plates[0].sequence)
    step = StepDraft(process_id=plates[0].pk, sequence=min(plates[0].sequence, max(first - 1, 1)))
    return replace(draft, steps=(step, *draft.steps))


def numbered(draft: OrderDraft, order: WorkOrder | None, processes: Mapping[int, Process]) -> OrderDraft:
    """The draft with a lasting number for each new part, and a place in the route for each new step."""
    last = order.last_ref if order else 0
    changes: dict[str, tuple[Part, ...]] = {}
    for name in PARTS:
        parts = []
        for part in getattr(draft, name):
            if not part.ref:
                last += 1
                part = replace(part, ref=last)
            if isinstance(part, StepDraft) and not part.sequence:
                part = replace(part, sequence=processes[part.process_id].sequence)
            parts.append(part)
        changes[name] = tuple(parts)
    return replace(draft, **changes)  # type: ignore[arg-type]
