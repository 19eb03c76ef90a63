"""The dispatch page: a draft is looked at, confirmed as it was shown or refused, and undone; each only what is theirs."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as some

from paidan import audited
from paidan.catalog.models import Process
from paidan.console.dispatching import drafting
from paidan.console.dispatching.plan import Plan, merged, packed, rules_of, state, unpacked
from paidan.contracts import Candidate, DepartmentFacts, Ranking, TaskFacts, setting
from paidan.dispatch import engine
from paidan.dispatch.actions import arrange, standing
from paidan.dispatch.facts import Choice, Problem, rules_for
from paidan.dispatch.models import DispatchRule, DispatchSwitch, ProcessStrategy
from paidan.dispatch.rules import Arrangement, Rank, Shop, arranged
from paidan.errors import Refused
from paidan.notices.models import Notification
from paidan.orders import moves
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import DispatchDecision, Task
from paidan.orders.works import TaskRow
from paidan.people.models import Department, User
from paidan.registry.engine import prepared
from tests.conftest import (
    Hire,
    Install,
    MakeOrder,
    assert_history_complete,
    reload,
    snapshot,
    tasks_of,
    together,
)
from tests.conftest import Shop as ShopFiles

pytestmark = pytest.mark.django_db
URL, LOOK, CONFIRM = "/dispatch/", "/dispatch/preview/", "/dispatch/confirm/"


@pytest.fixture
def boss(hire: Hire) -> User:
    return hire("root", role="admin")


def signed_in(user: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = language
    return client


@dataclass
class Draft:
    """The page as somebody has it open: what the browser would send."""

    client: Client
    sent: dict[str, Any]

    @classmethod
    def of(cls, user: User, query: str) -> "Draft":
        client = signed_in(user)
        page = client.get(f"{URL}?{query}")
        assert page.status_code == 200
        sent: dict[str, Any] = {"seen": page.context["seen"]}
        if "process=" in query:
            sent |= {"process": page.context["process"].code, "department": []}
            for place in page.context["places"]:
                if place.may_change:
                    cls._add(sent, place.department.pk, *place.rank[1:])
            if page.context["everywhere"]:
                sent["strategy"] = page.context["choice"].strategy if page.context["choice"] else ""
        else:
            switch = page.context["shop"]
            sent |= {"shop_strategy": switch.strategy}
            sent |= {name: "on" for name in ("enabled", "only_equals") if getattr(switch, name)}
        return cls(client, sent)

    @staticmethod
    def _add(sent: dict[str, Any], pk: int, priority: int, enabled: bool = True, factor: Any = "1.00") -> None:
        sent["department"].append(pk)
        sent |= {f"{pk}-priority": priority, f"{pk}-factor": str(factor)}
        if enabled:
            sent[f"{pk}-enabled"] = "on"

    def rank(self, department: Department, priority: int) -> "Draft":
        if department.pk not in self.sent["department"]:
            self._add(self.sent, department.pk, priority)
        self.sent[f"{department.pk}-priority"] = priority
        return self

    def switch_off(self, department: Department) -> "Draft":
        del self.sent[f"{department.pk}-enabled"]
        return self

    def remove(self, department: Department) -> "Draft":
        self.sent["department"].remove(department.pk)
        return self

    def look(self) -> str:
        answer = self.client.post(LOOK, self.sent)
        assert answer.status_code == 200
        return answer.text

    def confirm(self, shown: str | None = None, *, moves: bool = True, **more: str) -> Any:
        shown = shown if shown is not None else self.look()
        token = re.search(r'name="plan" value="([^"]+)"', shown)
        assert token, shown
        return self.client.post(CONFIRM, {"plan": token[1], **({"moves": "1"} if moves else {}), **more})


def everything() -> Any:
    return snapshot("dispatch", "orders", "notices")


# --- pure -----------------------------------------------------------------------------------------
PLACES = (1, 2, 3, 4)
ranks = some.lists(
    some.builds(
        Rank, department=some.sampled_from(PLACES), priority=some.integers(1, 3), enabled=some.booleans(),
        time_factor=some.sampled_from([Decimal("0.50"), Decimal("1.00"), Decimal("3.00")]),
    ),
    unique_by=lambda rank: rank.department, max_size=4,
).map(lambda found: arranged(found, None))  # fmt: skip
tasks = some.lists(
    some.tuples(some.sampled_from([None, *PLACES]), some.integers(1, 90)), max_size=12
).map(lambda rows: [
    moves.WaitingTask(1, where, 7, "N", TaskRow(pk, pk, "order", "PRT", 100, minutes, 2, None, "x"))
    for pk, (where, minutes) in enumerate(rows, 1)
])  # fmt: skip


def planned(have: list[moves.WaitingTask], old: Arrangement, new: Arrangement, strategy: str, keep: bool) -> Any:
    loads = {pk: DepartmentFacts(id=pk, name=str(pk), open_tasks=pk, open_minutes=40 * (5 - pk)) for pk in PLACES}
    today = date(2026, 1, 2)
    rules = [rules_of("PRT", each, PLACES[:3]) for each in (old, new)]
    made = [
        engine.decide(Problem(
            tuple(task.facts(today) for task in have), each, loads, switched_on=True, strategy=strategy, only_equals=keep,
        ))
        for each in rules
    ]  # fmt: skip
    return moves.plan(have, rules[1], only_equals=keep, before=made[0], after=made[1])


@settings(max_examples=100)
@given(
    tasks, ranks, ranks, some.sampled_from(["least_load", "round_robin", "random", "earliest_finish"]), some.booleans()
)
def test_carrying_out_a_plan_leaves_nothing_to_move(
    have: list[moves.WaitingTask], old: Arrangement, new: Arrangement, strategy: str, keep: bool
) -> None:
    found = planned(have, old, new, strategy, keep)
    goes = {move.task: move.target for move in found}

    then = [task._replace(department=goes.get(task.row.pk, task.department)) for task in have]

    assert planned(then, new, new, strategy, keep) == []
    offered = moves.offered(rules_of("PRT", new, PLACES[:3]), keep).get("PRT", set())
    assert {task.department for task in then} <= {*offered, *([] if offered else [None])}


def test_load_that_shifted_since_moves_nothing() -> None:
    """Three tasks that went to one of two equals stay there, though dispatched together they would be shared."""
    equals = arranged([Rank(1, 1), Rank(2, 1)], None)
    have = [moves.WaitingTask(1, 1, 7, "N", TaskRow(pk, pk, "order", "PRT", 1, 60, 2, None, "x")) for pk in (1, 2, 3)]

    assert planned(have, equals, equals, "least_load", True) == []


@pytest.mark.parametrize(
    ("rules", "word"),
    [
        ([], "uncovered"),
        ([(1, False), (2, False)], "disabled"),
        ([(1, False), (2, True), (3, True)], "covered"),
        ([(1, False), (2, True), (2, True)], "equals"),
    ],
)
def test_how_a_process_stands(rules: list[tuple[int, bool]], word: str) -> None:
    assert state(rules) == word


def test_cards_that_somebody_does_not_have_stay_as_they_are() -> None:
    now = arranged([Rank(1, 1), Rank(2, 2), Rank(3, 3)], None)

    assert merged(now, [Rank(2, 1)], {3}, None) == arranged([Rank(1, 1), Rank(2, 1)], None)


def test_a_plan_travels_unharmed(shop: ShopFiles) -> None:
    decision = engine.Decision("7:1/order", 2, "strategy", "least_load", "1", {"minutes": 5}, [{"department": 2}])
    plan = Plan(
        "PRT", arranged([Rank(1, 1)], None), arranged([Rank(1, 2, False, Decimal("0.50"))], Choice("random", {"seed": 3})),
        Shop(True, "least_load", True), Shop(False, "random", False), (moves.Move(5, 2, 1, "N", "x", decision),),
    )  # fmt: skip

    assert unpacked(signing.loads(signing.dumps(packed(plan), compress=True))) == plan


# --- a strategy per process -----------------------------------------------------------------------
@dataclass(frozen=True)
class Favourite:
    """Prefer one department."""

    reads = frozenset[str]()
    place: int = setting(0, title="Place", minimum=0, maximum=99999)

    def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        return Ranking.by(candidates, lambda c: (c.id != self.place, c.id), reason="favourite")


def equal_everywhere(*codes: str) -> None:
    DispatchRule.objects.filter(process__code__in=codes).update(priority=1)


def test_each_process_is_decided_by_its_own_strategy_and_the_decision_says_so(
    submitted: MakeOrder, approver: User, shop: ShopFiles, install: Install
) -> None:
    """DISP-02. One approval, three strategies, one of them with settings of its own."""
    install(Favourite)
    equal_everywhere("VAN", "PACK", "UV")
    outside, production = shop.department("outsourcing"), shop.department("production")
    for code, choice in (
        ("VAN", Choice("odd", {"place": production.pk})),
        ("UV", Choice("odd", {"place": outside.pk})),
    ):
        process = shop.process(code)
        arrange(process, standing(process)._replace(choice=choice), by=approver)

    order = life.approve(submitted("VAN", "PACK", "UV"), by=approver)

    made = {
        decision.inputs["process"]: (
            decision.strategy,
            decision.version,
            decision.outcome_id,
            decision.inputs.get("settings"),
        )
        for decision in DispatchDecision.objects.filter(task__step__order=order)
    }
    assert made["VAN"] == ("odd", "0.3", production.pk, {"place": production.pk})
    assert made["UV"] == ("odd", "0.3", outside.pk, {"place": outside.pk})
    assert made["PACK"][0] == "priority_then_least_load" and made["PACK"][3] is None


def test_several_strategies_cost_an_approval_no_more_statements_for_1000_tasks(
    submitted: MakeOrder, approver: User, shop: ShopFiles
) -> None:
    """PERF-02."""
    process = shop.process("PACK")
    arrange(process, standing(process)._replace(choice=Choice("random", {"seed": 4})), by=approver)
    few, many = submitted("VAN", "PACK", lines=10), submitted("VAN", "PACK", lines=1000)
    asked = []

    for order in (few, many):
        with CaptureQueriesContext(connection) as queries:
            life.approve(order, by=approver)
        asked.append(len(queries))

    assert asked[0] == asked[1] <= 45


def test_a_strategy_that_does_not_take_the_settings_of_a_process_is_replaced(
    submitted: MakeOrder, approver: User, shop: ShopFiles
) -> None:
    ProcessStrategy.objects.create(process=shop.process("VAN"), strategy="gone", settings={"x": 1})

    order = life.approve(submitted("VAN"), by=approver)

    [decision] = DispatchDecision.objects.filter(task__step__order=order)
    assert decision.strategy == "priority_then_least_load"
    assert decision.inputs["instead_of"]["strategy"] == "gone"


def test_a_changed_strategy_makes_a_thought_approval_think_again(
    submitted: MakeOrder, approver: User, shop: ShopFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, decide, calls = submitted("PACK"), engine.decide, []

    def meanwhile(problem: Problem) -> Any:
        if not calls:
            ProcessStrategy.objects.create(process=shop.process("PACK"), strategy="least_tasks")
        calls.append(problem)
        return decide(problem)

    monkeypatch.setattr(engine, "decide", meanwhile)
    life.approve(order, by=approver)

    assert len(calls) == 2
    assert DispatchDecision.objects.get(task__step__order=order).strategy == "least_tasks"


def test_settings_of_a_process_go_before_the_plugins_own(install: Install) -> None:
    from paidan.registry import engine as registry
    from paidan.registry import loader

    install(Favourite)
    one = loader.usable("paidan.dispatch_strategies.v1")["odd"]

    assert prepared(one, {"place": 5}).call.__self__.place == 5
    assert registry.ready(one.group, "odd", {"place": 7}).call.__self__.place == 7  # type: ignore[union-attr]
    assert registry.ready(one.group, "odd", {"place": 7, "more": 1}) is not None, (
        "what it does not declare is not given"
    )
    assert registry.ready(one.group, "odd").call.__self__.place == 0  # type: ignore[union-attr]


# --- looking --------------------------------------------------------------------------------------
def test_the_preview_says_where_work_would_go_and_which_tasks_would_move(
    boss: User, approved: MakeOrder, shop: ShopFiles
) -> None:
    """CFG-04."""
    [task] = tasks_of(approved("VAN"))
    before = everything()

    shown = Draft.of(boss, "process=VAN").switch_off(shop.department("printing")).look()

    assert "<del>印刷车间</del> → <b>外协车间</b>" in re.sub(r"\s+", " ", shown).replace("</del> </b>", "</del>")
    assert f"/orders/task/{task.pk}/change/" in shown
    assert "Save the rules and move 1 task" in shown
    assert everything() == before


def test_tasks_that_are_held_begun_or_of_a_paused_order_are_not_moved(
    boss: User, approver: User, approved: MakeOrder, hire: Hire, shop: ShopFiles
) -> None:
    held, paused, free = tasks_of(approved("VAN"))[0], tasks_of(approved("VAN"))[0], tasks_of(approved("VAN"))[0]
    work.claim(held, by=hire("ann"))
    life.pause(paused.order, by=approver)

    shown = Draft.of(boss, "process=VAN").switch_off(shop.department("printing")).look()

    assert re.findall(r"/orders/task/(\d+)/change/", shown) == [str(free.pk)]


def test_a_task_that_found_no_department_finds_one_and_others_lose_theirs(
    boss: User, approver: User, submitted: MakeOrder, approved: MakeOrder, shop: ShopFiles
) -> None:
    printing = shop.department("printing")
    rules = standing(shop.process("VAN"))
    arrange(shop.process("VAN"), Arrangement(), by=boss)
    lost = tasks_of(life.approve(submitted("VAN"), by=approver))[0]
    assert lost.undispatched == "no_rule"

    found = Draft.of(boss, "process=VAN").rank(printing, 1)
    assert found.confirm().status_code == 200
    assert reload(lost).department == printing and reload(lost).undispatched == ""

    draft = Draft.of(boss, "process=VAN").remove(printing)
    assert "no department" in draft.look()
    assert draft.confirm().status_code == 200
    assert (reload(lost).department, reload(lost).undispatched) == (None, "no_rule")
    assert rules.ranks[0].department == printing.pk


def test_tasks_that_are_looked_at_do_not_count_as_load_against_themselves(
    boss: User, approved: MakeOrder, hire: Hire
) -> None:
    held, *_others = tasks_of(approved("PACK", lines=4))
    work.claim(held, by=hire("ann", post=("packaging", "operator")))
    tasks = moves.waiting(boss, held.step.process_id)
    frame = Problem((), rules_for(["PACK"]), {}, switched_on=True, strategy="least_load")

    before, after = moves.problems(tasks, moves.rows(tasks), frame, frame)

    assert len(before.works) == len(after.works) == 3
    assert before.loads[held.department_id].open_tasks == 1


def test_switching_everything_off_moves_nothing(boss: User, approved: MakeOrder) -> None:
    [task] = tasks_of(approved("VAN"))
    draft = Draft.of(boss, "shop=1")
    del draft.sent["enabled"]

    shown = draft.look()
    assert "waiting tasks stay where they are" in shown
    assert draft.confirm(shown).status_code == 200

    assert DispatchSwitch.objects.get().enabled is False
    assert reload(task).department == task.department


def test_another_strategy_for_the_shop_is_shown_with_what_it_moves(
    boss: User, approved: MakeOrder, shop: ShopFiles
) -> None:
    """CFG-01."""
    equal_everywhere("PACK")
    approved("PACK", lines=8)
    draft = Draft.of(boss, "shop=1")
    draft.sent["shop_strategy"] = "random"

    shown = draft.look()
    moving = {int(pk) for pk in re.findall(r"/orders/task/(\d+)/change/", shown)}
    was = {task.pk: task.department_id for task in Task.objects.filter(pk__in=moving)}
    assert draft.confirm(shown).status_code == 200

    assert moving
    assert all(task.department_id != was[task.pk] for task in Task.objects.filter(pk__in=moving))
    assert DispatchSwitch.objects.get().strategy == "random"
    again = Draft.of(boss, "shop=1").look()
    assert "No waiting task would go elsewhere." in again


def test_a_strategy_that_cannot_be_used_says_why(boss: User, install: Install, shop: ShopFiles) -> None:
    @dataclass(frozen=True)
    class Needs:
        """Needs a number."""

        number: int = setting(title="Number")

        def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
            return Ranking.by(candidates, lambda c: c.id, reason="")

    install(Needs)
    draft = Draft.of(boss, "process=VAN")
    page = draft.client.get(f"{URL}?process=VAN").text
    assert "It cannot be used now: it lacks settings" in page

    draft.sent |= {"strategy": "odd", "odd-setting_number": "x"}
    before = everything()
    assert 'role="alert"' in draft.look()
    draft.sent["odd-setting_number"] = "5"
    assert draft.confirm().status_code == 200
    assert ProcessStrategy.objects.get().settings == {"number": 5}
    assert everything() != before
    assert_history_complete("dispatch")


# --- confirming -----------------------------------------------------------------------------------
def test_what_was_shown_is_carried_out_recorded_and_told(
    boss: User, approved: MakeOrder, shop: ShopFiles, hire: Hire
) -> None:
    """CFG-02, CFG-03."""
    ann, ben = hire("ann", post=("printing", "supervisor")), hire("ben", post=("outsourcing", "supervisor"))
    [task] = tasks_of(approved("VAN"))
    outside = shop.department("outsourcing")
    Notification.objects.all().delete()

    draft = Draft.of(boss, "process=VAN").rank(outside, 1).rank(shop.department("printing"), 2)
    assert draft.confirm(reason="印刷机大修").json() == {"url": "/dispatch/?process=VAN"}

    task = reload(task)
    assert (task.department, task.status, task.version) == (outside, "pending", 3)
    decision = task.decisions.first()
    assert (decision.outcome, decision.by, decision.reason) == (outside, boss, "only_first_choice")
    assert task.history.first().history_user == boss
    assert {note.recipient for note in Notification.objects.filter(kind="tasks_moved")} == {ann, ben}
    assert {note.values["tasks"] for note in Notification.objects.all()} == {"1"}
    ranked = dict(DispatchRule.objects.filter(process__code="VAN").values_list("department__code", "priority"))
    assert ranked == {"outsourcing": 1, "printing": 2, "production": 3}
    assert DispatchRule.history.filter(history_change_reason="印刷机大修").count() == 2
    assert_history_complete("dispatch", "orders")


def test_rules_alone_move_no_task(boss: User, approved: MakeOrder, shop: ShopFiles) -> None:
    [task] = tasks_of(approved("VAN"))

    draft = Draft.of(boss, "process=VAN").switch_off(shop.department("printing"))
    assert draft.confirm(moves=False).status_code == 200

    assert reload(task).department == task.department and reload(task).version == task.version
    assert Draft.of(boss, "process=VAN").look().count("/orders/task/") == 1, "it may still be moved later"


def test_a_stale_confirmation_changes_nothing_and_says_who_changed_what(
    boss: User, hire: Hire, approved: MakeOrder, shop: ShopFiles
) -> None:
    approved("VAN")
    printing, outside = shop.department("printing"), shop.department("outsourcing")
    mine, theirs = Draft.of(boss, "process=VAN"), Draft.of(hire("王主管", is_superuser=True), "process=VAN")
    shown = mine.switch_off(printing).look()
    assert theirs.rank(outside, 1).confirm().status_code == 200
    before = everything()

    refused = mine.confirm(shown)
    again = mine.look()

    assert refused.status_code == 409
    for text in (refused.text, again):
        assert 'data-refused="stale"' in text and "王主管" in text and "外协车间: rank 2 → rank 1" in text
    assert everything() == before


def test_a_confirmation_is_refused_when_one_of_the_tasks_was_taken(
    boss: User, hire: Hire, approved: MakeOrder, shop: ShopFiles
) -> None:
    approved("VAN")
    [task] = tasks_of(approved("VAN"))
    draft = Draft.of(boss, "process=VAN").switch_off(shop.department("printing"))
    shown = draft.look()
    work.claim(task, by=hire("ann"))
    before = everything()

    refused = draft.confirm(shown)

    assert (
        refused.status_code == 409 and task.order.number in refused.text and "1 of these tasks changed" in refused.text
    )
    assert everything() == before


def test_a_plan_is_good_for_its_reader_only(boss: User, hire: Hire, shop: ShopFiles) -> None:
    shown = Draft.of(boss, "process=VAN").rank(shop.department("printing"), 5).look()
    before = everything()

    other = Draft.of(hire("eva", is_superuser=True), "process=VAN").confirm(shown)
    bent = Draft.of(boss, "process=VAN").client.post(CONFIRM, {"plan": "x"})

    assert (other.status_code, bent.status_code) == (409, 409)
    assert everything() == before


@pytest.mark.parametrize(
    ("name", "value"), [("priority", "0"), ("priority", "x"), ("factor", "0"), ("factor", "101"), ("factor", "")]
)
def test_a_draft_that_cannot_be_is_refused_in_words(name: str, value: str, boss: User, shop: ShopFiles) -> None:
    draft = Draft.of(boss, "process=VAN")
    draft.sent[f"{shop.department('printing').pk}-{name}"] = value

    shown = draft.look()

    assert 'role="alert"' in shown and 'name="plan"' not in shown


# --- who may what ---------------------------------------------------------------------------------
def test_a_supervisor_changes_the_own_rule_and_sees_no_other(hire: Hire, approved: MakeOrder, shop: ShopFiles) -> None:
    """AUTH-01."""
    ann = hire("ann", post=("printing", "supervisor"))
    [task] = tasks_of(approved("VAN"))
    draft = Draft.of(ann, "process=VAN")
    page = draft.client.get(f"{URL}?process=VAN")
    assert [place.department.code for place in page.context["places"]] == ["printing"]
    assert 'name="strategy"' not in page.text
    stand = {each.process.code: each.state for each in page.context["listed"]}
    assert (stand["VAN"], stand["PACK"]) == ("covered", "elsewhere")

    draft.rank(shop.department("printing"), 4)
    assert draft.confirm().status_code == 200

    assert dict(DispatchRule.objects.filter(process__code="VAN").values_list("department__code", "priority")) == {
        "printing": 4, "outsourcing": 2, "production": 3,
    }  # fmt: skip
    assert reload(task).department.code == "outsourcing"


@pytest.mark.parametrize("code", ["outsourcing", "design"])
def test_a_supervisors_foreign_rule_is_refused_whether_it_is_there_or_not(
    code: str, hire: Hire, shop: ShopFiles
) -> None:
    draft = Draft.of(hire("ann", post=("printing", "supervisor")), "process=VAN")
    before = everything()

    shown = draft.rank(shop.department(code), 1).look()

    assert 'data-refused="not_yours"' in shown and 'name="plan"' not in shown
    assert everything() == before


def test_rights_are_asked_again_when_a_plan_is_confirmed(
    hire: Hire, boss: User, approved: MakeOrder, shop: ShopFiles
) -> None:
    ann = hire("ann", post=("printing", "supervisor"))
    approved("VAN")
    draft = Draft.of(ann, "process=VAN").rank(shop.department("printing"), 4)
    shown = draft.look()
    ann.groups.clear()
    before = everything()

    assert draft.confirm(shown).status_code == 404
    ann.groups.set(hire("bea", post=("outsourcing", "supervisor")).groups.all())
    assert draft.confirm(shown).status_code == 409

    assert everything()["dispatch.DispatchRule"] == before["dispatch.DispatchRule"]
    assert everything()["orders.Task"] == before["orders.Task"]


def test_a_supervisor_does_not_choose_strategies_or_throw_the_switch(hire: Hire, shop: ShopFiles) -> None:
    ann = hire("ann", post=("printing", "supervisor"))
    draft = Draft.of(ann, "process=VAN")
    draft.sent["strategy"] = "random"
    assert "rank" not in draft.look() or 'name="plan"' not in draft.look()
    assert not ProcessStrategy.objects.exists()

    assert draft.client.get(f"{URL}?shop=1").status_code == 404
    assert draft.client.post(LOOK, {"shop_strategy": "random", "seen": "x"}).status_code == 404
    plan = Plan("", Arrangement(), Arrangement(), Shop(True, "a", True), Shop(False, "a", True))
    with pytest.raises(Refused):
        drafting.must_be_allowed(ann, plan)


def test_an_approver_looks_and_changes_nothing(approver: User, approved: MakeOrder, shop: ShopFiles) -> None:
    approved("VAN")
    draft = Draft.of(approver, "process=VAN")
    page = draft.client.get(f"{URL}?process=VAN")

    assert len(page.context["places"]) == 3 and not any(place.may_change for place in page.context["places"])
    assert 'name="plan"' not in draft.look()
    draft.sent["department"] = []
    draft.rank(shop.department("printing"), 5)
    assert 'data-refused="not_yours"' in draft.look()


@pytest.mark.parametrize("role", ["maker", "sales", "operator"])
def test_for_the_others_there_is_no_such_page(role: str, hire: Hire) -> None:
    who = hire(role, post=("printing", "operator")) if role == "operator" else hire(role, role=role)
    client = signed_in(who)

    assert [client.get(URL).status_code, client.post(LOOK).status_code, client.post(CONFIRM).status_code] == [404] * 3


def test_what_nobody_knows_is_missing(boss: User) -> None:
    client = signed_in(boss)

    assert client.get(f"{URL}?process=NOPE").status_code == 404
    assert client.post(LOOK, {"process": "NOPE"}).status_code == 404
    assert client.get(LOOK).status_code == 405


def test_the_rule_list_asks_the_same_as_the_page(hire: Hire, shop: ShopFiles) -> None:
    """A supervisor of printing who also looks after packing may look at its rule, not change it."""
    from guardian.shortcuts import assign_perm

    ann = hire("ann", post=("printing", "supervisor"))
    assign_perm("view_tasks", ann, shop.department("packaging"))
    rule = DispatchRule.objects.filter(department__code="packaging", process__code="PACK").get()
    client = signed_in(User.objects.get(pk=ann.pk))
    page = f"/dispatch/dispatchrule/{rule.pk}/change/"

    assert client.get(page).status_code == 200
    assert (
        client.post(page, {"process": rule.process_id, "department": rule.department_id, "priority": 9}).status_code
        == 403
    )
    assert reload(rule).priority == rule.priority
    places = client.get(f"{URL}?process=PACK").context["places"]
    assert [(place.department.code, place.may_change) for place in places] == [("packaging", False)]


# --- story ----------------------------------------------------------------------------------------
def test_the_page_tells_who_changed_what_and_the_last_change_is_undone_by_the_same_way(
    boss: User, approved: MakeOrder, shop: ShopFiles
) -> None:
    [task] = tasks_of(approved("VAN"))
    printing, outside = shop.department("printing"), shop.department("outsourcing")
    before = standing(shop.process("VAN"))
    assert Draft.of(boss, "process=VAN").rank(outside, 1).remove(printing).confirm().status_code == 200
    assert reload(task).department == outside

    page = signed_in(boss).get(f"{URL}?process=VAN")
    deed = page.context["deeds"][0]
    assert deed["by"] == boss
    assert deed["lines"] == [("外协车间", "rank 2", "rank 1"), ("印刷车间", "rank 1", "")]
    assert page.context["may_undo"]

    assert Draft.of(boss, "process=VAN&undo=1").confirm().status_code == 200
    assert standing(shop.process("VAN")) == before
    assert reload(task).department == printing


def test_a_supervisor_reads_the_story_of_own_departments_only(hire: Hire, boss: User, shop: ShopFiles) -> None:
    with audited.request("a" * 32):
        Draft.of(boss, "process=VAN").rank(shop.department("outsourcing"), 9).confirm()

    page = signed_in(hire("ann", post=("printing", "supervisor"))).get(f"{URL}?process=VAN")

    assert "外协车间" not in "".join(str(deed["lines"]) for deed in page.context["deeds"])


# --- races ----------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_at_once_one_is_stale(approved: MakeOrder, hire: Hire, shop: ShopFiles) -> None:
    people = [hire(name, is_superuser=True) for name in ("eva", "leo")]
    tasks = [tasks_of(approved("VAN"))[0] for _n in range(5)]
    drafts = [
        Draft.of(people[0], "process=VAN").switch_off(shop.department("printing")),
        Draft.of(people[1], "process=VAN").rank(shop.department("production"), 1).rank(shop.department("printing"), 2),
    ]
    shown = [draft.look() for draft in drafts]

    answers = together([lambda d=d, s=s: d.confirm(s) for d, s in zip(drafts, shown, strict=True)])

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    places = {reload(task).department.code for task in tasks}
    assert places in ({"outsourcing"}, {"production"})
    assert DispatchDecision.objects.count() == 10
    assert_history_complete("dispatch", "orders")


@pytest.mark.django_db(transaction=True)
def test_a_claim_and_a_confirmation_at_once_leave_a_held_task_where_it_is(
    approved: MakeOrder, hire: Hire, shop: ShopFiles
) -> None:
    [task] = tasks_of(approved("VAN"))
    ann, draft = hire("ann"), Draft.of(hire("eva", is_superuser=True), "process=VAN")
    shown = draft.switch_off(shop.department("printing")).look()

    answers = together([lambda: work.claim(task, by=ann), lambda: draft.confirm(shown)])

    task = reload(task)
    if answers[1].status_code == 200:
        assert task.department.code == "outsourcing"
    else:
        assert (task.department.code, task.operator) == ("printing", ann)
        assert DispatchRule.objects.get(process__code="VAN", department__code="printing").enabled
    assert_history_complete("dispatch", "orders")


# --- what it costs --------------------------------------------------------------------------------
def test_page_and_preview_keep_to_their_ceilings_for_any_number_of_tasks(
    boss: User, approved: MakeOrder, shop: ShopFiles
) -> None:
    approved("PACK", lines=3)
    asked = []

    for lines in (3, 300):
        approved("PACK", lines=lines)
        draft = Draft.of(boss, "process=PACK").switch_off(shop.department("packaging"))
        counts = []
        for verb in (partial(draft.client.get, f"{URL}?process=PACK"), draft.look):
            with CaptureQueriesContext(connection) as queries:
                verb()
            counts.append(len(queries))
        asked.append(counts)

    assert asked[0] == asked[1]
    assert asked[0][0] <= 15 and asked[0][1] <= 25
    shown = draft.look()
    assert shown.count("/orders/task/") == 200 and "… and 106 more." in shown
    assert "Save the rules and move 306 tasks" in shown


def test_a_preview_keeps_to_its_ceiling_with_a_strategy_that_reads_everything(
    boss: User, approved: MakeOrder, install: Install, shop: ShopFiles
) -> None:
    def reads_all(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        return Ranking.by(candidates, lambda c: (c.running, c.id), reason="")

    install(reads_all)
    DispatchSwitch.objects.create(pk=1, strategy="odd")
    approved("PRT", "PACK", lines=5)
    draft = Draft.of(boss, "shop=1")
    draft.sent["shop_strategy"] = "least_load"

    with CaptureQueriesContext(connection) as queries:
        draft.look()

    assert len(queries) <= 25


def test_arranging_asks_the_same_for_two_departments_as_for_all(boss: User, shop: ShopFiles) -> None:
    process, asked = shop.process("VAN"), []
    arrange(process, Arrangement(), by=boss)
    for departments in (list(Department.objects.all())[:2], list(Department.objects.all())):
        wanted = arranged([Rank(place.pk, n) for n, place in enumerate(departments, 1)], None)
        counts = []
        for each in (wanted, arranged([rank._replace(enabled=False) for rank in wanted.ranks], None), Arrangement()):
            with CaptureQueriesContext(connection) as queries:
                arrange(process, each, by=boss)
            counts.append(len(queries))
        asked.append(counts)

    assert asked[0] == asked[1] and max(asked[0]) <= 15
    assert_history_complete("dispatch")


# --- an empty shop --------------------------------------------------------------------------------
def test_a_shop_without_processes_or_departments_is_told_what_to_add(boss: User) -> None:
    Process.objects.all().delete()
    client = signed_in(boss)
    assert "There is no process yet." in client.get(URL).text

    Process.objects.create(code="VAN", name="过油")
    page = client.get(URL).text
    assert "No department does this yet" in page
    assert client.post(LOOK, {"process": "VAN", "seen": client.get(URL).context["seen"]}).status_code == 200
