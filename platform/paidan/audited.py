"""Set-based writes that leave the same history as `save()`: who, when, before → after, why, in which request.

Every bulk path goes through these three verbs. History rows are written by one `INSERT … SELECT` each,
with a column list taken from the history model itself, so that a migration cannot make them drift.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any
from uuid import uuid4

from django.db import connections, models, router
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

MOST_IDS = 20_000
"""Ids in one statement; well below what either database takes."""

COMMAND, JOB = "cmd-", "job-"
"""How the ids begin that no person's request caused: a command (or the shell), and a job."""

_process = f"{COMMAND}{uuid4().hex}"
_request: ContextVar[str] = ContextVar("paidan_request")


def current_request() -> str:
    """The id of the request or job that is being answered; elsewhere the one of this run of the program."""
    return _request.get(_process)


@contextmanager
def request(identity: str) -> Iterator[str]:
    """What is written inside is told in the history as caused by this request."""
    before = _request.set(identity)
    try:
        yield identity
    finally:
        _request.reset(before)


class OfRequest(models.Model):
    """A history row that knows which request caused it."""

    history_request = models.CharField(_("request"), max_length=36, blank=True, default=current_request, editable=False)

    class Meta:
        abstract = True


def records(excluded_fields: Sequence[str] = ()) -> Any:
    """The history of a model: `history = audited.records()`. Every model takes it from here, so that none forgets."""
    return HistoricalRecords(bases=[OfRequest], excluded_fields=list(excluded_fields))


type Values = Mapping[str, Any]
"""A new row: values by column attribute (`step_id`, not `step`); what is not named takes the field's default."""


def insert(model: type[models.Model], rows: Sequence[Values], *, by: models.Model | None, why: str = "") -> list[int]:
    """Write new rows of one model and their first history entries; returns their ids, in the same order.

    Two statements for any usual number of rows. Neither model instances nor Django's compiler take part: for a
    hundred rows they cost several times what the database does. Where a type needs it, its field prepares the value.
    """
    ids = write_once(model, rows)
    if ids:
        _record(model, ids, "+", by, why)
    return ids


def insert_each[Row: models.Model](rows: Sequence[Row], *, by: models.Model | None, why: str = "") -> Sequence[Row]:
    """Write new rows of one model, which know their ids afterwards, and their first history entries."""
    if rows:
        made_at = [field for field in _columns(type(rows[0])) if getattr(field, "auto_now_add", False)]
        for row in rows:
            for field in made_at:
                field.pre_save(row, add=True)  # sets it on the row too
        for row, pk in zip(rows, insert(type(rows[0]), [row.__dict__ for row in rows], by=by, why=why), strict=True):
            row.pk = pk
            row._state.adding = False
    return rows


def insert_one[Row: models.Model](row: Row, *, by: models.Model | None, why: str = "") -> Row:
    """Write one new row, which knows its id afterwards, and its first history entry."""
    return insert_each([row], by=by, why=why)[0]


def write_once(model: type[models.Model], rows: Sequence[Values]) -> list[int]:
    """Write new rows of a model that keeps no history because its rows never change; returns their ids."""
    using = router.db_for_write(model)
    most = max(1, (connections[using].features.max_query_params or 60_000) // len(_columns(model)))
    ids: list[int] = []
    for start in range(0, len(rows), most):
        ids += _insert(model, rows[start : start + most], using)
    return ids


def _insert(model: type[models.Model], rows: Sequence[Values], using: str) -> list[int]:
    connection = connections[using]
    quote = connection.ops.quote_name
    columns = _columns(model)
    now = timezone.now()
    usual = {f.attname: now if getattr(f, "auto_now_add", False) else f.get_default() for f in columns}
    convert = [(field.attname, _converter(field, connection)) for field in columns]
    params: list[Any] = []
    for row in rows:
        have = {**usual, **row}
        for name, prepare in convert:
            value = have[name]
            params.append(value if prepare is None or value is None else prepare(value))
    one = f"({', '.join(['%s'] * len(columns))})"
    names = ", ".join(quote(field.column) for field in columns)
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES {', '.join([one] * len(rows))} RETURNING {key}", params)
        return [pk for (pk,) in cursor.fetchall()]


@cache
def _columns(model: type[models.Model]) -> list[Any]:
    """The columns that a new row is written with: all but the key, which the database gives."""
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _converter(field: Any, connection: Any) -> Callable[[Any], Any] | None:
    """How a value of this field becomes one that the driver takes; plain numbers and words go as they are."""
    if isinstance(field, models.JSONField):
        return lambda value: connection.ops.adapt_json_value(value, field.encoder)
    if isinstance(field, models.DateField | models.TimeField | models.DecimalField):
        return cache(lambda value: field.get_db_prep_save(value, connection))  # a day stands in many rows
    if field.choices:
        return int if isinstance(field, models.IntegerField) else str
    return None


def update(
    model: type[models.Model],
    ids: Iterable[int],
    *,
    by: models.Model | None,
    why: str = "",
    where: Q | None = None,
    **values: Any,
) -> int:
    """Set the same values on these rows, where a condition still holds. Returns how many rows it held for.

    History is written for the rows that were changed; a caller that needs all or nothing compares the
    number and raises, which rolls both back.
    """
    ids = list(ids)
    if not ids:
        return 0
    changed = model._base_manager.filter(where or Q(), pk__in=ids).update(**values)
    if changed:
        _record(model, ids, "~", by, why)
    return changed


def update_groups(
    model: type[models.Model],
    groups: Iterable[tuple[Sequence[int], dict[str, Any]]],
    *,
    by: models.Model | None,
    why: str = "",
) -> None:
    """Set different values on a few groups of rows: one statement a group, one for the history of all."""
    everything: list[int] = []
    for ids, values in groups:
        model._base_manager.filter(pk__in=ids).update(**values)
        everything += ids
    if everything:
        _record(model, everything, "~", by, why)


def update_each[Row: models.Model](
    rows: Sequence[Row], fields: Sequence[str], *, by: models.Model | None, why: str = ""
) -> None:
    """Write different values to each of these rows, and history. Two statements per few hundred rows."""
    if rows:
        model = type(rows[0])
        model._base_manager.bulk_update(rows, fields)
        _record(model, [row.pk for row in rows], "~", by, why)


def delete(model: type[models.Model], ids: Iterable[int], *, by: models.Model | None, why: str = "") -> int:
    """Delete these rows, leaving their last state in the history; a constant number of statements.

    Rows without a history of their own that hang on them (decisions, reports) go too, and what merely mentions
    them forgets them. Rows that do have a history must be deleted first, by the verb that knows why.
    """
    ids = list(ids)
    if not ids:
        return 0
    _record(model, ids, "-", by, why)
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.many_to_many:
            continue
        dependent = relation.related_model
        rows = dependent._base_manager.filter(**{f"{relation.field.name}__in": ids})
        if relation.on_delete is models.SET_NULL:
            rows.update(**{relation.field.name: None})
        elif relation.on_delete is models.CASCADE and not hasattr(dependent, "history"):
            _raw_delete(rows)
    return _raw_delete(model._base_manager.filter(pk__in=ids))


def _raw_delete(rows: models.QuerySet[Any]) -> int:
    """Delete without collecting and without signals: what depends on the rows is taken care of."""
    return rows._raw_delete(rows.db)  # type: ignore[attr-defined,no-any-return]


@cache
def _history_of(model: type[models.Model]) -> Any:
    """The history model; asking for it makes a new manager class each time."""
    return model.history.model  # type: ignore[attr-defined]


def _record(model: type[models.Model], ids: Sequence[int], kind: str, by: models.Model | None, why: str) -> None:
    """Copy the rows as they stand into the history table, with who, when, what and why."""
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    history = _history_of(model)
    columns = ", ".join(quote(field.column) for field in history.tracked_fields)
    told = ("history_date", "history_type", "history_user_id", "history_change_reason", "history_request")
    extra = ", ".join(map(quote, told))
    moment = connection.ops.adapt_datetimefield_value(timezone.now())
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    with connection.cursor() as cursor:
        for start in range(0, len(ids), MOST_IDS):
            some = ids[start : start + MOST_IDS]
            cursor.execute(
                f"INSERT INTO {quote(history._meta.db_table)} ({extra}, {columns}) SELECT %s, %s, %s, %s, %s, {columns}"
                f" FROM {table} WHERE {key} IN ({', '.join(['%s'] * len(some))})",
                [moment, kind, by.pk if by else None, why, current_request(), *some],
            )
