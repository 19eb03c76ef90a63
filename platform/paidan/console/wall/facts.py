"""What a wall board shows. Money is not among it, and customers only where the link says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When

from paidan.console.board.facts import what_it_waits_for
from paidan.console.board.figures import done_since
from paidan.console.models import WallLink
from paidan.orders.facts import step_states
from paidan.orders.models import Task
from paidan.orders.models.order import Priority
from paidan.orders.models.task import OPEN, Status
from paidan.people.access import branch

MOST_HANDS, MOST_LINES = 60, 24
"""More than a screen can show by turns while somebody stands before it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One task, as it can be read from afar."""

    number: str
    content: str
    customer: str
    person: str
    good: int
    planned: int
    due: date | None
    late: bool
    urgent: bool
    waits: str

    @property
    def share(self) -> int:
        """How much is done, in per cent."""
        return min(100, round(100 * self.good / self.planned))


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything on the screen."""

    running: tuple[Job, ...]
    next_up: tuple[Job, ...]
    late: tuple[Job, ...]
    counts: dict[str, int]


def wall(link: WallLink, today: date) -> Wall:
    """The work of the link's department and of those that belong to it. Six queries.

    Nobody signed in: what the link was made for is the whole of what it shows.
    """
    tasks = Task.objects.filter(department__in=branch(link.department_id))
    counts = tasks.aggregate(
        running=Count("pk", filter=Q(status=Status.IN_PROGRESS)),
        waiting=Count("pk", filter=Q(status=Status.PENDING)),
        late=Count("pk", filter=Q(status__in=OPEN, due__lt=today)),
        done=Count("pk", filter=done_since(today)),
    )
    running = _pressing(tasks.filter(status=Status.IN_PROGRESS), today, "operator__name")[:MOST_HANDS]
    waiting = _pressing(tasks.filter(status=Status.PENDING), today)[: 2 * MOST_LINES]
    late = _pressing(tasks.filter(status__in=OPEN, due__lt=today), today, "due")[:MOST_LINES]
    rows = [list(some) for some in (running, waiting, late)]
    states = step_states({task.step.order_id for some in rows for task in some})
    jobs = [[_job(task, states, link, today) for task in some] for some in rows]
    ready_first = sorted(jobs[1], key=lambda job: bool(job.waits))
    return Wall(tuple(jobs[0]), tuple(ready_first[:MOST_LINES]), tuple(jobs[2]), counts)


def _pressing(tasks: QuerySet[Any], today: date, *first: str) -> QuerySet[Any]:
    late = Case(When(Q(due__lt=today) | Q(priority=Priority.URGENT), then=Value(0)), default=Value(1))
    rows = tasks.select_related("step__order__customer", "step__process", "operator", "material__material")
    return rows.order_by(*first, late, "-priority", F("due").asc(nulls_last=True), "pk")


def _job(task: Any, states: Any, link: WallLink, today: date) -> Job:
    waits = what_it_waits_for(task, states[task.step.order_id]) if task.status == Status.PENDING else ""
    return Job(
        number=task.order.number,
        content=task.content,
        customer=str(task.order.customer or "") if link.shows_customers else "",
        person=str(task.operator or ""),
        good=task.good,
        planned=task.planned,
        due=task.due,
        late=bool(task.due and task.due < today),
        urgent=task.priority == Priority.URGENT,
        waits=waits,
    )


def people(jobs: Iterable[Job]) -> list[tuple[str, list[Job]]]:
    """Jobs by who works on them, in the order in which they came."""
    by_person: dict[str, list[Job]] = {}
    for job in jobs:
        by_person.setdefault(job.person, []).append(job)
    return list(by_person.items())
