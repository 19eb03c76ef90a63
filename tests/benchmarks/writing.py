"""Creating, approving and changing orders, against the same rows written plainly."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import models

from paidan.notices.models import Event, Notification
from paidan.orders.actions import order as life
from paidan.orders.actions.saving import save
from paidan.orders.actions.writing import PART_MODELS
from paidan.orders.drafts import draft_of
from paidan.orders.models import ApprovalEntry, DispatchDecision, Task, WorkOrder
from tests.benchmarks.figures import Row, counted, interleaved, row, timed
from tests.benchmarks.floors import FAR, Copy, moved, read, write
from tests.benchmarks.shop import Shop

RUNS = 21
SIZES = (10, 100, 1000)
MOST_CREATE, MOST_APPROVE, MOST_EDIT = 30, 45, 45
OF_ORDER = "step_id IN (SELECT id FROM orders_orderstep WHERE order_id = %s)"


def rows(shop: Shop) -> list[Row]:
    """All figures of this file."""
    return [*_create(shop), *_approve(shop), *_edit(shop)]


def _history(model: type[models.Model]) -> type[models.Model]:
    return model.history.model  # type: ignore[attr-defined,no-any-return]


# --- create ---------------------------------------------------------------------------------------
def _create(shop: Shop) -> list[Row]:
    draft = shop.draft(100)
    orders: list[WorkOrder] = []

    def saved() -> float:
        taken, order = timed(lambda: save(None, draft, by=shop.maker))
        orders.append(order)
        return taken

    def plainly() -> float:
        copies = _written(orders[-1].pk)
        return timed(lambda: write(copies))[0]

    value, floor = interleaved(RUNS, saved, plainly)
    queries, alike = _statements(lambda size: save(None, shop.draft(size), by=shop.maker))
    must = f"ratio ≤ 2.5, ≤ {MOST_CREATE} statements, as many for 10 and 1000 tasks"
    figure = row("create an order with 100 tasks", value, floor=floor, queries=queries[100], must=must)
    figure.ok = (figure.ratio or 99) <= 2.5 and queries[100] <= MOST_CREATE and alike
    return [figure, *_sizes("create an order", queries, alike)]


def _written(order: int) -> list[Copy]:
    """Everything that saving this order wrote, as rows of one more order."""
    copies = []
    own: list[tuple[type[models.Model], str, dict[str, Any]]] = [(WorkOrder, "id = %s", {"id": FAR})]
    own += [(model, "order_id = %s", {"id": FAR, "order_id": FAR}) for model in PART_MODELS.values()]
    subjects = {"id": FAR, "step_id": FAR, "line_id": FAR, "material_id": FAR, "tooling_id": FAR}
    own += [(Task, OF_ORDER, subjects)]
    for model, where, new in own:
        for table in (model, _history(model)):
            copy = moved(read(table, where, [order]), new | {"history_id": FAR})
            copies.append(_renumbered(copy) if model is WorkOrder else copy)
    return copies


def _renumbered(copy: Copy) -> Copy:
    place = copy.columns.index("number")
    copy.rows = [(*found[:place], f"F{found[place]}", *found[place + 1 :]) for found in copy.rows]
    return copy


# --- approve --------------------------------------------------------------------------------------
def _approve(shop: Shop) -> list[Row]:
    twins: list[tuple[WorkOrder, WorkOrder]] = []

    def approved() -> float:
        twins.append((_submitted(shop, 100), _submitted(shop, 100)))
        return timed(lambda: life.approve(twins[-1][0], by=shop.approver))[0]

    def plainly() -> float:
        copies, updates = _approval(*twins[-1])
        return timed(lambda: write(copies, updates))[0]

    value, floor = interleaved(RUNS, approved, plainly)
    waiting = {size: _submitted(shop, size) for size in SIZES}
    queries, alike = _statements(lambda size: life.approve(waiting[size], by=shop.approver))
    must = f"ratio ≤ 4, ≤ {MOST_APPROVE} statements, as many for 10 and 1000 tasks"
    figure = row("approve and dispatch 100 tasks", value, floor=floor, queries=queries[100], must=must)
    figure.ok = (figure.ratio or 99) <= 4 and queries[100] <= MOST_APPROVE and alike
    return [figure, *_sizes("approve an order", queries, alike)]


def _submitted(shop: Shop, tasks: int) -> WorkOrder:
    return life.submit(save(None, shop.draft(tasks), by=shop.maker), by=shop.maker)


def _approval(done: WorkOrder, twin: WorkOrder) -> tuple[list[Copy], list[tuple[str, Sequence[Any]]]]:
    """What approving the first order wrote, as rows and updates for its twin."""
    tasks = _pairs(Task.objects.filter(step__order=done), Task.objects.filter(step__order=twin))
    mine = {"order_id": {done.pk: twin.pk}, "history_id": FAR}
    new: dict[str, Any] = mine | {"task_id": tasks, "id": FAR}
    copies = [
        moved(read(_history(Task), f"history_type = '~' AND {OF_ORDER}", [done.pk]), mine | {"id": tasks}),
        moved(read(DispatchDecision, f"task_id IN (SELECT id FROM orders_task WHERE {OF_ORDER})", [done.pk]), new),
        moved(read(ApprovalEntry, "order_id = %s AND act = 'approved'", [done.pk]), new),
        moved(read(Event, "order_id = %s AND kind <> 'order_submitted'", [done.pk]), new),
        moved(read(Notification, "order_id = %s AND kind <> 'order_submitted'", [done.pk]), new | {"event_id": FAR}),
        moved(_last(read(_history(WorkOrder), "id = %s", [done.pk])), mine | {"id": {done.pk: twin.pk}}),
    ]
    placed: dict[int, list[int]] = {}
    for old, department in Task.objects.filter(step__order=done).values_list("pk", "department_id"):
        placed.setdefault(department, []).append(tasks[old])
    updates: list[tuple[str, Sequence[Any]]] = [
        (
            "UPDATE orders_task SET status = 'pending', department_id = %s, undispatched = '', version = version + 1"
            f" WHERE id IN ({', '.join(['%s'] * len(ids))})",
            [department, *ids],
        )
        for department, ids in placed.items()
    ]
    approval = "approval = 'approved', approved_by_id = %s, approved_at = CURRENT_TIMESTAMP, version = version + 1"
    updates.append((f"UPDATE orders_workorder SET {approval} WHERE id = %s", [done.approved_by_id or 1, twin.pk]))
    return copies, updates


def _pairs(old: models.QuerySet[Any], new: models.QuerySet[Any]) -> dict[int, int]:
    ids = [rows.order_by("pk").values_list("pk", flat=True) for rows in (old, new)]
    return dict(zip(*ids, strict=True))


def _last(copy: Copy) -> Copy:
    return Copy(copy.table, copy.columns, copy.rows[-1:])


# --- change ---------------------------------------------------------------------------------------
def _edit(shop: Shop) -> list[Row]:
    """An order of 100 tasks, 82 of them one per line, of which some are exchanged for others."""
    taken, queries, kinds = [], {}, {}
    for lines in (20, 5, *[20] * 8):
        order = save(None, shop.mixed(lines=82, artworks=2), by=shop.maker)
        now = draft_of(order)
        draft = replace(now, lines=(*now.lines[:-lines], *(shop.line(500 + place) for place in range(lines))))
        with counted() as statements:
            milliseconds, _order = timed(lambda order=order, draft=draft: save(order, draft, by=shop.maker))
        queries[lines], kinds[lines] = statements.count, statements.kinds
        if lines == 20:
            taken.append(milliseconds)
    must = f"≤ {MOST_EDIT} statements, as many for 5"
    figure = row("edit: 20 of 100 tasks added, 20 removed", sorted(taken)[len(taken) // 2], must=must)
    figure.queries = queries[20]
    figure.ok = queries[20] <= MOST_EDIT and kinds[20] == kinds[5]
    return [figure]


# --- statements -----------------------------------------------------------------------------------
def _statements(act: Any) -> tuple[dict[int, int], bool]:
    """How many statements each size takes, and whether they are the same apart from batches."""
    counts, kinds = {}, {}
    for size in SIZES:
        with counted() as statements:
            act(size)
        counts[size], kinds[size] = statements.count, statements.kinds
    return counts, kinds[10] == kinds[100] == kinds[1000]


def _sizes(name: str, queries: dict[int, int], alike: bool) -> list[Row]:
    must = "the same statements for each size, batches aside"
    return [
        row(f"{name}: statements for {size} tasks", count, "statements", queries=count, must=must, ok=alike)
        for size, count in queries.items()
    ]
