"""Whatever people do, in whatever order: what must always be true stays true."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from paidan.errors import Refused
from paidan.exchange import actions as exchange
from paidan.insight import audit
from paidan.orders import facts as reading
from paidan.orders.actions import adding, bulk, progress, workload
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.drafts import LineDraft, OrderDraft, StepDraft, draft_of
from paidan.orders.generation import Generators
from paidan.orders.models import ApprovalEntry, OrderLine, OrderStep, Task, TaskProgress, Workload, WorkOrder
from paidan.people.models import User
from paidan.registry import actions as plugins
from paidan.registry import engine as registry
from paidan.registry.models import Plugin
from tests.conftest import Hire, Install, Shop, assert_history_complete
from tests.test_import import book
from tests.test_registry import BySchema

CODES = ("VAN", "LAM_M", "UV", "PACK")
LIMIT = 3
index = st.integers(min_value=0, max_value=99)
pieces = st.integers(min_value=1, max_value=9)
codes = st.sampled_from(CODES)


def rows() -> list[list[dict[str, Any]]]:
    """What a verb could have moved; the histories are compared with it in any case."""
    models = (WorkOrder, OrderLine, OrderStep, Task, TaskProgress, Workload, ApprovalEntry)
    return [list(model._base_manager.order_by("pk").values()) for model in models]


class Floor(RuleBasedStateMachine):
    """A shop with a few orders, two operators who hold three tasks at most, and everybody acting at will."""

    draft: Callable[..., OrderDraft]
    processes: dict[str, int]
    office: User
    operators: tuple[User, ...]
    importer: User
    product: int
    plugin: int
    done: Counter[str]
    refused: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.nothing_stays = transaction.atomic()
        self.nothing_stays.__enter__()
        self.moved = True

    def teardown(self) -> None:
        """Whatever was done, by whichever path: every history of every app says so."""
        try:
            assert audit.problems() == []
        finally:
            transaction.set_rollback(True)
            self.nothing_stays.__exit__(None, None, None)
            registry.forget()

    # --- who and what ---
    def attempt(self, verb: Callable[..., Any], *args: Any, **more: Any) -> None:
        """Do it, or be refused without a trace."""
        before = rows()
        try:
            verb(*args, by=more.pop("by", self.office), **more)
            self.moved = True
            self.done[verb.__name__] += 1
        except Refused:
            self.refused[verb.__name__] += 1
            assert rows() == before

    def order(self, n: int) -> WorkOrder:
        if orders := list(WorkOrder.objects.order_by("pk")):
            return orders[n % len(orders)]
        self.moved = True
        return save(None, self.draft("VAN"), by=self.office)

    def on_task(self, n: int, verb: Callable[..., Any], *args: Any, **more: Any) -> None:
        tasks = list(Task.objects.order_by("pk"))
        if tasks:
            self.attempt(verb, tasks[n % len(tasks)], *args, **more)

    def edit(self, n: int, change: Callable[[OrderDraft], OrderDraft]) -> None:
        order = self.order(n)
        self.attempt(save, order, change(draft_of(order)), reason="改单")

    # --- the office ---
    @initialize(run=pieces)
    def begin(self, run: int) -> None:
        save(None, self.draft("VAN", "PACK", lines=2, quantity=run, spoilage=2), by=self.office)

    @rule(route=st.lists(codes, min_size=1, max_size=3), run=pieces)
    def create(self, route: list[str], run: int) -> None:
        if WorkOrder.objects.count() < 3:
            self.attempt(save, None, self.draft(*route, quantity=run))

    @rule(n=index, run=pieces, priority=st.integers(min_value=1, max_value=4))
    def change_quantity(self, n: int, run: int, priority: int) -> None:
        self.edit(n, lambda draft: replace(draft, print_run=run, priority=priority))

    @rule(n=index, code=codes)
    def add_step(self, n: int, code: str) -> None:
        step = StepDraft(process_id=self.processes[code])
        self.edit(n, lambda draft: replace(draft, steps=(*draft.steps, step)) if len(draft.steps) < 6 else draft)

    @rule(n=index, at=index)
    def drop_step(self, n: int, at: int) -> None:
        def change(draft: OrderDraft) -> OrderDraft:
            at_step = at % len(draft.steps) if draft.steps else 0
            return replace(draft, steps=draft.steps[:at_step] + draft.steps[at_step + 1 :])

        self.edit(n, change)

    @rule(n=index)
    def reverse_steps(self, n: int) -> None:
        def change(draft: OrderDraft) -> OrderDraft:
            places = [step.sequence for step in draft.steps][::-1]
            moved = (replace(step, sequence=place) for step, place in zip(draft.steps, places, strict=True))
            return replace(draft, steps=tuple(moved))

        self.edit(n, change)

    @rule(n=index, quantity=pieces)
    def add_line(self, n: int, quantity: int) -> None:
        line = LineDraft(product_id=self.product, quantity=quantity)
        self.edit(n, lambda draft: replace(draft, lines=(*draft.lines, line)) if len(draft.lines) < 4 else draft)

    @rule(n=index, quantity=st.integers(min_value=0, max_value=9))
    def change_or_drop_last_line(self, n: int, quantity: int) -> None:
        def change(draft: OrderDraft) -> OrderDraft:
            last = tuple(replace(line, quantity=quantity) for line in draft.lines[-1:] if quantity)
            return replace(draft, lines=draft.lines[:-1] + last)

        self.edit(n, change)

    @rule(n=index)
    def submit(self, n: int) -> None:
        self.attempt(life.submit, self.order(n))

    @rule(n=index)
    def bring_to_the_floor(self, n: int) -> None:
        self.attempt(life.submit, self.order(n))
        self.attempt(life.approve, self.order(n))

    @rule(n=index)
    def approve(self, n: int) -> None:
        self.attempt(life.approve, self.order(n))

    @rule(n=index)
    def withdraw(self, n: int) -> None:
        self.attempt(life.withdraw, self.order(n))

    @rule(n=index)
    def reject(self, n: int) -> None:
        self.attempt(life.reject, self.order(n), reason="再看看")

    @rule(n=index)
    def pause(self, n: int) -> None:
        self.attempt(life.pause, self.order(n))

    @rule(n=index)
    def resume(self, n: int) -> None:
        self.attempt(life.resume, self.order(n))

    @rule(n=index, sure=st.integers(min_value=0, max_value=3))
    def cancel_or_delete_order(self, n: int, sure: int) -> None:
        if sure == 3:
            self.attempt(life.cancel, self.order(n), reason="取消")
        elif sure == 2:
            self.attempt(life.delete, self.order(n))

    @rule(n=index, planned=pieces)
    def edit_draft(self, n: int, planned: int) -> None:
        def verb(task: Task, *, by: User) -> None:
            bulk.edit_drafts({task.pk: {"planned": planned}}, by=by)

        self.on_task(n, verb)

    @rule(n=index, planned=pieces)
    def edit_all_drafts(self, n: int, planned: int) -> None:
        tasks = Task.objects.filter(step__order=self.order(n)).values_list("pk", flat=True)
        self.attempt(bulk.edit_drafts, {task: {"planned": planned, "notes": f"{planned}"} for task in tasks})

    @rule(n=index)
    def delete_all_drafts(self, n: int) -> None:
        self.attempt(bulk.delete_drafts, Task.objects.filter(step__order=self.order(n)).values_list("pk", flat=True))

    @rule(n=index, quantity=pieces, new=st.booleans())
    def import_orders(self, n: int, quantity: int, new: bool) -> None:
        """A row for an order that is there, or for a new one of a new customer."""
        if new and WorkOrder.objects.count() >= 3:
            return
        number = f"X{n}" if new else self.order(n).number
        row = {"number": number, "customer": f"客户{n}", "product": "礼品盒", "quantity": quantity, "processes": "过油"}

        def verb(*, by: User) -> None:
            exchange.apply(exchange.read_orders(book(row), by=by, create_missing=True), by=by)

        self.attempt(verb, by=self.importer)

    # --- the administrator ---
    @rule(on=st.booleans())
    def switch_plugin(self, on: bool) -> None:
        self.attempt(plugins.switch, Plugin.objects.get(pk=self.plugin), on=on, because="" if on else "试一试")

    @rule(mode=st.sampled_from("abc"))
    def configure_plugin(self, mode: str) -> None:
        self.attempt(plugins.configure, Plugin.objects.get(pk=self.plugin), {"mode": mode})

    @rule(n=index)
    def delete_draft(self, n: int) -> None:
        self.on_task(n, lambda task, by: bulk.delete_drafts([task.pk], by=by))

    @rule(n=index)
    def restore_drafts(self, n: int) -> None:
        self.attempt(bulk.restore_drafts, self.order(n))

    @rule(n=index, planned=pieces)
    def add_by_hand(self, n: int, planned: int) -> None:
        if step := self.order(n).steps.first():
            self.attempt(adding.add, step, content="补做", planned=planned)

    # --- the floor ---
    @rule(n=index, who=index)
    def assign(self, n: int, who: int) -> None:
        self.on_task(n, work.assign, to=self.operators[who % 2])

    @rule(n=index, who=index)
    def claim(self, n: int, who: int) -> None:
        self.on_task(n, work.claim, by=self.operators[who % 2])

    @rule(n=index)
    def release(self, n: int) -> None:
        self.on_task(n, work.release)

    @rule(n=index)
    def start(self, n: int) -> None:
        self.on_task(n, work.start)

    @rule(n=index, good=pieces, waste=st.integers(min_value=0, max_value=2))
    def report(self, n: int, good: int, waste: int) -> None:
        self.on_task(n, work.report, good=good, waste=waste)

    @rule(n=index, who=index)
    def claim_and_complete(self, n: int, who: int) -> None:
        self.on_task(n, work.claim, by=self.operators[who % 2])
        self.on_task(n, work.complete, note="好了")

    @rule(n=index, pieces=pieces)
    def split(self, n: int, pieces: int) -> None:
        self.on_task(n, adding.split, pieces=pieces)

    @rule(n=index)
    def cancel_task(self, n: int) -> None:
        self.on_task(n, work.cancel, reason="不要了")

    # --- what must always be true ---
    @invariant()
    def the_shop_is_true(self) -> None:
        if self.moved:
            self.nothing_points_at_what_is_gone()
            self.tasks_are_whole()
            self.counters_say_what_is_held()
            self.orders_are_as_far_as_their_tasks()
            assert_history_complete("orders")
            self.every_wanted_piece_is_planned()
        self.moved = False

    def nothing_points_at_what_is_gone(self) -> None:
        connection.check_constraints()

    def tasks_are_whole(self) -> None:
        tasks = list(Task.objects.select_related("step", "parent"))
        twice = Counter((task.step_id, task.key) for task in tasks)
        assert all(count == 1 for count in twice.values())
        for task in tasks:
            assert task.status != "draft" or (task.department_id, task.operator_id) == (None, None)
            assert task.parent is None or task.parent.step_id == task.step_id
            assert task.good + task.waste <= task.planned + task.allowance

    def counters_say_what_is_held(self) -> None:
        counted = dict(Workload.objects.exclude(open=0).values_list("operator", "open"))
        assert counted == workload.held()
        assert all(count <= LIMIT for count in counted.values())

    def orders_are_as_far_as_their_tasks(self) -> None:
        for order in WorkOrder.objects.all():
            assert order.is_held or order.progress == progress.derived(order)

    def every_wanted_piece_is_planned(self) -> None:
        """Each task that the route asks for is there, with its pieces, unless somebody decided otherwise."""
        for order in WorkOrder.objects.exclude(approval="rejected").exclude(progress="cancelled"):
            families: dict[tuple[int, str], list[Task]] = {}
            for task in Task.objects.filter(step__order=order).select_related("step", "parent"):
                families.setdefault((task.step.ref, (task.parent or task).key), []).append(task)
            wanted = _wanted(order)
            for family, planned in wanted.items():
                _assert_planned(families.pop(family), planned)
            for tasks in families.values():  # by hand, or worked on before the order changed
                assert any(task.key.startswith("manual:") or task.is_touched for task in tasks)


def _wanted(order: WorkOrder) -> dict[tuple[int, str], int]:
    draft = draft_of(order)
    left_out = dict(order.steps.values_list("ref", "left_out"))
    facts = reading.order_facts(draft, reading.Catalogue.of(draft), left_out)
    have = set(Task.objects.filter(step__order=order).values_list("step__ref", "key"))
    known = Generators()
    return {
        (step.ref, spec.key): spec.planned
        for step in facts.steps
        for spec in known[step.generator](facts, step)
        if spec.key not in step.left_out or (step.ref, spec.key) in have
    }


def _assert_planned(family: list[Task], wanted: int) -> None:
    planned = sum(task.planned for task in family)
    if any("planned" in task.edited_fields or task.status == "cancelled" for task in family):
        return
    assert planned >= wanted
    assert planned == wanted or any(task.is_touched for task in family)


def test_whatever_people_do_the_shop_stays_true(
    draft_order: Callable[..., OrderDraft], shop: Shop, hire: Hire, product: Any, install: Install
) -> None:
    """CONS-01, CONS-02, CONS-03."""
    install(BySchema)
    plugins.sync()
    Floor.plugin = Plugin.objects.get(name="odd").pk
    Floor.importer = hire("mia", role="maker")
    Floor.draft = staticmethod(draft_order)  # type: ignore[assignment]
    Floor.processes = {code: shop.process(code).pk for code in CODES}
    Floor.office = hire("eva", role="approver")
    Floor.operators = (hire("ann", post=("production", "operator")), hire("ben", post=("production", "operator")))
    Floor.product = product.pk
    Floor.done, Floor.refused = Counter(), Counter()
    for who in Floor.operators:
        Workload.objects.create(operator=who, limit=LIMIT)

    run_state_machine_as_test(
        Floor,
        settings=settings(max_examples=30, stateful_step_count=25, suppress_health_check=list(HealthCheck)),
    )

    # A shop in which nothing happens stays true as well: the commonest was done, and something was refused.
    assert {"save", "submit", "approve"} <= Floor.done.keys()
    assert Floor.refused
