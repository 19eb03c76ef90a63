"""Reads what dispatch is told: the tasks that look for a department, and the departments as they stand."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import BigIntegerField, Count, Q, QuerySet, Sum
from django.utils import timezone

from paidan.catalog.models import Skill
from paidan.contracts import READABLE, DepartmentFacts, OperatorFacts, TaskFacts
from paidan.dispatch import engine
from paidan.dispatch.facts import rules_for
from paidan.dispatch.models import DispatchSwitch
from paidan.orders.models import OrderMaterial, OrderStep, Task, Workload, WorkOrder
from paidan.orders.models.task import OPEN, Status
from paidan.people import access
from paidan.people.models import Department, User
from paidan.prepared import Given, Prepared


class TaskRow(NamedTuple):
    """A task that looks for a department, as the database has it; cheap to read again, to see whether it moved."""

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

    def facts(self, today: date, *, order: str, name: str = "") -> TaskFacts:
        """The task as dispatch sees it; `name`: what it is called among the tasks of many orders."""
        left = (self.due - today).days if self.due else None
        return TaskFacts(
            id=name or self.name, process=self.process, planned=self.planned, minutes=self.minutes,
            priority=self.priority, due=self.due, days_left=left, order=order, content=self.content,
        )  # fmt: skip


COLUMNS = ("pk", "step__ref", "key", "step__process__code", "planned", "minutes", "priority", "due", "content")
"""Where a row's values stand."""


def draft_rows(order: WorkOrder) -> list[TaskRow]:
    """The draft tasks of an order, in the order of the route. One query."""
    return [TaskRow(*values) for values in _drafts.ask(order=order.pk)]


@Prepared
def _drafts() -> QuerySet[Any, Any]:
    drafts = Task.objects.filter(step__order=Given("order", BigIntegerField()), status=Status.DRAFT)
    return drafts.order_by("step__sequence", "pk").values_list(*COLUMNS)


def works(rows: Iterable[TaskRow], order: str) -> list[TaskFacts]:
    """Draft tasks as dispatch sees them. No query."""
    today = timezone.localdate()
    return [row.facts(today, order=order) for row in rows]


def of_task(task: Task) -> TaskRow:
    """One task, as it would be read."""
    step = task.step
    return TaskRow(
        task.pk or 0, step.ref, task.key, step.process.code, task.planned, task.minutes, task.priority, task.due,
        task.content,
    )  # fmt: skip


def problem(order: WorkOrder, tasks: Sequence[TaskFacts]) -> engine.Problem:
    """Everything that decides where these tasks go, as it stands now.

    Four queries; one to four more for each kind of facts that the chosen strategies read.
    """
    rules = rules_for(work.process for work in tasks)
    switch = DispatchSwitch.current()
    reads = engine.reads(switch.strategy, rules)
    places = departments({rule.department for rule in rules}, reads)
    return engine.Problem(
        works=tuple(told(tasks, {"": order}, reads)),
        rules=rules,
        loads=places,
        switched_on=switch.enabled,
        strategy=switch.strategy,
        only_equals=switch.only_equals,
        people=operators(places, reads) if switch.pick_operator else {},
    )


def told(tasks: Sequence[TaskFacts], orders: Mapping[str, WorkOrder], reads: Collection[str]) -> Sequence[TaskFacts]:
    """The tasks with the facts that cost a query, as far as a strategy reads them.

    Tasks are named `step/key`; those of several orders `order:step/key`, and `orders` are by that first part.
    """
    if "setup" in reads:
        tasks = _with_setup(tasks, orders)
    return _with_route(tasks, orders) if "after" in reads else tasks


def departments(
    ids: Collection[int], reads: Collection[str] = READABLE, *, without: QuerySet[Task] | None = None
) -> dict[int, DepartmentFacts]:
    """Departments with what they have open now, `without` some tasks that are looked at anew.

    Two queries, and one or more for each kind of facts to be read.
    """
    names = dict(Department.objects.filter(pk__in=ids).values_list("pk", "name"))
    still_open = Task.objects.filter(department__in=names, status__in=OPEN).order_by()
    if without is not None:
        still_open = still_open.exclude(pk__in=without.order_by().values("pk"))
    counted = still_open.values_list("department").annotate(tasks=Count("pk"), minutes=Sum("minutes"))
    loads = {pk: (tasks, minutes) for pk, tasks, minutes in counted}
    staff = access.holders(access.CLAIM) if {"people", "skills"} & set(reads) else {}
    skills = _skills({person for pk in names for person in staff.get(pk, ())}) if "skills" in reads else {}
    running = _running(still_open) if "setup" in reads else {}
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


def _with_setup(tasks: Sequence[TaskFacts], orders: Mapping[str, WorkOrder]) -> list[TaskFacts]:
    """The tasks with what has to be on the machine for them: stock of the order, its inks, their own tooling."""
    marks = {order.pk: mark for mark, order in orders.items()}
    stock: dict[str, list[str]] = {}
    for order, *words in OrderMaterial.objects.filter(order__in=marks).values_list("order", *STOCK):
        stock.setdefault(marks[order], []).append(_stock(*words))
    rows = Task.objects.filter(step__order__in=marks, tooling__isnull=False).order_by()
    tools = {
        f"{_step(marks[order], ref)}/{key}": tool
        for order, ref, key, *tool in rows.values_list("step__order", "step__ref", "key", *TOOLING)
    }
    return [
        replace(task, setup=_setup(stock.get(mark, ()), tools.get(task.id), orders[mark]))
        for task, mark in ((task, task.id.partition("/")[0].rpartition(":")[0]) for task in tasks)
    ]


def _step(mark: str, ref: int) -> str:
    return f"{mark}:{ref}" if mark else str(ref)


def _with_route(tasks: Sequence[TaskFacts], orders: Mapping[str, WorkOrder]) -> list[TaskFacts]:
    """The tasks with those that must be done before them: a step waits for all before it, unless it runs in parallel."""
    marks = {order.pk: mark for mark, order in orders.items()}
    route = OrderStep.objects.filter(order__in=marks).order_by("order", "sequence", "ref")
    of_step: dict[str, list[str]] = {}
    for task in tasks:
        of_step.setdefault(task.id.partition("/")[0], []).append(task.id)
    after: dict[str, tuple[str, ...]] = {}
    before: dict[int, list[str]] = {}
    for order, ref, parallel in route.values_list("order", "ref", "process__runs_in_parallel"):
        step, earlier = _step(marks[order], ref), before.get(order, [])
        mine = of_step.get(step, [])
        after[step] = () if parallel else tuple(earlier)
        # who waits for these waits for what they wait for
        before[order] = [*earlier, *mine] if parallel or not mine else mine
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


def _running(still_open: QuerySet[Task]) -> dict[int, tuple[str, ...]]:
    """What these open tasks need on the machine, by department, each word once. Three queries."""
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
