"""What a task generator must do: name tasks that can be made, and name them the same tomorrow."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from paidan.contracts import OrderFacts, TaskSpec
from paidan.testing.checks.shared import must_be_in_time, must_go_well, must_hold_usually
from paidan.testing.facts import Scenario, orders
from paidan.testing.tested import Failed, Fault, Form, Skipped

LONGEST_KEY = 80
LONGEST_CONTENT = 200
MOST_PIECES = 100_000_000
MOST_TASKS = 10_000
"""More than any order has."""
NO_TASKS = "it makes no task for any of the kit's orders"

type Subject = tuple[int | None, int | None, int | None]


class Generators:
    """Generators are asked for every step of an order; the answer is the specifications by the step's ref."""

    def usual(self, name: str) -> tuple[Scenario, ...]:
        """Ordinary orders."""
        return orders.usual_orders(name)

    def unusual(self, name: str) -> tuple[Scenario, ...]:
        """Orders at the edge of what there is."""
        return (*orders.small_orders(name), *orders.huge_orders(name), *orders.empty_orders(name))

    def ask(self, call: Callable[..., Any], method: str, facts: OrderFacts) -> Any:
        """What each step needs, drawn to the end, or to where it is too much."""
        answer: dict[int, list[Any]] = {}
        left = MOST_TASKS + 1
        for step in facts.steps:
            answer[step.ref] = list(islice(call(facts, step), left))
            left -= len(answer[step.ref])
        return answer

    def faults(self, facts: OrderFacts, answer: Any) -> Iterator[Fault]:
        """Specifications that could be tasks of the order, each key once in its step."""
        refs: Mapping[str, set[int]] = {
            "line": {line.ref for line in facts.lines},
            "material": {material.ref for material in facts.materials},
            "tooling": {tool.ref for tool in facts.tooling},
        }
        if sum(map(len, answer.values())) > MOST_TASKS:
            yield Fault("answers", f"more than {MOST_TASKS:,} tasks")
        for specs in answer.values():
            keys: set[Any] = set()
            for spec in specs:
                if not isinstance(spec, TaskSpec):
                    yield Fault("answers", f"not a TaskSpec: {spec!r:.120}")
                    continue
                yield from _faults_of_key(spec.key, keys)
                yield from _faults_of_content(spec)
                yield from _faults_of_quantities(spec)
                yield from _faults_of_subject(spec, refs)

    def reasons(self, answer: Any) -> Iterator[Any]:
        """None."""
        return iter(())


def _faults_of_key(key: Any, keys: set[Any]) -> Iterator[Fault]:
    if not isinstance(key, str) or not key.strip() or "\0" in key:
        yield Fault("keys_valid", f"not a key: {key!r:.120}")
        return
    if key in keys:
        yield Fault("keys_valid", f"two tasks of one step with the key {key!r:.120}")
    keys.add(key)
    if len(key) > LONGEST_KEY:
        yield Fault("keys_valid", f"a key of {len(key)} characters, more than {LONGEST_KEY}: {key!r:.60}")
    if key.startswith("manual:") or "#" in key:
        yield Fault("keys_valid", f"“manual:…” and “#” belong to the house: {key!r:.120}")


def _faults_of_content(spec: TaskSpec) -> Iterator[Fault]:
    content = spec.content
    if not isinstance(content, str) or not content.strip() or "\0" in content:
        yield Fault("content_valid", f"{spec.key!r:.80}: not a content: {content!r:.120}")
    elif len(content) > LONGEST_CONTENT:
        yield Fault("content_valid", f"{spec.key!r:.80}: a content of {len(content)} characters")


def _faults_of_quantities(spec: TaskSpec) -> Iterator[Fault]:
    for name, least in (("planned", 1), ("allowance", 0)):
        value = getattr(spec, name)
        if type(value) is not int or not least <= value <= MOST_PIECES:
            words = f"{spec.key!r:.80}: {name} is a whole number from {least} to {MOST_PIECES:,}, not {value!r:.40}"
            yield Fault("quantities_valid", words)


def _faults_of_subject(spec: TaskSpec, refs: Mapping[str, set[int]]) -> Iterator[Fault]:
    named = {name: getattr(spec, name) for name in refs if getattr(spec, name) is not None}
    if len(named) > 1:
        yield Fault("subjects_valid", f"{spec.key!r:.80}: more than one subject: {named!r:.120}")
    for name, ref in named.items():
        if not isinstance(ref, int) or ref not in refs[name]:
            yield Fault("subjects_valid", f"{spec.key!r:.80}: the order has no {name} {ref!r:.40}")


def answers(form: Form) -> str | None:
    """It answers with task specifications."""
    must_hold_usually(form, "answers")
    return None if _makes_tasks(form) else NO_TASKS


def keys_valid(form: Form) -> None:
    """Its keys are short, unique within a step, and not the house's own."""
    _must_make_right(form, "keys_valid")


def content_valid(form: Form) -> None:
    """Every task says in at most 200 characters what is to be done."""
    _must_make_right(form, "content_valid")


def quantities_valid(form: Form) -> None:
    """Its quantities are whole numbers that a task can have."""
    _must_make_right(form, "quantities_valid")


def subjects_valid(form: Form) -> None:
    """A task is for one line, material or tooling of the order, or for none."""
    _must_make_right(form, "subjects_valid")


def keys_stable(form: Form) -> None:
    """Keys stay when parts of the order change that have nothing to do with them."""
    form.must_be_right()
    if not _makes_tasks(form):
        raise Skipped(NO_TASKS)
    if not form.steady:
        raise Skipped("cannot be judged before same_twice passed")
    order = form.usual[0].facts
    before = _subjects(form.ask(order))
    for change, variant, added in orders.order_variants(order):
        after = _subjects(form.ask(variant))
        lost = sorted(before.items() - after.items(), key=repr)
        more = [] if added else sorted(after.items() - before.items(), key=repr)
        if lost or more:
            gone, new = [_named(*entry) for entry in lost[:3]], [_named(*entry) for entry in more[:3]]
            raise Failed(f"when {change}, {gone or 'nothing'} went and {new or 'nothing'} came")


def empty_order(form: Form) -> None:
    """An order that has nothing yet is no reason to fail."""
    must_go_well(form, orders.empty_orders(form.tested.name))


def small_numbers(form: Form) -> None:
    """One piece, a hundredth of a sheet and no due date make tasks that can be made, or none."""
    must_go_well(form, orders.small_orders(form.tested.name))


def huge_numbers(form: Form) -> None:
    """A hundred million pieces are no reason to fail."""
    must_go_well(form, orders.huge_orders(form.tested.name))


def unicode(form: Form) -> None:
    """Names may be in any script and of any length; the shop words its tasks as it likes."""
    must_go_well(form, orders.strange_orders(form.tested.name))


def in_time(form: Form) -> None:
    """An order with 200 lines and 50 pieces of tooling takes it at most 1 s."""
    name = form.tested.name
    must_be_in_time(
        form,
        "200 lines, 50 pieces of tooling",
        lambda: orders.full_order(name, lines=200, tooling=50, materials=50),
        1.0,
    )


def _makes_tasks(form: Form) -> bool:
    return any(specs for scenario in form.usual for specs in form.ask(scenario.facts).values())


def _must_make_right(form: Form, code: str) -> None:
    must_hold_usually(form, code)
    form.must_be_right("answers")
    if not _makes_tasks(form):
        raise Skipped(NO_TASKS)


def _subjects(answer: Mapping[int, list[TaskSpec]]) -> dict[tuple[int, str], Subject]:
    return {
        (ref, spec.key): (spec.line, spec.material, spec.tooling) for ref, specs in answer.items() for spec in specs
    }


def _named(step_and_key: tuple[int, str], subject: Subject) -> str:
    names = zip(("line", "material", "tooling"), subject, strict=True)
    return " for ".join([step_and_key[1], *(f"{name} {ref}" for name, ref in names if ref is not None)])


CHECKS = (
    answers,
    keys_valid,
    content_valid,
    quantities_valid,
    subjects_valid,
    keys_stable,
    empty_order,
    small_numbers,
    huge_numbers,
    unicode,
)
KIND = Generators()
