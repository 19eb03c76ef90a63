"""What stands in the way of submitting an order: each fault singly, and all at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from paidan.contracts import LineFacts, MaterialFacts, OrderFacts, StepFacts, ToolingFacts
from paidan.errors import Refused
from paidan.orders.actions import order as life
from paidan.orders.actions.saving import save
from paidan.orders.checks import faults
from paidan.orders.drafts import OrderDraft
from paidan.people.models import User
from tests.conftest import MakeOrder, unchanged

TODAY = date(2026, 11, 2)


def step(ref: int, process: str, sequence: int, *kinds: str, generator: str = "general") -> StepFacts:
    return StepFacts(
        ref=ref, sequence=sequence, process=process, name=process, generator=generator, tooling_kinds=kinds
    )


RIGHT = OrderFacts(
    order_date=TODAY,
    due=TODAY + timedelta(days=7),
    priority=2,
    print_run=1000,
    spoilage=0,
    colours="CMYK",
    lines=(LineFacts(ref=1, product="礼品盒", quantity=1000),),
    materials=(MaterialFacts(ref=2, material="白卡纸", usage=Decimal(260), needs_cutting=True),),
    tooling=(
        ToolingFacts(ref=3, kind="artwork", name="稿", confirmed=True),
        ToolingFacts(ref=4, kind="die", name="刀", confirmed=False),
        ToolingFacts(ref=5, kind="foil", name="金版", confirmed=False, process="FOIL_G"),
    ),
    steps=(
        step(6, "CTP", 10),
        step(7, "CUT", 20, generator="cutting"),
        step(8, "PRT", 30, "artwork"),
        step(9, "FOIL_G", 70, "foil"),
        step(10, "DIE", 110, "die"),
    ),
)


def codes(facts: OrderFacts, *, has_customer: bool = True, today: date = TODAY) -> list[str]:
    return [fault.code for fault in faults(facts, has_customer=has_customer, today=today)]


def test_an_order_that_is_right_has_no_fault() -> None:
    assert codes(RIGHT) == []


def test_a_missing_customer_is_a_fault() -> None:
    assert codes(RIGHT, has_customer=False) == ["no_customer"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"due": None}, "no_due_date"),
        ({"due": TODAY - timedelta(days=1)}, "due_before_order"),
        ({"lines": ()}, "no_lines"),
        ({"print_run": 0}, "print_run"),
        ({"print_run": 100_000_001}, "print_run"),
        ({"lines": (LineFacts(ref=1, product="礼品盒", quantity=0),)}, "line_quantity"),
        ({"lines": (LineFacts(ref=1, product="礼品盒", quantity=100_000_001),)}, "line_quantity"),
        ({"steps": ()}, "no_steps"),
        ({"tooling": RIGHT.tooling[1:]}, "no_tooling"),
        ({"tooling": (*RIGHT.tooling[:2], replace(RIGHT.tooling[2], process="FOIL_S"))}, "no_tooling"),
        ({"steps": (*RIGHT.steps[1:], step(6, "CTP", 30))}, "route_order"),
        ({"steps": (*RIGHT.steps[1:], step(6, "CTP", 31))}, "route_order"),
        ({"steps": (RIGHT.steps[0], *RIGHT.steps[2:], step(7, "CUT", 40, generator="cutting"))}, "route_order"),
        ({"materials": (replace(RIGHT.materials[0], usage=Decimal(0)),)}, "no_usage"),
        ({"materials": (replace(RIGHT.materials[0], needs_cutting=False),)}, "nothing_to_cut"),
        ({"materials": ()}, "nothing_to_cut"),
    ],
)
def test_one_thing_wrong_is_one_fault(changes: dict[str, Any], code: str) -> None:
    assert codes(replace(RIGHT, **changes)) == [code]


def test_a_due_date_that_is_past_is_a_fault_and_today_is_not() -> None:
    assert codes(RIGHT, today=TODAY + timedelta(days=7)) == []
    assert codes(RIGHT, today=TODAY + timedelta(days=8)) == ["due_past"]


def test_plates_and_cut_sheets_come_before_the_first_of_two_printing_steps() -> None:
    twice = replace(RIGHT, steps=(*RIGHT.steps, step(11, "PRT", 15, "artwork")))

    assert codes(twice) == ["route_order"]


def test_a_route_without_printing_may_cut_whenever_it_likes() -> None:
    assert codes(replace(RIGHT, steps=(step(7, "CUT", 90, generator="cutting"), step(10, "DIE", 80, "die")))) == []


def test_a_fault_names_what_it_is_about() -> None:
    broken = replace(RIGHT, tooling=(), lines=(LineFacts(ref=1, product="手提袋", quantity=0),))

    said = [str(fault) for fault in faults(broken, has_customer=True, today=TODAY)]

    assert "手提袋" in said[0]
    assert ["PRT" in said[1], "FOIL_G" in said[2], "DIE" in said[3]] == [True, True, True]


@pytest.fixture
def hopeless(draft_order: Callable[..., OrderDraft]) -> OrderDraft:
    """An order that can be saved and has every fault that can be saved at once."""
    draft = draft_order("CUT", "PRT", "DIE", toolings=())
    steps = [replace(step, sequence=sequence) for step, sequence in zip(draft.steps, (50, 40, 60), strict=True)]
    return replace(
        draft,
        customer_id=None,
        due_date=None,
        lines=(),
        materials=(replace(draft.materials[0], usage=Decimal(0)),),
        steps=tuple(steps),
    )


def test_submitting_tells_all_faults_at_once_and_changes_nothing(hopeless: OrderDraft, maker: User) -> None:
    order = save(None, hopeless, by=maker)

    with unchanged(), pytest.raises(Refused) as refusal:
        life.submit(order, by=maker)

    assert refusal.value.code == "faults"
    assert [fault.code for fault in refusal.value.faults] == [
        "no_customer", "no_due_date", "no_lines", "route_order", "no_tooling", "no_tooling", "no_usage",
    ]  # fmt: skip
    assert len(str(refusal.value).splitlines()) == 7


def test_a_submitted_order_cannot_be_submitted_again(submitted: MakeOrder, maker: User) -> None:
    order = submitted("VAN")

    with unchanged(), pytest.raises(Refused) as refusal:
        life.submit(order, by=maker)

    assert refusal.value.code == "is_submitted"
    assert order.number in str(refusal.value)
