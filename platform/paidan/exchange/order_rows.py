"""Turns the rows of an order book into order drafts. Pure: compares what was read with what is known, writes nothing.

One row is one order line. Rows with the same number are one order; a row without a number is an order of its own.
What further rows say about the whole order must agree with the first, or be blank; notes are put together.
A blank cell takes the usual value on a new order, and leaves an existing one as it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from paidan.contracts import OrderFacts
from paidan.errors import Refused
from paidan.exchange import cells, order_parts
from paidan.exchange.cells import BadCell, CellFault
from paidan.exchange.facts import Existing, Known
from paidan.exchange.order_parts import Newcomers, RowWish
from paidan.exchange.workbook import Book, Row
from paidan.orders.drafts import PARTS, OrderDraft
from paidan.orders.models.order import Approval

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "number": ("订单号", "单号", "施工单号", "订单编号", "工单号"),
    "customer": ("客户", "客户名称"),
    "product": ("产品", "产品名称", "品名"),
    "code": ("产品编码", "产品编号", "货号"),
    "spec": ("规格", "产品规格", "尺寸"),
    "quantity": ("数量", "订单数量"),
    "unit_price": ("单价",),
    "order_date": ("下单日期", "订单日期"),
    "due_date": ("交货日期", "交期", "交货期"),
    "priority": ("优先级",),
    "processes": ("工序", "工艺", "工艺要求"),
    "print_run": ("印数", "印刷数量"),
    "spoilage": ("放数", "损耗"),
    "colours": ("色数", "颜色"),
    "spot_colours": ("专色",),
    "salesperson": ("业务员",),
    "notes": ("备注",),
    "material": ("材料", "物料"),
    "usage": ("用量", "材料用量"),
    "artwork": ("图稿",),
    "die": ("刀模",),
    "foil": ("烫金版",),
    "embossing": ("压凸版",),
}
"""What a column means, and the headings under which it is found; the first is the one in the template."""

FIELDS = {heading: field for field, headings in HEADINGS.items() for heading in headings}
ONCE = ("customer", "salesperson", "order_date", "due_date", "priority", "print_run", "spoilage", "colours", "spot_colours")
"""What a whole order has one of."""
TOTALS = ("合计", "总计", "小计", "共计")
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


@dataclass(frozen=True, slots=True)
class Mapped:
    """All orders of a file, the master data that they need first, and columns that mean nothing here."""

    orders: tuple[PlannedOrder, ...]
    newcomers: Newcomers
    unused: tuple[str, ...] = ()


@dataclass(slots=True)
class Reader:
    """Reads the cells of one row, keeping the faults."""

    row: Row
    columns: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)

    def take(self, name: str, read: Callable[[Any], Any]) -> None:
        """Read one cell when its column exists and it is not blank."""
        value = self.row.cells.get(self.columns.get(name, ""))
        if value is None:
            return
        try:
            self.values[name] = read(value)
        except BadCell as bad:
            self.faults.append(
                CellFault(self.row.sheet, self.row.number, self.columns[name], bad.what, bad.mend)
            )


def is_heading(words: str) -> bool:
    """Whether a cell is one of the headings of an order book."""
    return words in FIELDS


def read_rows(book: Book) -> tuple[list[RowWish], tuple[str, ...]]:
    """Each row with its cells read, and the headings that mean nothing here. Rows that only add up are passed over."""
    wishes: list[RowWish] = []
    columns: dict[tuple[str, ...], dict[str, str]] = {}
    for row in book.rows:
        headings = tuple(row.cells)
        if headings not in columns:
            columns[headings] = _columns(row.sheet, headings)
        wish = _read_row(row, columns[headings], book.day_zero)
        if wish:
            wishes.append(wish)
    unused = {heading for headings in columns for heading in headings if heading not in FIELDS}
    return wishes, tuple(sorted(unused))


def _columns(sheet: str, headings: Iterable[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for heading in headings:
        name = FIELDS.get(heading)
        if name in columns:
            raise Refused(
                _("Sheet %(sheet)s: the columns %(one)s and %(other)s mean the same. Delete or rename one of them.")
                % {"sheet": sheet, "one": columns[name], "other": heading},
                "heading_twice",
            )
        if name:
            columns[name] = heading
    return columns


def _read_row(row: Row, columns: Mapping[str, str], day_zero: date) -> RowWish | None:
    used = {name: row.cells[heading] for name, heading in columns.items() if row.cells[heading] is not None}
    adds_up = any(isinstance(value, str) and value.strip() in TOTALS for value in row.cells.values())
    if not used or (adds_up and "product" not in used and "code" not in used):
        return None
    reader = Reader(row, columns)
    reader.take("number", cells.number)
    for name, most in {"customer": 120, "product": 160, "code": 60, "spec": 160, "processes": 500, "spot_colours": 120,
                       "salesperson": 80, "artwork": 300, "die": 300, "foil": 300, "embossing": 300}.items():  # fmt: skip
        reader.take(name, lambda value, most=most: cells.text(value, most=most))
    reader.take("notes", lambda value: cells.text(value, most=2000, several_lines=True))
    reader.take("material", lambda value: order_parts.listed(cells.text(value, most=300, several_lines=True)))
    reader.take("usage", order_parts.usages)
    for name in ("quantity", "print_run"):
        reader.take(name, cells.pieces)
    reader.take("spoilage", lambda value: cells.pieces(value, least=0))
    reader.take("unit_price", cells.money)
    for name in ("order_date", "due_date"):
        reader.take(name, lambda value: cells.day(value, day_zero))
    reader.take("priority", cells.priority)
    reader.take("colours", cells.colours)
    return RowWish(row.sheet, row.number, reader.values, columns, tuple(reader.faults))


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
    check = order_parts.Checker(rows, known, newcomers, current, faults)
    before = current.draft if current else None
    header = _header(once, before, check, today)
    lines = check.lines()
    run = _print_run(once, before, [line.quantity for line in lines])
    if faults:
        return None
    draft = replace(
        before or OrderDraft(order_date=header["order_date"], print_run=run, number=rows[0].values.get("number", "")),
        **header,
        print_run=run,
        spoilage=once.get("spoilage", before.spoilage if before else max(10, run // 50)),
        lines=lines,
        materials=check.materials(run),
        toolings=check.toolings(),
        steps=check.steps(),
    )
    _check_whole(draft, rows, faults)
    return None if faults else draft


def _header(once: dict[str, Any], before: OrderDraft | None, check: order_parts.Checker, today: date) -> dict[str, Any]:
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
        header |= {"cmyk": colours.cmyk, "spot_colours": ", ".join(spots)[:120]}
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
