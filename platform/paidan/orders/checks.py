"""What stands in the way of submitting an order: every fault at once, in words. Pure."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from paidan.catalog.models import ToolingKind
from paidan.contracts import OrderFacts
from paidan.errors import Fault
from paidan.orders.models.order import MOST_PIECES


def faults(facts: OrderFacts, *, has_customer: bool, today: date) -> list[Fault]:
    """Everything that must be mended before the order can be submitted; empty when nothing must."""
    return [
        *_header(facts, has_customer, today),
        *_quantities(facts),
        *_route(facts),
        *_tooling(facts),
        *_material(facts),
    ]


def _header(facts: OrderFacts, has_customer: bool, today: date) -> Iterator[Fault]:
    if not has_customer:
        yield Fault("no_customer", _("The customer is missing. Choose one."))
    if facts.due is None:
        yield Fault("no_due_date", _("The due date is missing. Enter one."))
    elif facts.due < facts.order_date:
        yield Fault("due_before_order", _("The due date lies before the order date. Correct one of them."))
    elif facts.due < today:
        yield Fault("due_past", _("The due date %(due)s is past. Enter a later one.") % {"due": facts.due})
    if not facts.lines:
        yield Fault("no_lines", _("There is no order line. Add at least one product."))
    if not facts.steps:
        yield Fault("no_steps", _("There is no process. Add at least one step."))


def _quantities(facts: OrderFacts) -> Iterator[Fault]:
    if not 0 < facts.print_run <= MOST_PIECES:
        yield Fault("print_run", _("The print run must be between 1 and 100,000,000 pieces."))
    for line in facts.lines:
        if not 0 < line.quantity <= MOST_PIECES:
            yield Fault(
                "line_quantity",
                _("%(product)s: the quantity must be between 1 and 100,000,000 pieces.") % {"product": line.product},
            )


def _route(facts: OrderFacts) -> Iterator[Fault]:
    """Plates and cut sheets come before the first printing step."""
    printing = [step.sequence for step in facts.steps if step.process == "PRT"]
    if not printing:
        return
    for step in facts.steps:
        if step.process in ("CTP", "CUT") and step.sequence >= min(printing):
            yield Fault(
                "route_order",
                _("%(step)s comes after printing. Give it a smaller sequence number.") % {"step": step.name},
            )


def _tooling(facts: OrderFacts) -> Iterator[Fault]:
    for step in facts.steps:
        for kind in step.tooling_kinds:
            if not any(tool.kind == kind and tool.process in ("", step.process) for tool in facts.tooling):
                yield Fault(
                    "no_tooling",
                    _("%(step)s needs tooling of the kind “%(kind)s”. Add it to the order.")
                    % {"step": step.name, "kind": ToolingKind(kind).label},
                )


def _material(facts: OrderFacts) -> Iterator[Fault]:
    cutting = [step for step in facts.steps if step.process == "CUT" or step.generator == "cutting"]
    to_cut = [material for material in facts.materials if material.needs_cutting]
    for step in cutting[:1]:
        if not to_cut:
            yield Fault(
                "nothing_to_cut",
                _("%(step)s has nothing to cut. Mark a material as “needs cutting”, or remove the step.")
                % {"step": step.name},
            )
    for material in to_cut if cutting else ():
        if material.usage <= 0:
            yield Fault(
                "no_usage",
                _("%(material)s needs cutting, but its usage is missing. Enter how much is used.")
                % {"material": material.material},
            )
