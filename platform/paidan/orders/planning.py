"""Says which tasks an order should have and how that differs from those it has. Pure: writes and reads nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paidan.contracts import OrderFacts, StepFacts, TaskSpec
from paidan.orders.changes import Change, HaveTask, NoAnswer, TaskChange, TaskPlan

FOLLOWS = ("content", "planned", "allowance", "priority", "due")
"""What a generated task takes from its order, in the order in which a plan shows it."""


type Generate = Callable[[OrderFacts, StepFacts], Iterable[TaskSpec]]


def plan(
    facts: OrderFacts, have: Iterable[HaveTask], generators: Mapping[str, Generate], fingerprint: str = ""
) -> TaskPlan:
    """Compare the tasks that the order should have with those that it has, step by step, key by key."""
    families: dict[tuple[int, str], list[HaveTask]] = {}
    for task in have:
        families.setdefault((task.step, task.root), []).append(task)
    changes: list[TaskChange] = []
    warnings: list[str] = []
    for step in facts.steps:
        mine = [key for key in families if key[0] == step.ref]
        wanted = _specs(facts, step, generators, warnings, has_tasks=bool(mine))
        if wanted is None:
            there = [key for key in mine if all(_has_subject(facts, task) for task in families[key])]
            changes += [_stays(task) for key in there for task in families.pop(key)]
            continue
        for key, spec in wanted.items():
            family = families.pop((step.ref, key), [])
            changes += _settle(facts, step, spec, family)
    steps = {step.ref: step for step in facts.steps}
    for (step_ref, _root), family in families.items():
        changes += _unwanted(facts, steps.get(step_ref), family)
    warnings += [change.reason for change in changes if change.kind == Change.KEEP and change.before]
    return TaskPlan(tuple(changes), tuple(warnings), fingerprint)


def _specs(
    facts: OrderFacts, step: StepFacts, generators: Mapping[str, Generate], warnings: list[str], *, has_tasks: bool
) -> dict[str, TaskSpec] | None:
    """What a step should have; None when its generator has no answer and its tasks had better stay as they are."""
    try:
        specs = {spec.key: spec for spec in generators[step.generator](facts, step)}
    except NoAnswer as problem:
        values = {"step": step.name, "name": step.generator, "why": problem}
        if has_tasks:
            warnings.append(_("%(step)s: the task generator “%(name)s” %(why)s; its tasks stay as they are.") % values)
            return None
        warnings.append(
            _("%(step)s: the task generator “%(name)s” %(why)s; one general task was made instead.") % values
        )
        specs = {spec.key: spec for spec in generators["general"](facts, step)}
    if not specs:
        warnings.append(
            _("%(step)s makes no task: there is nothing on the order for it. %(mend)s")
            % {"step": step.name, "mend": _what_is_missing(step)}
        )
    return specs


def _stays(task: HaveTask) -> TaskChange:
    reason = _("its task generator has no answer now: it stays as it is")
    return TaskChange(kind=Change.KEEP, step=task.step, key=task.key, task=task.id, content=task.content, reason=reason)


def _what_is_missing(step: StepFacts) -> str:
    if step.tooling_kinds:
        return _("Add the tooling it needs, or remove the step.")
    return _("Add what it works on, or remove the step.")


def _settle(facts: OrderFacts, step: StepFacts, spec: TaskSpec, family: list[HaveTask]) -> Iterator[TaskChange]:
    """One wanted task against the task that is there, with its parts and supplements."""
    if not family:
        yield _missing(facts, step, spec)
        return
    living = [task for task in family if task.status != "cancelled"]
    root = next((task for task in family if task.key == spec.key), family[0])
    missing = spec.planned - sum(task.planned for task in family)  # a cancelled part stays cancelled
    hand_made = any("planned" in task.edited for task in living) or not living
    shares = {task.id: task.planned for task in family}
    if missing < 0 and not hand_made:
        _take_back(living, shares, -missing)
    elif missing > 0 and not hand_made and (free := [task for task in living if task.free]):
        shares[free[0].id] += missing
    for task in family:
        yield _followed(facts, step, spec, task, shares[task.id], root)
    left = spec.planned - sum(shares.values())
    if left > 0 and not hand_made:
        yield _supplement(facts, step, spec, family, left)
    elif left < 0 and not hand_made:
        yield _too_many(step, spec, root, -left)


def _missing(facts: OrderFacts, step: StepFacts, spec: TaskSpec) -> TaskChange:
    if spec.key in step.left_out:
        reason = _("deleted by hand; it stays out")
        return TaskChange(kind=Change.LEAVE_OUT, step=step.ref, key=spec.key, content=spec.content, reason=reason)
    return TaskChange(
        kind=Change.ADD,
        step=step.ref,
        key=spec.key,
        content=spec.content,
        reason=_("%(step)s needs it") % {"step": step.name},
        spec=spec,
        priority=facts.priority,
        due=facts.due,
    )


def _take_back(living: list[HaveTask], shares: dict[int, int], surplus: int) -> None:
    """Lower what nobody started, the last part first; a share of 0 means that the part goes."""
    for task in reversed(living):
        if task.free and surplus:
            least = 1 if task.key == task.root else 0  # parts hang on their root
            taken = min(surplus, shares[task.id] - least)
            shares[task.id] -= taken
            surplus -= taken


def _followed(
    facts: OrderFacts, step: StepFacts, spec: TaskSpec, task: HaveTask, share: int, root: HaveTask
) -> TaskChange:
    """What happens to a task that is still wanted."""
    same = {"kind": Change.KEEP, "step": step.ref, "key": task.key, "task": task.id, "content": task.content}
    if task.status in ("completed", "cancelled"):
        reason = _("completed: it stays as it is") if task.status == "completed" else _("cancelled: it stays so")
        return TaskChange(**same, reason=reason)  # type: ignore[arg-type]
    if share == 0:
        return TaskChange(**(same | {"kind": Change.REMOVE}), reason=_("its share is no longer needed"))  # type: ignore[arg-type]
    wish: dict[str, Any] = {"priority": facts.priority, "due": facts.due}
    if task.free:
        wish["planned"] = share
        if task is root:
            wish |= {"content": spec.content, "allowance": spec.allowance}
    after = {
        name: wish[name]
        for name in FOLLOWS
        if name in wish and name not in task.edited and getattr(task, name) != wish[name]
    }
    if after:
        before = {name: getattr(task, name) for name in after}
        reason = _("the order changed")
        return TaskChange(**(same | {"kind": Change.CHANGE}), reason=reason, before=before, after=after)  # type: ignore[arg-type]
    reason = _("unchanged")
    if task.edited:
        reason = _("edited by hand: it keeps its own values")
    elif task.touched:
        reason = _("started: it stays as it is")
    return TaskChange(**same, reason=reason)  # type: ignore[arg-type]


def _supplement(facts: OrderFacts, step: StepFacts, spec: TaskSpec, family: list[HaveTask], left: int) -> TaskChange:
    """What is already started is not altered: the rest becomes a task of its own."""
    key = next_part_key(spec.key, (task.key for task in family))
    return TaskChange(
        kind=Change.ADD,
        step=step.ref,
        key=key,
        content=spec.content,
        reason=_("%(pieces)s more are wanted, and the task for the others is started") % {"pieces": left},
        spec=replace(spec, key=key, planned=left),
        priority=facts.priority,
        due=facts.due,
        root=spec.key,
    )


def _too_many(step: StepFacts, spec: TaskSpec, root: HaveTask, surplus: int) -> TaskChange:
    return TaskChange(
        kind=Change.KEEP,
        step=step.ref,
        key=root.key,
        task=root.id,
        content=root.content,
        reason=_("%(task)s: started with %(surplus)s more than now wanted; stop it by hand when enough is done")
        % {"task": spec.content, "surplus": surplus},
        before={"planned": spec.planned + surplus},
        after={"planned": spec.planned},
    )


def _unwanted(facts: OrderFacts, step: StepFacts | None, family: list[HaveTask]) -> Iterator[TaskChange]:
    """Tasks that no generator asks for: of a dropped step, of a dropped subject, or added by hand."""
    goes = all(task.free or (task.status == "cancelled" and not task.touched) for task in family)
    for task in family:
        base = {"step": task.step, "key": task.key, "task": task.id, "content": task.content}
        dropped = step is None or not _has_subject(facts, task)
        if not dropped and not task.generated:
            yield TaskChange(kind=Change.KEEP, **base, reason=_("added by hand"))  # type: ignore[arg-type]
        elif goes:
            reason = _("its step was removed") if step is None else _("the order no longer needs it")
            yield TaskChange(kind=Change.REMOVE, **base, reason=reason)  # type: ignore[arg-type]
        elif dropped and not task.free:
            state = _("completed") if task.status == "completed" else _("started")
            yield TaskChange(
                kind=Change.REFUSE,
                **base,  # type: ignore[arg-type]
                reason=_("“%(task)s” is %(state)s: its step and what it works on cannot be removed from the order.")
                % {"task": task.content, "state": state},
            )
        else:
            yield TaskChange(kind=Change.KEEP, **base, reason=_("started: it stays as it is"))  # type: ignore[arg-type]


def _has_subject(facts: OrderFacts, task: HaveTask) -> bool:
    """Whether the line, material or tooling that the task is for is still on the order."""
    if task.subject is None:
        return True
    kind, ref = task.subject
    parts: Iterable[Any] = {"line": facts.lines, "material": facts.materials, "tooling": facts.tooling}[kind]
    return any(part.ref == ref for part in parts)


def next_part_key(root: str, taken: Iterable[str]) -> str:
    """The next free key for a part or supplement of a task: `order#2`, `order#3` …"""
    numbers = [int(key.rpartition("#")[2]) for key in taken if "#" in key]
    return f"{root}#{max(numbers, default=1) + 1}"


def summary(plan: TaskPlan) -> str:
    """The plan in one sentence."""
    counts = {kind: len(plan.of(kind)) for kind in Change}
    parts = [
        ngettext("%(n)s task added", "%(n)s tasks added", counts[Change.ADD]) % {"n": counts[Change.ADD]},
        ngettext("%(n)s changed", "%(n)s changed", counts[Change.CHANGE]) % {"n": counts[Change.CHANGE]},
        ngettext("%(n)s removed", "%(n)s removed", counts[Change.REMOVE]) % {"n": counts[Change.REMOVE]},
        ngettext("%(n)s kept", "%(n)s kept", counts[Change.KEEP]) % {"n": counts[Change.KEEP]},
    ]
    return _(", ").join(parts)
