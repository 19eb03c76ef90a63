"""Reads what dispatch is told: the tasks that look for a department, and the departments as they stand."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import timezone

from paidan.catalog.models import Skill
from paidan.contracts import READABLE, STRATEGIES, DepartmentFacts, OperatorFacts, TaskFacts
from paidan.dispatch import engine
from paidan.dispatch.facts import rules_for
from paidan.dispatch.models import DispatchSwitch
from paidan.orders.models import OrderMaterial, OrderStep, Task, Workload, WorkOrder
from paidan.orders.models.task import OPEN, Status
from paidan.people import access
from paidan.people.models import Department, User
from paidan.registry import engine as registry


class DraftRow(NamedTuple):
    """A draft task as the database has it; cheap to read again, to see whether it moved."""

    pk: int
    step: int
    key: str
    process: str
    planned: int
    minutes: int
    priority: int
    due: date | None
    content: str

    @property
    def name(self) -> str:
        """What dispatch calls it; good before the task has a row."""
        return f"{self.step}/{self.key}"


def draft_rows(order: WorkOrder) -> list[DraftRow]:
    """The draft tasks of an order, in the order of the route. One query."""
    rows = Task.objects.filter(step__order=order.pk, status=Status.DRAFT).order_by("step__sequence", "pk")
    names = ("pk", "step__ref", "key", "step__process__code", "planned", "minutes", "priority", "due", "content")
    return [DraftRow(*values) for values in rows.values_list(*names)]


def works(rows: Iterable[DraftRow], order: str) -> list[TaskFacts]:
    """Draft tasks as dispatch sees them. No query."""
    today = timezone.localdate()
    return [
        TaskFacts(
            id=row.name, process=row.process, planned=row.planned, minutes=row.minutes, priority=row.priority,
            due=row.due, days_left=(row.due - today).days if row.due else None, order=order, content=row.content,
        )
        for row in rows
    ]  # fmt: skip


def of_task(task: Task) -> DraftRow:
    """One task, as it would be read."""
    step = task.step
    return DraftRow(
        task.pk or 0, step.ref, task.key, step.process.code, task.planned, task.minutes, task.priority, task.due,
        task.content,
    )  # fmt: skip


def problem(order: WorkOrder, tasks: Sequence[TaskFacts]) -> engine.Problem:
    """Everything that decides where these tasks go, as it stands now.

    Four queries; one to four more for each kind of facts that the chosen strategy reads.
    """
    rules = rules_for(work.process for work in tasks)
    switch = DispatchSwitch.current()
    chosen = registry.ready(STRATEGIES, switch.strategy) or engine.HOUSE
    places = departments({rule.department for rule in rules}, chosen.reads)
    if "setup" in chosen.reads:
        tasks = _with_setup(order, tasks)
    if "after" in chosen.reads:
        tasks = _with_route(order, tasks)
    return engine.Problem(
        works=tuple(tasks),
        rules=rules,
        loads=places,
        switched_on=switch.enabled,
        strategy=switch.strategy,
        only_equals=switch.only_equals,
        people=operators(places, chosen.reads) if switch.pick_operator else {},
    )


def departments(ids: Collection[int], reads: Collection[str] = READABLE) -> dict[int, DepartmentFacts]:
    """Departments with what they have open now. Two queries, and one or more for each kind of facts to be read."""
    names = dict(Department.objects.filter(pk__in=ids).values_list("pk", "name"))
    still_open = Task.objects.filter(department__in=names, status__in=OPEN).order_by()
    counted = still_open.values_list("department").annotate(tasks=Count("pk"), minutes=Sum("minutes"))
    loads = {pk: (tasks, minutes) for pk, tasks, minutes in counted}
    staff = access.holders(access.CLAIM) if {"people", "skills"} & set(reads) else {}
    skills = _skills({person for pk in names for person in staff.get(pk, ())}) if "skills" in reads else {}
    running = _running(names) if "setup" in reads else {}
    return {
        pk: DepartmentFacts(
            id=pk,
            name=name,
            open_tasks=loads.get(pk, (0, 0))[0],
            open_minutes=loads.get(pk, (0, 0))[1],
            people=max(1, len(staff.get(pk, ()))),
            skills=frozenset().union(*(skills.get(person, ()) for person in staff.get(pk, ()))),
            running=running.get(pk, ()),
        )
        for pk, name in names.items()
    }


def operators(places: Collection[int], reads: Collection[str]) -> dict[int, tuple[OperatorFacts, ...]]:
    """The people of these departments with what they hold now. Six or seven queries."""
    staff = access.holders(access.CLAIM)
    ids = {person for pk in places for person in staff.get(pk, ())}
    people = {row.pk: row for row in User.objects.filter(pk__in=ids)}
    limits = dict(Workload.objects.filter(operator__in=ids).values_list("operator", "limit"))
    held = Task.objects.filter(operator__in=ids, status__in=OPEN).order_by()
    loads = {
        pk: (tasks, minutes)
        for pk, tasks, minutes in held.values_list("operator").annotate(Count("pk"), Sum("minutes"))
    }
    skills = _skills(ids) if "skills" in reads else {}
    return {
        pk: tuple(
            OperatorFacts(
                id=person,
                name=str(people[person]),
                department=pk,
                open_tasks=loads.get(person, (0, 0))[0],
                open_minutes=loads.get(person, (0, 0))[1],
                limit=limits.get(person, settings.PAIDAN_MAX_OPEN_TASKS),
                skills=skills.get(person, frozenset()),
            )
            for person in sorted(staff.get(pk, ()))
        )
        for pk in places
    }


def _skills(people: Collection[int]) -> dict[int, frozenset[str]]:
    """What people are trained in, by person. One query."""
    found: dict[int, set[str]] = {}
    for person, process in Skill.objects.filter(person__in=people).order_by().values_list("person", "process__code"):
        found.setdefault(person, set()).add(process)
    return {person: frozenset(codes) for person, codes in found.items()}


def _with_setup(order: WorkOrder, tasks: Sequence[TaskFacts]) -> list[TaskFacts]:
    """The tasks with what has to be on the machine for them: stock of the order, its inks, their own tooling."""
    stock = [_stock(*row) for row in OrderMaterial.objects.filter(order=order.pk).values_list(*STOCK)]
    rows = Task.objects.filter(step__order=order.pk, tooling__isnull=False).order_by()
    tools = {f"{ref}/{key}": tool for ref, key, *tool in rows.values_list("step__ref", "key", *TOOLING)}
    return [replace(task, setup=_setup(stock, tools.get(task.id), order)) for task in tasks]


def _with_route(order: WorkOrder, tasks: Sequence[TaskFacts]) -> list[TaskFacts]:
    """The tasks with those that must be done before them: a step waits for all before it, unless it runs in parallel."""
    route = OrderStep.objects.filter(order=order.pk).order_by("sequence", "ref")
    of_step: dict[str, list[str]] = {}
    for task in tasks:
        of_step.setdefault(task.id.partition("/")[0], []).append(task.id)
    after: dict[str, tuple[str, ...]] = {}
    before: list[str] = []
    for ref, parallel in route.values_list("ref", "process__runs_in_parallel"):
        mine = of_step.get(str(ref), [])
        after[str(ref)] = () if parallel else tuple(before)
        before = [*before, *mine] if parallel or not mine else mine  # who waits for these waits for what they wait for
    return [replace(task, after=after.get(task.id.partition("/")[0], ())) for task in tasks]


STOCK = ("material__name", "material__spec")
TOOLING = ("tooling__tooling__kind", "tooling__tooling__code")


def _stock(name: str, spec: str) -> str:
    return f"stock:{name} {spec}".strip()


def _setup(stock: Sequence[str], tool: Sequence[Any] | None, order: WorkOrder) -> tuple[str, ...]:
    words = [*stock]
    if tool:
        words.append(f"{tool[0]}:{tool[1]}")
        words += [f"ink:{ink}" for ink in order.colours.split("+") if ink and tool[0] == "artwork"]
    return tuple(dict.fromkeys(words))


def _running(departments: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """What the open tasks of departments need on the machine, each word once. Three queries."""
    still_open = Task.objects.filter(department__in=list(departments), status__in=OPEN).order_by()
    rows: list[tuple[int, str]] = [
        (pk, _stock(name, spec))
        for pk, name, spec in still_open.filter(step__order__materials__isnull=False)
        .values_list("department", *(f"step__order__materials__{field}" for field in STOCK))
        .distinct()
    ]
    tooled = still_open.filter(tooling__isnull=False)
    rows += [(pk, f"{kind}:{code}") for pk, kind, code in tooled.values_list("department", *TOOLING).distinct()]
    printed = tooled.filter(Q(tooling__tooling__kind="artwork"))
    for pk, cmyk, spots in printed.values_list(
        "department", "step__order__cmyk", "step__order__spot_colours"
    ).distinct():
        inks = WorkOrder(cmyk=cmyk, spot_colours=spots).colours.split("+")
        rows += [(pk, f"ink:{ink}") for ink in inks if ink]
    found: dict[int, dict[str, None]] = {}
    for pk, word in sorted(rows):
        found.setdefault(pk, {})[word] = None
    return {pk: tuple(words) for pk, words in found.items()}
