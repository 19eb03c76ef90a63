"""What the columns of an order book mean, and the rows below them, read cell by cell. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from paidan.errors import Refused
from paidan.exchange import cells
from paidan.exchange.cells import BadCell, CellFault
from paidan.exchange.workbook import Book, Row

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
TOTALS = ("合计", "总计", "小计", "共计")
TEXTS = {
    "customer": 120, "product": 160, "code": 60, "spec": 160, "processes": 500, "spot_colours": 120, "salesperson": 80,
    "artwork": 300, "die": 300, "foil": 300, "embossing": 300,
}  # fmt: skip
"""How long the words in a column may be."""


@dataclass(frozen=True, slots=True)
class RowWish:
    """One row, read: where it stands, what its cells say, the headings by field, what is wrong in it."""

    sheet: str
    row: int
    values: Mapping[str, Any]
    columns: Mapping[str, str]
    faults: tuple[CellFault, ...] = ()

    def heading(self, *names: str) -> str:
        """The heading of the first of these fields that has a column; else what it would be called."""
        return next((self.columns[name] for name in names if name in self.columns), HEADINGS[names[0]][0])

    def fault(self, name: str, bad: BadCell) -> CellFault:
        """A fault in the cell of this field."""
        return CellFault(self.sheet, self.row, self.heading(name), bad.what, bad.mend)


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
            self.faults.append(CellFault(self.row.sheet, self.row.number, self.columns[name], bad.what, bad.mend))


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
    for name, most in TEXTS.items():
        reader.take(name, partial(cells.text, most=most))
    reader.take("notes", partial(cells.text, most=2000, several_lines=True))
    reader.take("material", lambda value: listed(cells.text(value, most=300, several_lines=True)))
    reader.take("usage", usages)
    for name in ("quantity", "print_run"):
        reader.take(name, cells.pieces)
    reader.take("spoilage", lambda value: cells.pieces(value, least=0))
    reader.take("unit_price", cells.money)
    for name in ("order_date", "due_date"):
        reader.take(name, lambda value: cells.day(value, day_zero))
    reader.take("priority", cells.priority)
    reader.take("colours", cells.colours)
    return RowWish(row.sheet, row.number, reader.values, columns, tuple(reader.faults))


def listed(words: str) -> tuple[str, ...]:
    """The words of a cell with several entries: 白卡纸；哑膜."""
    return tuple(word.strip() for word in re.split(r"[;；、\n]", words) if word.strip())


def usages(value: Any) -> tuple[Decimal, ...]:
    """The amounts of a cell with one or several of them."""
    return tuple(cells.usage(part) for part in listed(value)) if isinstance(value, str) else (cells.usage(value),)
