"""Proves what must always be true, over the whole database; writes nothing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import batched
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.utils.translation import gettext as _

from paidan.insight import audit
from paidan.orders import facts as reading
from paidan.orders import flow
from paidan.orders.actions import workload
from paidan.orders.drafts import draft_of
from paidan.orders.generation import Generators
from paidan.orders.models import DispatchDecision, Task, Workload, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.orders.models.task import Status
from paidan.orders.planning import Change, TaskChange, plan

ORDERS_AT_ONCE = 200


def problems() -> list[str]:
    """Everything that is not as it must be, one sentence for each row; empty when all is well.

    Statements are constant for tasks, operators and each kind of history, and for every 200 orders.
    """
    with one_moment():
        return [*_tasks(), *_decisions(), *_reports(), *_workloads(), *_progress(), *audit.problems(), *_plans()]


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything is read as it stood at one moment, while the shop works on."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        connection.cursor().execute("BEGIN DEFERRED")  # `atomic` would keep writers out all the while
        try:
            yield
        finally:
            connection.cursor().execute("ROLLBACK")


def _tasks() -> Iterator[str]:
    """What one row of a task can get wrong by itself or with its order."""
    twice = Task.objects.order_by().values("step", "key").annotate(n=Count("id")).filter(n__gt=1)
    for row in twice.values_list("step__order__number", "step__ref", "key", "n"):
        yield _("Order %s, step %s: the task %s is there %s times.") % row
    assigned = Q(department__isnull=False) | Q(operator__isnull=False) | Q(good__gt=0) | Q(waste__gt=0)
    rules: list[tuple[Q, str]] = [
        (Q(status=Status.DRAFT) & assigned, _("%(task)s is a draft, but assigned or reported.")),
        (Q(operator__isnull=False, department=None), _("%(task)s has an operator, but no department.")),
        (
            Q(status=Status.PENDING, department=None, undispatched=""),
            _("%(task)s is pending without a department and without a reason."),
        ),
        (
            Q(status=Status.IN_PROGRESS) & (Q(operator=None) | Q(started_at=None)),
            _("%(task)s is in progress, but nobody began it."),
        ),
        (Q(status=Status.COMPLETED, completed_at=None), _("%(task)s is completed, but nobody knows when.")),
        (
            Q(good__gt=F("planned") + F("allowance") - F("waste")),
            _("%(task)s has more good and waste pieces than it may have."),
        ),
        (
            Q(status=Status.DRAFT, step__order__approval=Approval.APPROVED),
            _("%(task)s is a draft, but its order is approved."),
        ),
        (
            ~Q(status=Status.DRAFT) & ~Q(step__order__approval=Approval.APPROVED),
            _("%(task)s is no draft, but its order was never approved."),
        ),
    ]
    for wrong, sentence in rules:
        yield from _named(Task.objects.filter(wrong), sentence)


def _named(tasks: models.QuerySet[Any], sentence: str) -> Iterator[str]:
    for pk, content, number in tasks.order_by("pk").values_list("pk", "content", "step__order__number"):
        task = _("Task %(id)s “%(content)s” of order %(order)s") % {"id": pk, "content": content, "order": number}
        yield sentence % {"task": task}


def _decisions() -> Iterator[str]:
    """Each formal task, or the one that it was split off from, says why it went where it went."""
    own = DispatchDecision.objects.filter(task=OuterRef("pk"))
    inherited = DispatchDecision.objects.filter(task=OuterRef("parent"))
    silent = Task.objects.exclude(status=Status.DRAFT).filter(~Exists(own), ~Exists(inherited))
    yield from _named(silent, _("%(task)s was dispatched, but no decision was kept."))


def _reports() -> Iterator[str]:
    sums = Task.objects.values("pk").annotate(
        reported_good=Sum("reports__good", default=0), reported_waste=Sum("reports__waste", default=0)
    )
    wrong = sums.filter(~Q(good=F("reported_good")) | ~Q(waste=F("reported_waste"))).values("pk")
    yield from _named(Task.objects.filter(pk__in=wrong), _("%(task)s has other pieces than its reports add up to."))


def _workloads() -> Iterator[str]:
    held = dict(workload.held())
    for row in Workload.objects.select_related("operator").order_by("pk"):
        count = held.pop(row.pk, 0)
        words = {"person": row.operator, "open": row.open, "held": count, "limit": row.limit}
        if row.open != count:
            yield _("The counter of %(person)s says %(open)s open tasks, %(held)s are held.") % words
        if row.open > row.limit:
            yield _("%(person)s holds %(open)s open tasks, and %(limit)s is the limit.") % words
    for operator, count in sorted(held.items()):
        yield _("Person %(id)s holds %(held)s open tasks and has no counter.") % {"id": operator, "held": count}


def _progress() -> Iterator[str]:
    counts: dict[int, dict[str, int]] = {}
    grouped = Task.objects.order_by().values_list("step__order", "status").annotate(n=Count("id"))
    for order, status, n in grouped:
        counts.setdefault(order, {})[status] = n
    live = WorkOrder.objects.exclude(progress__in=[Progress.PAUSED, Progress.CANCELLED]).order_by("pk")
    for pk, number, approval, said in live.values_list("pk", "number", "approval", "progress"):
        true = flow.progress(counts.get(pk, {})) if approval == Approval.APPROVED else Progress.PENDING
        if said != true:
            words = {"order": number, "said": said, "true": true.value}
            yield _("Order %(order)s says %(said)s, its tasks say %(true)s.") % words


def _plans() -> Iterator[str]:
    """An order that can still be worked on has the tasks that its plan wants; rejected ones have none."""
    live = WorkOrder.objects.exclude(progress=Progress.CANCELLED).exclude(approval=Approval.REJECTED)
    for ids in batched(live.order_by("pk").values_list("pk", flat=True), ORDERS_AT_ONCE, strict=False):
        yield from _out_of_step(WorkOrder.objects.filter(pk__in=ids).order_by("pk"))


def _out_of_step(orders: models.QuerySet[Any]) -> Iterator[str]:
    rows = list(orders.prefetch_related("lines", "materials", "toolings", "steps"))
    drafts = {row.pk: draft_of(row) for row in rows}
    known = reading.Catalogue.of(*drafts.values())
    have = _tasks_of(drafts)
    for row in rows:
        left_out = {step.ref: step.left_out for step in row.steps.all()}
        tasks = have.get(row.pk, [])
        fresh = plan(reading.order_facts(drafts[row.pk], known, left_out), tasks, Generators())
        begun = {(task.step, task.root) for task in tasks if task.touched}
        for change in fresh.changes:
            if not _matters(change, begun=(change.step, change.key.partition("#")[0]) in begun):
                continue
            what = f"{change.kind.value} {', '.join(change.after or {})}".strip()
            words = {"order": row.number, "step": change.step, "task": change.content, "what": what}
            yield _("Order %(order)s, step %(step)s, “%(task)s”: its plan is not applied (%(what)s).") % words


def _matters(change: TaskChange, *, begun: bool) -> bool:
    """Whether a change of the fresh plan says that the tasks are out of step.

    Wording alone follows master data when the order is saved next. A begun task keeps pieces that are no longer
    wanted; those split off from it afterwards are free again, and saving takes them back: nothing is lost by then.
    """
    if change.kind == Change.REMOVE:
        return not begun
    if change.kind != Change.CHANGE or change.before is None or change.after is None:
        return change.kind == Change.ADD
    fields = change.after.keys() - {"content"}
    less = "planned" in fields and change.after["planned"] < change.before["planned"]
    return bool(fields - {"planned"} if begun and less else fields)


def _tasks_of(orders: Iterable[int]) -> dict[int, list[Any]]:
    """The tasks of these orders as the planner sees them, by order. One statement."""
    have: dict[int, list[Any]] = {}
    related = ("step", "parent", "line", "material", "tooling")
    for row in Task.objects.filter(step__order__in=list(orders)).select_related(*related).order_by("pk"):
        have.setdefault(row.step.order_id, []).append(reading._have(row))
    return have
