"""How a plugin declares its settings: as the fields of its dataclass, or as a JSON Schema of its own.

```python
@dataclass(frozen=True)
class Nightly:
    hour: int = setting(22, title="Hour", help="Full hours, 0 to 23.", minimum=0, maximum=23)
    token: str = setting("", title="Token", secret=True)

    def deliver(self, message): ...
```

A class with a `settings_schema` (a JSON Schema of type `object`) is called with the settings as keywords instead.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

TYPES: Mapping[Any, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}


class BadSettings(ValueError):
    """Settings that a plugin cannot work with; the sentence says which and why."""


def setting(
    default: Any = dataclasses.MISSING,
    *,
    title: str,
    help: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[Any] = (),
    secret: bool = False,
) -> Any:
    """A field that the shop may set: bool, int, float, str, a `Literal`, or `tuple[str, ...]`.

    Without a default it must be filled in. `secret` is never shown again once it is saved.
    """
    said = {"title": title, "description": help, "minimum": minimum, "maximum": maximum, "enum": list(choices)}
    known = {name: value for name, value in said.items() if value not in (None, "", [])}
    if secret:
        known["writeOnly"] = True
    return dataclasses.field(default=default, repr=not secret, metadata={"setting": known})


def schema_of(plugin: Any) -> dict[str, Any]:
    """The JSON Schema of a plugin's settings; a function has none, and neither has a class without fields."""
    own = getattr(plugin, "settings_schema", None)
    if own is not None:
        if not isinstance(own, Mapping) or own.get("type") != "object":
            raise BadSettings("settings_schema must be a JSON Schema of type “object”")
        return dict(own)
    fields = dataclasses.fields(plugin) if inspect.isclass(plugin) and dataclasses.is_dataclass(plugin) else ()
    hints = typing.get_type_hints(plugin) if fields else {}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _property(field, hints[field.name]) for field in fields if field.init},
        "required": [field.name for field in fields if field.init and _must_be_given(field)],
    }


def made(plugin: Any, settings: Mapping[str, Any] | None = None) -> Any:
    """The plugin ready to be called: a function as it is, a class with its settings. Raises `BadSettings`."""
    if not inspect.isclass(plugin):
        return plugin
    schema = schema_of(plugin)
    given = {name: value for name, value in (settings or {}).items() if name in schema.get("properties", {})}
    lists = {name for name, said in schema.get("properties", {}).items() if said.get("type") == "array"}
    if dataclasses.is_dataclass(plugin):
        given = {name: tuple(value) if name in lists else value for name, value in given.items()}
    try:
        return plugin(**given)
    except (TypeError, ValueError) as problem:
        raise BadSettings(str(problem)) from problem


def _property(field: "dataclasses.Field[Any]", hint: Any) -> dict[str, Any]:
    said = dict(field.metadata.get("setting", {"title": field.name}))
    if field.default is not dataclasses.MISSING:
        said["default"] = list(field.default) if isinstance(field.default, tuple) else field.default
    origin = typing.get_origin(hint)
    if origin is Literal:
        values = list(typing.get_args(hint))
        return {"type": TYPES.get(type(values[0]), "string"), "enum": values, **said}
    if origin is tuple and typing.get_args(hint) == (str, ...):
        return {"type": "array", "items": {"type": "string"}, **said}
    if origin in (typing.Union, types.UnionType):
        raise BadSettings(f"{field.name}: a setting has one type")
    if hint not in TYPES:
        raise BadSettings(f"{field.name}: a setting is bool, int, float, str, a Literal or tuple[str, ...]")
    return {"type": TYPES[hint], **said}


def _must_be_given(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
