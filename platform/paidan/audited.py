"""Set-based writes that leave the same history as `save()`: who, when, before → after, why.

Every bulk path goes through these three verbs. History rows are written by one `INSERT … SELECT` each,
with a column list taken from the history model itself, so that a migration cannot make them drift.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections, models, router
from django.db.models import Q
from django.utils import timezone


def insert[Row: models.Model](rows: Sequence[Row], *, by: models.Model | None, why: str = "") -> Sequence[Row]:
    """Write new rows of one model and their first history entries. Two statements for any number of rows."""
    if rows:
        model = type(rows[0])
        model._base_manager.bulk_create(rows)
        _record(model, [row.pk for row in rows], "+", by, why)
    return rows


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


def _record(model: type[models.Model], ids: Sequence[int], kind: str, by: models.Model | None, why: str) -> None:
    history = model.history.model  # type: ignore[attr-defined]
    using = router.db_for_write(model)
    connection = connections[using]
    names = [field.attname for field in history.tracked_fields]
    columns = [field.column for field in history.tracked_fields]
    select, params = model._base_manager.using(using).filter(pk__in=ids).values_list(*names).query.sql_with_params()
    extra = ["history_date", "history_type", "history_user_id", "history_change_reason"]
    quote = connection.ops.quote_name
    moment = connection.ops.adapt_datetimefield_value(timezone.now())
    body = select.replace("SELECT ", "SELECT %s, %s, %s, %s, ", 1)
    into = ", ".join(quote(column) for column in [*extra, *columns])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)} ({into}) {body}",
            [moment, kind, by.pk if by else None, why, *params],
        )
