"""Form fields that do not ask the database once per row, and one for many choices."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget


class KnownChoicesMixin:
    """A form whose choosers take the label of the chosen row from the instance, where it is loaded already."""

    instance: Any
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            row = self.instance._state.fields_cache.get(name)
            widget = field.widget
            inner = widget.widget if isinstance(widget, RelatedFieldWidgetWrapper) else widget
            if hasattr(inner, "optgroups") and hasattr(inner, "get_url"):
                _remember(inner, field, row)


def _remember(widget: Any, field: Any, row: Any) -> None:
    """Let an autocomplete widget show a row that is at hand, and an empty choice, without a query."""
    ask = widget.optgroups

    def optgroups(name: str, value: list[Any], attrs: Any = None) -> Any:
        chosen = [str(item) for item in value if str(item) not in ("", "None")]
        if chosen and not (row is not None and chosen == [str(row.pk)]):
            return ask(name, value, attrs)
        groups: list[Any] = [(None, [], 0)]
        if not widget.is_required:
            groups[0][1].append(widget.create_option(name, "", "", False, 0))
        if chosen:
            groups[0][1].append(widget.create_option(name, row.pk, str(row), True, 0))
        return groups

    widget.optgroups = optgroups


class KnownChoicesForm(KnownChoicesMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A part of a row, edited with it."""


class SharedChoices:
    """The rows of a small table, read once for all forms of a page."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self._choices: list[tuple[Any, str]] | None = None

    def give(self, field: Any) -> Any:
        """Make this field offer the shared rows."""
        if self._choices is None:
            self._choices = [(row.pk, str(row)) for row in self.rows]
        empty = [("", field.empty_label)] if field.empty_label is not None else []
        field.choices = [*empty, *self._choices]
        return field


class CheckboxTable(UnfoldAdminCheckboxSelectMultipleWidget):
    """Many choices in named rows, all of them in sight; what is chosen is seen without opening anything."""

    template_name = "backoffice/checkboxes.html"
    option_template_name = "backoffice/checkbox.html"
