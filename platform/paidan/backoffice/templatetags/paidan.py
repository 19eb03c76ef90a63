"""The small pieces of `backoffice.display`, for templates."""

from typing import Any

from django import template
from django.contrib import admin
from django.db.models import Model

from paidan.backoffice import display
from paidan.backoffice.seeing import hidden

register = template.Library()

register.simple_tag(display.bar, name="bar")
register.simple_tag(display.picture, name="picture")
register.simple_tag(display.state, name="state")
register.simple_tag(display.priority, name="priority")
register.simple_tag(display.due, name="due")


register.filter("money", display.money)


@register.filter
def digits(number: int) -> str:
    """A number as it is read from afar: 12,000."""
    return f"{number:,}"


@register.simple_tag
def due(task: Any) -> Any:
    """The due date of a task; an open one that is past or near says so."""
    return display.due(task.due, is_open=task.status in ("pending", "in_progress"))


@register.simple_tag(takes_context=True)
def shows(context: Any, row: Model, name: str) -> bool:
    """Whether the reader is shown this field of a row."""
    return name not in hidden(context["request"].user, type(row))


@register.simple_tag(takes_context=True)
def readonly(context: Any, field: Any) -> Any:
    """A value that cannot be edited; a row that the reader may not open is named, not linked; a price is written as one."""
    if (name := field.field["name"]) in getattr(field.form._meta.model, "money_fields", ()):
        return display.money(getattr(field.form.instance, name))
    row = _points_at(field)
    return field.contents() if row is None or may_open(context["request"], row) else str(row)


def _points_at(field: Any) -> Model | None:
    resolved = field.resolved_field
    if not resolved or resolved[0] is None or not resolved[0].is_relation:
        return None
    return resolved[2] if isinstance(resolved[2], Model) else None


def may_open(request: Any, row: Model) -> bool:
    """Whether the page of this row exists for the person who asks."""
    page = admin.site._registry.get(type(row))
    if page is None or not page.has_view_permission(request, row):
        return False
    rows = type(row)._default_manager.filter(pk=row.pk)
    return not hasattr(rows, "visible_to") or rows.visible_to(request.user).exists()
