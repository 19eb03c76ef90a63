"""Workbooks that leave the house: text stays text, so that nothing in it can become a formula."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000
"""More than anybody reads; a longer list is narrowed first."""
MOST_LETTERS = 32_767
"""Excel calls a workbook damaged when a cell has more."""
MOST_DIGITS = 15
"""Excel keeps so many digits of a number and makes the others zero."""
WIDTH = 18


def workbook(title: str, columns: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook with one sheet. Rows are written as they come and are not kept, so a generator costs no memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_title(title))
    sheet.freeze_panes = "A2"
    sheet.sheet_format.defaultColWidth = WIDTH
    sheet.append([_cell(sheet, heading) for heading in columns])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def answer(name: str, title: str, columns: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """The workbook as a file to keep; no cache on the way keeps it too."""
    return HttpResponse(
        workbook(title, columns, rows),
        content_type=KIND,
        headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Cache-Control": "no-store"},
    )


def _title(title: str) -> str:
    """What Excel takes as the name of a sheet."""
    return "".join(" " if letter in r"[]:*?/\'" else letter for letter in title)[:31] or "1"


def _cell(sheet: Any, value: object) -> WriteOnlyCell:
    """Moments (in the shop's time), days and numbers as such, everything else as text."""
    if value is None or value == "":
        return WriteOnlyCell(sheet)
    if isinstance(value, datetime):
        return _formatted(
            sheet, timezone.make_naive(value) if timezone.is_aware(value) else value, "yyyy-mm-dd hh:mm:ss"
        )
    if isinstance(value, date):
        return _formatted(sheet, value, "yyyy-mm-dd")
    if isinstance(value, bool):
        value = _("yes") if value else _("no")
    if isinstance(value, int | float | Decimal) and len(f"{value:f}".lstrip("-").replace(".", "")) <= MOST_DIGITS:
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", str(value))[:MOST_LETTERS])
    cell.data_type, cell.number_format = "s", "@"
    return cell


def _formatted(sheet: Any, value: object, form: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = form
    return cell
