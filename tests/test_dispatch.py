"""Which department gets a task, and why: the engine alone, and what an approval keeps of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from paidan.contracts import Candidate, DepartmentFacts, Ranking, TaskFacts
from paidan.dispatch import engine
from paidan.dispatch.engine import BUILT_IN, Problem, RuleFacts, decide
from paidan.dispatch.models import DispatchRule, DispatchSwitch
from paidan.errors import Refused
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import DispatchDecision
from paidan.orders.works import departments
from paidan.people.models import User
from tests.conftest import Install, MakeOrder, Shop, tasks_of, unchanged

PRINTING, OUTSIDE, PRODUCTION = 1, 2, 3
LOADS = {
    PRINTING: DepartmentFacts(id=PRINTING, name="印刷", open_tasks=4, open_minutes=400),
    OUTSIDE: DepartmentFacts(id=OUTSIDE, name="外协", open_tasks=1, open_minutes=90),
    PRODUCTION: DepartmentFacts(id=PRODUCTION, name="生产部", open_tasks=0, open_minutes=0),
}


def piece(name: str = "1/order", minutes: int = 50) -> TaskFacts:
    return TaskFacts(id=name, process="PRT", planned=1000, minutes=minutes, priority=2)


def rule(department: int, priority: int = 1, *, enabled: bool = True, active: bool = True) -> RuleFacts:
    return RuleFacts("PRT", department, priority, enabled, active)


def problem(*rules: RuleFacts, works: tuple[TaskFacts, ...] = (), **changes: Any) -> Problem:
    usual: dict[str, Any] = {"switched_on": True, "strategy": "least_load"}
    return Problem(works=works or (piece(),), rules=rules, loads=LOADS, **(usual | changes))


def decided(asked: Problem) -> engine.Decision:
    return decide(asked)["1/order"]


def verdicts(decision: engine.Decision) -> dict[str, str]:
    return {row["name"]: row["verdict"] for row in decision.ranking}


pytestmark = pytest.mark.django_db


# --- the engine, pure -----------------------------------------------------------------------------
def test_the_smallest_priority_gets_it_however_busy() -> None:
    """DISP-02."""
    decision = decided(problem(rule(PRINTING, 1), rule(OUTSIDE, 2), rule(PRODUCTION, 3)))

    assert (decision.department, decision.reason) == (PRINTING, "only_first_choice")
    assert verdicts(decision) == {"印刷": "chosen", "外协": "later_choice", "生产部": "later_choice"}


def test_among_equals_the_least_busy_gets_it() -> None:
    decision = decided(problem(rule(PRINTING), rule(OUTSIDE), rule(PRODUCTION, 2)))

    assert (decision.department, decision.reason, decision.strategy) == (OUTSIDE, "strategy", "least_load")
    assert verdicts(decision) == {"印刷": "ranked_behind", "外协": "chosen", "生产部": "later_choice"}
    assert [row["reason"] for row in decision.ranking] == [
        {"template": "{minutes} min open, {tasks} tasks", "values": {"minutes": 400, "tasks": 4}},
        {"template": "{minutes} min open, {tasks} tasks", "values": {"minutes": 90, "tasks": 1}},
        "",
    ]


def test_equals_that_are_equally_busy_go_to_the_oldest() -> None:
    loads = {id_: replace(load, open_tasks=1, open_minutes=10) for id_, load in LOADS.items()}

    assert decided(problem(rule(OUTSIDE), rule(PRINTING), works=(piece(),), strategy="least_load")).department == 2
    assert decide(replace(problem(rule(OUTSIDE), rule(PRINTING)), loads=loads))["1/order"].department == PRINTING


def test_each_task_sees_the_load_of_those_before_it() -> None:
    works = tuple(piece(f"{n}/order", minutes=100) for n in range(1, 7))

    made = decide(problem(rule(PRINTING), rule(OUTSIDE), works=works))

    assert [made[work.id].department for work in works] == [2, 2, 2, 2, 1, 2]


def test_disabled_rules_and_inactive_departments_are_passed_over() -> None:
    """DISP-06, CFG-03."""
    decision = decided(problem(rule(PRINTING, 1, enabled=False), rule(OUTSIDE, 2, active=False), rule(PRODUCTION, 3)))

    assert decision.department == PRODUCTION
    assert verdicts(decision) == {"印刷": "rule_disabled", "外协": "department_inactive", "生产部": "chosen"}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (problem(rule(PRINTING), switched_on=False), "switched_off"),
        (problem(), "no_rule"),
        (problem(rule(PRINTING, enabled=False)), "all_disabled"),
        (problem(rule(PRINTING, active=False)), "all_disabled"),
    ],
)
def test_a_task_that_goes_nowhere_says_why(asked: Problem, reason: str) -> None:
    """DISP-06."""
    decision = decided(asked)

    assert (decision.department, decision.reason) == (None, reason)


def test_all_departments_are_offered_when_the_shop_does_not_keep_to_the_order_of_priority() -> None:
    asked = problem(rule(PRINTING, 1), rule(OUTSIDE, 2), rule(PRODUCTION, 3), only_equals=False)

    assert decided(asked).department == PRODUCTION
    assert decided(replace(asked, strategy="priority_then_least_load")).department == PRINTING
    assert decided(replace(asked, strategy="least_tasks")).department == PRODUCTION


def test_a_department_that_takes_longer_is_offered_with_its_own_minutes() -> None:
    slow = rule(PRODUCTION)._replace(time_factor=10.0)

    asked = problem(rule(OUTSIDE), slow, strategy="earliest_finish")

    assert decided(asked).department == OUTSIDE  # 90 + 50 minutes against 10 × 50
    assert decided(problem(rule(OUTSIDE), rule(PRODUCTION), strategy="earliest_finish")).department == PRODUCTION


def test_turns_are_taken_in_the_order_of_departments() -> None:
    works = tuple(piece(f"{n}/order") for n in range(1, 5))

    made = decide(problem(rule(PRINTING), rule(OUTSIDE), rule(PRODUCTION), works=works, strategy="round_robin"))

    assert [made[work.id].department for work in works] == [3, 1, 2, 3]


def test_lots_are_drawn_alike_for_the_same_task() -> None:
    works = tuple(piece(f"{n}/order") for n in range(1, 40))
    asked = problem(rule(PRINTING), rule(OUTSIDE), rule(PRODUCTION), works=works, strategy="random")

    places = [made.department for made in decide(asked).values()]

    assert places == [made.department for made in decide(asked).values()]
    assert {places.count(place) > 5 for place in (1, 2, 3)} == {True}


# --- strategies that misbehave --------------------------------------------------------------------
def raises(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    raise RuntimeError("no idea")


def forgets_one(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    return Ranking((candidates[0].id,), ("",))


def invents_one(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    return Ranking((99, *(c.id for c in candidates)), ("",) * 3)


def repeats_one(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    return Ranking((1, 1), ("", ""))


def gives_no_reason(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    return Ranking(tuple(c.id for c in candidates), ())


def answers_nothing(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Any:
    return None


def answers_a_set(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Any:
    return Ranking({c.id for c in candidates}, ("",) * len(candidates))  # type: ignore[arg-type]


def reasons_in_objects(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Any:
    return Ranking(tuple(c.id for c in candidates), tuple(object() for _c in candidates))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "strategy",
    [
        raises,
        forgets_one,
        invents_one,
        repeats_one,
        gives_no_reason,
        answers_nothing,
        answers_a_set,
        reasons_in_objects,
    ],
)
def test_a_strategy_that_fails_or_answers_junk_is_replaced_and_recorded(
    strategy: Any, install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install(strategy)

    decision = decided(problem(rule(PRINTING), rule(OUTSIDE), strategy="odd"))

    assert (decision.department, decision.strategy, decision.version) == (OUTSIDE, BUILT_IN, "1")
    assert decision.inputs["instead_of"]["strategy"] == "odd"
    assert decision.inputs["instead_of"]["why"]["template"] == "failed: {error}"
    assert "odd" in caplog.text


def test_a_strategy_that_answers_well_decides(install: Install) -> None:
    def busiest(work: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        return Ranking.by(candidates, lambda c: -c.open_minutes, reason=lambda c: c.name)

    install(busiest)

    decision = decided(problem(rule(PRINTING), rule(OUTSIDE), strategy="odd"))

    assert (decision.department, decision.strategy, decision.version) == (PRINTING, "odd", "0.3")
    assert [row["reason"] for row in decision.ranking] == ["印刷", "外协"]


def test_a_strategy_that_is_not_installed_is_the_built_in() -> None:
    decision = decided(problem(rule(PRINTING), rule(OUTSIDE), strategy="gone"))

    assert (decision.department, decision.strategy) == (OUTSIDE, BUILT_IN)
    assert decision.inputs["instead_of"] == {
        "strategy": "gone",
        "why": {"template": "cannot be used here", "values": {}},
    }


# --- what an approval keeps -----------------------------------------------------------------------
def test_every_dispatched_task_keeps_its_decision(submitted: MakeOrder, approver: User) -> None:
    order = life.approve(submitted("VAN"), by=approver)

    decision = DispatchDecision.objects.get(task__step__order=order)
    assert (decision.outcome.code, decision.reason, decision.strategy) == (
        "printing",
        "only_first_choice",
        BUILT_IN,
    )
    assert decision.by == approver
    assert [(row["name"], row["verdict"]) for row in decision.ranking] == [
        ("印刷车间", "chosen"), ("外协车间", "later_choice"), ("生产部", "later_choice"),
    ]  # fmt: skip
    assert decision.inputs == {"process": "VAN", "planned": 1000, "minutes": tasks_of(order)[0].minutes}


def test_equal_departments_share_the_tasks_of_an_order(submitted: MakeOrder, approver: User) -> None:
    DispatchRule.objects.filter(process__code="PACK").update(priority=1)

    order = life.approve(submitted("PACK", lines=6), by=approver)

    places = [task.department.code for task in tasks_of(order)]
    assert sorted(places) == ["packaging"] * 3 + ["production"] * 3


def test_switched_off_approved_tasks_wait_without_a_department(
    submitted: MakeOrder, approver: User, shop: Shop, hire: Callable[..., User]
) -> None:
    """DISP-06."""
    DispatchSwitch.objects.create(pk=1, enabled=False)
    order = life.approve(submitted("VAN"), by=approver)
    [task] = tasks_of(order)

    assert (task.status, task.department, task.undispatched) == ("pending", None, "switched_off")
    with unchanged(), pytest.raises(Refused) as refusal:
        work.claim(task, by=hire("ann"))
    assert refusal.value.code == "undispatched"
    task = work.assign(task, by=approver, department=shop.department("printing"))
    assert (task.department.code, task.undispatched) == ("printing", "")


def test_a_disabled_rule_sends_the_task_to_the_next_department(submitted: MakeOrder, approver: User) -> None:
    """CFG-03."""
    DispatchRule.objects.filter(process__code="VAN", department__code="printing").update(enabled=False)

    order = life.approve(submitted("VAN"), by=approver)

    assert tasks_of(order)[0].department.code == "outsourcing"


def test_an_inactive_department_gets_nothing(submitted: MakeOrder, approver: User, shop: Shop) -> None:
    printing = shop.department("printing")
    printing.is_active = False
    printing.save()

    order = life.approve(submitted("VAN"), by=approver)

    assert tasks_of(order)[0].department.code == "outsourcing"


def test_a_process_without_a_rule_says_so(submitted: MakeOrder, approver: User) -> None:
    DispatchRule.objects.filter(process__code="VAN").delete()

    order = life.approve(submitted("VAN"), by=approver)

    assert tasks_of(order)[0].undispatched == "no_rule"
    assert DispatchDecision.objects.get().reason == "no_rule"


@pytest.mark.parametrize("strategy", [raises, answers_a_set, reasons_in_objects])
def test_an_approval_survives_a_strategy_that_fails(
    strategy: Any, submitted: MakeOrder, approver: User, install: Install
) -> None:
    DispatchSwitch.objects.create(pk=1, strategy="odd")
    install(strategy)

    order = life.approve(submitted("VAN"), by=approver)

    assert order.approval == "approved"
    assert DispatchDecision.objects.get().strategy == BUILT_IN


def test_a_load_counts_what_is_open_only(approved: MakeOrder, approver: User, hire: Callable[..., User]) -> None:
    order = approved("PACK", lines=3)
    done, gone, _open = tasks_of(order)
    ann = hire("ann", post=("packaging", "operator"))
    work.claim(done, by=ann)
    work.complete(done, by=ann)
    work.cancel(gone, by=approver, reason="不要了")

    [load] = departments([done.department_id]).values()

    assert (load.open_tasks, load.open_minutes) == (1, done.minutes)


def test_who_may_only_look_reads_the_strategys_title(client: Client, approver: User) -> None:
    DispatchSwitch.objects.create(pk=1)
    client.force_login(approver)

    page = client.get("/dispatch/dispatchswitch/1/change/").text

    assert "先按优先顺序，再按负荷最轻" in page and "priority_then_least_load" not in page
