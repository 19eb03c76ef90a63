"""Sentences that a plugin says, in a form that can be translated after they were stored."""

from typing import Any


class Words(str):
    """A sentence with values: `Words("{minutes} min open", minutes=30)` reads `30 min open`.

    It is an ordinary string; besides, it remembers its template and values, so that a decision that was kept shows
    in the reader's language, when the plugin's module has a `WORDS` table with the template in it. Values are numbers
    and plain strings.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Words":
        words = super().__new__(cls, template.format(**values))
        words.template, words.values = template, values
        return words
