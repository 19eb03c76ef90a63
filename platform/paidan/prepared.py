"""Questions that are asked so often that Django writes their statement only once.

Of a few rows, the database tells in less time than Django takes to write the statement.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, QuerySet, Value


class Given(Value):
    """A value that is named when the question is asked."""

    def __init__(self, name: str, field: Any) -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)

    def param(self, value: Any, connection: Any) -> Any:
        """The value as the driver takes it."""
        return self.output_field.get_db_prep_value(value, connection)


class OneOf(Given):
    """Values for `…__in` that are named when the question is asked: one parameter, however many they are."""

    def __init__(self, name: str, field: Any = None) -> None:
        super().__init__(name, field or BigIntegerField())

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[Any, ...]]:
        """SQLite knows no arrays, but reads JSON."""
        return "(SELECT value FROM json_each(%s))", (self,)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """An array that says of what, so that an empty one can be compared too."""
        return f"(SELECT unnest(%s::{self.output_field.db_type(connection)}[]))", (self,)

    def param(self, value: Iterable[Any], connection: Any) -> Any:
        values = list(value)
        return json.dumps(values) if connection.vendor == "sqlite" else values


class _Statement(NamedTuple):
    """What Django wrote, and how it reads the answer: converters by column."""

    sql: str
    params: tuple[Any, ...]
    converters: list[tuple[int, list[Callable[..., Any]], Any]]

    def read(self, rows: Iterable[tuple[Any, ...]], connection: Any) -> Iterator[tuple[Any, ...]]:
        """The answer with Python's values."""
        for row in map(list, rows):
            for place, converters, expression in self.converters:
                for convert in converters:
                    row[place] = convert(row[place], expression, connection)
            yield tuple(row)


class Prepared:
    """A question as `values_list` asks it, whose statement is written once in the life of the process.

    Only what is `Given` differs from one time to the next. A moment, a person or a setting that the question itself
    took from somewhere would stay as it was the first time.
    """

    def __init__(self, question: Callable[[], QuerySet[Any, Any]]) -> None:
        self._question = question
        self._statement: _Statement | None = None  # two threads may write it at once: both write the same

    def ask(self, **given: Any) -> list[tuple[Any, ...]]:
        """The rows. One query."""
        connection = connections[DEFAULT_DB_ALIAS]
        if self._statement is None:
            self._statement = self._write()
        told = self._statement
        params = [
            each.param(given[each.value], connection) if isinstance(each, Given) else each for each in told.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(told.sql, params)
            rows = cursor.fetchall()
        return list(told.read(rows, connection)) if told.converters else rows

    def _write(self) -> _Statement:
        compiler = self._question().query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        columns = [selected[0] for selected in compiler.select[: compiler.col_count]]
        found = compiler.get_converters(columns).items()
        return _Statement(sql, tuple(params), [(place, *how) for place, how in found])
