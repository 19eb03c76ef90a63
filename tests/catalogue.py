"""The Chinese catalogue: every msgid that the product shows, and the file that translates it.

`python -m tests.catalogue` brings the file up to date: translations stay, new msgids come in empty, unused ones go.
A msgid is wanted when our code has it, or when a third-party screen has it and no installed catalogue translates it.
Neither GNU gettext nor Django's settings are needed.
"""

import io
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "platform/paidan/locale/zh_Hans/LC_MESSAGES/django.po"
OURS = ("platform/paidan", "config")
CALLS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Third-party code whose words reach a page: package, the folders in it, folders that we do not install.
SCREENS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unfold": ((".",), tuple(f"contrib/{name}" for name in (
        "constance", "hijack", "import_export", "location_field", "reversion", "reversion_compare", "waffle",
    ))),
    "simple_history": ((".",), ("tests",)),
    "guardian": ((".",), ("testapp",)),
    "django": ((
        "contrib/admin", "contrib/auth", "contrib/contenttypes", "contrib/messages", "contrib/sessions",
        "core", "db/models", "forms", "utils", "views",
    ), ()),
}  # fmt: skip
HEADER = """\
# Paidan in Simplified Chinese: our own words, and those that third-party screens leave in English.
# `python -m tests.catalogue` brings the list up to date; tests/test_translations.py fails while one is missing.
msgid ""
msgstr ""
"Project-Id-Version: Paidan\\n"
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""

type Key = tuple[str | None, str]  # context, singular


@dataclass
class Wanted:
    """One msgid, the files of ours that use it, and the packages that do."""

    context: str | None
    singular: str
    plural: str | None = None
    files: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.context, self.singular

    @property
    def ids(self) -> str | tuple[str, str]:
        return (self.singular, self.plural) if self.plural else self.singular


def messages_in(path: Path) -> Iterator[tuple[str | None, str, str | None]]:
    """(context, singular, plural) of every translated text in a Python file or a template."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # In parentheses, what is left of the markup cannot break Python's indentation.
        text = f"(\n{templatize(text, str(path))}\n)" if "i18n" in text or "_(" in text else ""
    elif "gettext" not in text:
        return
    for _line, found, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=CALLS):
        singular, plural = (found[0], found[1]) if isinstance(found, tuple) else (found, None)
        if singular:
            yield context, singular, plural


def sources(folder: Path, *, without: tuple[str, ...] = ()) -> Iterator[Path]:
    """The Python files and templates below a folder, in a stable order."""
    skipped = tuple(str(folder / name) + "/" for name in without)
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".html", ".txt"} and not str(path).startswith(skipped or ("\0",)):
            if path.suffix == ".py" or "templates" in path.parts:
                yield path


def package(name: str) -> Path:
    """Where an installed package lies."""
    spec = find_spec(name)
    assert spec and spec.origin
    return Path(spec.origin).parent


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans", domain="django")


def is_translated(message: Message | None) -> bool:
    """Whether a page would show this message's translation."""
    if message is None or message.fuzzy:
        return False
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(texts)


@cache
def shipped() -> frozenset[Key]:
    """What the installed packages translate into Chinese themselves."""
    keys: set[Key] = set()
    for name, (folders, _without) in SCREENS.items():
        for folder in {*folders, "conf"}:
            path = package(name) / folder / "locale/zh_Hans/LC_MESSAGES/django.po"
            if path.exists():
                keys |= {
                    (message.context, singular(message)) for message in read(path) if message.id and is_translated(message)
                }
    return frozenset(keys)


def singular(message: Message) -> str:
    return message.id[0] if isinstance(message.id, (list, tuple)) else message.id


@cache
def wanted() -> Mapping[Key, Wanted]:
    """Every msgid that our catalogue has to translate."""
    result: dict[Key, Wanted] = {}

    def want(context: str | None, singular: str, plural: str | None) -> Wanted:
        entry = result.setdefault((context, singular), Wanted(context, singular))
        entry.plural = entry.plural or plural
        return entry

    for folder in OURS:
        for path in sources(ROOT / folder):
            for message in messages_in(path):
                want(*message).files.add(path.relative_to(ROOT).as_posix())
    for name, (folders, without) in SCREENS.items():
        for folder in folders:
            for path in sources(package(name) / folder, without=without):
                for message in messages_in(path):
                    if message[:2] not in shipped():
                        want(*message).packages.add(name)
    return result


def catalogue() -> Catalog:
    """The file as it should be: exactly the wanted msgids, with the translations that the file has now."""
    old = read(PO) if PO.exists() else Catalog()
    new = Catalog(locale="zh_Hans", domain="django")
    for entry in wanted().values():
        known = old.get(entry.singular, entry.context)
        text = known.string if known else ""
        if isinstance(text, (list, tuple)) != bool(entry.plural):
            text = (text,) if entry.plural else text[0]
        new.add(
            entry.ids,
            text,
            locations=[(path, 0) for path in sorted(entry.files)],
            auto_comments=[] if entry.files else [f"from {name}" for name in sorted(entry.packages)],
            flags=[flag for flag in (known.flags if known else ()) if flag == "fuzzy"],
            context=entry.context,
        )
    return new


def text_of(new: Catalog) -> str:
    """The catalogue as a file: sorted, without dates or line numbers."""
    out = io.BytesIO()
    write_po(out, new, width=0, omit_header=True, sort_output=True, include_lineno=False)
    return HEADER + out.getvalue().decode()


def main() -> None:
    """Rewrite the file, and say what still has to be translated."""
    new = catalogue()
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_text(text_of(new), encoding="utf-8")
    missing = [message for message in new if message.id and not is_translated(message)]
    sys.stdout.writelines(f"untranslated: {message.id!r}\n" for message in missing)
    sys.stdout.write(f"{PO.relative_to(ROOT)}: {len(new)} messages, {len(missing)} untranslated\n")


if __name__ == "__main__":
    main()
