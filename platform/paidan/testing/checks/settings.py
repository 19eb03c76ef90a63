"""What the shop can set: a form must be able to show it, and the plugin to live with it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from paidan.contracts import BadSettings, made, schema_of
from paidan.testing.tested import Failed, Tested

TYPES: Mapping[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list, tuple),
}
SECRET = "never-shown"  # noqa: S105 – made up


def settings_schema(tested: Tested) -> None:
    """Its settings can be shown as a form."""
    schema = schema_of(tested.plugin)
    _must_be_none(_faults_of_schema(schema))


def settings_defaults(tested: Tested) -> None:
    """The defaults keep to the limits of their own settings."""
    properties = schema_of(tested.plugin).get("properties", {})
    _must_be_none(
        fault
        for name, said in properties.items()
        if isinstance(said, Mapping) and "default" in said
        for fault in _faults_of_value(name, said["default"], said)
    )


def settings_made(tested: Tested) -> None:
    """It can be made with its defaults, or with the settings that were given."""
    try:
        tested.make()
    except BadSettings as problem:
        given = "the settings that were given" if tested.settings else "its defaults"
        raise Failed(f"it cannot be made with {given}: {problem}") from problem


def settings_secret(tested: Tested) -> str | None:
    """A secret does not show where the plugin is printed."""
    properties = schema_of(tested.plugin).get("properties", {})
    secrets = {
        name: [SECRET] if said.get("type") == "array" else SECRET
        for name, said in properties.items()
        if isinstance(said, Mapping) and said.get("writeOnly") and said.get("type") in ("string", "array")
    }
    if not secrets:
        return None
    try:
        shown = repr(made(tested.plugin, {**tested.settings, **secrets}))
    except BadSettings:
        return f"not looked at: it cannot be made with {SECRET!r}"
    if SECRET in shown:
        return f"warning: {', '.join(secrets)} can be read in its repr, and so in logs; say @dataclass(repr=False)"
    return None


def _must_be_none(faults: Iterator[str]) -> None:
    found = list(faults)
    if found:
        raise Failed("; ".join(found))


def _faults_of_schema(schema: Mapping[str, Any]) -> Iterator[str]:
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping):
        yield "`properties` is a mapping"
        return
    required = schema.get("required", [])
    if not isinstance(required, list | tuple) or not set(required) <= properties.keys():
        yield f"`required` names settings that it has, not {required!r:.80}"
    try:
        json.dumps(schema)
    except (TypeError, ValueError) as problem:
        yield f"it cannot be written as JSON: {problem}"
    for name, said in properties.items():
        if isinstance(name, str) and isinstance(said, Mapping):
            yield from _faults_of_property(name, said)
        else:
            yield f"{name!r:.80}: a property is a mapping with a name"


def _faults_of_property(name: str, said: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(said.get("title"), str) or not said["title"].strip():
        yield f"{name}: no title"
    if said.get("type") not in TYPES:
        yield f"{name}: a form knows the types {', '.join(TYPES)}, not {said.get('type')!r:.80}"
    if said.get("type") == "array" and not _is_list_of_words(said):
        yield f"{name}: the items of a list are strings"
    if not isinstance(said.get("description", ""), str):
        yield f"{name}: its help is not a sentence"
    if "enum" in said and not (isinstance(said["enum"], list | tuple) and said["enum"]):
        yield f"{name}: its choices are a list that is not empty"
    least, most = said.get("minimum"), said.get("maximum")
    if any(isinstance(limit, bool) or not isinstance(limit, int | float | None) for limit in (least, most)):
        yield f"{name}: a limit is a number"
    elif least is not None and most is not None and least > most:
        yield f"{name}: its minimum {least} is above its maximum {most}"


def _is_list_of_words(said: Mapping[str, Any]) -> bool:
    items = said.get("items")
    return isinstance(items, Mapping) and items.get("type") == "string"


def _faults_of_value(name: str, value: Any, said: Mapping[str, Any]) -> Iterator[str]:
    wanted = said.get("type")
    kinds = TYPES.get(wanted, (object,)) if isinstance(wanted, str) else (object,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds and object not in kinds):
        yield f"{name}: its default {value!r:.80} is not of the type {wanted}"
        return
    if isinstance(value, list | tuple) and not all(isinstance(item, str) for item in value):
        yield f"{name}: its default {value!r:.80} holds something that is not a string"
    if said.get("enum") and value not in said["enum"]:
        yield f"{name}: its default {value!r:.80} is not one of its choices"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if said.get("minimum") is not None and value < said["minimum"]:
            yield f"{name}: its default {value} is below its minimum {said['minimum']}"
        if said.get("maximum") is not None and value > said["maximum"]:
            yield f"{name}: its default {value} is above its maximum {said['maximum']}"
