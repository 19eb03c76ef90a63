"""A plugin's settings as a form: what it declares is what a person sees."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from paidan.contracts import schema_of
from paidan.registry import words
from paidan.registry.actions import settings_faults
from paidan.registry.loader import Found, usable
from paidan.registry.models import Plugin

PREFIX = "setting_"
type Said = Mapping[str, Any]


class Lines(forms.CharField):
    """Several short texts, one in each line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def installed(plugin: Plugin) -> Found | None:
    """What the row stands for, when it can be used here."""
    one = usable(plugin.group).get(plugin.name)
    return one if one and one.distribution == plugin.distribution else None


class PluginForm(forms.ModelForm):  # type: ignore[type-arg]
    """The settings of one plugin; everything else about it is shown, not typed."""

    class Meta:
        model = Plugin
        fields: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        """Judge the settings as a whole, each fault at its field."""
        cleaned = super().clean() or {}
        for name, message in settings_faults(self.instance, self.settings()):
            self.add_error(PREFIX + name if PREFIX + name in self.fields else None, message)
        return cleaned

    def settings(self) -> dict[str, Any]:
        """What was typed; a secret that was left empty is left out, and stays as it is."""
        given = {}
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if name.startswith(PREFIX) and value not in (None, "") and not (field.secret and not value):  # type: ignore[attr-defined]
                given[name.removeprefix(PREFIX)] = value
        return given


def form_for(plugin: Plugin) -> type[PluginForm]:
    """The form class of one plugin, in the reader's language."""
    one = installed(plugin)
    said: Mapping[str, Said] = schema_of(one.plugin).get("properties", {}) if one else {}
    required = schema_of(one.plugin).get("required", ()) if one else ()
    fields = {PREFIX + name: _field(plugin, name, of, name in required) for name, of in said.items()}
    return type("PluginForm", (PluginForm,), fields)


class OwnSettingsForm(forms.Form):
    """The settings that one user of a plugin gives it, before the plugin's own; secrets stay the plugin's."""

    plugin: Plugin

    def clean(self) -> dict[str, Any]:
        """Judge the settings as a whole, each fault at its field."""
        cleaned = super().clean() or {}
        for name, message in settings_faults(self.plugin, {**self.plugin.settings, **self.own_settings()}):
            self.add_error(PREFIX + name if PREFIX + name in self.fields else None, message)
        return cleaned

    def own_settings(self) -> dict[str, Any]:
        """What was typed and is not what the plugin is set to anyway."""
        given = {}
        for name in self.fields:
            usual = self.plugin.settings.get(name.removeprefix(PREFIX), self.fields[name].usual)  # type: ignore[attr-defined]
            value = self.cleaned_data.get(name)
            if value not in (None, "") and value != usual:
                given[name.removeprefix(PREFIX)] = value
        return given


def own_form_for(plugin: Plugin, given: Said) -> type[OwnSettingsForm]:
    """The form for the settings that one user of a plugin gives it, filled with those that it has."""
    one = installed(plugin)
    said: Mapping[str, Said] = schema_of(one.plugin).get("properties", {}) if one else {}
    fields: dict[str, Any] = {"plugin": plugin}
    for name, of in said.items():
        if not of.get("writeOnly"):
            fields[PREFIX + name] = field = _field(plugin, name, of, required=False)
            field.initial = given.get(name, field.initial)
            field.usual = of.get("default")  # type: ignore[attr-defined]
    return type("OwnSettingsForm", (OwnSettingsForm,), fields)


def names_of(plugin: Plugin) -> list[str]:
    """The names of the form's fields."""
    return list(form_for(plugin).base_fields)


def _field(plugin: Plugin, name: str, said: Said, required: bool) -> forms.Field:
    secret = bool(said.get("writeOnly"))
    make = _KINDS.get("choice" if said.get("enum") else str(said.get("type")), _text)
    field = make(plugin, said)
    field.label = words.say(plugin.group, plugin.name, said.get("title", name))
    field.help_text = words.say(plugin.group, plugin.name, said.get("description", ""))
    kept = name in plugin.secrets
    field.required = required and not kept and not isinstance(field, forms.BooleanField)
    field.initial = None if secret else plugin.settings.get(name, said.get("default"))
    field.secret = secret  # type: ignore[attr-defined]
    if secret:
        field.widget.attrs |= {"autocomplete": "off", "placeholder": "••••••••" if kept else ""}
        field.help_text = f"{field.help_text} {_('Never shown again; leave it empty to keep what is saved.')}".strip()
    return field


def _number(field: Callable[..., forms.Field]) -> Callable[[Plugin, Said], forms.Field]:
    return lambda plugin, said: field(
        min_value=said.get("minimum"), max_value=said.get("maximum"), widget=UnfoldAdminIntegerFieldWidget()
    )


def _choice(plugin: Plugin, said: Said) -> forms.Field:
    kind: Any = {"integer": int, "number": float}.get(str(said.get("type")), str)
    choices = [(value, words.say(plugin.group, plugin.name, str(value))) for value in said["enum"]]
    return forms.TypedChoiceField(choices=choices, coerce=kind, widget=UnfoldAdminSelectWidget())


def _text(plugin: Plugin, said: Said) -> forms.Field:
    return forms.CharField(max_length=said.get("maxLength", 2000), widget=UnfoldAdminTextInputWidget())


_KINDS: Mapping[str, Callable[[Plugin, Said], forms.Field]] = {
    "choice": _choice,
    "boolean": lambda plugin, said: forms.BooleanField(widget=UnfoldBooleanSwitchWidget()),
    "integer": _number(forms.IntegerField),
    "number": _number(forms.FloatField),
    "array": lambda plugin, said: Lines(),
    "string": _text,
}
