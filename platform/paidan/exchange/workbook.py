"""Opens workbooks that strangers made: bounded in every direction, and no traceback whatever is in them."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from paidan.errors import Refused

MOST_BYTES = 5 * 2**20
MOST_UNPACKED = 50 * 2**20
MOST_RATIO = 100
MOST_MEMBERS = 200
MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_EMPTY = 100
"""So many empty rows in a row end a sheet, however many it claims to have."""
HEADING_WITHIN = 20
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
DAY_ZERO, DAY_ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell without a value of its own: a formula, or an error such as #REF!."""

    text: str
    is_formula: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the headings: sheet, row number as Excel counts, cells by heading."""

    sheet: str
    number: int
    cells: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Book:
    """The rows of a workbook, what was passed over while reading, and the day that Excel's serial 0 stands for."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    day_zero: date = DAY_ZERO


def read(content: bytes, is_heading: Callable[[str], bool]) -> Book:
    """Read the rows of every visible sheet that has a row with at least two known headings, or refuse in a sentence."""
    _must_be_harmless(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            return _read(book, is_heading)
        finally:
            book.close()
    except Refused:
        raise
    except Exception as problem:  # a damaged workbook may raise anything at all
        raise Refused(
            _("The workbook is damaged and cannot be read. Open it in Excel and save it again as .xlsx."), "damaged"
        ) from problem


def _must_be_harmless(content: bytes) -> None:
    """Refuse by size, kind and table of contents, before anything is unpacked."""
    if len(content) > MOST_BYTES:
        raise Refused(_("The file is larger than 5 MB. Split it into several workbooks."), "too_large")
    if content.startswith(OLD_EXCEL):
        raise Refused(
            _("This is an old .xls workbook, or one with a password. Save it as .xlsx without a password."), "old_excel"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except Exception as problem:  # zipfile, too, raises more than BadZipFile
        raise Refused(_("This is not an Excel workbook. Save it as .xlsx and try again."), "not_xlsx") from problem
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(packed, 1):
        raise Refused(
            _("The workbook unpacks to far more than an order book needs. Copy the orders into a new workbook."), "bomb"
        )
    names = [member.filename for member in members]
    if len(set(names)) < len(names) or "[Content_Types].xml" not in names:
        raise Refused(_("This is not an Excel workbook. Save it as .xlsx and try again."), "not_xlsx")


def _read(book: Any, is_heading: Callable[[str], bool]) -> Book:
    rows: list[Row] = []
    notes: list[str] = []
    headed = False
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            notes.append(_("Sheet %(sheet)s is hidden and was not read.") % {"sheet": sheet.title})
            continue
        sheet.reset_dimensions()  # what the file claims about its size is not trusted
        lines = _lines(sheet, notes)
        headings = _headings(lines, is_heading)
        if headings is None:
            notes.append(_("Sheet %(sheet)s has no row of headings and was not read.") % {"sheet": sheet.title})
            continue
        headed = True
        rows += (Row(sheet.title, number, _cells(headings, cells)) for number, cells in lines)
        if len(rows) > MOST_ROWS:
            raise _too_long()
    if not headed:
        raise Refused(
            _(
                "No sheet has a row of headings such as 订单号, 产品, 数量. Download the template and copy your orders in."
            ),
            "no_headings",
        )
    return Book(tuple(rows), tuple(notes), DAY_ZERO_1904 if book.epoch == CALENDAR_MAC_1904 else DAY_ZERO)


def _too_long() -> Refused:
    return Refused(_("The workbook has more than 20,000 rows. Split it into several workbooks."), "too_many_rows")


def _lines(sheet: Any, notes: list[str]) -> Iterator[tuple[int, list[Any]]]:
    """The rows that have something in them, with their numbers."""
    empty = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        values = [_value(cell) for cell in cells]
        if all(value is None for value in values):
            empty += 1
            if empty > MOST_EMPTY:
                notes.append(
                    _("Sheet %(sheet)s: reading stopped at row %(row)s, after 100 empty rows.")
                    % {"sheet": sheet.title, "row": number}
                )
                return
            continue
        empty = 0
        if number > MOST_ROWS + HEADING_WITHIN:
            raise _too_long()
        if any(value is not None for value in values[MOST_COLUMNS:]):
            raise Refused(_("The workbook has more than 100 columns. Delete those that are not needed."), "too_wide")
        yield number, values


def _value(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "f":
        return Unreadable(str(value), is_formula=True)
    if cell.data_type == "e":
        return Unreadable(str(value), is_formula=False)
    return None if isinstance(value, str) and not value.strip() else value


def _headings(lines: Iterable[tuple[int, list[Any]]], is_heading: Callable[[str], bool]) -> list[str] | None:
    """The first row near the top that has two known headings; a title may stand above it."""
    for number, cells in lines:
        words = [" ".join(value.split()) if isinstance(value, str) else "" for value in cells]
        if len({word for word in words if is_heading(word)}) > 1:
            if twice := next((word for word in words if is_heading(word) and words.count(word) > 1), None):
                raise Refused(
                    _("The heading %(heading)s stands twice in row %(row)s. Delete or rename one of the columns.")
                    % {"heading": twice, "row": number},
                    "heading_twice",
                )
            return words
        if number >= HEADING_WITHIN:
            return None
    return None


def _cells(headings: Sequence[str], cells: Sequence[Any]) -> dict[str, Any]:
    filled = [*cells, *[None] * (len(headings) - len(cells))]
    return {heading: value for heading, value in zip(headings, filled, strict=False) if heading}
