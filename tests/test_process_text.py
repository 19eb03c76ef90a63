"""Process texts as customers write them become steps; whatever is not understood is shown."""

import io
import json
import time
import unicodedata
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from paidan.catalog.models import Process
from paidan.exchange.management.commands.parse_processes import vocabulary
from paidan.exchange.process_text import Parsed, Vocabulary, normal, parse

HOUSE = Path(__file__).parents[1]
OUTSIDE = Path(__file__).parents[2] / "shared/data"
PROCESSES = json.loads((HOUSE / "fixtures/processes.json").read_text(encoding="utf-8"))
ROWS = [(row["code"], row["name"], row["synonyms"]) for row in PROCESSES]
WORDS = Vocabulary.of(ROWS)
CODES = {code for code, _name, _synonyms in ROWS}
SPELLINGS = sorted({word for code, name, synonyms in ROWS for word in (code, name, *synonyms)})


def codes(text: str) -> str:
    """The steps of a text that is understood completely."""
    found = parse(text, WORDS)
    assert found.unknown == ()
    return " ".join(found.codes)


# --- order lines from outside ---------------------------------------------------------------------
# Its 裱 stands only in the material half: stated MOUNT first, but the note says where the step belongs.
BELONGS = {"裱坑盖板盒": ["PRT", "LAM_M", "MOUNT", "DIE", "BOX"]}

if (ORDER_LINES := OUTSIDE / "orders_cn/order_lines.json").exists():

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (line["process_text"], " ".join(BELONGS.get(line["product"], line["stated_codes"])))
            for line in json.loads(ORDER_LINES.read_text(encoding="utf-8"))["lines"]
        ],
    )
    def test_an_order_line_of_a_packaging_printer_gives_its_route(text: str, expected: str) -> None:
        assert codes(text) == expected


if (NAUGHTY := OUTSIDE / "strings/blns.json").exists():

    def test_no_naughty_string_raises_or_loses_an_unknown_word() -> None:
        for text in json.loads(NAUGHTY.read_text(encoding="utf-8")):
            found = parse(text, WORDS)

            assert set(found.codes) <= CODES
            assert all(word in unicodedata.normalize("NFKC", text) for word in found.unknown)


# --- the shop's words -----------------------------------------------------------------------------
@pytest.mark.parametrize(("code", "name", "synonyms"), ROWS, ids=[row[0] for row in ROWS])
def test_code_name_and_every_synonym_mean_the_process(code: str, name: str, synonyms: list[str]) -> None:
    for word in (code, code.lower(), code.title(), name, *synonyms):
        assert parse(word, WORDS) == Parsed((code,), ())


def test_no_word_belongs_to_two_processes() -> None:
    assert len(SPELLINGS) == len([word for code, name, more in ROWS for word in {code, name, *more}])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("四色印刷+过哑胶+烫金+啤+粘盒", "PRT LAM_M FOIL_G DIE BOX"),
        ("PRT+LAM_M", "PRT LAM_M"),
        ("ｐｒｔ＋ｌａｍ＿ｍ，ＤＩＥ；ＰＡＣＫ", "PRT LAM_M DIE PACK"),
        ("切纸→晒版→印刷→起鼓→糊盒→装箱", "CUT CTP PRT EMB BOX PACK"),
        ("烫金击凸", "FOIL_G EMB"),
        ("开窗贴胶片", "WINDOW"),
        ("开窗贴0.2厚胶片23.5*14CM", "WINDOW"),
        ("折3折", "FOLD"),
        ("骑马钉", "SADDLE"),
        ("模切压痕", "DIE SCORE"),
        ("裱+啤后粘", "MOUNT DIE BOX"),
        ("粘/糊/粘合", "BOX BOX BOX"),
        ("过光油、过油", "VAN VAN"),
        ("局部UV印刷", "UV"),
        ("逆向UV+激凸+局部UV++啤", "UV EMB UV DIE"),
        ("正面四色+过哑胶+反面专色+过哑胶", "PRT LAM_M PRT LAM_M"),
        ("4C\n覆膜\n啤", "PRT LAM_G DIE"),
    ],
)
def test_steps_stand_in_the_order_of_the_text(text: str, expected: str) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize("text", ["覆膜", "过胶"])
def test_lamination_without_gloss_or_matt_is_taken_as_gloss(text: str) -> None:
    assert codes(text) == "LAM_G"


def test_a_word_that_the_shop_adds_is_understood_at_once() -> None:
    rows = [("PRT", "印刷", ""), ("SOFT", "触感膜", "抚感膜, 绒面膜，软触"), ("UV1", "UV", "")]

    assert parse("4C+绒面膜+软触+触感膜+uv1", Vocabulary.of(rows)) == Parsed(("PRT", "SOFT", "SOFT", "SOFT", "UV1"), ())


def test_a_name_goes_before_the_same_word_as_a_synonym() -> None:
    rows = [("A", "甲", ["模切"]), ("DIE", "模切", ["甲"])]

    assert parse("模切+甲", Vocabulary.of(rows)).codes == ("DIE", "A")


def test_colours_are_unknown_to_a_shop_that_does_not_print() -> None:
    words = Vocabulary.of([("DIE", "模切", ["啤"])])

    assert parse("4C+啤+双面四色印", words) == Parsed(("DIE",), ("4C", "四色印"))


def test_colours_mean_the_process_with_the_code_prt_when_none_is_called_by_the_usual_name() -> None:
    assert parse("4C", Vocabulary.of([("PRT", "柯式", "")])) == Parsed(("PRT",), ())


def test_a_code_with_a_number_is_not_read_in_a_longer_number() -> None:
    assert parse("L1+L12", Vocabulary.of([("L1", "甲", "")])) == Parsed(("L1",), ("L12",))


def test_a_synonym_without_a_letter_means_nothing() -> None:
    assert parse("啤+啤", Vocabulary.of([("DIE", "模切", ["啤", "+", "", "4"])])) == Parsed(("DIE", "DIE"), ())


# --- colours --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        *(
            "4C",
            "四色",
            "4C印刷",
            "单面印四色",
            "双面四色印",
            "正反四色+专印",
            "五色",
            "彩色",
            "CMYK",
            "PRT+4C",
        ),
        *("4+1", "4/4", "4C+0C", "4+1专", "４Ｃ＋４Ｃ", "面:4+0;底:1+0", "2专", "2专+黑", "3个专色", "专色"),
        *("黑", "单黑", "印黑色", "UV印", "UV印刷", "印", "印金", "单面印"),
    ],
)
def test_colours_side_by_side_are_one_printing(text: str) -> None:
    assert codes(f"{text}+啤") == "PRT DIE"


def test_colours_on_another_sheet_are_another_printing() -> None:
    assert codes("封面250g铜版纸4+4，内页128g双铜4/4，骑马钉") == "PRT PRT SADDLE"


@pytest.mark.parametrize("word", ["丝印", "烫印", "移印", "烫黑金"])
def test_another_process_with_print_in_its_name_is_not_printing(word: str) -> None:
    assert parse(f"{word}+啤", WORDS) == Parsed(("DIE",), (word,))


# --- materials ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        *(
            "350g白卡",
            "300克铜版纸",
            "128g双铜",
            "80克不干胶",
            "157g/㎡哑粉纸",
            "250gsm双胶纸",
            "375银卡",
            "银卡",
        ),
        *(
            "300g白卡+WE+120",
            "W9加120g芯",
            "E坑",
            "3层E坑",
            "BE坑",
            "250g宁波单铜纸W9加强芯",
            "2mm灰板",
            "牛皮纸",
        ),
        *("黑色卡纸", "珠光纸", "透明贴纸", "封口贴", "0.2厚APET", "266x154.5x73mm", "20*5CM", "A4"),
    ],
)
def test_a_material_is_neither_a_step_nor_unknown(text: str) -> None:
    assert parse(text, WORDS) == Parsed((), ())
    assert codes(f"{text}+4C+啤") == "PRT DIE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("350g单铜裱W9加120g芯+单面印四色+覆哑膜+啤+粘", "PRT LAM_M MOUNT DIE BOX"),
        ("350g白卡裱WE坑+4C+裱+啤", "PRT MOUNT DIE"),
        ("300g白卡裱E坑裱300g白卡+4C+啤", "PRT MOUNT DIE"),
        ("300g白卡对裱300g白卡+4C+局部UV+切成品", "PRT UV LAM_B TRIM"),
        ("350g白卡 裱 WE坑 4C 啤", "PRT MOUNT DIE"),
        ("350g白卡裱WE坑+4C", "PRT MOUNT"),
        ("4C+裱300g灰板+覆哑膜", "PRT MOUNT LAM_M"),
        ("350g白卡+4C+裱+UV", "PRT MOUNT UV"),
    ],
)
def test_mounting_among_the_materials_is_one_step_in_its_usual_place(text: str, expected: str) -> None:
    assert codes(text) == expected


# --- unknown words --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("磨光", Parsed((), ("磨光",))),
        ("4C+双面磨光+啤", Parsed(("PRT", "DIE"), ("磨光",))),
        ("磨光啤", Parsed(("DIE",), ("磨光",))),
        ("4C+加急+内托", Parsed(("PRT",), ("加急", "内托"))),
        ("磨光+磨光", Parsed((), ("磨光", "磨光"))),
        ("BOXER+XBOX+unboxing+MY_BOX", Parsed((), ("BOXER", "XBOX", "unboxing", "MY_BOX"))),
        ("300g特种工艺", Parsed((), ("特种工艺",))),
        ("触感膜", Parsed((), ("触感膜",))),
        ("烫金/银", Parsed(("FOIL_G",), ("银",))),
        ("Ｓｏｆｔ", Parsed((), ("Soft",))),
        ("4C🎉啤", Parsed(("PRT", "DIE"), ("🎉",))),
        ("双面3M胶2次+CJ03", Parsed((), ("3M胶", "CJ03"))),
        ("we be paper", Parsed((), ("we", "be", "paper"))),
    ],
)
def test_what_is_not_understood_is_shown_as_written(text: str, expected: Parsed) -> None:
    assert parse(text, WORDS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4C+不覆膜+啤", Parsed(("PRT", "DIE"), ("不覆膜",))),
        ("无需过油", Parsed((), ("无需过油",))),
        ("开窗不贴胶片+啤", Parsed(("DIE",), ("不贴胶片",))),
        ("无线胶装", Parsed(("PERFECT",), ())),
        ("啤不", Parsed(("DIE",), ("不",))),
    ],
)
def test_a_process_that_is_not_wanted_is_no_step_but_is_shown(text: str, expected: Parsed) -> None:
    assert parse(text, WORDS) == expected


@pytest.mark.parametrize("text", ["", " ", "\n\t", "+", "++，、/；→-＋", "\0", "\ufeff", "()!?"])
def test_nothing_stated_is_nothing_read(text: str) -> None:
    assert parse(text, WORDS) == Parsed((), ())


# --- any text at all ------------------------------------------------------------------------------
PIECES = st.sampled_from(
    [*SPELLINGS, *"+/ 印黑专色不无面加裱坑卡g0149.x*C\0\n🎉_", "350g白卡", "WE", "4C", "磨光", "x"]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join))


@given(TEXTS)
def test_any_text_is_read_the_same_way_twice_without_inventing_anything(text: str) -> None:
    found = parse(text, WORDS)

    assert found == parse(text, Vocabulary.of(ROWS))
    assert set(found.codes) <= CODES
    assert all(word and word in unicodedata.normalize("NFKC", text) for word in found.unknown)


@given(st.lists(st.text("甲乙丙丁戊己庚辛qvwz", min_size=4), min_size=1))
def test_no_unknown_word_is_ever_dropped(words: list[str]) -> None:
    assert parse("+啤+".join(words), WORDS) == Parsed(("DIE",) * (len(words) - 1), tuple(words))


@given(
    st.lists(st.sampled_from([*SPELLINGS, "4C", "2专", "黑", "四色", "300g白卡", "WE坑", "磨光"])),
    st.lists(
        st.sampled_from(["+", "＋", ",", "，", "、", "/", ";", "；", "→", "-", "\n", " ", "++", " + "]),
        min_size=2,
    ),
)
def test_it_does_not_matter_which_separator_stands_between(words: list[str], separators: list[str]) -> None:
    assert len({parse(separator.join(words), WORDS) for separator in separators}) == 1


@given(TEXTS)
def test_plain_form_is_compatibility_form(text: str) -> None:
    assert normal(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize(
    "piece",
    [
        "面",
        "1",
        "印",
        "1+",
        "1*",
        "1 ",
        "不",
        "不需要",
        "\0",
        "a",
        "折3",
        "裱g",
        "白卡裱",
        "\u0315\u0316",
        "磨面",
        "🎉",
    ],
)
def test_a_hundred_thousand_characters_are_read_at_once(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    start = time.perf_counter()

    parse(text, WORDS)

    assert time.perf_counter() - start < 5  # half a second in truth; a quadratic reader takes minutes


# --- the command ----------------------------------------------------------------------------------
@pytest.mark.usefixtures("shop")
def test_the_command_reads_the_words_that_the_shop_has_now() -> None:
    Process.objects.filter(code="DIE").update(synonyms="冲型，轧")
    Process.objects.filter(code="UV").update(is_active=False)

    assert parse("4C+UV+啤+轧", vocabulary()) == Parsed(("PRT", "DIE"), ("UV", "啤"))


@pytest.mark.usefixtures("shop")
def test_the_command_reads_the_shop_file_without_processes_or_without_their_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Process._meta, "db_table", "no_such_table")
    without_table = vocabulary()
    monkeypatch.undo()
    Process.objects.all().delete()

    assert without_table == vocabulary() == WORDS


@pytest.mark.usefixtures("shop")
def test_the_command_answers_every_line_also_blank_and_broken_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = "4C+啤\r\n\n".encode() + b"\xff" + "啤\0磨光".encode()
    for options in ({"json": True}, {}):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent)))
        call_command("parse_processes", **options)
    rows, *lines = capsys.readouterr().out.splitlines()

    assert json.loads(rows) == [
        {"text": "4C+啤", "codes": ["PRT", "DIE"], "unknown": []},
        {"text": "", "codes": [], "unknown": []},
        {"text": "\ufffd啤\0磨光", "codes": ["DIE"], "unknown": ["\ufffd", "磨光"]},
    ]
    assert lines == ["4C+啤 → PRT DIE", " → -", "\ufffd啤\0磨光 → DIE  ? \ufffd | 磨光"]
