"""The built-in task generators: ordinary plugins, one function each, over the facts that every plugin gets."""

import math
from collections.abc import Iterator

from paidan.contracts import OrderFacts, StepFacts, TaskSpec


def general(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for the whole print run."""
    subject = "、".join(line.product for line in order.lines[:3])
    yield TaskSpec(
        key="order",
        content=text(order, step, subject, order.print_run),
        planned=order.print_run,
        allowance=order.spoilage,
    )


def plate_making(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for each piece of tooling of any kind: one plate, one die."""
    for tool in order.tooling:
        yield TaskSpec(key=f"tooling:{tool.ref}", content=text(order, step, tool.name, 1), planned=1, tooling=tool.ref)


def cutting(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for each material that needs cutting; the quantity is its usage, rounded up."""
    for material in order.materials:
        if material.needs_cutting and material.usage > 0:
            sheets = math.ceil(material.usage)
            yield TaskSpec(
                key=f"material:{material.ref}",
                content=text(order, step, material.material, sheets),
                planned=sheets,
                material=material.ref,
            )


def printing(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for each artwork, each for the print run."""
    return _per_tooling(order, step, "artwork")


def foil_stamping(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for each foil plate, each for the print run."""
    return _per_tooling(order, step, "foil")


def embossing(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for each embossing plate, each for the print run."""
    return _per_tooling(order, step, "embossing")


def die_cutting(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for each die, each for the print run."""
    return _per_tooling(order, step, "die")


def packing(order: OrderFacts, step: StepFacts) -> Iterator[TaskSpec]:
    """One task for each order line, for the quantity of the line."""
    for line in order.lines:
        yield TaskSpec(
            key=f"line:{line.ref}",
            content=text(order, step, line.product, line.quantity),
            planned=line.quantity,
            allowance=order.spoilage,
            line=line.ref,
        )


def _per_tooling(order: OrderFacts, step: StepFacts, kind: str) -> Iterator[TaskSpec]:
    for tool in order.tooling:
        if tool.kind == kind and tool.process in ("", step.process):
            yield TaskSpec(
                key=f"tooling:{tool.ref}",
                content=text(order, step, tool.name, order.print_run),
                planned=order.print_run,
                allowance=order.spoilage,
                tooling=tool.ref,
            )


def text(order: OrderFacts, step: StepFacts, subject: str, quantity: int) -> str:
    """The shop's own wording of a task; words in braces that it does not know stay as they are."""
    wording = step.task_text or "{process} {subject}"
    product = order.lines[0].product if order.lines else ""
    for word, value in {
        "{process}": step.name,
        "{subject}": subject,
        "{product}": product,
        "{colours}": order.colours,
        "{quantity}": str(quantity),
    }.items():
        wording = wording.replace(word, value)
    return " ".join(wording.split())[:200]


WORDS = {
    "zh-hans": {
        "general": "通用（整单一个任务）",
        "plate_making": "制版（每件版/模具一个任务）",
        "cutting": "开料（每种要开料的物料一个任务）",
        "printing": "印刷（每份图稿一个任务）",
        "foil_stamping": "烫印（每块烫金版一个任务）",
        "embossing": "压凸（每块压凸版一个任务）",
        "die_cutting": "模切（每把刀模一个任务）",
        "packing": "包装（每行产品一个任务）",
        "One task for the whole print run.": "整个印数一个任务。",
        "One task for each piece of tooling of any kind: one plate, one die.": "每件版或模具一个任务，数量为 1。",
        "One task for each material that needs cutting; the quantity is its usage, rounded up.": (
            "每种要开料的物料一个任务，数量为用量，向上取整。"
        ),
        "One task for each artwork, each for the print run.": "每份图稿一个任务，数量为印数。",
        "One task for each foil plate, each for the print run.": "每块烫金版一个任务，数量为印数。",
        "One task for each embossing plate, each for the print run.": "每块压凸版一个任务，数量为印数。",
        "One task for each die, each for the print run.": "每把刀模一个任务，数量为印数。",
        "One task for each order line, for the quantity of the line.": "每行产品一个任务，数量为该行数量。",
    }
}
