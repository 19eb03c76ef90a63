"""Plugins: found whatever they are, asked with care, switched everywhere at once, and never in the way of work."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paidan.catalog.models import Customer, Process
from paidan.contracts import (
    GENERATORS,
    NOTIFIERS,
    STRATEGIES,
    Candidate,
    Delivery,
    Message,
    OrderFacts,
    Ranking,
    StepFacts,
    TaskFacts,
    TaskSpec,
    setting,
)
from paidan.dispatch.engine import BUILT_IN
from paidan.dispatch.models import DispatchRule, DispatchSwitch
from paidan.errors import Refused
from paidan.notices.delivery import deliver
from paidan.notices.jobs import tell_of_plugins
from paidan.notices.models import Notification
from paidan.orders.actions import order as life
from paidan.orders.actions.saving import preview_save, save
from paidan.orders.drafts import OrderDraft, draft_of
from paidan.orders.models import DispatchDecision
from paidan.people.models import User
from paidan.registry import actions, engine, loader, meter
from paidan.registry.facts import uses
from paidan.registry.models import FAILURES_UNTIL_OFF, Epoch, Plugin
from paidan.testing import message
from tests.conftest import Hire, Install, MakeOrder, tasks_of, unchanged

pytestmark = pytest.mark.django_db


def first_one(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    """Prefer the smallest number."""
    return Ranking.by(candidates, lambda c: c.id, reason="smallest number")


def raises(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    raise RuntimeError("no idea")


def exits(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    raise SystemExit(3)


def junk(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Any:
    return "printing"


def writes(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    Customer.objects.create(name="内鬼")
    return first_one(task, candidates)


def writes_and_hides_it(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    with suppress(Exception):
        Customer.objects.create(name="内鬼")
    return first_one(task, candidates)


go_on = threading.Event()


@dataclass(frozen=True)
class Hangs:
    """Never come to an end."""

    seconds = 0.2

    def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        go_on.wait(20)
        return first_one(task, candidates)


@dataclass(frozen=True)
class HangsOnTheThird:
    """Work twice, then never come to an end."""

    seconds = 0.3

    def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        if task.id.endswith("line:3"):
            go_on.wait(20)
        return first_one(task, candidates)


@pytest.fixture
def released() -> Iterator[None]:
    """Let those that hang go when the test is over."""
    go_on.clear()
    yield
    go_on.set()


def choose(name: str = "odd", **more: Any) -> None:
    DispatchSwitch.objects.update_or_create(pk=1, defaults={"strategy": name, **more})


def states() -> dict[str, str]:
    actions.sync()
    return {row.name: row.state for row in Plugin.objects.filter(group=STRATEGIES)}


# --- finding --------------------------------------------------------------------------------------
def test_the_built_in_plugins_are_found_and_on() -> None:
    names = {group: set(loader.usable(group)) for group in (STRATEGIES, GENERATORS, NOTIFIERS)}

    assert names[STRATEGIES] >= {
        "priority_then_least_load", "least_load", "least_tasks", "round_robin", "random", "first_available",
        "earliest_finish",
    }  # fmt: skip
    assert names[GENERATORS] >= {
        "general", "plate_making", "cutting", "printing", "foil_stamping", "embossing", "die_cutting", "packing",
    }  # fmt: skip
    assert names[NOTIFIERS] >= {"inbox", "log"}


@pytest.mark.parametrize(
    ("plugin", "group", "problem", "said"),
    [
        (ImportError("No module named 'nowhere'"), STRATEGIES, "import", "nowhere"),
        (SystemExit("no"), STRATEGIES, "import", "SystemExit"),
        (42, STRATEGIES, "type", "names a function or a class"),
        (lambda task: None, STRATEGIES, "type", "must take 2 argument(s)"),
        (type("Empty", (), {}), STRATEGIES, "type", "rank or rank_all"),
        (type("Later", (), {"contract": 2, "rank": first_one}), STRATEGIES, "version", "version 2"),
        (first_one, "paidan.dispatch_strategies.v2", "version", "version 2"),
    ],
)
def test_what_cannot_be_used_is_recorded_with_its_reason_and_skipped(
    plugin: Any, group: str, problem: str, said: str, install: Install
) -> None:
    install(plugin, group=group)

    [one] = [one for one in loader.found() if one.name == "odd"]

    assert (one.problem, one.distribution, one.version) == (problem, "stranger", "0.3")
    assert said in one.error
    assert engine.ready(STRATEGIES, "odd") is None
    actions.sync()
    row = Plugin.objects.get(name="odd")
    assert (row.problem, row.version) == (problem, "0.3") and said in row.error


def test_an_import_that_never_ends_does_not_stop_the_start(
    install: Install, monkeypatch: pytest.MonkeyPatch, released: None
) -> None:
    monkeypatch.setattr(loader, "SECONDS_TO_IMPORT", 0.1)
    install(go_on, name="slow")

    [one] = [one for one in loader.found() if one.name == "slow"]

    assert one.problem == "import" and "more than 0.1 seconds" in one.error
    assert "least_load" in loader.usable(STRATEGIES)


def test_a_name_that_two_strangers_claim_belongs_to_neither(install: Install) -> None:
    install(first_one, distribution="one")
    install(raises, distribution="two")

    found = [one for one in loader.found() if one.name == "odd"]

    assert [(one.distribution, one.problem) for one in found] == [("one", "duplicate"), ("two", "duplicate")]
    assert "two 0.3" in found[0].error and engine.ready(STRATEGIES, "odd") is None


def test_a_stranger_cannot_take_a_name_of_the_house(install: Install) -> None:
    install(raises, name=BUILT_IN, distribution="aaa")

    ready = engine.ready(STRATEGIES, BUILT_IN)

    assert ready and ready.built_in
    assert [one.problem for one in loader.found() if one.name == BUILT_IN] == ["duplicate", ""]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_in_which_metadata_is_found_changes_nothing(seed: int, install: Install) -> None:
    if not any(one.name == "odd" for one in loader.found()):
        install(first_one, distribution="one")
        install(raises, distribution="two")
        install(first_one, name="fine", distribution="three")
    entries = loader.entry_points()
    usual = [(one.key, one.distribution, one.problem) for one in loader.found()]

    random.Random(seed).shuffle(entries)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loader, "entry_points", lambda: entries)
        loader.forget()
        assert [(one.key, one.distribution, one.problem) for one in loader.found()] == usual


def test_a_plugin_that_was_removed_is_remembered_as_gone(install: Install) -> None:
    install(first_one)
    assert states()["odd"] == "on"
    Plugin.objects.filter(name="odd").update(distribution="removed-since")

    rows = {row.distribution: row.state for row in Plugin.objects.filter(name="odd")} | {}
    assert states() and rows == {"removed-since": "on"}
    assert Plugin.objects.get(distribution="removed-since").state == "gone"


def test_safe_mode_starts_with_nothing_but_the_house(install: Install, settings: Any) -> None:
    settings.PAIDAN_SAFE_MODE = True
    install(first_one)

    assert engine.ready(STRATEGIES, "odd") is None
    assert str(engine.why_not(STRATEGIES, "odd")) == "is held back by safe mode"
    assert engine.ready(STRATEGIES, BUILT_IN) is not None


def test_the_command_lists_every_plugin_for_programs(install: Install) -> None:
    install(first_one)
    install(ImportError("nothing there"), name="broken")
    out = StringIO()

    call_command("plugins", "--json", stdout=out)

    rows = {row["name"]: row for row in json.loads(out.getvalue())}
    assert rows["odd"] == {
        "group": STRATEGIES, "name": "odd", "distribution": "stranger", "version": "0.3", "state": "on", "error": "",
    }  # fmt: skip
    assert rows["broken"]["state"] == "import" and "nothing there" in rows["broken"]["error"]


# --- asking ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("plugin", "why"),
    [
        (raises, "failed: RuntimeError: no idea"),
        (exits, "failed: SystemExit: 3"),
        (junk, "failed: TypeError: not a ranking: 'printing'"),
        (writes, "failed: PermissionError: a plugin may not use the database"),
        (writes_and_hides_it, "failed: PermissionError: a plugin may not use the database"),
    ],
)
def test_a_plugin_that_fails_neither_loses_nor_misplaces_a_task(
    plugin: Any, why: str, install: Install, submitted: MakeOrder, approver: User
) -> None:
    order = submitted("VAN", "PACK", lines=2)
    install(plugin)
    choose()

    life.approve(order, by=approver)

    places = [task.department.code for task in tasks_of(order)]
    assert places == ["printing", "packaging", "packaging"]
    decision = DispatchDecision.objects.filter(task__step__order=order).earliest("id")
    said = decision.inputs["instead_of"]
    assert decision.strategy == BUILT_IN and said["strategy"] == "odd"
    assert said["why"]["template"].format(**said["why"]["values"]) == why
    assert not Customer.objects.filter(name="内鬼").exists()
    row = Plugin.objects.get(name="odd")
    assert row.failures == 3 and row.failures_in_row == 3 and row.last_error


def test_a_plugin_that_hangs_is_left_behind_and_not_asked_while_it_still_runs(
    install: Install, submitted: MakeOrder, approver: User, released: None
) -> None:
    first, second = submitted("VAN"), submitted("VAN")
    install(Hangs)
    choose()

    began = time.monotonic()
    life.approve(first, by=approver)
    waited = time.monotonic() - began
    life.approve(second, by=approver)

    assert 0.2 <= waited < 5  # its own time, not the twenty seconds that it hangs
    reasons = [d.inputs["instead_of"]["why"]["template"] for d in DispatchDecision.objects.order_by("id")]
    assert reasons == ["took more than {seconds} seconds", "is still busy with an earlier call"]
    assert {task.department.code for order in (first, second) for task in tasks_of(order)} == {"printing"}

    go_on.set()
    engine._stuck[STRATEGIES, "odd"].join(5)
    assert engine.ready(STRATEGIES, "odd") is not None


def test_what_was_decided_before_a_plugin_hung_is_kept(
    install: Install, submitted: MakeOrder, approver: User, released: None
) -> None:
    order = submitted("PACK", lines=4)
    install(HangsOnTheThird)
    choose(only_equals=False)

    life.approve(order, by=approver)

    strategies = [d.strategy for d in DispatchDecision.objects.order_by("id")]
    assert strategies == ["odd", "odd", BUILT_IN, BUILT_IN]
    assert [task.status for task in tasks_of(order)] == ["pending"] * 4


def test_five_failures_in_a_row_switch_a_plugin_off_and_the_administrators_are_told_once(
    install: Install, submitted: MakeOrder, approver: User, hire: Hire
) -> None:
    boss = hire("eve", role="admin")
    order = submitted("PACK", lines=FAILURES_UNTIL_OFF)
    install(raises)
    choose()

    life.approve(order, by=approver)

    row = Plugin.objects.get(name="odd")
    assert not row.enabled and "5" in row.switched_off_because
    assert engine.ready(STRATEGIES, "odd") is None
    tell_of_plugins.call_local()
    tell_of_plugins.call_local()
    assert [str(notice) for notice in Notification.objects.filter(recipient=boss, kind="plugin_switched_off")] == [
        "插件“Odd”已被停用：连续出错 5 次。"
    ]


def test_a_good_call_in_between_starts_the_row_anew(install: Install, submitted: MakeOrder, approver: User) -> None:
    bad_days = {"on": True}

    def moody(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        if bad_days["on"]:
            raise RuntimeError("not today")
        return first_one(task, candidates)

    orders = [submitted("PACK", lines=3) for _n in range(3)]
    install(moody)
    choose()

    life.approve(orders[0], by=approver)
    bad_days["on"] = False
    life.approve(orders[1], by=approver)
    bad_days["on"] = True
    life.approve(orders[2], by=approver)

    row = Plugin.objects.get(name="odd")
    assert (row.enabled, row.failures, row.failures_in_row) == (True, 6, 3)


def test_calls_and_time_are_counted(install: Install, submitted: MakeOrder, approver: User) -> None:
    order = submitted("PACK", lines=3)
    install(first_one)
    choose()
    actions.sync()

    life.approve(order, by=approver)
    meter.write()

    row = Plugin.objects.get(name="odd")
    assert (row.calls, row.failures) == (3, 0) and row.milliseconds > 0


def test_a_strategy_may_plan_all_tasks_of_an_approval_at_once(
    install: Install, submitted: MakeOrder, approver: User
) -> None:
    class Plans:
        """Give everything but the last task to the second choice."""

        def rank_all(
            self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]]
        ) -> Mapping[str, Ranking]:
            return {
                task.id: Ranking.by(offers[task.id], lambda c: -c.priority, reason="planned", start=place * 10)
                for place, task in enumerate(tasks[:-1])
            }

    order = submitted("PACK", lines=3)
    install(Plans)
    choose(only_equals=False)

    life.approve(order, by=approver)

    kept = [(d.outcome.code, d.strategy, d.inputs.get("start")) for d in DispatchDecision.objects.order_by("id")]
    assert kept == [("production", "odd", 0), ("production", "odd", 10), ("packaging", BUILT_IN, None)]
    last = DispatchDecision.objects.latest("id").inputs["instead_of"]["why"]["template"]
    assert last == "gave no answer for this task"


def test_a_person_is_picked_too_when_the_shop_wants_that_and_nobody_gets_more_than_the_limit(
    submitted: MakeOrder, approver: User, hire: Hire
) -> None:
    ann, ben = hire("ann", post=("packaging", "operator")), hire("ben", post=("packaging", "operator"))
    order = submitted("PACK", lines=23)
    choose("least_load", pick_operator=True)

    life.approve(order, by=approver)

    held = [task.operator for task in tasks_of(order)]
    assert (held.count(ann), held.count(ben), held.count(None)) == (10, 10, 3)
    assert ann.workload.open == ben.workload.open == 10
    assert Notification.objects.filter(recipient=ann, kind="task_assigned").count() == 10
    decision = DispatchDecision.objects.filter(operator=ann).earliest("id")
    assert [row["name"] for row in decision.inputs["people"]] == ["ann", "ben"]


# --- generators -----------------------------------------------------------------------------------
def two_sides(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for each side."""
    for side in ("front", "back"):
        yield TaskSpec(key=f"side:{side}", content=f"{step.name} {side}", planned=order.print_run)


def no_tasks(order: OrderFacts, step: StepFacts) -> Any:
    raise ValueError("not on Mondays")


@pytest.mark.parametrize(
    "specs",
    [
        [TaskSpec(key="a", content="x", planned=0)],
        [TaskSpec(key="a", content=" ", planned=1)],
        [TaskSpec(key="a#2", content="x", planned=1)],
        [TaskSpec(key="manual:1", content="x", planned=1)],
        [TaskSpec(key="a" * 81, content="x", planned=1)],
        [TaskSpec(key="a", content="x", planned=1), TaskSpec(key="a", content="y", planned=1)],
        [TaskSpec(key="a", content="x", planned=1, line=99)],
        [TaskSpec(key="a", content="x", planned=1, allowance=-1)],
        ["printing"],
        None,
    ],
)
def test_a_generator_that_answers_junk_is_replaced_by_one_general_task(
    specs: Any, install: Install, created: MakeOrder
) -> None:
    install(lambda order, step: specs, group=GENERATORS)
    Process.objects.filter(code="VAN").update(generator="odd")

    order = created("VAN")

    assert [task.key for task in tasks_of(order)] == ["order"]


def test_a_strangers_generator_makes_the_tasks(install: Install, created: MakeOrder) -> None:
    install(two_sides, group=GENERATORS)
    Process.objects.filter(code="VAN").update(generator="odd")

    order = created("VAN")

    assert [(task.key, task.content) for task in tasks_of(order)] == [
        ("side:front", "过油 front"), ("side:back", "过油 back"),
    ]  # fmt: skip


def test_tasks_of_a_generator_that_is_switched_off_stay_and_the_order_says_so(
    install: Install, created: MakeOrder, maker: User
) -> None:
    install(two_sides, group=GENERATORS)
    Process.objects.filter(code="VAN").update(generator="odd")
    order = created("VAN")
    actions.sync()
    actions.switch(Plugin.objects.get(name="odd"), on=False, by=maker, because="考试")

    plan = preview_save(order, draft_of(order))
    with unchanged():
        preview_save(order, draft_of(order))

    assert not plan.changes_tasks and len(plan.changes) == 2
    assert plan.warnings == ("过油：任务生成器“odd”已停用；已有任务保持不变。",)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_held_while_a_plugin_thinks(
    draft_order: Callable[..., OrderDraft], maker: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every verb that asks plugins: create, edit, submit, restore, approve, add by hand, edit after approval."""
    from paidan.dispatch import engine as dispatch
    from paidan.orders.actions import adding, bulk, saving

    held: list[tuple[str, bool]] = []

    def watch(module: Any, name: str) -> None:
        honest = getattr(module, name)

        def watched(*args: Any, **named: Any) -> Any:
            held.append((name, connection.in_atomic_block))
            return honest(*args, **named)

        monkeypatch.setattr(module, name, watched)

    watch(saving, "plan")
    watch(dispatch, "decide")
    order = save(None, draft_order("VAN", "PACK", lines=2), by=maker)
    save(order, draft_of(order), by=maker)
    bulk.delete_drafts([tasks_of(order)[0].pk], by=maker)
    bulk.restore_drafts(order, by=maker)
    order = life.submit(order, by=maker)
    order = life.approve(order, by=approver)
    adding.add(order.steps.first(), by=approver, content="补印", planned=5)
    save(order, draft_order("VAN", "PACK", lines=3), by=approver, reason="加一款")

    assert {name for name, _held in held} == {"plan", "decide"} and len(held) >= 8
    assert [name for name, inside in held if inside] == []


# --- notifiers ------------------------------------------------------------------------------------
def slow(message: Message) -> Delivery:
    go_on.wait(20)
    return Delivery.delivered()


slow.seconds = 0.2  # type: ignore[attr-defined]


def refuses(message: Message) -> Delivery:
    raise ConnectionError("line is dead")


@pytest.mark.parametrize(
    ("notifier", "outcome", "said"),
    [
        (lambda message: Delivery.delivered("ok"), "delivered", "ok"),
        (lambda message: Delivery.give_up("no address"), "gave_up", "no address"),
        (lambda message: Delivery.retry_later("busy", 5), "retry", "busy"),
        (refuses, "retry", "出错：ConnectionError: line is dead"),
        (lambda message: True, "retry", "出错：TypeError: not a delivery: True"),
        (lambda message: Delivery("done"), "retry", "出错：TypeError: not a delivery"),
        (slow, "retry", "超过 0.2 秒没有回答"),
    ],
)
def test_a_notifier_always_has_an_answer(
    notifier: Any, outcome: str, said: str, install: Install, released: None
) -> None:
    install(notifier, group=NOTIFIERS)

    answer = deliver("odd", message())

    assert answer.outcome == outcome and answer.reason.startswith(said)


def test_the_houses_notifiers_deliver(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        assert [deliver(name, message(title="面纸到了")).outcome for name in ("inbox", "log")] == ["delivered"] * 2
    assert "面纸到了" in caplog.text
    assert deliver("gone", message()) == Delivery.retry_later("没有安装，或无法使用")


# --- switching ------------------------------------------------------------------------------------
def test_switching_moves_the_epoch_and_is_written_into_the_history(install: Install, approver: User) -> None:
    install(first_one)
    actions.sync()
    row = Plugin.objects.get(name="odd")
    assert engine.ready(STRATEGIES, "odd") is not None
    before = Epoch.objects.get(pk=1).number if Epoch.objects.exists() else 0

    actions.switch(row, on=False, by=approver, because="考试")

    assert Epoch.objects.get(pk=1).number == before + 1
    assert engine.ready(STRATEGIES, "odd") is None and str(engine.why_not(STRATEGIES, "odd")) == "is switched off"
    last = row.history.first()
    assert (last.enabled, last.history_user, last.history_change_reason) == (False, approver, "考试")
    actions.switch(row, on=True, by=approver)
    assert engine.ready(STRATEGIES, "odd") is not None


def test_what_comes_with_the_house_cannot_be_switched_off(approver: User) -> None:
    actions.sync()
    row = Plugin.objects.get(name=BUILT_IN)

    with pytest.raises(Refused) as refusal:
        actions.switch(row, on=False, by=approver, because="x")

    assert refusal.value.code == "built_in"
    assert Plugin.objects.get(name=BUILT_IN).enabled


def test_a_switch_is_seen_after_a_look_and_looking_costs_one_query(
    install: Install, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    install(first_one)
    actions.sync()
    assert engine.ready(STRATEGIES, "odd")
    with django_assert_num_queries(0):
        for _n in range(100):
            engine.ready(STRATEGIES, "odd")
    Plugin.objects.filter(name="odd").update(enabled=False, switched_off_because="by another process")
    Epoch.objects.update_or_create(pk=1, defaults={"number": 77})

    monkeypatch.setattr(engine, "LOOK_EVERY", 0.0)

    with django_assert_num_queries(2):
        assert engine.ready(STRATEGIES, "odd") is None


OTHER_PROCESS = """
import sys, time, django
django.setup()
from paidan.contracts import STRATEGIES
from paidan.registry import engine
seen = engine.ready(STRATEGIES, "skill-match") is not None
print(seen, flush=True)
until = time.time() + 30
while time.time() < until:
    now = engine.ready(STRATEGIES, "skill-match") is not None
    if now != seen:
        print(time.time(), flush=True)
        break
    time.sleep(0.02)
"""


@pytest.mark.django_db(transaction=True)
def test_three_other_processes_see_a_switch_within_two_seconds(approver: User) -> None:
    """Two servers and a worker are processes like these: they share nothing but the database."""
    actions.sync()
    row = Plugin.objects.get(name="skill-match")
    environment = os.environ | {"DATABASE_URL": database_url(), "PYTHONPATH": str(django_settings.BASE_DIR)}
    command = [sys.executable, "-c", OTHER_PROCESS]
    others = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=django_settings.BASE_DIR)
        for _n in range(3)
    ]
    try:
        assert [other.stdout.readline().strip() for other in others] == ["True"] * 3  # type: ignore[union-attr]

        actions.switch(row, on=False, by=approver, because="考试")
        switched = time.time()

        seen = [float(other.stdout.readline()) for other in others]  # type: ignore[union-attr]
        assert max(seen) - switched < 2.0
    finally:
        for other in others:
            other.kill()
            other.communicate()


def database_url() -> str:
    """Where another process finds the database of this test."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


def test_everything_that_uses_a_plugin_is_found_with_what_depends_on_it(install: Install) -> None:
    install(two_sides, group=GENERATORS)
    install(first_one)
    Process.objects.filter(code__in=["VAN", "UV"]).update(generator="odd")
    choose()

    assert sorted(str(use.row) for use in uses(GENERATORS, "odd")) == ["UV", "过油"]
    [switch] = uses(STRATEGIES, "odd")
    assert len(switch.affected) == DispatchRule.objects.filter(enabled=True).count() > 20


# --- settings -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Chosen:
    """Prefer one department."""

    favourite: int = setting(0, title="Favourite", help="Its number.", minimum=0, maximum=999)
    token: str = setting("", title="Token", secret=True)
    words: tuple[str, ...] = setting((), title="Words")

    def __post_init__(self) -> None:
        if self.favourite == 13:
            raise ValueError("13 brings bad luck")

    def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        return Ranking.by(candidates, lambda c: (c.id != self.favourite, c.id), reason=self.token or "none")


class BySchema:
    """Prefer by a schema of its own."""

    settings_schema = {
        "type": "object",
        "properties": {"mode": {"type": "string", "enum": ["a", "b"], "default": "a", "title": "Mode"}},
    }

    def __init__(self, mode: str = "a") -> None:
        self.mode = mode

    def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        return Ranking.by(candidates, lambda c: c.id if self.mode == "a" else -c.id, reason=self.mode)


def row_of(install: Install, plugin: Any) -> Plugin:
    install(plugin)
    actions.sync()
    return Plugin.objects.get(name="odd")


def test_settings_reach_the_plugin_and_secrets_stay_out_of_the_history(install: Install, approver: User) -> None:
    row = row_of(install, Chosen)

    actions.configure(row, {"favourite": 7, "token": "s3cret", "words": ["甲", "乙"]}, by=approver)

    made = engine.ready(STRATEGIES, "odd").call.__self__  # type: ignore[union-attr]
    assert (made.favourite, made.token, made.words) == (7, "s3cret", ("甲", "乙"))
    actions.configure(row, {"favourite": 8}, by=approver)
    row.refresh_from_db()
    assert (row.settings, row.secrets) == ({"favourite": 8}, {"token": "s3cret"})
    history = list(row.history.values())
    assert "s3cret" not in repr(history)
    assert [entry["history_change_reason"] for entry in history][:2] == ["设置", "设置；更换了密钥：token"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"favourite": 1000}, "1000"),
        ({"favourite": "many"}, "many"),
        ({"unknown": 1}, "unknown"),
        ({"favourite": 13}, "bad luck"),
    ],
)
def test_settings_that_do_not_fit_are_refused_and_nothing_changes(
    wrong: dict[str, Any], said: str, install: Install, approver: User
) -> None:
    row = row_of(install, Chosen)
    before = list(Plugin.history.values()), list(Plugin.objects.values())

    with pytest.raises(Refused) as refusal:
        actions.configure(row, wrong, by=approver)

    assert refusal.value.code == "bad_settings" and said in str(refusal.value)
    assert (list(Plugin.history.values()), list(Plugin.objects.values())) == before


def test_a_json_schema_is_a_form_too(install: Install, approver: User) -> None:
    row = row_of(install, BySchema)

    actions.configure(row, {"mode": "b"}, by=approver)

    assert engine.ready(STRATEGIES, "odd").call.__self__.mode == "b"  # type: ignore[union-attr]


# --- pages ----------------------------------------------------------------------------------------
@pytest.fixture
def boss(client: Client, hire: Hire) -> Client:
    client.force_login(hire("root", is_superuser=True))
    return client


def page(client: Client, row: Plugin) -> str:
    return client.get(reverse("admin:registry_plugin_change", args=[row.pk])).text


def test_the_settings_are_a_form_that_never_shows_a_secret(install: Install, boss: Client, approver: User) -> None:
    row = row_of(install, Chosen)
    url = reverse("admin:registry_plugin_change", args=[row.pk])

    sent = boss.post(url, {"setting_favourite": "5", "setting_token": "s3cret", "setting_words": "甲\n乙"})

    assert sent.status_code == 302
    row.refresh_from_db()
    assert (row.settings, row.secrets) == ({"favourite": 5, "words": ["甲", "乙"]}, {"token": "s3cret"})
    assert "s3cret" not in page(boss, row) and "••••" in page(boss, row)
    boss.post(url, {"setting_favourite": "6", "setting_token": "", "setting_words": ""})
    row.refresh_from_db()
    assert (row.settings["favourite"], row.secrets) == (6, {"token": "s3cret"})


def test_a_setting_that_does_not_fit_is_said_at_its_field(install: Install, boss: Client) -> None:
    row = row_of(install, Chosen)

    sent = boss.post(reverse("admin:registry_plugin_change", args=[row.pk]), {"setting_favourite": "1000"})

    assert sent.status_code == 200 and "999" in sent.text
    row.refresh_from_db()
    assert row.settings == {}


def test_why_a_plugin_cannot_be_used_is_on_its_page(install: Install, boss: Client) -> None:
    row = row_of(install, ImportError("No module named 'nowhere'"))

    assert "nowhere" in page(boss, row) and "无法导入" in page(boss, row)


def test_the_dialog_to_switch_off_shows_first_what_is_affected(install: Install, boss: Client) -> None:
    row = row_of(install, first_one)
    choose()
    url = reverse("admin:registry_plugin_switch_off", args=[row.pk])

    asked = boss.get(url).text
    assert "PRT" not in asked and "印刷 → 印刷车间" in asked
    assert Plugin.objects.get(pk=row.pk).enabled

    boss.post(url, {"reason": "考试", "_form_submitted": "1"})
    assert not Plugin.objects.get(pk=row.pk).enabled


def test_a_form_never_chooses_another_plugin_by_itself(install: Install, boss: Client, approver: User) -> None:
    """A chosen strategy that is off says so; one that is gone stays shown, and saving asks for another."""
    row = row_of(install, first_one)
    choose()
    actions.switch(row, on=False, by=approver, because="考试")
    url = reverse("admin:dispatch_dispatchswitch_change", args=[1])

    assert '<option value="odd" selected>Odd (已停用)</option>' in boss.get(url).text
    boss.post(url, {"enabled": "on", "strategy": "odd", "pick_operator": "on"})
    assert DispatchSwitch.objects.get().pick_operator and DispatchSwitch.objects.get().strategy == "odd"

    choose("was-removed")
    assert '<option value="was-removed" selected>was-removed</option>' in boss.get(url).text
    assert boss.post(url, {"enabled": "on", "strategy": "was-removed"}).status_code == 200
    assert DispatchSwitch.objects.get().strategy == "was-removed"


def test_only_administrators_see_plugins(install: Install, client: Client, approver: User) -> None:
    row = row_of(install, first_one)
    client.force_login(approver)

    assert client.get(reverse("admin:registry_plugin_changelist")).status_code == 403
    assert client.post(reverse("admin:registry_plugin_switch_off", args=[row.pk]), {"reason": "x"}).status_code in (
        403,
        404,
    )
    assert Plugin.objects.get(pk=row.pk).enabled
