"""Orders and their routes, as generators are asked with them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from paidan.contracts import OrderFacts, StepFacts
from paidan.testing import builders as build
from paidan.testing.facts import DAY, PROCESSES, STRANGE, Scenario


def route(generator: str) -> tuple[StepFacts, ...]:
    """A long route; printing stands in it twice."""
    kinds = {"CTP": ("artwork", "die", "foil", "embossing"), "PRT": ("artwork",), "FOIL_G": ("foil",)}
    kinds |= {"EMB": ("embossing",), "DIE": ("die",)}
    return tuple(
        build.step(
            ref,
            process=process,
            name=f"工序 {process}",
            generator=generator,
            parallel=process in ("CTP", "DIE"),
            tooling_kinds=kinds.get(process, ()),
        )
        for ref, process in enumerate((*PROCESSES, "PRT"), 1)
    )


def full_order(generator: str, lines: int = 4, tooling: int = 9, materials: int = 3) -> OrderFacts:
    """An order with something of every kind."""
    kinds = ("artwork", "die", "foil", "embossing")
    process = {"foil": "FOIL_G", "die": ""}
    return build.order(
        print_run=5000,
        spoilage=120,
        lines=tuple(build.line(n * 2 + 3, product=f"礼盒 {n}", quantity=1000 + n) for n in range(lines)),
        materials=tuple(
            build.material(n * 2 + 1, material=f"纸 {n}", usage=Decimal(260 + n) / 4, needs_cutting=n % 3 != 1)
            for n in range(materials)
        ),
        tooling=tuple(
            build.tooling(n + 5, kind=(kind := kinds[n % 4]), name=f"{kind}-{n}", process=process.get(kind, ""))
            for n in range(tooling)
        ),
        steps=route(generator),
    )


def usual_orders(generator: str) -> tuple[Scenario, ...]:
    """What the shop makes every day."""
    plain = build.order(tooling=(), steps=route(generator)[2:4])
    return (Scenario("an order with everything", full_order(generator)), Scenario("a plain order", plain))


def order_variants(order: OrderFacts) -> Iterator[tuple[str, OrderFacts, bool]]:
    """The order after a change that no key may follow; the flag says whether something was added to it."""
    for name in ("lines", "materials", "tooling", "steps"):
        turned: dict[str, Any] = {name: getattr(order, name)[::-1]}
        yield f"its {name} are listed in another order", replace(order, **turned), False
    moved = replace(order, due=DAY + timedelta(90), order_date=DAY + timedelta(1), priority=4)
    yield "its dates and priority change", moved, False
    later = tuple(replace(step, sequence=step.sequence + 5) for step in order.steps)
    yield "its steps are numbered anew", replace(order, steps=later), False
    for name, make in (("lines", build.line), ("materials", build.material), ("tooling", build.tooling)):
        longer: dict[str, Any] = {name: (make(900), *getattr(order, name))}
        yield f"its {name} get one more", replace(order, **longer), True


def strange_orders(generator: str) -> tuple[Scenario, ...]:
    """Unusual words everywhere, also in the shop's own wording of a task."""
    count = len(STRANGE)
    order = full_order(generator, lines=count, tooling=count, materials=count)
    texts = ("{process} {subject} {nobody}", "", "{", "{subject}" * 9)
    return (
        Scenario(
            "unusual names",
            replace(
                order,
                colours="CMYK+专金+🟡",
                lines=tuple(replace(o, product=w) for o, w in zip(order.lines, STRANGE, strict=True)),
                materials=tuple(replace(o, material=w) for o, w in zip(order.materials, STRANGE, strict=True)),
                tooling=tuple(replace(o, name=w) for o, w in zip(order.tooling, STRANGE, strict=True)),
                steps=tuple(replace(s, task_text=texts[n % 4], name=STRANGE[n % 7]) for n, s in enumerate(order.steps)),
            ),
        ),
    )


def huge_orders(generator: str) -> tuple[Scenario, ...]:
    """10⁸ pieces of everything."""
    order = full_order(generator, lines=1, tooling=4, materials=2)
    lines = tuple(replace(line, quantity=10**8) for line in order.lines)
    materials = tuple(replace(material, usage=Decimal("99999999.99")) for material in order.materials)
    large = replace(order, print_run=10**8, spoilage=10**8, lines=lines, materials=materials)
    return (Scenario("10⁸ pieces", large),)


def small_orders(generator: str) -> tuple[Scenario, ...]:
    """One piece, a hundredth of a sheet, no due date."""
    order = full_order(generator, lines=1, tooling=4, materials=3)
    lines = tuple(replace(line, quantity=1) for line in order.lines)
    usages = (Decimal("0.01"), Decimal(0), Decimal(1))
    materials = tuple(
        replace(m, usage=usage, needs_cutting=True) for m, usage in zip(order.materials, usages, strict=True)
    )
    small = replace(order, print_run=1, spoilage=0, due=None, colours="", lines=lines, materials=materials)
    return (Scenario("one piece", small),)


def empty_orders(generator: str) -> tuple[Scenario, ...]:
    """An order that was just begun."""
    begun = build.order(lines=(), materials=(), tooling=(), due=None, colours="", steps=route(generator))
    return (Scenario("no lines, materials or tooling", begun),)
