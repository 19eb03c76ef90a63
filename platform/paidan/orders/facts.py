"""Reads what plans are made from: frozen facts, in a constant number of queries."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from paidan.catalog.models import Material, Process, Product, ProductMaterial, ProductProcess, Tooling
from paidan.contracts import (
    LineFacts,
    MaterialFacts,
    OrderFacts,
    StepFacts,
    ToolingFacts,
)
from paidan.orders.drafts import PLATE_MAKING, MaterialDraft, OrderDraft, StepDraft
from paidan.orders.flow import StepState
from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.orders.models.task import Status
from paidan.orders.planning import HaveTask


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The master data that one draft mentions. Four queries, whatever its size."""

    processes: Mapping[int, Process]
    products: Mapping[int, Product]
    materials: Mapping[int, Material]
    tooling: Mapping[int, Tooling]

    @classmethod
    def of(cls, *drafts: OrderDraft) -> "Catalogue":
        """Read what these drafts need."""
        return cls(
            {row.pk: row for row in Process.objects.filter(Q(pk__in=_processes(drafts)) | Q(generator=PLATE_MAKING))},
            Product.objects.only("name", "spec").in_bulk({part.product_id for draft in drafts for part in draft.lines}),
            Material.objects.only("name", "spec").in_bulk(
                {part.material_id for draft in drafts for part in draft.materials}
            ),
            Tooling.objects.in_bulk({part.tooling_id for draft in drafts for part in draft.toolings}),
        )


def _processes(drafts: Iterable[OrderDraft]) -> set[int]:
    """The processes that drafts name, in their steps and beside their tooling."""
    steps = {step.process_id for draft in drafts for step in draft.steps}
    return steps | {tool.process_id for draft in drafts for tool in draft.toolings if tool.process_id}


def order_facts(draft: OrderDraft, known: Catalogue, left_out: Mapping[int, Iterable[str]] | None = None) -> OrderFacts:
    """What generators and checks are told of an order as drafted. No query."""
    return OrderFacts(
        order_date=draft.order_date,
        due=draft.due_date,
        priority=draft.priority,
        print_run=draft.print_run,
        spoilage=draft.spoilage,
        colours="+".join(p for p in (draft.cmyk, draft.spot_colours.replace(" ", "").replace(",", "+")) if p),
        lines=tuple(
            LineFacts(ref=line.ref, product=str(known.products[line.product_id]), quantity=line.quantity)
            for line in draft.lines
        ),
        materials=tuple(
            MaterialFacts(
                ref=part.ref,
                material=str(known.materials[part.material_id]),
                usage=part.usage,
                needs_cutting=part.needs_cutting,
            )
            for part in draft.materials
        ),
        tooling=tuple(
            _tooling_facts(part.ref, known.tooling[part.tooling_id], known, part.process_id) for part in draft.toolings
        ),
        steps=tuple(
            _step_facts(step.ref, step.sequence, known.processes[step.process_id], (left_out or {}).get(step.ref, ()))
            for step in sorted(draft.steps, key=lambda step: (step.sequence, step.ref))
        ),
    )


def _tooling_facts(ref: int, tooling: Tooling, known: Catalogue, process_id: int | None) -> ToolingFacts:
    return ToolingFacts(
        ref=ref,
        kind=tooling.kind,
        name=str(tooling),
        confirmed=tooling.confirmed_at is not None,
        process=known.processes[process_id].code if process_id else "",
    )


def _step_facts(ref: int, sequence: int, process: Process, left_out: Iterable[str]) -> StepFacts:
    return StepFacts(
        ref=ref,
        sequence=sequence,
        process=process.code,
        name=process.name,
        generator=process.generator,
        task_text=process.task_text,
        parallel=process.runs_in_parallel,
        tooling_kinds=tuple(process.tooling_kinds),
        left_out=tuple(left_out),
    )


def have_tasks(order: WorkOrder) -> tuple[HaveTask, ...]:
    """The tasks of an order, as the planner sees them. One query."""
    rows = (
        Task.objects.filter(step__order=order)
        .select_related("step", "parent", "line", "material", "tooling")
        .order_by("pk")
    )
    return tuple(_have(row) for row in rows)


def _have(row: Task) -> HaveTask:
    root = row.parent or row
    subject = next(
        ((name, getattr(row, name).ref) for name in ("line", "material", "tooling") if getattr(row, f"{name}_id")),
        None,
    )
    return HaveTask(
        id=row.pk,
        step=row.step.ref,
        key=row.key,
        root=root.key,
        content=row.content,
        planned=row.planned,
        allowance=row.allowance,
        priority=row.priority,
        due=row.due,
        status=row.status,
        touched=row.is_touched,
        generated=not root.key.startswith("manual:"),
        assigned=row.operator_id is not None,
        edited=tuple(row.edited_fields),
        subject=subject,
    )


def fingerprint(**facts: Any) -> str:
    """A short name for each kind of facts that a plan was made from, so that a refusal can say which of them moved."""
    return " ".join(f"{name}:{hashlib.sha256(repr(value).encode()).hexdigest()[:10]}" for name, value in facts.items())


def moved(shown: str, now: str) -> list[str]:
    """The kinds of facts whose fingerprints differ."""
    then = dict(part.partition(":")[::2] for part in shown.split())
    return [name for name, value in (part.partition(":")[::2] for part in now.split()) if then.get(name) != value]


def minutes(process: Process, planned: int) -> int:
    """Expected time of a task: set-up, and running time by the thousand, in minutes."""
    return process.setup_minutes + round(planned * process.minutes_per_thousand / 1000)


def step_states(order_ids: Iterable[int]) -> dict[int, list[StepState]]:
    """How far the steps of these orders are, by order id. One query."""
    formal = ~Q(tasks__status__in=[Status.DRAFT, Status.CANCELLED]) & Q(tasks__isnull=False)
    rows = (
        OrderStep.objects.filter(order__in=set(order_ids))
        .annotate(
            planned=Sum("tasks__planned", filter=formal, default=0),
            good=Sum("tasks__good", filter=formal, default=0),
            formal=Count("tasks", filter=formal),
            still_open=Count("tasks", filter=formal & ~Q(tasks__status=Status.COMPLETED)),
        )
        .order_by("sequence", "ref")
        .values_list(
            "order_id", "ref", "process__name", "sequence", "process__runs_in_parallel", "process__partial_handover",
            "planned", "good", "formal", "still_open",
        )
    )  # fmt: skip
    states: dict[int, list[StepState]] = {}
    for order, ref, name, sequence, parallel, partial, planned, good, tasks, still_open in rows:
        done = tasks > 0 and still_open == 0
        state = StepState(ref, name, sequence, parallel, partial, planned, good, tasks, done)
        states.setdefault(order, []).append(state)
    return states


def usual_parts(draft: OrderDraft) -> OrderDraft:
    """The draft with its products' usual route and materials, where the person left them empty. Two queries."""
    products = [line.product_id for line in draft.lines]
    quantities = {line.product_id: line.quantity for line in draft.lines}
    if products and not draft.steps:
        route = ProductProcess.objects.filter(product=products[0]).select_related("process")
        steps = (StepDraft(process_id=row.process_id, sequence=n * 10 + 10) for n, row in enumerate(route, 1))
        draft = replace(draft, steps=tuple(steps))
    if products and not draft.materials:
        recipe = ProductMaterial.objects.filter(product__in=products).select_related("material").order_by("id")
        materials = (
            MaterialDraft(
                material_id=row.material_id,
                usage=(row.usage_per_thousand * quantities[row.product_id] / 1000).quantize(Decimal("0.01")),
                needs_cutting=row.material.needs_cutting,
            )
            for row in recipe
        )
        draft = replace(draft, materials=tuple(materials))
    return draft
