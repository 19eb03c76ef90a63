"""The office's part of a played day: orders are written, changed, handed in, approved, sent back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from django.utils import timezone

from paidan.catalog.models import Customer, Process, Product, Tooling
from paidan.errors import Refused
from paidan.exchange.shop import product_draft, read
from paidan.insight.play_ledger import Ledger
from paidan.orders.actions import adding, bulk, saving
from paidan.orders.actions import order as life
from paidan.orders.drafts import OrderDraft, StepDraft, draft_of
from paidan.orders.models import Task, WorkOrder
from paidan.people.models import User

EXTRA_STEPS = ("VAN", "UV", "TEX", "SCORE", "TRIM", "FOLD")


class Office:
    """Makers, sales and the approver."""

    def __init__(self, ledger: Ledger, chance: Random) -> None:
        self.ledger, self.chance = ledger, chance
        people = User.objects.in_bulk(["maker", "sales", "approver"], field_name="username")
        self.writers = [people["maker"], people["sales"]]
        self.sales, self.approver = people["sales"], people["approver"]
        self.customers = list(Customer.objects.order_by("pk"))
        self.extra = {row.code: row for row in Process.objects.filter(code__in=EXTRA_STEPS)}
        tooling = read("demo")["tooling_of"]
        self.products = [
            (product, list(Tooling.objects.filter(code__in=tooling[product.code]).order_by("kind", "code")))
            for product in Product.objects.filter(code__in=tooling).order_by("pk")
        ]

    def often(self, share: float) -> bool:
        """True so often."""
        return self.chance.random() < share

    def write(self) -> WorkOrder | None:
        """A new order from a product's usual route, some with a fault that is found later."""
        by = self.chance.choice(self.writers)
        draft = self._fresh_draft()
        flaw = self.chance.choice((_no_customer, _late, _no_steps)) if self.often(0.25) else None
        order = self.ledger.ask("create", saving.save, None, flaw(draft) if flaw else draft, by=by)
        if isinstance(order, Refused):
            return None
        if flaw:
            self.ledger.must_refuse("submit", "faults", life.submit, order, by=by)
            self._save("edit", order, lambda now: _mended(now, draft))
        return order

    def _fresh_draft(self) -> OrderDraft:
        product, tooling = self.chance.choice(self.products)
        today = timezone.localdate()
        return product_draft(
            product,
            self.chance.randrange(2, 400) * 50,
            tooling,
            customer_id=self.chance.choice(self.customers).pk,
            salesperson_id=self.sales.pk,
            order_date=today,
            due_date=today + timedelta(days=self.chance.randrange(1, 15)),
            priority=self.chance.randrange(1, 5),
            cmyk="CMYK",
        )

    def revise(self, order: WorkOrder) -> None:
        """Change a draft in some of the ways in which customers change their minds."""
        for change in (self._quantity, self._priority, self._one_step_more, self._one_step_less):
            if self.often(0.35):
                self._save("edit", order, change)
        if self.often(0.4):
            self._save_what_was_shown(order)
        if self.often(0.4):
            self._save_what_is_stale(order)

    def edit_tasks(self, order: WorkOrder) -> None:
        """Draft tasks: some edited and deleted together, some added by hand."""
        by, drafts = order.maker, list(Task.objects.filter(step__order=order).order_by("pk"))
        if self.often(0.5):
            some = self.chance.sample(drafts, min(3, len(drafts)))
            self.ledger.must_refuse("edit_drafts", "bad_value", bulk.edit_drafts, {some[0].pk: {"planned": 0}}, by=by)
            wish = {"priority": 4, "notes": "先做"} | ({"planned": some[0].planned + 7} if self.often(0.5) else {})
            self.ledger.ask("edit_drafts", bulk.edit_drafts, {task.pk: wish for task in some}, by=by)
        if len(drafts) > 3 and self.often(0.4):
            goes = self.chance.choice(drafts).pk
            self.ledger.ask("delete_drafts", bulk.delete_drafts, [goes], by=by)
            self.ledger.must_refuse("delete_drafts", "gone", bulk.delete_drafts, [goes], by=by)
            if self.often(0.5):
                self.ledger.ask("restore_drafts", bulk.restore_drafts, order, by=by)
        if self.often(0.4):
            self._add_by_hand(order, by)

    def _add_by_hand(self, order: WorkOrder, by: User) -> None:
        step = self.chance.choice(list(order.steps.all()))
        pieces = self.chance.randrange(1, 500)
        self.ledger.ask("add", adding.add, step, by=by, content="打样", planned=pieces)

    def hand_in(self, order: WorkOrder) -> None:
        """Submit; some are taken back, some sent back, and handed in again."""
        by, ask, refuse = order.maker, self.ledger.ask, self.ledger.must_refuse
        refuse("approve", "is_draft", life.approve, order, by=self.approver)
        ask("submit", life.submit, order, by=by)
        refuse("submit", "is_submitted", life.submit, order, by=by)
        refuse("edit", "submitted", saving.save, order, draft_of(order), by=by)
        if self.often(0.2):
            ask("withdraw", life.withdraw, order, by=by)
            self._save("edit", order, self._quantity)
            ask("submit", life.submit, order, by=by)
        if self.often(0.3):
            refuse("reject", "reason_required", life.reject, order, by=self.approver, reason=" ")
            ask("reject", life.reject, order, by=self.approver, reason="数量请与客户确认")
            if self.often(0.5):
                self._save("edit", order, self._quantity)
            ask("submit", life.submit, order, by=by)

    def approve(self, order: WorkOrder) -> None:
        """Approve, and approve once more, which nothing comes of; some orders end here."""
        if self.often(0.04):
            self.ledger.ask("cancel_order", life.cancel, order, by=self.approver, reason="客户取消")
            self.ledger.must_refuse("approve", "cancelled", life.approve, order, by=self.approver)
            return
        self.ledger.ask("approve", life.approve, order, by=self.approver)
        self.ledger.must_refuse("approve", "already_approved", life.approve, order, by=self.approver)
        self.ledger.must_refuse("reject", "already_approved", life.reject, order, by=self.approver, reason="迟了")

    def change_approved(self, order: WorkOrder) -> None:
        """The customer calls while work goes on: nothing without a reason, and nothing that was begun is lost."""
        kinds = (self._quantity, self._priority, self._one_step_more, self._one_step_less)
        change = self.chance.choice(kinds)
        order.refresh_from_db()
        now = draft_of(order)
        self.ledger.must_refuse("change_approved", "reason_required", saving.save, order, now, by=self.approver)
        values: dict[str, Any] = {"by": self.approver, "reason": "客户来电修改"}
        self.ledger.ask("change_approved", saving.save, order, change(now), may={"task_started"}, **values)
        if self.often(0.3):
            self._add_by_hand(order, self.approver)

    def drop(self, order: WorkOrder) -> None:
        """Delete an order that came to nothing."""
        self.ledger.ask("delete_order", life.delete, order, by=order.maker, reason="重复")
        self.ledger.must_refuse("submit", "gone", life.submit, order, by=order.maker)

    def _save(self, verb: str, order: WorkOrder, change: Callable[[OrderDraft], OrderDraft], **values: Any) -> Any:
        order.refresh_from_db()
        return self.ledger.ask(verb, saving.save, order, change(draft_of(order)), by=order.maker, **values)

    def _save_what_was_shown(self, order: WorkOrder) -> None:
        order.refresh_from_db()
        wish = self._quantity(draft_of(order))
        plan = self.ledger.ask("preview", saving.preview_save, order, wish)
        values = {"by": order.maker, "version": order.version, "fingerprint": plan.fingerprint}
        self.ledger.ask("edit", saving.save, order, wish, **values)

    def _save_what_is_stale(self, order: WorkOrder) -> None:
        order.refresh_from_db()
        wish = self._one_step_more(draft_of(order))
        plan = self.ledger.ask("preview", saving.preview_save, order, wish)
        seen = {"version": order.version} if self.often(0.5) else {"fingerprint": plan.fingerprint}
        self._save("edit", order, self._priority)
        self.ledger.must_refuse("edit", "stale", saving.save, order, wish, by=order.maker, **seen)

    def _quantity(self, draft: OrderDraft) -> OrderDraft:
        run = max(1, draft.print_run * self.chance.choice((50, 90, 110, 200)) // 100)
        return replace(draft, print_run=run, lines=tuple(replace(line, quantity=run) for line in draft.lines))

    def _priority(self, draft: OrderDraft) -> OrderDraft:
        return replace(draft, priority=draft.priority % 4 + 1)

    def _one_step_more(self, draft: OrderDraft) -> OrderDraft:
        process = self.extra[self.chance.choice(sorted(self.extra))]
        last = max(step.sequence for step in draft.steps)
        return replace(draft, steps=(*draft.steps, StepDraft(process_id=process.pk, sequence=last - 1)))

    def _one_step_less(self, draft: OrderDraft) -> OrderDraft:
        if len(draft.steps) < 4:
            return draft
        goes = self.chance.choice(draft.steps[-3:])
        return replace(draft, steps=tuple(step for step in draft.steps if step is not goes))


def _no_customer(draft: OrderDraft) -> OrderDraft:
    return replace(draft, customer_id=None, due_date=None)


def _late(draft: OrderDraft) -> OrderDraft:
    day = timedelta(days=1)
    return replace(draft, order_date=draft.order_date - 3 * day, due_date=draft.order_date - day)


def _no_steps(draft: OrderDraft) -> OrderDraft:
    return replace(draft, steps=(), toolings=())


def _mended(now: OrderDraft, wanted: OrderDraft) -> OrderDraft:
    """What is missing or wrong is filled in; what is there stays."""
    return replace(
        now,
        customer_id=wanted.customer_id,
        order_date=wanted.order_date,
        due_date=wanted.due_date,
        toolings=now.toolings or wanted.toolings,
        steps=now.steps or wanted.steps,
    )
