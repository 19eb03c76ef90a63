"""What people read must be in their language: a shop reads Chinese, and a plugin brings its own words along."""

import string
from collections.abc import Iterator, Mapping
from typing import Any

from paidan.contracts import Words, description, schema_of, translated
from paidan.testing.tested import Failed, Form, Tested

LANGUAGE = "zh-hans"


def words_name(tested: Tested) -> None:
    """Its name and description are translated."""
    said = {"the description": description(tested.plugin)}
    if tested.entry:
        said = {"the name": tested.name, **said}
    _must_be_translated(tested, said)


def words_settings(tested: Tested) -> None:
    """The title and the help of every setting are translated."""
    said: dict[str, Any] = {}
    for name, known in schema_of(tested.plugin).get("properties", {}).items():
        if isinstance(known, Mapping):
            said |= {f"{name}, title": known.get("title", ""), f"{name}, help": known.get("description", "")}
    _must_be_translated(tested, said)


def words_reasons(form: Form) -> str | None:
    """Every reason that it gives is translated, and its values can be kept."""
    form.must_be_right("answers")
    reasons = list(_reasons(form))
    faults = dict.fromkeys(fault for reason in reasons for fault in _faults_of_reason(form.tested.plugin, reason))
    if faults:
        raise Failed("; ".join(list(faults)[:8]))
    return None if any(reasons) else "it gave no reasons"


def _must_be_translated(tested: Tested, said: Mapping[str, str]) -> None:
    missing = [
        f"{what} {text!r:.120}"
        for what, text in said.items()
        if isinstance(text, str) and _has_letters(text) and not translated(tested.plugin, text, LANGUAGE)
    ]
    if missing:
        raise Failed(f"not in WORDS[{LANGUAGE!r}] of its module: {'; '.join(missing)}")


def _has_letters(text: str) -> bool:
    return any(letter in string.ascii_letters for letter in text)


def _reasons(form: Form) -> Iterator[Any]:
    """The reasons in every answer that it gave to the facts of its group."""
    for scenario in (*form.usual, *form.kind.unusual(form.tested.name)):
        if not form.faults(scenario):
            yield from form.kind.reasons(form.ask(scenario.facts))


def _faults_of_reason(plugin: Any, reason: Any) -> Iterator[str]:
    if not isinstance(reason, Words):
        if isinstance(reason, str) and _has_letters(reason) and not translated(plugin, reason, LANGUAGE):
            yield f"neither Words nor translated: {reason!r:.120}"
        return
    unfit = [name for name, value in reason.values.items() if not isinstance(value, str | int | float | None)]
    if unfit:
        yield f"values are numbers and plain strings, which {', '.join(unfit)} is not: {reason.template!r:.120}"
    fixed = "".join(text for text, *_field in string.Formatter().parse(reason.template))
    translation = translated(plugin, reason.template, LANGUAGE)
    if translation is None:
        if _has_letters(fixed):
            yield f"not in WORDS[{LANGUAGE!r}]: {reason.template!r:.120}"
        return
    try:
        translation.format(**reason.values)
    except (LookupError, ValueError, TypeError, AttributeError) as problem:
        yield f"the translation of {reason.template!r:.120} does not fit its values: {problem!r}"
