"""Workbooks from strangers are read or refused in a sentence, and cells are taken as people fill them in."""

import io
import json
import random
import struct
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from paidan.backoffice import sheets
from paidan.errors import Refused
from paidan.exchange import cells, workbook
from paidan.exchange.cells import BadCell, CellFault, Colours
from paidan.exchange.order_columns import is_heading
from paidan.exchange.workbook import DAY_ZERO, Unreadable

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
OUTSIDE = Path(__file__).parents[2] / "shared/data"
SHEET = "xl/worksheets/sheet1.xml"
HEADINGS = ["订单号", "产品", "数量"]


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def filled(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def with_member(name: str, content: str) -> bytes:
    """An ordinary workbook with one of its parts replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(filled(HEADINGS))) as source, zipfile.ZipFile(target, "w") as archive:
        for member in source.namelist():
            archive.writestr(member, content if member == name else source.read(member))
    return target.getvalue()


def sheet_xml(rows: str) -> bytes:
    heading = "".join(f'<c r="{"ABC"[i]}1" t="inlineStr"><is><t>{word}</t></is></c>' for i, word in enumerate(HEADINGS))
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return with_member(
        SHEET,
        f'<worksheet xmlns="{space}"><dimension ref="A1:XFD1000000000"/><sheetData><row r="1">{heading}</row>'
        f"{rows}</sheetData></worksheet>",
    )


def read(content: bytes) -> workbook.Book:
    return workbook.read(content, is_heading)


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(content)
    assert str(refused.value).endswith(".")
    return refused.value.code


# --- workbooks ------------------------------------------------------------------------------------
def test_rows_are_read_below_their_headings_with_their_numbers() -> None:
    book = read(filled(["三月订单"], [], HEADINGS, ["A1", "礼品盒", 5000], [], ["A2", " ", 20.5]))

    assert [(row.sheet, row.number, row.cells) for row in book.rows] == [
        ("Sheet", 4, {"订单号": "A1", "产品": "礼品盒", "数量": 5000}),
        ("Sheet", 6, {"订单号": "A2", "产品": None, "数量": 20.5}),
    ]
    assert book.notes == ()


def test_formulas_and_errors_are_told_from_values() -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append(["=1+1", "#REF!", 3])
    book.active["A3"] = "=1+1"
    book.active["A3"].data_type = "s"

    rows = read(saved(book)).rows

    assert rows[0].cells == {
        "订单号": Unreadable("=1+1", is_formula=True),
        "产品": Unreadable("#REF!", is_formula=False),
        "数量": 3,
    }
    assert rows[1].cells["订单号"] == "=1+1"


def test_hidden_sheets_and_sheets_without_headings_are_passed_over_and_named() -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append(["A1", "礼品盒", 1])
    for title, state in (("旧单", "hidden"), ("说明", "visible")):
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        sheet.append(HEADINGS if state == "hidden" else ["看第一页"])

    read_book = read(saved(book))

    assert [row.sheet for row in read_book.rows] == ["Sheet"]
    assert read_book.notes == (
        "Sheet 旧单 is hidden and was not read.",
        "Sheet 说明 has no row of headings and was not read.",
    )


def test_a_heading_that_stands_twice_is_refused() -> None:
    assert refusal(filled([*HEADINGS, "数量"], ["A1", "礼品盒", 1, 2])) == "heading_twice"


def test_a_workbook_without_headings_is_refused() -> None:
    assert refusal(filled(["甲", "乙"], [1, 2])) == "no_headings"


def test_a_billion_claimed_rows_cost_nothing() -> None:
    started = time.monotonic()
    book = read(
        sheet_xml('<row r="2"><c r="C2"><v>7</v></c></row><row r="1000000000"><c r="A1000000000"><v>1</v></c></row>')
    )

    assert [(row.number, row.cells["数量"]) for row in book.rows] == [(2, 7)]
    assert book.notes == ("Sheet Sheet: reading stopped at row 103, after 100 empty rows.",)
    assert time.monotonic() - started < 2


def test_a_cell_beyond_the_hundredth_column_is_refused() -> None:
    assert refusal(sheet_xml('<row r="2"><c r="ZZZ2"><v>1</v></c></row>')) == "too_wide"


def test_more_than_twenty_thousand_rows_are_refused() -> None:
    rows = "".join(f'<row r="{n}"><c r="C{n}"><v>1</v></c></row>' for n in range(2, 20_003))

    assert refusal(sheet_xml(rows)) == "too_many_rows"


def test_a_large_file_is_refused_before_it_is_opened() -> None:
    assert refusal(b"PK" + bytes(5 * 2**20)) == "too_large"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_xlsx"),
        (b"order,product\n1,2\n", "not_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old_excel"),
        (b"PK\x03\x04" + bytes(40), "not_xlsx"),
    ],
)
def test_what_is_no_xlsx_is_refused_whatever_it_is_called(content: bytes, code: str) -> None:
    assert refusal(content) == code


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_another_zip_is_no_workbook() -> None:
    assert refusal(zipped({"readme.txt": b"hello"})) == "not_xlsx"


@pytest.mark.parametrize(
    "members",
    [
        {"[Content_Types].xml": b"x", SHEET: bytes(30 * 2**20)},
        {f"{n}.xml": b"x" for n in range(201)},
        {f"{n}.bin": random.Random(n).randbytes(30_000) + bytes(2**20) for n in range(50)},
    ],
    ids=["ratio", "members", "sum"],
)
def test_zip_bombs_are_refused_by_their_table_of_contents(members: dict[str, bytes]) -> None:
    started = time.monotonic()

    assert refusal(zipped(members)) == "bomb"
    assert time.monotonic() - started < 2


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    content = bytearray(zipped({"[Content_Types].xml": b" " * 2**20, SHEET: b"x"}))
    at = content.index(b"PK\x01\x02")
    struct.pack_into("<L", content, at + 24, 10)

    assert refusal(bytes(content)) in ("damaged", "not_xlsx")


@pytest.mark.skipif(not OUTSIDE.exists(), reason="the files are not part of the product")
@pytest.mark.parametrize("path", sorted((OUTSIDE / "xlsx").glob("*.xlsx")), ids=lambda path: path.name)
def test_broken_workbooks_of_others_end_in_a_sentence(path: Path) -> None:
    try:
        workbook.read(path.read_bytes(), bool)
    except Refused as refused:
        assert refused.code in ("damaged", "not_xlsx", "no_headings", "bomb")


def test_a_workbook_cut_or_scratched_anywhere_ends_in_a_sentence() -> None:
    good = filled(HEADINGS, *([f"A{n}", "礼品盒", n] for n in range(30)))
    dice = random.Random(5)
    refused = 0
    for _attempt in range(150):
        scratched = bytearray(good[: dice.randrange(len(good))] if dice.random() < 0.3 else good)
        for _scratch in range(dice.randrange(1, 20)):
            if scratched:
                scratched[dice.randrange(len(scratched))] = dice.randrange(256)
        try:
            read(bytes(scratched))
        except Refused:
            refused += 1

    assert refused > 50


def test_text_that_is_written_is_never_a_formula() -> None:
    content = sheets.workbook("订单", HEADINGS, [["=1+1", "+cmd", 3]])

    row = read(content).rows[0]

    assert row.cells == {"订单号": "=1+1", "产品": "+cmd", "数量": 3}


# --- cells ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5000, 5000), (5000.0, 5000), ("5000", 5000), ("５０００个", 5000), ("5,000", 5000), ("5，000", 5000),
        ("5000 pcs", 5000), ("1万", 10_000), ("1.5万个", 15_000), ("12千", 12_000), (" 800 本 ", 800),
        ("5000.0", 5000), ("+5", 5), (100_000_000, 100_000_000), ("100,000,000", 100_000_000),
    ],
)  # fmt: skip
def test_pieces_are_understood(value: Any, expected: int) -> None:
    assert cells.pieces(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        0, -1, 1.5, "1.5", "0", "-5", 100_000_001, "2亿", 1e300, float("nan"), float("inf"), 10**400, True, "", "约5000",
        "5,00", "1,0000", "5000x", "2令", "3打", "10²", "½", "٥", "1e3", "5000/6000", "9" * 41, datetime(2026, 1, 1),
        Unreadable("=A1", is_formula=True), Unreadable("#REF!", is_formula=False),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_possible_quantity_is_refused(value: Any) -> None:
    with pytest.raises(BadCell):
        cells.pieces(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2.23, "2.23"), ("￥2.23", "2.23"), ("¥ 2.23", "2.23"), ("2.23元", "2.23"), ("1,234.5 RMB", "1234.5"),
        (0.1 + 0.2, "0.3"), (0, "0"), ("0.0455", "0.0455"), (3, "3"), (".5", "0.5"),
    ],
)  # fmt: skip
def test_prices_are_understood(value: Any, expected: str) -> None:
    assert cells.money(value) == Decimal(expected)


@pytest.mark.parametrize("value", [-1, "0.04555", 0.00001, "2.23元/千个", "$2", "免费", 10**10, float("inf")], ids=repr)
def test_what_is_no_price_is_refused(value: Any) -> None:
    with pytest.raises(BadCell):
        cells.money(value)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 13), date(2026, 3, 13), 46094, 46094.0, "46094", "2026-03-13", "2026-3-13", "2026/3/13",
        "2026.3.13", "2026年3月13日", "２０２６年３月１３日", "20260313", 20260313, "2026-03-13 00:00:00",
    ],
    ids=repr,
)  # fmt: skip
def test_days_are_understood(value: Any) -> None:
    assert cells.day(value, DAY_ZERO) == date(2026, 3, 13)


def test_serial_numbers_count_from_the_day_that_the_workbook_says() -> None:
    assert cells.day(44632, workbook.DAY_ZERO_1904) == date(2026, 3, 13)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("2026-02-30", "There is no such day as 2026-02-30."),
        ("2026年13月1日", "There is no such day as 2026年13月1日."),
        ("11月30日", "The year is missing in 11月30日."),
        ("11-30", "The year is missing in 11-30."),
        ("3/13/2026", "“3/13/2026” is not a date."),
        ("下周五", "“下周五” is not a date."),
        ("1926-03-13", "The year 1926 cannot be right."),
        (5, "“5” is not a date."),
        (10_000, "The year 1927 cannot be right."),
        (float("nan"), "“nan” is not a date."),
        (Unreadable("=TODAY()", is_formula=True), "This is a formula."),
    ],
    ids=repr,
)
def test_what_is_no_day_is_refused_with_the_reason(value: Any, what: str) -> None:
    with pytest.raises(BadCell) as bad:
        cells.day(value, DAY_ZERO)

    assert bad.value.what == what


def test_an_order_number_is_text_however_it_is_stored() -> None:
    assert [cells.number(value) for value in ("DD-1", " ＤＤ－１ ", 2026110042, 2026110042.0, 46094.5)[:4]] == [
        "DD-1", "DD-1", "2026110042", "2026110042",
    ]  # fmt: skip


@pytest.mark.parametrize("value", [46094, 46094.0, 40_000, datetime(2026, 3, 13), date(2026, 3, 13)], ids=repr)
def test_an_order_number_that_excel_made_a_date_of_is_refused(value: Any) -> None:
    with pytest.raises(BadCell, match="looks like an Excel date"):
        cells.number(value)


@pytest.mark.parametrize("value", ["A\0B", "A\x1bB", "\ud800", "A\u202eB", "x" * 33, 10**16, 2.5e17], ids=repr)
def test_text_that_cannot_be_kept_is_refused(value: Any) -> None:
    with pytest.raises(BadCell):
        cells.number(value)


def test_a_name_may_be_broken_over_lines_and_notes_keep_theirs() -> None:
    assert cells.text("礼品盒\r\n大号", most=20) == "礼品盒 大号"
    assert cells.text("一\r\n二", most=20, several_lines=True) == "一\n二"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("4C", Colours("CMYK")), ("四色", Colours("CMYK")), (4, Colours("CMYK")), ("CMYK+877C", Colours("CMYK", "877C")),
        ("cmyk + 877c + 286c", Colours("CMYK", "877C, 286C")), ("2专+黑", Colours("K", "2专")), ("黑", Colours("K")),
        ("4+4", Colours("CMYK", "", "both")), ("4C+0C", Colours("CMYK", "", "front")), ("0/1", Colours("K", "", "back")),
        ("0", Colours("")), ("KC", Colours("CK")),
    ],
)  # fmt: skip
def test_colours_are_understood(value: Any, expected: Colours) -> None:
    assert cells.colours(value) == expected


@pytest.mark.parametrize("value", ["4+1", "好看", "3C"], ids=repr)
def test_colours_that_could_mean_anything_are_refused(value: str) -> None:
    with pytest.raises(BadCell):
        cells.colours(value)


def test_a_fault_is_one_sentence() -> None:
    fault = CellFault("Sheet1", 5, "数量", "This is a formula.", "Paste the value.")

    assert str(fault) == "Sheet Sheet1, row 5, 数量: This is a formula. Paste the value."


READERS = [
    cells.number, cells.pieces, cells.money, cells.usage, cells.priority, cells.colours,
    lambda value: cells.day(value, DAY_ZERO), lambda value: cells.text(value, most=100),
]  # fmt: skip


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.times(), st.timedeltas()))
def test_a_cell_with_anything_in_it_is_read_or_refused(value: Any) -> None:
    for reader in READERS:
        try:
            reader(value)
        except BadCell as bad:
            assert bad.what and bad.mend


@pytest.mark.skipif(not OUTSIDE.exists(), reason="the files are not part of the product")
def test_hostile_strings_are_read_or_refused() -> None:
    strings = json.loads((OUTSIDE / "strings/blns.json").read_text(encoding="utf-8"))
    strings += [row["payload"] for row in json.loads((OUTSIDE / "strings/formula_injection.json").read_text("utf-8"))]
    for string in strings:
        for reader in READERS:
            try:
                reader(string)
            except BadCell as bad:
                assert bad.what and bad.mend
