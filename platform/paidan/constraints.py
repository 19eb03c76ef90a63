"""Says in words which invariant of the database a write would have broken."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import DataError, IntegrityError, models
from django.utils.translation import gettext as _

from paidan.errors import Refused


@contextmanager
def in_words() -> Iterator[None]:
    """Turn a broken constraint into the sentence that the constraint itself carries; wrap it around a transaction."""
    try:
        yield
    except (IntegrityError, DataError, OverflowError) as problem:
        raise refusal(str(problem)) from problem


def refusal(message: str) -> Refused:
    """What the database complained about, as a refusal."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if re.search(rf"\b{constraint.name}\b", message) or _is_unique_of(model, constraint, message):
                return Refused(constraint.get_violation_error_message(), constraint.name)
        for field in model._meta.concrete_fields:
            if field.unique and _mentions(model, [str(field.column)], message):
                return Refused(
                    _("This %(field)s is taken already. Choose another one.") % {"field": field.verbose_name}, "taken"
                )
    if "FOREIGN KEY" in message.upper():
        return Refused(_("Something that this refers to was deleted meanwhile. Look again."), "gone")
    return Refused(_("One of the numbers is negative or too large. Correct it."), "bad_value")


def _is_unique_of(model: type[models.Model], constraint: models.BaseConstraint, message: str) -> bool:
    if not isinstance(constraint, models.UniqueConstraint):
        return False
    columns = [str(model._meta.get_field(name).column) for name in constraint.fields]  # type: ignore[union-attr]
    return _mentions(model, columns, message)


def _mentions(model: type[models.Model], columns: list[str], message: str) -> bool:
    """SQLite names a broken unique constraint by its columns, PostgreSQL by a name that begins with the table's."""
    table = model._meta.db_table
    named = ", ".join(f"{table}.{column}" for column in columns)
    return message == f"UNIQUE constraint failed: {named}" or f'"{table}_{"_".join(columns)}_key"' in message
