"""The least that a database can do: the same rows written once more by plain statements, committed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

FAR = 1_000_000_000
"""Copies get ids from here on, away from those that the database gives."""


@dataclass(slots=True)
class Copy:
    """All columns of some rows of one table, with the ids and references that a copy must have."""

    table: str
    columns: list[str]
    rows: list[tuple[Any, ...]]

    @property
    def insert(self) -> str:
        """The plain statement."""
        quote = connection.ops.quote_name
        names = ", ".join(quote(column) for column in self.columns)
        return f"INSERT INTO {quote(self.table)} ({names}) VALUES ({', '.join(['%s'] * len(self.columns))})"


def read(model: type[models.Model], where: str, params: Sequence[Any]) -> Copy:
    """These rows of a table as the database has them."""
    fields = list(model._meta.concrete_fields)
    quote = connection.ops.quote_name
    columns = [field.column for field in fields]
    with connection.cursor() as cursor:
        names = ", ".join(quote(column) for column in columns)
        cursor.execute(f"SELECT {names} FROM {quote(model._meta.db_table)} WHERE {where} ORDER BY 1", params)
        return Copy(model._meta.db_table, columns, [tuple(found) for found in cursor.fetchall()])


def moved(copy: Copy, new: Mapping[str, Mapping[Any, Any] | int]) -> Copy:
    """The rows with other values in some columns: a mapping from old to new, or a number to add."""
    changes = {copy.columns.index(column): change for column, change in new.items() if column in copy.columns}

    def other(place: int, value: Any) -> Any:
        change = changes.get(place)
        if change is None or value is None:
            return value
        return value + change if isinstance(change, int) else change.get(value, value)

    rows = [tuple(other(place, value) for place, value in enumerate(found)) for found in copy.rows]
    return Copy(copy.table, copy.columns, rows)


def write(copies: Iterable[Copy], statements: Iterable[tuple[str, Sequence[Any]]] = ()) -> None:
    """Write everything in one transaction: updates first, then one `executemany` per table."""
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
        for copy in copies:
            if copy.rows:
                cursor.executemany(copy.insert, copy.rows)
