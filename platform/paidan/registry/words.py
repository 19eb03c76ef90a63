"""Plugins in the reader's language, by the words that they bring along."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext

from paidan.contracts import Words, description, translated
from paidan.registry.loader import usable


def title(group: str, name: str) -> str:
    """What people call a plugin."""
    own = _translated(group, name, name)
    return own or name.replace("_", " ").replace("-", " ").capitalize()


def about(group: str, name: str) -> str:
    """What it does, in one sentence."""
    one = usable(group).get(name)
    sentence = description(one.plugin) if one else ""
    return say(group, name, sentence)


def say(group: str, name: str, words: Any) -> str:
    """A sentence of a plugin, or one that was kept with its template and values, in the reader's language."""
    if not isinstance(words, Mapping):
        return _translated(group, name, str(words)) or str(words)
    template = str(words.get("template", ""))
    try:
        return (_translated(group, name, template) or template).format(**grouped(words.get("values", {})))
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):  # of a version with other words
        return template


class Grouped(int):
    """A number of pieces or minutes as it is written on every page, where a sentence does not say how."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec) if spec else number_format(int(self))


def grouped(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a sentence, their whole numbers in groups of three."""
    return {name: Grouped(value) if type(value) is int else value for name, value in values.items()}


def _translated(group: str, name: str, words: str) -> str | None:
    one = usable(group).get(name)
    return translated(one.plugin, words, get_language() or "") if one else None


def house(words: str) -> str:
    """A sentence of the house about a plugin, in the reader's language."""
    if not isinstance(words, Words):
        return words
    return gettext(words.template).format(**grouped(words.values))


def house_kept(kept: Any) -> str:
    """The same of a sentence that was kept with a decision."""
    if isinstance(kept, Mapping):
        return house(Words(str(kept.get("template", "")), **kept.get("values", {})))
    return str(kept)
