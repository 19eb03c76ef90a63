"""What entries of histories changed, field by field and in words; a few queries for any number of entries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paidan.backoffice.display import money

SILENT = {"id", "order", "step", "version"}
"""What the heading of an entry says already, or nobody asks for."""
ACTS = {"+": gettext_lazy("added"), "~": gettext_lazy("changed"), "-": gettext_lazy("deleted")}
NOTHING: tuple[Any, ...] = (None, "", [], {})

type Moved = tuple[Any, Any, Any]
"""A field, and what stood there before and after."""
type Mention = tuple[type[models.Model], Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, before and after."""

    name: str
    before: Any
    after: Any

    def texts(self) -> tuple[str, str]:
        """Both sides as a page shows them."""
        return text(self.before), text(self.after)


def text(value: Any) -> str:
    """A value as people write it."""
    if value in NOTHING:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(value, "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(value, Decimal):
        return number_format(f"{value.normalize():f}")
    return number_format(value) if isinstance(value, int) else str(value)


def in_a_cell(value: Any) -> Any:
    """A value for a workbook: moments and days as such, everything else as a page says it."""
    return value if isinstance(value, date) else "" if value in (None, "") else text(value)


@cache
def told_fields(model: type[models.Model]) -> tuple[Any, ...]:
    """The fields of a model that a history tells of: what somebody types, and what the model itself says is worth it."""
    silent = SILENT | set(getattr(model, "untold_fields", ()))
    also = getattr(model, "also_told", ())
    fields = (field for field in model._meta.concrete_fields if field.name not in silent)
    return tuple(field for field in fields if field.editable or field.name in also)


def moved(model: type[models.Model], act: str, row: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Moved]:
    """What an entry changed; of a new or deleted row, what says something. What the reader may not see is in neither."""
    for field in told_fields(model):
        if field.attname not in row:
            continue
        after, old = row[field.attname], before.get(field.attname)
        if act == "~":
            if after != old:
                yield field, old, after
        elif after not in NOTHING and after != field.get_default():
            yield (field, None, after) if act == "+" else (field, after, None)


def mentioned(changes: Iterable[Moved]) -> Iterator[Mention]:
    """The rows that these changes point at."""
    for field, *sides in changes:
        if field.is_relation:
            yield from ((field.related_model, side) for side in sides)


class Names:
    """What the rows that are mentioned are called; one query for each kind of row, none for those that are known."""

    def __init__(self, mentions: Iterable[Mention], *, known: Mapping[Any, Mapping[Any, models.Model]] | None = None):
        wanted: dict[Any, set[Any]] = defaultdict(set)
        self.rows: dict[Any, dict[Any, models.Model]] = {model: dict(rows) for model, rows in (known or {}).items()}
        for model, pk in mentions:
            if pk is not None and pk not in self.rows.get(model, ()):
                wanted[model].add(pk)
        for model, pks in wanted.items():
            self.rows.setdefault(model, {}).update({row.pk: row for row in model._base_manager.filter(pk__in=pks)})

    def name(self, model: Any, pk: Any) -> str | None:
        """How a row is called; one that is gone by its number."""
        if pk is None:
            return None
        row = self.rows.get(model, {}).get(pk)
        return f"#{pk}" if row is None else str(row)

    def differences(self, changes: Iterable[Moved]) -> list[Difference]:
        """Before and after, in words."""
        return [
            Difference(str(field.verbose_name), *(self._value(field, value) for value in sides))
            for field, *sides in changes
        ]

    def _value(self, field: Any, value: Any) -> Any:
        if value in NOTHING:
            return None
        return self.name(field.related_model, value) if field.is_relation else _in_words(field, value)


def _in_words(field: Any, value: Any) -> Any:
    """What stands in this field, as people read it."""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field.name in getattr(field.model, "money_fields", ()):
        return money(value)
    if hasattr(field, "in_words"):
        return field.in_words(value)
    if isinstance(value, datetime):
        return timezone.localtime(value)
    return len(value) if isinstance(value, list) else value
