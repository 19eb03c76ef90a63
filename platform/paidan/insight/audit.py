"""Proves that the history says what happened: nothing unrecorded, nothing torn, nobody unnamed; writes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext as _

from paidan.audited import COMMAND, JOB

ROWS_AT_ONCE = 20_000
"""Numbers in one statement: a large table is proven in pieces, each as long as a small table."""

BY_THE_HOUSE = frozenset({"registry.Plugin"})
"""Models whose rows the house itself changes while it answers a person, e.g. a plugin that failed too often."""


@dataclass(slots=True)
class Proof:
    """What was looked at of one model, and what is wrong with it, in words."""

    model: str
    rows: int = 0
    entries: int = 0
    problems: list[str] = field(default_factory=list)


def tracked(*labels: str) -> list[type[models.Model]]:
    """The models that keep a history: of these apps, or all."""
    some = (apps.get_app_config(label) for label in labels) if labels else apps.get_app_configs()
    return [
        model for app in some for model in app.get_models() if hasattr(model._meta, "simple_history_manager_attribute")
    ]


def proofs(wanted: Iterable[type[models.Model]] | None = None) -> Iterator[Proof]:
    """Prove these models, or all: two statements each, and four for every 20,000 numbers."""
    for model in tracked() if wanted is None else wanted:
        yield _Tables(model).proof()


def problems(*labels: str) -> list[str]:
    """What is wrong in the histories of these apps, or of all."""
    return [problem for proof in proofs(tracked(*labels)) for problem in proof.problems]


class _Tables:
    """A model's table `m` and its history's `h`, as the statements name them."""

    def __init__(self, model: type[models.Model]) -> None:
        quote = connection.ops.quote_name
        history = model.history.model  # type: ignore[attr-defined]
        self.label, self.name = model._meta.label, str(model._meta.verbose_name)
        self.table, self.kept = quote(model._meta.db_table), quote(history._meta.db_table)
        self.pk = quote(str(model._meta.pk.column))
        self.columns = [column.column for column in history.tracked_fields]
        self.differs = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"

    def proof(self) -> Proof:
        """Everything about this model, piece by piece."""
        rows, *ends = self._extent(self.table)
        entries, *more = self._extent(self.kept)
        proof = Proof(self.label, rows, entries)
        numbers = [end for end in (*ends, *more) if end is not None]
        for low in range(min(numbers), max(numbers) + 1, ROWS_AT_ONCE) if numbers else ():
            for find in (self._unrecorded, self._vanished, self._torn, self._unnamed):
                proof.problems += find(low, low + ROWS_AT_ONCE - 1)
        return proof

    def _extent(self, table: str) -> tuple[Any, ...]:
        return _select(f"SELECT COUNT(*), MIN({self.pk}), MAX({self.pk}) FROM {table}")[0]

    def _newest(self) -> str:
        """The last entry of each row of a piece; what takes no part in the comparison is not read."""
        columns = ", ".join(
            map(connection.ops.quote_name, dict.fromkeys([*self.columns, "history_id", "history_type"]))
        )
        return (
            f"(SELECT * FROM (SELECT {columns}, ROW_NUMBER() OVER"
            f" (PARTITION BY {self.pk} ORDER BY history_date DESC, history_id DESC) AS newest"
            f" FROM {self.kept} WHERE {self.pk} BETWEEN %s AND %s) AS every WHERE newest = 1) AS h"
        )

    def _unlike(self, one: str, other: str) -> list[str]:
        quote = connection.ops.quote_name
        return [f"{one}.{quote(column)} {self.differs} {other}.{quote(column)}" for column in self.columns]

    def _unrecorded(self, low: int, high: int) -> Iterator[str]:
        """Rows that their newest entry does not describe."""
        unlike = self._unlike("m", "h")
        for pk, kind, *others in _select(
            f"SELECT m.{self.pk}, h.history_type, {', '.join(unlike)} FROM {self.table} AS m"
            f" LEFT JOIN {self._newest()} ON h.{self.pk} = m.{self.pk} WHERE m.{self.pk} BETWEEN %s AND %s"
            f" AND (h.history_id IS NULL OR h.history_type = '-' OR {' OR '.join(unlike)}) ORDER BY 1",
            [low, high, low, high],
        ):
            yield _unrecorded(self.name, pk, kind, [c for c, other in zip(self.columns, others, strict=True) if other])

    def _vanished(self, low: int, high: int) -> Iterator[str]:
        """Rows that are gone, and whose history does not end with a deletion."""
        return self._each(
            _("%(model)s %(id)s is gone, and its history does not say so."),
            f"SELECT h.{self.pk} FROM {self._newest()} LEFT JOIN {self.table} AS m ON m.{self.pk} = h.{self.pk}"
            f" WHERE m.{self.pk} IS NULL AND h.history_type <> '-' ORDER BY 1",
            [low, high],
        )

    def _torn(self, low: int, high: int) -> Iterator[str]:
        """Rows whose entries do not run + ~ ~ … -, or stand in another order by time than by number."""
        return self._each(
            _("%(model)s %(id)s: its history contradicts itself."),
            f"SELECT DISTINCT {self.pk} FROM (SELECT {self.pk}, history_id, history_type, LAG(history_type) OVER flow"
            f" AS kind_before, LAG(history_id) OVER flow AS id_before FROM {self.kept}"
            f" WHERE {self.pk} BETWEEN %s AND %s"
            f" WINDOW flow AS (PARTITION BY {self.pk} ORDER BY history_date, history_id)) AS entries"
            " WHERE (id_before IS NULL AND history_type <> '+') OR (id_before IS NOT NULL AND history_type = '+')"
            f" OR kind_before = '-' OR id_before > history_id ORDER BY {self.pk}",
            [low, high],
        )

    def _unnamed(self, low: int, high: int) -> Iterator[str]:
        """Entries that say no request; or that a person caused, and name nobody.

        An entry that changes nothing needs nobody: signing in writes one before it is known who it is. What the house
        does by itself says why.
        """
        alone = " AND COALESCE(h.history_change_reason, '') = ''" if self.label in BY_THE_HOUSE else ""
        return self._each(
            _("%(model)s %(id)s was changed, and its history does not say by whom."),
            f"SELECT DISTINCT h.{self.pk} FROM {self.kept} AS h LEFT JOIN {self.kept} AS p ON p.history_id ="
            f" (SELECT MAX(e.history_id) FROM {self.kept} AS e WHERE e.{self.pk} = h.{self.pk}"
            f" AND e.history_id < h.history_id) WHERE h.{self.pk} BETWEEN %s AND %s AND (h.history_request = ''"
            " OR (h.history_user_id IS NULL AND h.history_request NOT LIKE %s AND h.history_request NOT LIKE %s"
            f"{alone} AND (h.history_type <> '~' OR {' OR '.join(self._unlike('p', 'h'))}))) ORDER BY 1",
            [low, high, f"{COMMAND}%", f"{JOB}%"],
        )

    def _each(self, sentence: str, sql: str, params: Sequence[Any]) -> Iterator[str]:
        for (pk,) in _select(sql, params):
            yield sentence % {"model": self.name, "id": pk}


def _unrecorded(model: str, pk: Any, kind: str | None, fields: list[str]) -> str:
    if kind is None:
        return _("%(model)s %(id)s has no history.") % {"model": model, "id": pk}
    if kind == "-":
        return _("%(model)s %(id)s is there, but its history says it was deleted.") % {"model": model, "id": pk}
    words = {"model": model, "id": pk, "fields": ", ".join(fields)}
    return _("%(model)s %(id)s is not what its newest history entry says: %(fields)s.") % words


def _select(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall()
