"""Every word on a screen is Chinese: the catalogue is complete, says what the English says, and is what a page shows."""

import ast
import gettext
import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo

from tests import catalogue

HAN = re.compile("[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd%]|\{\w*\}")

# Where Chinese may stand in the code, and why. Everything else on a screen comes from the catalogue.
CHINESE_IN_CODE = {
    "backoffice/formats/": "how a day may be typed",
    "catalog/models.py": "the unit that a new product or material starts with",
    "catalog/migrations/0001_initial.py": "the same units",
    "contracts/dispatch.py": "an example",
    "dispatch/strategies.py": "a plugin brings its own words",
    "notices/notifiers.py": "a plugin brings its own words",
    "orders/generators/__init__.py": "a plugin brings its own words",
    "registry/scaffold/": "what a plugin begins with, its own words included",
    "testing/": "what plugins are tried with: words that a shop writes",
    "orders/admin/traveller.py": "the word with which the fonts of a machine are tried",
    "console/management/commands/serve.py": "a terminal speaks both languages",
    "exchange/management/commands/prepare.py": "a terminal speaks both languages",
    "exchange/cells.py": "words and units that stand in a shop's workbooks",
    "exchange/order_columns.py": "headings of a shop's workbooks",
    "exchange/order_parts.py": "a msgid that quotes what to type",
    "exchange/process_text.py": "how shops write their processes",
    "exchange/shop.py": "the demo shop",
    "exchange/views.py": "the rows of the template workbook",
    "exchange/workbook.py": "a msgid that quotes headings",
    "insight/play.py": "what the players of a simulated day write",
    "insight/play_floor.py": "what the players of a simulated day write",
    "insight/play_office.py": "what the players of a simulated day write",
}
# Msgids that quote what has to be typed into a workbook.
QUOTING = {
    "Write one of these: 低, 普通, 高, 紧急.",
    "Write the processes, e.g. 印刷+覆膜+模切.",
    "No sheet has a row of headings such as 订单号, 产品, 数量. Download the template and copy your orders in.",
}


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    return catalogue.read(catalogue.PO)


@pytest.fixture(scope="module")
def spoken(chinese: Catalog) -> gettext.GNUTranslations:
    """The catalogue as the product compiles it."""
    out = io.BytesIO()
    write_mo(out, chinese)
    out.seek(0)
    return gettext.GNUTranslations(out)


def messages(chinese: Catalog) -> Iterator[Message]:
    return (message for message in chinese if message.id)


def test_everything_is_translated(chinese: Catalog) -> None:
    """`python -m tests.catalogue` adds what is missing here; then translate it."""
    missing = [
        entry.singular
        for entry in catalogue.wanted().values()
        if not catalogue.is_translated(chinese.get(entry.singular, entry.context))
    ]
    assert not missing
    assert not [message.id for message in messages(chinese) if message.fuzzy]


def test_nothing_is_left_over(chinese: Catalog) -> None:
    """`python -m tests.catalogue` takes away what nobody says any more."""
    unused = {(message.context, catalogue.singular(message)) for message in messages(chinese)} - {*catalogue.wanted()}
    assert not unused
    assert not chinese.obsolete


def test_the_file_is_as_the_script_writes_it() -> None:
    """Sorted, with the right files, without dates: a change of one sentence is a change of one line."""
    assert catalogue.PO.read_text(encoding="utf-8") == catalogue.text_of(catalogue.catalogue())


def test_placeholders_are_kept(chinese: Catalog) -> None:
    for message in messages(chinese):
        ids = message.id if isinstance(message.id, (list, tuple)) else [message.id]
        wanted = Counter(PLACEHOLDER.findall(ids[-1]))
        for text in catalogue.texts(message):
            assert Counter(PLACEHOLDER.findall(text)) == wanted, text


def test_positional_placeholders_keep_their_order(chinese: Catalog) -> None:
    """`%s` is filled by place: a translation that turns the sentence round would name the wrong things."""
    for message in messages(chinese):
        singular = catalogue.singular(message)
        if singular.count("%s") > 1:
            kinds = [re.findall(r"%[sd]", text) for text in (singular, *catalogue.texts(message))]
            assert all(kind == kinds[0] for kind in kinds), singular


def test_sentences_end_like_chinese_ones(chinese: Catalog) -> None:
    """A full stop stays one, in Chinese; nobody is addressed as 您; edges of templates' blocks are kept."""
    for message in messages(chinese):
        singular = catalogue.singular(message)
        for text in catalogue.texts(message):
            assert "您" not in text, text
            if singular != ", ":
                assert [text[i].isspace() for i in (0, -1)] == [singular[i].isspace() for i in (0, -1)], text
            if singular.endswith(".") and not singular.endswith("..."):
                assert text.endswith(("。", "%(mend)s")), text


def test_our_msgids_are_english() -> None:
    ours = {entry.singular for entry in catalogue.wanted().values() if entry.files}
    assert {text for text in ours if HAN.search(text)} == QUOTING & ours


def test_no_chinese_is_written_into_the_code() -> None:
    found = {path for path, text in strings_of_the_code() if HAN.search(text)}
    assert {path for path in found if not path.startswith(tuple(CHINESE_IN_CODE))} == set()


def strings_of_the_code() -> Iterator[tuple[str, str]]:
    """(file, text) of what could reach a screen: strings that are no docstrings, templates, scripts."""
    root = catalogue.ROOT / "platform/paidan"
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".py":
            for text in strings_of_python(path):
                yield name, text
        elif path.suffix in {".html", ".txt", ".js", ".css", ".svg"}:
            yield name, path.read_text(encoding="utf-8")


def strings_of_python(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value


@pytest.mark.parametrize(
    ("english", "values", "text"),
    [
        ("Create and it is assigned, approve and work starts", {}, "创建即分派，审核即开工"),
        ("Order %(order)s waits for approval.", {"order": "202611001"}, "施工单 202611001 待审核。"),
        ("A draft task has neither department nor operator.", {}, "草稿任务没有部门，也没有操作员。"),
        ("Type to search", {}, "输入文字搜索"),
        (", ", {}, "、"),
    ],
)
def test_sentences_come_out_in_chinese(
    spoken: gettext.GNUTranslations, english: str, values: dict[str, str], text: str
) -> None:
    assert spoken.gettext(english) % values == text


def test_counts_come_out_in_chinese(spoken: gettext.GNUTranslations) -> None:
    for n in (0, 1, 2):
        assert spoken.ngettext("%(n)s day late", "%(n)s days late", n) % {"n": n} == f"逾期 {n} 天"


def test_django_shows_it(spoken: gettext.GNUTranslations, chinese: Catalog) -> None:
    """Django finds the file by the name of its folder, and it wins over the packages' own catalogues."""
    import django
    from django.conf import settings
    from django.test import override_settings
    from django.utils import translation

    if not settings.configured:  # run by itself, without the project
        settings.configure(USE_I18N=True)
        django.setup()
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder, *catalogue.PO.parts[-3:]).with_suffix(".mo")
        compiled.parent.mkdir(parents=True)
        with compiled.open("wb") as file:
            write_mo(file, chinese)
        with override_settings(LOCALE_PATHS=[folder]), translation.override("zh-hans"):
            shown = translation.gettext("Filters"), translation.gettext("active")
    assert shown == (spoken.gettext("Filters"), spoken.gettext("active"))


def test_extraction_reads_code_and_templates() -> None:
    """The list itself: what is a msgid in Python and in a template, and what only looks like one."""
    python = '_("a" "b"); ngettext("one", "many", n); pgettext("place", "row"); _(row["name"]); other("no")'
    assert sorted(catalogue.texts_of_python(python), key=str) == [
        ("place", "row", None),
        (None, "ab", None),
        (None, "one", "many"),
    ]
    template = """
    {% load i18n %}<p title="it's">{% trans "a" %}{{ x|default:_("b") }}</p>
        {% blocktranslate count n=n trimmed %}
            {{ n }} day
        {% plural %}
            {{ n }} days
        {% endblocktranslate %}
    {% translate "row" context "place" %} {# _("no") #}
    """
    assert sorted(catalogue.texts_of_template(template, "here"), key=str) == [
        ("place", "row", None),
        (None, "%(n)s day", "%(n)s days"),
        (None, "a", None),
        (None, "b", None),
    ]
