"""The difference between the tasks that an order should have and those that it has. Pure: no database."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from paidan.contracts import LineFacts, MaterialFacts, OrderFacts, StepFacts, TaskSpec
from paidan.orders import generators as built_in
from paidan.orders.planning import Change, HaveTask, NoAnswer, TaskPlan, next_part_key, plan, summary

GENERATORS = {"general": built_in.general, "packing": built_in.packing, "cutting": built_in.cutting}
VARNISH = StepFacts(ref=10, sequence=40, process="VAN", name="过油", generator="general")
PACK = StepFacts(ref=11, sequence=200, process="PACK", name="包装", generator="packing")
DUE = date(2026, 11, 9)
FACTS = OrderFacts(
    order_date=date(2026, 11, 2),
    due=DUE,
    priority=2,
    print_run=1000,
    spoilage=50,
    colours="",
    lines=(LineFacts(ref=1, product="盒", quantity=600), LineFacts(ref=2, product="袋", quantity=400)),
    steps=(VARNISH, PACK),
)


def task(id: int, step: int = 10, key: str = "order", **changes: Any) -> HaveTask:
    """A draft as the planner made it, or what happened to it since."""
    like: dict[str, Any] = {"content": "过油 盒、袋", "planned": 1000}
    if key.startswith("line:"):
        ref = int(key.partition("#")[0].removeprefix("line:"))
        line = next((line for line in FACTS.lines if line.ref == ref), LineFacts(ref=ref, product="卡", quantity=1))
        like = {"content": f"包装 {line.product}", "planned": line.quantity, "subject": ("line", ref)}
    made = {
        "root": key.partition("#")[0], "allowance": 50, "priority": 2, "due": DUE, "status": "draft",
        "touched": False, "generated": not key.startswith("manual:"), "assigned": False,
    }  # fmt: skip
    return HaveTask(id=id, step=step, key=key, **(made | like | changes))


ALL = (task(1), task(2, 11, "line:1"), task(3, 11, "line:2"))


def kinds(made: TaskPlan) -> list[tuple[str, int, str]]:
    return [(change.kind.value, change.step, change.key) for change in made.changes]


def only(made: TaskPlan, kind: Change) -> Any:
    [change] = made.of(kind)
    return change


def test_a_new_order_gets_every_task_once() -> None:
    """TASK-01."""
    made = plan(FACTS, (), GENERATORS)

    assert kinds(made) == [("add", 10, "order"), ("add", 11, "line:1"), ("add", 11, "line:2")]
    assert [change.spec and change.spec.planned for change in made.changes] == [1000, 600, 400]
    assert {(change.priority, change.due) for change in made.changes} == {(2, DUE)}
    assert made.changes_tasks and made.warnings == ()


def test_an_order_that_has_its_tasks_is_left_alone() -> None:
    made = plan(FACTS, ALL, GENERATORS)

    assert kinds(made) == [("keep", 10, "order"), ("keep", 11, "line:1"), ("keep", 11, "line:2")]
    assert not made.changes_tasks and made.warnings == ()


def test_an_added_step_adds_only_its_own_task() -> None:
    """TASK-04."""
    lamination = StepFacts(ref=12, sequence=50, process="LAM_M", name="覆哑膜", generator="general")

    made = plan(replace(FACTS, steps=(VARNISH, lamination, PACK)), ALL, GENERATORS)

    assert [change.kind for change in made.changes].count(Change.KEEP) == 3
    assert (only(made, Change.ADD).step, only(made, Change.ADD).key) == (12, "order")


def test_a_dropped_step_takes_its_free_task_along() -> None:
    """TASK-04, CONS-02."""
    made = plan(replace(FACTS, steps=(PACK,)), ALL, GENERATORS)

    assert only(made, Change.REMOVE).task == 1
    assert made.refusals == []


def test_a_dropped_step_with_a_started_task_is_refused_by_name() -> None:
    started = task(1, status="in_progress", touched=True, assigned=True)

    made = plan(replace(FACTS, steps=(PACK,)), (started, *ALL[1:]), GENERATORS)

    assert [fault.code for fault in made.refusals] == ["task_started"]
    assert "过油 盒、袋" in str(made.refusals[0])
    assert made.changes_tasks


def test_a_dropped_line_with_a_completed_task_is_refused_and_without_one_removed() -> None:
    fewer = replace(FACTS, lines=FACTS.lines[:1])
    done = task(3, 11, "line:2", status="completed", touched=True)

    free = plan(fewer, ALL, GENERATORS)
    finished = plan(fewer, (*ALL[:2], done), GENERATORS)

    assert only(free, Change.REMOVE).task == 3
    assert only(finished, Change.REFUSE).task == 3


def test_a_free_task_follows_the_quantity_priority_and_date_of_its_order() -> None:
    later = date(2026, 11, 20)

    made = plan(replace(FACTS, print_run=1500, priority=4, due=later, spoilage=80), ALL[:1], GENERATORS)

    change = only(made, Change.CHANGE)
    assert change.before == {"planned": 1000, "allowance": 50, "priority": 2, "due": DUE}
    assert change.after == {"planned": 1500, "allowance": 80, "priority": 4, "due": later}


def test_a_started_task_follows_priority_and_date_but_keeps_its_quantity_and_text() -> None:
    started = task(1, status="in_progress", touched=True)
    lines = (replace(FACTS.lines[0], product="新盒"), FACTS.lines[1])

    made = plan(replace(FACTS, priority=4, lines=lines, steps=(VARNISH,)), (started,), GENERATORS)

    assert kinds(made) == [("change", 10, "order")]
    assert made.changes[0].after == {"priority": 4}


def test_fields_edited_by_hand_keep_their_values() -> None:
    """AUTH-04."""
    edited = task(1, planned=777, edited=frozenset({"planned", "priority"}), priority=1)

    made = plan(replace(FACTS, print_run=2000, priority=4, steps=(VARNISH,)), (edited,), GENERATORS)

    assert kinds(made) == [("keep", 10, "order")]
    assert made.changes[0].after is None


def test_more_than_what_is_started_becomes_a_supplement() -> None:
    started = task(1, status="in_progress", touched=True)

    made = plan(replace(FACTS, print_run=1300, steps=(VARNISH,)), (started,), GENERATORS)

    assert kinds(made) == [("keep", 10, "order"), ("add", 10, "order#2")]
    supplement = only(made, Change.ADD)
    assert (supplement.root, supplement.spec.planned, supplement.spec.key) == ("order", 300, "order#2")


def test_a_second_increase_raises_the_supplement_instead_of_adding_another() -> None:
    family = (task(1, status="in_progress", touched=True), task(4, key="order#2", planned=300, status="pending"))

    made = plan(replace(FACTS, print_run=1500, steps=(VARNISH,)), family, GENERATORS)

    assert kinds(made) == [("keep", 10, "order"), ("change", 10, "order#2")]
    assert made.changes[1].after == {"planned": 500}


def test_a_decrease_takes_back_the_last_free_part_first() -> None:
    family = (
        task(1, planned=600, status="pending"),
        task(4, key="order#2", planned=300, status="pending"),
        task(5, key="order#3", planned=100, status="pending"),
    )

    made = plan(replace(FACTS, print_run=750, steps=(VARNISH,)), family, GENERATORS)

    assert kinds(made) == [("keep", 10, "order"), ("change", 10, "order#2"), ("remove", 10, "order#3")]
    assert made.changes[1].after == {"planned": 150}


def test_a_decrease_below_what_is_started_keeps_the_task_and_warns() -> None:
    started = task(1, status="in_progress", touched=True)

    made = plan(replace(FACTS, print_run=400, steps=(VARNISH,)), (started,), GENERATORS)

    assert {change.kind for change in made.changes} == {Change.KEEP}
    assert len(made.warnings) == 1 and "600" in made.warnings[0]


def test_a_cancelled_task_stays_cancelled() -> None:
    made = plan(replace(FACTS, steps=(VARNISH,)), (task(1, status="cancelled"),), GENERATORS)

    assert kinds(made) == [("keep", 10, "order")]


def test_a_cancelled_part_is_not_made_up_for() -> None:
    family = (task(1, planned=700, status="pending"), task(4, key="order#2", planned=300, status="cancelled"))

    made = plan(replace(FACTS, steps=(VARNISH,)), family, GENERATORS)

    assert kinds(made) == [("keep", 10, "order"), ("keep", 10, "order#2")]


def test_a_task_added_by_hand_stays_as_long_as_its_step() -> None:
    by_hand = task(7, key="manual:abc", content="打样")

    kept = plan(FACTS, (*ALL, by_hand), GENERATORS)
    gone = plan(replace(FACTS, steps=(PACK,)), (*ALL, by_hand), GENERATORS)

    assert ("keep", 10, "manual:abc") in kinds(kept)
    assert ("remove", 10, "manual:abc") in kinds(gone)


def test_a_task_left_out_by_hand_does_not_come_back() -> None:
    left_out = replace(VARNISH, left_out=frozenset({"order"}))

    made = plan(replace(FACTS, steps=(left_out,)), (), GENERATORS)

    assert kinds(made) == [("leave_out", 10, "order")]
    assert not made.changes_tasks


def test_a_process_that_stands_twice_has_a_task_for_each_step() -> None:
    again = replace(VARNISH, ref=12, sequence=60)

    made = plan(replace(FACTS, steps=(VARNISH, again)), ALL[:1], GENERATORS)

    assert kinds(made) == [("keep", 10, "order"), ("add", 12, "order")]


def has_no_answer(order: OrderFacts, step: StepFacts) -> Iterable[TaskSpec]:
    raise NoAnswer("已停用")


def test_a_generator_without_an_answer_is_replaced_by_one_general_task_and_said_so() -> None:
    strange = replace(VARNISH, generator="odd")

    made = plan(replace(FACTS, steps=(strange,)), (), {**GENERATORS, "odd": has_no_answer})

    assert kinds(made) == [("add", 10, "order")]
    assert len(made.warnings) == 1 and "odd" in made.warnings[0] and "已停用" in made.warnings[0]


def test_tasks_whose_generator_has_no_answer_stay_as_they_are() -> None:
    strange = replace(VARNISH, generator="odd")
    have = (task(1, 10, "odd:1"), task(2, 10, "odd:2", planned=7))

    made = plan(replace(FACTS, steps=(strange,), print_run=5), have, {**GENERATORS, "odd": has_no_answer})

    assert kinds(made) == [("keep", 10, "odd:1"), ("keep", 10, "odd:2")]
    assert not made.changes_tasks and len(made.warnings) == 1


def test_a_task_whose_line_is_gone_does_not_stay_for_want_of_an_answer() -> None:
    strange = replace(VARNISH, generator="odd")
    have = (task(1, 10, "odd:1"), task(2, 10, "line:99", subject=("line", 99)))

    made = plan(replace(FACTS, steps=(strange,)), have, {**GENERATORS, "odd": has_no_answer})

    assert kinds(made) == [("keep", 10, "odd:1"), ("remove", 10, "line:99")]


def test_a_step_without_anything_to_work_on_makes_no_task_and_warns() -> None:
    cut = StepFacts(ref=12, sequence=20, process="CUT", name="开料", generator="cutting")

    made = plan(replace(FACTS, steps=(cut,)), (), GENERATORS)

    assert made.changes == ()
    assert len(made.warnings) == 1 and "开料" in made.warnings[0]


def test_a_material_that_no_longer_needs_cutting_loses_its_free_task() -> None:
    cut = StepFacts(ref=12, sequence=20, process="CUT", name="开料", generator="cutting")
    paper = MaterialFacts(ref=5, material="白卡", usage=Decimal(260), needs_cutting=False)
    have = task(8, 12, "material:5", content="开料 白卡", planned=260, subject=("material", 5))

    made = plan(replace(FACTS, steps=(cut,), materials=(paper,)), (have,), GENERATORS)

    assert kinds(made) == [("remove", 12, "material:5")]


def test_parts_are_numbered_on() -> None:
    assert next_part_key("order", ["order"]) == "order#2"
    assert next_part_key("order", ["order", "order#2", "order#7"]) == "order#8"


def test_the_summary_counts_every_kind() -> None:
    made = plan(replace(FACTS, lines=FACTS.lines[:1], print_run=900), ALL[1:], GENERATORS)

    assert [number for number in summary(made) if number.isdigit()] == ["1", "0", "1", "1"]


def test_a_split_part_keeps_its_own_allowance() -> None:
    """A save that changes nothing changes no task, also after a split."""
    family = (
        task(1, planned=700, status="pending"),
        task(4, key="order#2", planned=300, allowance=0, status="pending"),
    )

    made = plan(replace(FACTS, steps=(VARNISH,)), family, GENERATORS)

    assert kinds(made) == [("keep", 10, "order"), ("keep", 10, "order#2")]


# --- for all orders -------------------------------------------------------------------------------
def applied(made: TaskPlan, have: tuple[HaveTask, ...]) -> tuple[HaveTask, ...]:
    """What the order has after a plan was applied."""
    rows = {row.id: row for row in have}
    for change in made.changes:
        if change.kind == Change.REMOVE:
            del rows[change.task or 0]
        elif change.kind == Change.CHANGE:
            rows[change.task or 0] = replace(rows[change.task or 0], **(change.after or {}))
        elif change.kind == Change.ADD:
            number = max(rows, default=0) + 1
            rows[number] = _added(number, change)
    return tuple(rows[number] for number in sorted(rows))


def _added(number: int, change: Any) -> HaveTask:
    spec: TaskSpec = change.spec
    return HaveTask(
        id=number, step=change.step, key=spec.key, root=change.root or spec.key, content=spec.content,
        planned=spec.planned, allowance=spec.allowance, priority=change.priority, due=change.due, status="draft",
        touched=False, generated=True, assigned=False, subject=("line", spec.line) if spec.line else None,
    )  # fmt: skip


@st.composite
def orders(draw: st.DrawFn) -> OrderFacts:
    refs = st.integers(min_value=1, max_value=5)
    line_refs = draw(st.lists(refs, unique=True, max_size=4))
    step_refs = draw(st.lists(st.integers(min_value=6, max_value=9), unique=True, max_size=4))
    quantity = st.integers(min_value=1, max_value=9)
    return replace(
        FACTS,
        print_run=draw(quantity),
        priority=draw(st.integers(min_value=1, max_value=4)),
        lines=tuple(LineFacts(ref=ref, product=f"盒{ref}", quantity=draw(quantity)) for ref in line_refs),
        steps=tuple(replace(PACK if ref % 2 else VARNISH, ref=ref) for ref in step_refs),
    )


def worked_on(have: tuple[HaveTask, ...], states: Iterator[str]) -> tuple[HaveTask, ...]:
    return tuple(
        replace(row, status=status, touched=status in ("in_progress", "completed"))
        for row, status in zip(have, states, strict=False)
    )


STATUSES = st.lists(st.sampled_from(["pending", "in_progress", "completed", "cancelled"]), min_size=40, max_size=40)


@settings(max_examples=60)
@given(before=orders(), after=orders(), states=STATUSES)
def test_a_plan_never_touches_what_was_worked_on_and_never_leaves_an_orphan_or_a_double(
    before: OrderFacts, after: OrderFacts, states: list[str]
) -> None:
    """CONS-02."""
    have = worked_on(applied(plan(before, (), GENERATORS), ()), iter(states))

    made = plan(after, have, GENERATORS)
    now = applied(made, have)

    assert all(row in now or row.priority != after.priority for row in have if row.touched)
    assert {row.id for row in have if row.touched} <= {row.id for row in now}
    assert len({(row.step, row.key) for row in now}) == len(now)
    if not made.refusals:
        assert {row.step for row in now} <= {step.ref for step in after.steps}


@settings(max_examples=60)
@given(before=orders(), after=orders(), states=STATUSES)
def test_a_plan_that_was_applied_leaves_nothing_to_do(before: OrderFacts, after: OrderFacts, states: list[str]) -> None:
    have = worked_on(applied(plan(before, (), GENERATORS), ()), iter(states))
    made = plan(after, have, GENERATORS)

    again = plan(after, applied(made, have), GENERATORS)

    assert made.refusals or not again.changes_tasks


@settings(max_examples=60)
@given(before=orders(), after=orders())
def test_drafts_end_as_if_the_order_had_been_so_from_the_beginning(before: OrderFacts, after: OrderFacts) -> None:
    """TASK-03."""
    drafts = applied(plan(before, (), GENERATORS), ())

    edited = applied(plan(after, drafts, GENERATORS), drafts)
    fresh = applied(plan(after, (), GENERATORS), ())

    def facts_of(rows: tuple[HaveTask, ...]) -> set[HaveTask]:
        return {replace(row, id=0) for row in rows}

    assert facts_of(edited) == facts_of(fresh)
