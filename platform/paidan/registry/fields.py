"""A field that names a plugin."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.db import models
from unfold.widgets import UnfoldAdminSelectWidget

from paidan.registry import words
from paidan.registry.engine import choices


class PluginSelect(UnfoldAdminSelectWidget):
    """Keeps showing a plugin that was chosen and is gone, so that saving a form does not choose another by itself."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        known = {str(one) for one, _label in self.choices}
        groups = super().optgroups(name, value, attrs)
        gone = [one for one in value if one and one not in known]
        return [*groups, *((None, [self.create_option(name, one, one, True, 0)], 0) for one in gone)]


class PluginField(models.CharField):  # type: ignore[type-arg]
    """The name of a plugin of one group; the registry finds all rows that use a plugin by fields of this kind.

    `affects(row)` says in words what depends on a row, for whoever is about to switch its plugin off.
    """

    def __init__(
        self, *args: Any, group: str = "", affects: Callable[[Any], Iterable[str]] | None = None, **kwargs: Any
    ) -> None:
        self.group, self.affects = group, affects
        kwargs.setdefault("max_length", 60)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs  # plugins come and go without migrations

    def formfield(self, **kwargs: Any) -> Any:
        """A choice among the plugins that are installed and switched on."""
        usual = {"label": self.verbose_name, "help_text": self.help_text, "initial": self.get_default()}
        chooser = {"widget": PluginSelect()}
        return forms.ChoiceField(choices=lambda: choices(self.group), **(usual | kwargs | chooser))

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """`get_<name>_display` says the plugin's title in the reader's language."""
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, f"get_{name}_display", lambda row: self.in_words(getattr(row, name)))

    def in_words(self, name: str) -> str:
        """What people call the plugin, for whoever tells what was changed."""
        return words.title(self.group, name)
