"""Reads single cells as people fill them in. Each reader answers a value, or raises `BadCell` in two sentences."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from paidan.exchange.workbook import Unreadable
from paidan.orders.models.order import MOST_PIECES, PrintingType, Priority

PIECES = frozenset({
    "", "个", "只", "张", "本", "套", "件", "盒", "份", "册", "箱", "卷", "片", "条", "枚", "包", "米", "公斤", "kg", "m",
    "pcs", "pc", "ea", "sets", "set",
})  # fmt: skip
"""Units that count one by one; a ream (令) or a dozen (打) would not."""
YUAN = frozenset({"", "元", "rmb", "cny", "yuan"})
TIMES = {"": 1, "千": 1_000, "万": 10_000}
AMOUNT = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(\.[0-9]+)?([万千]?)([^0-9.,+-]*)")
DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]*0{1,2}:00(?::00)?(?:\.0+)?)?")
PRIORITIES = {
    Priority.LOW: ("低", "不急", "low", "1"),
    Priority.NORMAL: ("普通", "正常", "一般", "中", "normal", "2"),
    Priority.HIGH: ("高", "急", "优先", "high", "3"),
    Priority.URGENT: ("紧急", "加急", "特急", "urgent", "4"),
}
INKS = {
    "CMYK": ("4C", "4", "四色", "4色", "彩色", "CMYK"),
    "K": ("1C", "1", "单色", "1色", "黑", "黑色", "单黑", "K"),
    "C": ("青",), "M": ("品红",), "Y": ("黄",), "": ("0", "0C", "无", "不印"),
}  # fmt: skip
SIDES = re.compile(r"([014])C?[+/]([014])C?")
SPOT = re.compile(r"(?:PANTONE|PMS|潘通|专色?)?[0-9]{3,5}[CU]?|[0-9一二两三四]专色?|专[^+]{1,20}|专金|专银|金|银")


class BadCell(Exception):
    """A cell that cannot be taken: what is wrong, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what} {mend}")
        self.what = what
        self.mend = mend


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong in one cell of a workbook, and how to mend it."""

    sheet: str
    row: int
    column: str
    what: str
    mend: str

    def __str__(self) -> str:
        return _("Sheet %(sheet)s, row %(row)s, %(column)s: %(what)s %(mend)s") % {
            "sheet": self.sheet, "row": self.row, "column": self.column, "what": self.what, "mend": self.mend,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Colours:
    """What is printed: process colours, spot colours, and the sides when the cell says so."""

    cmyk: str
    spots: str = ""
    printing: str | None = None


def key(word: str) -> str:
    """How names are compared: width, case, spaces and the sign for “by” make no difference."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(folded.split()).replace("×", "x").replace("*", "x")


def text(value: Any, *, most: int, several_lines: bool = False) -> str:
    """Text without control characters, at most so many characters long."""
    words = _as_text(value).replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    if not several_lines:
        words = words.replace("\n", " ").replace("\t", " ")
    words = words.strip()
    if any(_is_hidden(letter) for letter in words if letter not in "\n\t"):
        raise BadCell(_("There are invisible control characters in the text."), _("Type the text again by hand."))
    if len(words) > most:
        raise BadCell(
            _("The text has %(length)s characters; %(most)s is the limit.") % {"length": len(words), "most": most},
            _("Shorten it."),
        )
    return words


def _is_hidden(letter: str) -> bool:
    """Control characters, halves of characters, and the signs that turn the reading direction."""
    return (
        unicodedata.category(letter) in ("Cc", "Cs")
        or letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


def _as_text(value: Any) -> str:
    _must_be_read(value)
    if isinstance(value, (date, datetime, time, timedelta)):
        raise BadCell(
            _("Excel made a date or time out of this text."), _("Format the column as text and type it again.")
        )
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) >= 10**15:
        raise BadCell(
            _("Excel keeps 15 digits of a number only; the others are lost."),
            _("Format the column as text and type it again."),
        )
    return str(value)


def _must_be_read(value: object) -> None:
    if not isinstance(value, Unreadable):
        return
    if value.is_formula:
        raise BadCell(_("This is a formula."), _("Copy the cell and paste it back as a value."))
    raise BadCell(_("Excel shows the error %(error)s here.") % {"error": value.text[:20]}, _("Type the value."))


def number(value: Any) -> str:
    """An order number. What looks like a date that Excel made of it is not taken."""
    looks_like_day = isinstance(value, (date, datetime)) or (
        isinstance(value, (int, float)) and not isinstance(value, bool) and 40_000 <= value <= 60_000
    )
    if looks_like_day:
        raise BadCell(
            _("This looks like an Excel date, not like an order number."),
            _("Format the column as text and type the number again."),
        )
    return unicodedata.normalize("NFKC", text(value, most=32))


def pieces(value: Any, *, least: int = 1) -> int:
    """A whole number of pieces: 5000, “5,000”, “５０００个”, “1万”."""
    amount = _amount(value, PIECES)
    if amount != amount.to_integral_value():
        raise BadCell(_("There are no fractions of a piece."), _("Enter a whole number."))
    if not least <= amount <= MOST_PIECES:
        raise BadCell(
            _("The number must be between %(least)s and 100,000,000.") % {"least": least}, _("Correct the number.")
        )
    return int(amount)


def money(value: Any) -> Decimal:
    """A price in yuan with at most four decimals: 2.23, “￥2.23”, “2.23元”."""
    return _decimal(value, YUAN, places=4, most=Decimal(10) ** 10)


def usage(value: Any) -> Decimal:
    """How much of a material is used, with at most two decimals."""
    return _decimal(value, PIECES, places=2, most=Decimal(MOST_PIECES))


def _decimal(value: Any, units: frozenset[str], *, places: int, most: Decimal) -> Decimal:
    amount = _amount(value, units)
    if amount < 0:
        raise BadCell(_("This is less than nothing."), _("Enter zero or more."))
    if amount >= most:
        raise BadCell(_("The amount is too large to be true."), _("Correct the number."))
    if amount != round(amount, places):
        raise BadCell(_("At most %(places)s decimals are possible.") % {"places": places}, _("Round it."))
    return amount


def _amount(value: Any, units: frozenset[str]) -> Decimal:
    _must_be_read(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) < 10**15:  # also false for what is not a number at all
            return Decimal(str(round(value, 8)))  # what adding floats leaves behind is not meant
    elif isinstance(value, str) and len(value) <= 40 and not any(map(_is_raised, value)):
        words = "".join(unicodedata.normalize("NFKC", value).casefold().split()).lstrip("¥")
        match = AMOUNT.fullmatch(words)
        if match and (match[2] or match[3]) and match[5] in units:
            plain = Decimal(f"{match[1]}{match[2].replace(',', '') or 0}{match[3] or ''}")
            return plain * TIMES[match[4]]
    raise BadCell(_("“%(value)s” is not a number.") % {"value": str(value)[:40]}, _("Enter digits only, e.g. 5000."))


def _is_raised(letter: str) -> bool:
    """Superscripts, fractions and the like, of which normalising would make ordinary digits: 10² is not 102."""
    return unicodedata.decomposition(letter).startswith(("<super>", "<sub>", "<fraction>", "<circle>"))


def day(value: Any, day_zero: date) -> date:
    """A day: a date of Excel's, its serial number, 2026-11-30, 2026/11/30, 2026年11月30日 or 20261130."""
    _must_be_read(value)
    if isinstance(value, datetime):
        return _sensible(value.date())
    if isinstance(value, date):
        return _sensible(value)
    words = unicodedata.normalize("NFKC", _plain_number(value)[:40]).strip()
    if re.fullmatch(r"[0-9]{5}", words):
        return _sensible(day_zero + timedelta(days=int(words)))
    if re.fullmatch(r"[0-9]{8}", words):
        words = f"{words[:4]}-{words[4:6]}-{words[6:]}"
    if match := DAY.fullmatch(words):
        try:
            return _sensible(date(*(int(part) for part in match.groups())))
        except ValueError:
            raise BadCell(
                _("There is no such day as %(day)s.") % {"day": words}, _("Correct the day or the month.")
            ) from None
    if re.fullmatch(r"[0-9]{1,2}[-/.月][0-9]{1,2}日?", words):
        raise BadCell(_("The year is missing in %(day)s.") % {"day": words}, _("Write it like 2026-11-30."))
    raise BadCell(_("“%(value)s” is not a date.") % {"value": words[:40]}, _("Write it like 2026-11-30."))


def _plain_number(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def _sensible(found: date) -> date:
    if not 2000 <= found.year <= 2100:
        raise BadCell(_("The year %(year)s cannot be right.") % {"year": found.year}, _("Write it like 2026-11-30."))
    return found


def priority(value: Any) -> int:
    """How urgent: 低, 普通, 高, 紧急, or 1 to 4."""
    word = key(text(value, most=20))
    for level, words in PRIORITIES.items():
        if word in words:
            return int(level)
    raise BadCell(_("“%(word)s” is no priority.") % {"word": word}, _("Write one of these: 低, 普通, 高, 紧急."))


def colours(value: Any) -> Colours:
    """Colours as the trade writes them: 4C, 四色, CMYK+877C, 2专+黑, 4+4, 1/0."""
    words = "".join(unicodedata.normalize("NFKC", text(value, most=80)).upper().split())
    if match := SIDES.fullmatch(words):
        return _sides(words, int(match[1]), int(match[2]))
    inks: set[str] = set()
    spots = []
    for part in filter(None, re.split(r"[+,、/]", words)):
        known = next((ink for ink, names in INKS.items() if part in names), None)
        if known is not None or (set(part) <= set("CMYK") and len(set(part)) == len(part)):
            inks |= set(part if known is None else known)
        elif SPOT.fullmatch(part):
            spots.append(part)
        else:
            raise BadCell(
                _("“%(word)s” is no colour that is known here.") % {"word": part}, _("Write e.g. 4C, CMYK+877C or 4+4.")
            )
    return Colours("".join(ink for ink in "CMYK" if ink in inks), ", ".join(spots))


def _sides(words: str, front: int, back: int) -> Colours:
    if front and back and front != back:
        raise BadCell(
            _("“%(word)s” may mean two sides, or a spot colour.") % {"word": words},
            _("Write e.g. 4+4, 4+0, or name the spot colour: 4C+877C."),
        )
    cmyk = {0: "", 1: "K", 4: "CMYK"}[max(front, back)]
    sides = {(True, True): PrintingType.BOTH, (True, False): PrintingType.FRONT, (False, True): PrintingType.BACK}
    return Colours(cmyk, "", sides.get((front > 0, back > 0), PrintingType.NONE).value)
