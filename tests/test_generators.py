"""Which tasks each process makes: the table of the 24 usual processes, and the exact specs."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from paidan.contracts import GENERATORS, LineFacts, MaterialFacts, OrderFacts, StepFacts, TaskSpec, ToolingFacts
from paidan.exchange.shop import read
from paidan.orders import generators
from paidan.registry.loader import usable

ORDER = OrderFacts(
    order_date=date(2026, 11, 2),
    due=date(2026, 11, 9),
    priority=2,
    print_run=5000,
    spoilage=100,
    colours="CMYK+877C",
    lines=(LineFacts(ref=1, product="礼品盒", quantity=3000), LineFacts(ref=2, product="手提袋", quantity=2000)),
    materials=(
        MaterialFacts(ref=3, material="白卡纸 350g", usage=Decimal("260.20"), needs_cutting=True),
        MaterialFacts(ref=4, material="哑膜", usage=Decimal(4), needs_cutting=False),
        MaterialFacts(ref=5, material="双铜纸", usage=Decimal(0), needs_cutting=True),
    ),
    tooling=(
        ToolingFacts(ref=6, kind="artwork", name="正面稿", confirmed=True),
        ToolingFacts(ref=7, kind="artwork", name="背面稿", confirmed=False),
        ToolingFacts(ref=8, kind="die", name="D-8 刀模", confirmed=True),
        ToolingFacts(ref=9, kind="foil", name="金版", confirmed=True, process="FOIL_G"),
        ToolingFacts(ref=10, kind="foil", name="银版", confirmed=True, process="FOIL_S"),
        ToolingFacts(ref=11, kind="embossing", name="凸版", confirmed=True),
    ),
)
ROWS = {row["code"]: row for row in read("processes")}


def step_of(code: str, **changes: str) -> StepFacts:
    """The process of the shop file as the first step of an order; the wording is the plain one."""
    row = ROWS[code]
    step = StepFacts(
        ref=20, sequence=row["sequence"], process=code, name=row["name"], generator=row["generator"],
        tooling_kinds=tuple(row["tooling_kinds"]),
    )  # fmt: skip
    return replace(step, **changes)


def specs_of(code: str, order: OrderFacts = ORDER) -> list[TaskSpec]:
    return list(usable(GENERATORS)[ROWS[code]["generator"]].plugin(order, step_of(code)))


GENERAL = [
    "VAN",
    "LAM_G",
    "LAM_M",
    "UV",
    "TEX",
    "SCORE",
    "LAM_B",
    "MOUNT",
    "TRIM",
    "FOLD",
    "SADDLE",
    "PERFECT",
    "GLUE",
    "BOX",
    "WINDOW",
    "STAPLE",
]


@pytest.mark.parametrize("code", GENERAL)
def test_a_general_process_makes_one_task_for_the_print_run(code: str) -> None:
    assert specs_of(code) == [
        TaskSpec(key="order", content=f"{ROWS[code]['name']} 礼品盒、手提袋", planned=5000, allowance=100)
    ]


def test_plate_making_makes_one_task_of_one_piece_for_each_tooling_of_any_kind() -> None:
    assert specs_of("CTP") == [
        TaskSpec(key=f"tooling:{ref}", content=f"制版 {name}", planned=1, tooling=ref)
        for ref, name in [(6, "正面稿"), (7, "背面稿"), (8, "D-8 刀模"), (9, "金版"), (10, "银版"), (11, "凸版")]
    ]


def test_cutting_makes_one_task_for_each_material_to_cut_with_its_usage_rounded_up() -> None:
    assert specs_of("CUT") == [TaskSpec(key="material:3", content="开料 白卡纸 350g", planned=261, material=3)]


def test_printing_makes_one_task_for_each_artwork_for_the_print_run() -> None:
    assert specs_of("PRT") == [
        TaskSpec(key="tooling:6", content="印刷 正面稿", planned=5000, allowance=100, tooling=6),
        TaskSpec(key="tooling:7", content="印刷 背面稿", planned=5000, allowance=100, tooling=7),
    ]


@pytest.mark.parametrize(
    ("code", "ref", "content"),
    [
        ("FOIL_G", 9, "烫金 金版"),
        ("FOIL_S", 10, "烫银 银版"),
        ("EMB", 11, "压凸 凸版"),
        ("DIE", 8, "模切 D-8 刀模"),
    ],
)
def test_forming_makes_one_task_for_each_plate_or_die_of_its_own(code: str, ref: int, content: str) -> None:
    assert specs_of(code) == [TaskSpec(key=f"tooling:{ref}", content=content, planned=5000, allowance=100, tooling=ref)]


def test_a_foil_plate_for_any_process_serves_gold_and_silver() -> None:
    order = replace(ORDER, tooling=(ToolingFacts(ref=9, kind="foil", name="烫版", confirmed=True),))

    assert [spec.key for code in ("FOIL_G", "FOIL_S") for spec in specs_of(code, order)] == ["tooling:9", "tooling:9"]


def test_packing_makes_one_task_for_each_line_with_the_quantity_of_the_line() -> None:
    assert specs_of("PACK") == [
        TaskSpec(key="line:1", content="包装 礼品盒", planned=3000, allowance=100, line=1),
        TaskSpec(key="line:2", content="包装 手提袋", planned=2000, allowance=100, line=2),
    ]


@pytest.mark.parametrize("code", ["CTP", "CUT", "PRT", "FOIL_G", "EMB", "DIE", "PACK"])
def test_a_process_without_its_subject_makes_no_task(code: str) -> None:
    assert specs_of(code, replace(ORDER, lines=(), materials=(), tooling=())) == []


def test_every_process_of_the_shop_is_covered_by_a_test_above() -> None:
    assert {*GENERAL, "CTP", "CUT", "PRT", "FOIL_G", "FOIL_S", "EMB", "DIE", "PACK"} == ROWS.keys()


@pytest.mark.parametrize(
    ("code", "first", "others"),
    [
        ("CTP", "design", ""),
        ("CUT", "cutting", "outsourcing packaging production"),
        ("PRT", "printing", "outsourcing production"),
        ("VAN", "printing", "outsourcing production"),
        ("LAM_G", "outsourcing", "production"),
        ("LAM_M", "outsourcing", "production"),
        ("UV", "outsourcing", "production"),
        ("FOIL_G", "die_cutting", "outsourcing production"),
        ("FOIL_S", "die_cutting", "outsourcing production"),
        ("EMB", "die_cutting", "outsourcing production"),
        ("TEX", "outsourcing", "packaging production"),
        ("SCORE", "cutting", "die_cutting production"),
        ("DIE", "die_cutting", "outsourcing production"),
        ("TRIM", "cutting", "production"),
        ("LAM_B", "packaging", "outsourcing production"),
        ("MOUNT", "packaging", "outsourcing production"),
        ("GLUE", "packaging", "production"),
        ("BOX", "packaging", "outsourcing production"),
        ("WINDOW", "packaging", "production"),
        ("STAPLE", "packaging", "outsourcing production"),
        ("PACK", "packaging", "production"),
        ("FOLD", "packaging", ""),
        ("SADDLE", "packaging", "outsourcing"),
        ("PERFECT", "packaging", "outsourcing"),
    ],
)
def test_a_process_is_done_by_these_departments_in_falling_priority(code: str, first: str, others: str) -> None:
    """CFG-01."""
    ranked = sorted(ROWS[code]["departments"], key=lambda rule: rule[1])

    assert [department for department, _priority in ranked] == [first, *others.split()]


def test_only_plate_making_and_die_cutting_run_in_parallel() -> None:
    assert {code for code, row in ROWS.items() if row["runs_in_parallel"]} == {"CTP", "DIE"}


def test_the_wording_fills_in_what_it_knows_and_leaves_the_rest() -> None:
    wording = "{process} {subject} / {product} {colours} × {quantity} {shelf}"

    [spec] = generators.general(ORDER, step_of("VAN", task_text=wording))

    assert spec.content == "过油 礼品盒、手提袋 / 礼品盒 CMYK+877C × 5000 {shelf}"


def test_a_wording_is_cut_at_200_characters() -> None:
    [spec] = generators.general(ORDER, step_of("VAN", task_text="长" * 300))

    assert spec.content == "长" * 200
