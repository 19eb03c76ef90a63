"""The Chinese catalogue: every msgid that the product shows, and the file that translates it.

`python -m tests.catalogue` brings the file up to date: translations stay, new msgids come in empty, unused ones go.
A msgid is wanted when our code has it, or when a third-party screen has it and no installed catalogue translates it.
Neither GNU gettext nor Django's settings are needed.
"""

import ast
import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
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
CALLS = {  # where the context, the singular and the plural stand
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
# Third-party code whose words reach a page: package, the folders in it, folders that we do not install.
SCREENS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unfold": ((".",), tuple(f"contrib/{name}" for name in (
        "constance", "hijack", "import_export", "location_field", "reversion", "reversion_compare", "waffle",
    ))),
    "simple_history": ((".",), ("tests",)),
    "guardian": ((".",), ("testapp",)),
    "axes": ((".",), ()),
    "django_otp": ((".",), ("plugins/otp_email", "plugins/otp_hotp")),
    "django": ((
        "contrib/admin", "contrib/auth", "contrib/contenttypes", "contrib/messages", "contrib/sessions",
        "core", "db/models", "forms", "utils", "views",
    ), ()),
}  # fmt: skip
# Said in Chinese by the packages, but stiff, unclear or with a 您: said again in our words.
BETTER = {
    " By %(filter_title)s ",
    "Add %s",
    "Add %(name)s",
    "Add another %(model)s",
    "Add another %(verbose_name)s",
    "Authentication and Authorization",
    "Change %s",
    "Change selected %(model)s",
    "Delete selected %(model)s",
    "Designates that this user has all permissions without explicitly assigning them.",
    "Designates whether the user can log into this admin site.",
    "Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
    "Log out",
    "Select %s to change",
    "Select %s to view",
    "Thanks for spending some quality time with the web site today.",
    "There’s been an error. It’s been reported to the site administrators via email and should be fixed shortly. "
    "Thanks for your patience.",
    "Toggle sorting",
    "View %s",
    "View selected %(model)s",
    "You are authenticated as %(username)s, but are not authorized to access this page. "
    "Would you like to login to a different account?",
    "You may edit it again below.",
    "group",
    "groups",
    "staff status",
    "superuser status",
}
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
type Text = tuple[str | None, str, str | None]  # context, singular, plural


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


def messages_in(path: Path) -> Iterator[Text]:
    """Every translated text in a Python file or a template."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return texts_of_python(text) if "gettext" in text else iter(())
    return texts_of_template(text, str(path)) if "i18n" in text or "_(" in text else iter(())


def texts_of_python(source: str) -> Iterator[Text]:
    """Babel would also take the strings inside `_(row["name"])` for a msgid; the syntax tree tells them apart."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        places = CALLS.get(getattr(call.func, "id", getattr(call.func, "attr", "")))
        words = [place if place is None else literal(call.args[place : place + 1]) for place in places or ()]
        if words and words[1]:
            yield words[0], words[1], words[2]


def literal(arguments: list[ast.expr]) -> str | None:
    """The text of an argument that is written out."""
    if arguments and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str):
        return arguments[0].value
    return None


def texts_of_template(source: str, origin: str) -> Iterator[Text]:
    """Django turns the tags into calls for us; in parentheses, the rest of the markup cannot break the indentation."""
    calls = f"(\n{templatize(source, origin)}\n)".encode()
    for _line, found, _comments, context in extract("python", io.BytesIO(calls)):
        words = (found,) if isinstance(found, str) else tuple(word for word in found if word)
        yield context, words[0], words[1] if len(words) > 1 else None


def sources(folder: Path, *, without: tuple[str, ...] = ()) -> Iterator[Path]:
    """The Python files and templates below a folder, in a stable order."""
    skipped = tuple(str(folder / name) + "/" for name in without)
    for path in sorted(folder.rglob("*")):
        is_template = path.suffix in {".html", ".txt"} and "templates" in path.parts
        if (is_template or path.suffix == ".py") and not str(path).startswith(skipped):
            yield path


def package(name: str) -> Path:
    """Where an installed package lies."""
    spec = find_spec(name)
    assert spec and spec.origin
    return Path(spec.origin).parent


def read(path: Path) -> Catalog:
    with path.open("rb") as file, redirect_stdout(io.StringIO()):  # Babel prints what it thinks of guardian's file
        return read_po(file, locale="zh_Hans", domain="django")


def is_translated(message: Message | None) -> bool:
    """Whether a page would show this message's translation."""
    if message is None or message.fuzzy:
        return False
    return all(texts(message))


def texts(message: Message) -> list[str]:
    """The translation; Chinese has one form for all numbers."""
    return list(message.string) if isinstance(message.string, (list, tuple)) else [str(message.string or "")]


@cache
def shipped() -> frozenset[Key]:
    """What the installed packages translate into Chinese themselves."""
    keys: set[Key] = set()
    for name, (folders, _without) in SCREENS.items():
        for folder in {*folders, "conf"}:
            path = package(name) / folder / "locale/zh_Hans/LC_MESSAGES/django.po"
            if path.exists():
                done = (message for message in read(path) if message.id and is_translated(message))
                keys |= {(message.context, singular(message)) for message in done}
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
                    if message[:2] not in shipped() or message[1] in BETTER:
                        want(*message).packages.add(name)
    return result


def catalogue() -> Catalog:
    """The file as it should be: exactly the wanted msgids, with the translations that the file has now."""
    old = read(PO) if PO.exists() else Catalog()
    new = Catalog(locale="zh_Hans", domain="django")
    for entry in wanted().values():
        known = old.get(entry.singular, entry.context)
        text = texts(known)[0] if known else ""
        new.add(
            entry.ids,
            (text,) if entry.plural else text,
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
