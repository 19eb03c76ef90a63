"""Turns the rows of an order book into order drafts. Pure: compares what was read with what is known, writes nothing.

One row is one order line. Rows with the same number are one order; a row without a number is an order of its own.
What further rows say about the whole order must agree with the first, or be blank; notes are put together.
A blank cell takes the usual value on a new order, and leaves an existing one as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from paidan.contracts import OrderFacts
from paidan.exchange import cells
from paidan.exchange.cells import BadCell, CellFault
from paidan.exchange.facts import Existing, Known
from paidan.exchange.newcomers import Newcomers
from paidan.exchange.order_columns import RowWish
from paidan.exchange.order_parts import Checker
from paidan.orders.drafts import PARTS, OrderDraft
from paidan.orders.models.order import Approval

ONCE = (
    "customer",
    "salesperson",
    "order_date",
    "due_date",
    "priority",
    "print_run",
    "spoilage",
    "colours",
    "spot_colours",
)
"""What a whole order has one of."""
MOST_AMOUNT = Decimal(10) ** 14


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    """What a file makes of one order; `draft` is none when a row of it is bad."""

    number: str
    rows: tuple[tuple[str, int], ...]
    faults: tuple[CellFault, ...] = ()
    draft: OrderDraft | None = None
    current: Existing | None = None
    customer: str = ""
    column: str = ""
    facts: OrderFacts | None = None
    tasks: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What applying does: create, change, nothing – or the order is bad."""
        if self.draft is None:
            return "bad"
        if self.current is None:
            return "create"
        return "unchanged" if same(self.draft, self.current.draft) else "change"


def plan_orders(
    wishes: Sequence[RowWish], known: Known, *, today: date, create_missing: bool = False
) -> tuple[tuple[PlannedOrder, ...], Newcomers]:
    """Compare the rows with what is known: one planned order for each number, one for each row without."""
    groups: dict[object, list[RowWish]] = {}
    for wish in wishes:
        groups.setdefault(wish.values.get("number") or (wish.sheet, wish.row), []).append(wish)
    newcomers = Newcomers(create_missing)
    return tuple(_order(rows, known, newcomers, today) for rows in groups.values()), newcomers


def _order(rows: list[RowWish], known: Known, newcomers: Newcomers, today: date) -> PlannedOrder:
    first = rows[0]
    number = first.values.get("number", "")
    planned = PlannedOrder(
        number=number,
        rows=tuple((row.sheet, row.row) for row in rows),
        column=first.heading("number", "product"),
        customer=first.values.get("customer", ""),
        current=known.orders.get(number),
    )
    faults = [fault for row in rows for fault in row.faults]
    if number in known.taken:
        faults.append(first.fault("number", _not_free(number)))
        return replace(planned, faults=tuple(faults))
    once = _merged(rows, faults)
    draft = _draft(rows, once, planned.current, known, newcomers, today, faults)
    if draft and planned.current:
        faults += _not_editable(first, replace(planned, draft=draft), known)
    return replace(planned, faults=tuple(faults), draft=None if faults else draft)


def _not_free(number: str) -> BadCell:
    return BadCell(
        _("The number %(number)s cannot be used.") % {"number": number},
        _("Leave it blank to take the next free number."),
    )


def _merged(rows: Sequence[RowWish], faults: list[CellFault]) -> dict[str, Any]:
    """What the rows say about the whole order; they must agree."""
    once: dict[str, Any] = {}
    said_by: dict[str, RowWish] = {}
    for row in rows:
        for name in ONCE:
            value = row.values.get(name)
            if value is None:
                continue
            if name in once and _compared(once[name]) != _compared(value):
                what = _("This differs from row %(row)s of the same order.") % {"row": said_by[name].row}
                mend = _("Make them equal, or give the row an order number of its own.")
                faults.append(row.fault(name, BadCell(what, mend)))
            once.setdefault(name, value)
            said_by.setdefault(name, row)
    notes = dict.fromkeys(row.values["notes"] for row in rows if row.values.get("notes"))
    return once | {"notes": "\n".join(notes)}


def _compared(value: Any) -> Any:
    return cells.key(value) if isinstance(value, str) else value


def _draft(
    rows: list[RowWish], once: dict[str, Any], current: Existing | None, known: Known, newcomers: Newcomers,
    today: date, faults: list[CellFault],
) -> OrderDraft | None:  # fmt: skip
    """The whole order as the rows want it, or none when something in them is bad."""
    check = Checker(rows, known, newcomers, current, faults)
    before = current.draft if current else None
    header = _header(once, before, check, today)
    lines = check.lines()
    run = _print_run(once, before, [line.quantity for line in lines])
    materials, toolings, steps = check.materials(), check.toolings(), check.steps()
    if faults:
        return None
    draft = replace(
        before or OrderDraft(order_date=header["order_date"], print_run=run, number=rows[0].values.get("number", "")),
        **header,
        print_run=run,
        spoilage=once.get("spoilage", before.spoilage if before else max(10, run // 50)),
        lines=lines,
        materials=materials,
        toolings=toolings,
        steps=steps,
    )
    _check_whole(draft, rows, faults)
    return None if faults else draft


def _header(once: dict[str, Any], before: OrderDraft | None, check: Checker, today: date) -> dict[str, Any]:
    customer_id = check.customer()
    salesperson_id = check.salesperson(customer_id)
    header: dict[str, Any] = {"order_date": before.order_date if before else today}
    header |= {name: once[name] for name in ("order_date", "due_date", "priority", "spot_colours") if name in once}
    if once["notes"]:
        header["notes"] = once["notes"]
    if customer_id is not None:
        header["customer_id"] = customer_id
    if salesperson_id is not None:
        header["salesperson_id"] = salesperson_id
    if colours := once.get("colours"):
        spots = [word for word in (colours.spots, once.get("spot_colours")) if word]
        header["cmyk"] = colours.cmyk
        if spots:
            header["spot_colours"] = ", ".join(spots)[:120]
        if colours.printing:
            header["printing_type"] = colours.printing
    return header


def _print_run(once: dict[str, Any], before: OrderDraft | None, quantities: Sequence[int]) -> int:
    """What the file says, else what the largest line needs – unless somebody once decided otherwise."""
    usual = max(quantities, default=1)
    if before and before.print_run != max((line.quantity for line in before.lines), default=0):
        usual = before.print_run
    run: int = once.get("print_run", usual)
    return run


def _check_whole(draft: OrderDraft, rows: Sequence[RowWish], faults: list[CellFault]) -> None:
    if draft.due_date and draft.due_date < draft.order_date:
        row = next((row for row in rows if "due_date" in row.values), rows[0])
        what = _("The due date lies before the order date.")
        faults.append(row.fault("due_date", BadCell(what, _("Correct one of them."))))
    if draft.total_amount >= MOST_AMOUNT:
        what = _("The amount of the order is too large to be true.")
        faults.append(rows[0].fault("unit_price", BadCell(what, _("Correct the quantity or the price."))))


def _not_editable(first: RowWish, planned: PlannedOrder, known: Known) -> list[CellFault]:
    """Why an existing order cannot be changed by a file; one that stays as it is needs no reason."""
    current = planned.current
    if current is None or planned.kind != "change":
        return []
    if current.cancelled:
        what = _("Order %(number)s is cancelled.")
    elif current.state == Approval.SUBMITTED:
        what = _("Order %(number)s waits for approval.")
    elif current.state == Approval.APPROVED:
        what = _("Order %(number)s is approved.")
    elif not known.may_change:
        what = _("Order %(number)s exists, and you may not change it.")
    else:
        return []
    mend = _("Change it on its own page, or take its rows out of the file.")
    return [first.fault("number", BadCell(what % {"number": planned.number}, mend))]


def same(one: OrderDraft, other: OrderDraft) -> bool:
    """Whether two drafts want the same order, however their parts are sorted."""
    return one.header == other.header and all(set(getattr(one, name)) == set(getattr(other, name)) for name in PARTS)
