"""What the centre shows: frozen cards of an operator's own tasks and pools, in a constant number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan.orders import floor
from paidan.orders.access import is_pooled
from paidan.orders.facts import step_states
from paidan.orders.flow import StepState, ready_pieces, waits_for
from paidan.orders.models import OrderLine, OrderMaterial, Task, TaskProgress
from paidan.orders.models.order import Progress
from paidan.orders.models.task import OPEN, Status
from paidan.people import access
from paidan.people.models import User

MOST = 300
"""So many open tasks are read at most; of a larger pool the most urgent ones."""


@dataclass(frozen=True, slots=True)
class Plate:
    """The artwork, die or plate that a task is done with."""

    kind: str
    name: str
    shelf: str
    confirmed: bool
    picture: str


@dataclass(frozen=True, slots=True)
class Card:
    """One task as an operator sees it."""

    id: int
    version: int
    title: str
    order: str
    product: str
    process: str
    department: str
    department_id: int | None
    operator: str
    planned: int
    good: int
    waste: int
    allowed: int
    ready: int
    due: date | None
    priority: int
    urgency: str
    status: str
    state: str
    minutes: int
    notes: str
    plate: Plate | None
    material: str
    waits: str
    only: str
    verbs: tuple[str, ...]
    shown: str
    """Of a free task: the slip with which its reader may hear who was faster."""

    @property
    def is_open(self) -> bool:
        """Whether anything can still be done with it."""
        return self.status in OPEN

    @property
    def remaining(self) -> int:
        """Good pieces still to make."""
        return max(0, self.planned - self.good)

    @property
    def rest(self) -> int:
        """Good pieces that can be reported now: what remains, as far as it was handed over."""
        return max(0, min(self.remaining, self.ready - self.good - self.waste))

    @property
    def percent(self) -> int:
        """How much is done; a task is full only when it is."""
        return min(100, 100 * self.good // self.planned) if self.planned else 0

    @property
    def urgent(self) -> tuple[Any, ...]:
        """What stands first: ready, then by due date, then by priority."""
        return (bool(self.waits), self.due or date.max, -self.priority, self.id)


@dataclass(frozen=True, slots=True)
class Today:
    """What a person did since midnight, and how many tasks he or she may hold."""

    done: int
    good: int
    waste: int
    limit: int


@dataclass(frozen=True, slots=True)
class Floor:
    """The whole page."""

    mine: tuple[Card, ...]
    pool: tuple[Card, ...]
    pool_size: int
    today: Today
    topics: str
    as_of: datetime


def floor_of(user: User) -> Floor:
    """Own open tasks, the pools of own departments, today's numbers. Four queries; one more when a pool is very large."""
    places = access.sight(user).departments[access.CLAIM]
    free = Q(operator=None, status=Status.PENDING, department__in=sorted(places))
    open_tasks = Task.objects.filter(status__in=OPEN).visible_to(user)
    own_first = (F("operator_id").asc(nulls_last=True), F("due").asc(nulls_last=True), "-priority", "pk")
    rows = list(with_parts(open_tasks.filter(Q(operator=user) | free)).order_by(*own_first)[:MOST])
    mine = [row for row in rows if row.operator_id]
    pool_size = len(rows) - len(mine) if len(rows) < MOST else open_tasks.filter(free).count()
    known = sorted(cards(user, rows), key=lambda card: card.urgent)
    ids = {row.pk for row in mine}
    topics = " ".join([f"user:{user.pk}", *(f"department:{pk}" for pk in sorted(places))])
    return Floor(
        mine=tuple(card for card in known if card.id in ids),
        pool=tuple(card for card in known if card.id not in ids),
        pool_size=pool_size,
        today=today(user),
        topics=topics,
        as_of=timezone.localtime(),
    )


def with_parts(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Tasks with all that a card shows of them."""
    return tasks.select_related(
        "step__order", "step__process", "department", "operator", "line__product", "tooling__tooling",
        "material__material",
    )  # fmt: skip


def today(user: User) -> Today:
    """What this person finished and reported since midnight. One query."""
    since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    reports = TaskProgress.objects.filter(by=user, at__gte=since).order_by().values("by")
    done = Task.objects.filter(operator=user, status=Status.COMPLETED, completed_at__gte=since).order_by()
    row = User.objects.filter(pk=user.pk).values_list(
        Subquery(done.values("operator").annotate(n=Count("pk")).values("n")),
        Subquery(reports.annotate(n=Sum("good")).values("n")),
        Subquery(reports.annotate(n=Sum("waste")).values("n")),
        "workload__limit",
    )
    finished, good, waste, limit = row.get()
    return Today(finished or 0, good or 0, waste or 0, limit or settings.PAIDAN_MAX_OPEN_TASKS)


def cards(user: User, tasks: Sequence[Task]) -> list[Card]:
    """Cards of these tasks. Two queries: the steps of their orders, and the products."""
    orders = {task.step.order_id for task in tasks}
    states = step_states(orders) if orders else {}
    products = _products(orders) if orders else {}
    return [_card(user, task, states[task.step.order_id], products.get(task.step.order_id, "")) for task in tasks]


def _products(orders: Iterable[int]) -> Mapping[int, str]:
    """What each order makes: its product, and how many more there are."""
    lines: dict[int, list[str]] = {}
    for line in OrderLine.objects.filter(order__in=orders).select_related("product").order_by("ref"):
        lines.setdefault(line.order_id, []).append(str(line.product))
    more = _("%(product)s and %(n)s more")
    return {
        order: more % {"product": names[0], "n": len(names) - 1} if len(names) > 1 else names[0]
        for order, names in lines.items()
    }


def _card(user: User, task: Task, steps: Sequence[StepState], product: str) -> Card:
    mine = next(state for state in steps if state.ref == task.step.ref)
    blocker = waits_for(mine, steps)
    allowed = task.planned + task.allowance
    waits = waits_in_words(task, blocker)
    only = ""
    if blocker and not waits:
        only = _("%(step)s has handed over enough for %(n)s pieces.") % {
            "step": blocker.name, "n": f"{ready_pieces(task.planned, blocker):,}",
        }  # fmt: skip
    return Card(
        id=task.pk, version=task.version, title=task.content, order=task.order.number,
        product=str(task.line.product) if task.line else product, process=str(task.step.process),
        department=str(task.department or ""), department_id=task.department_id, operator=str(task.operator or ""),
        planned=task.planned, good=task.good, waste=task.waste, allowed=allowed,
        ready=0 if waits else ready_pieces(allowed, blocker), due=task.due, priority=task.priority,
        urgency=task.get_priority_display(), status=task.status, state=task.get_status_display(), minutes=task.minutes,
        notes=task.notes, plate=_plate(task), material=str(task.material.material) if task.material else "",
        waits=waits, only=only, verbs=floor.offered(user, task), shown=floor.shown(user, task) if is_pooled(task) else "",
    )  # fmt: skip


def waits_in_words(task: Task, blocker: StepState | None) -> str:
    """What keeps a task from being worked on, in the order in which the verbs would say so; nothing when it is ready."""
    if task.order.progress == Progress.PAUSED:
        return _("The order is paused.")
    if task.step.process.needs_material and task.material and task.material.supply != OrderMaterial.Supply.IN:
        return _("Waits for %(material)s: %(supply)s.") % {
            "material": task.material.material, "supply": task.material.get_supply_display(),
        }  # fmt: skip
    if blocker and not ready_pieces(task.planned, blocker):
        if blocker.partial:
            return _("Waits for %(step)s: %(done)s of %(planned)s done.") % {
                "step": blocker.name, "done": f"{blocker.good:,}", "planned": f"{blocker.planned:,}",
            }  # fmt: skip
        return _("Waits for %(step)s to be finished.") % {"step": blocker.name}
    return ""


def _plate(task: Task) -> Plate | None:
    if task.tooling is None:
        return None
    tooling = task.tooling.tooling
    return Plate(
        tooling.get_kind_display(),
        str(tooling),
        tooling.location,
        tooling.confirmed_at is not None,
        tooling.picture_url,
    )


def card_of(user: User, task_id: int) -> Card | None:
    """One task, if it exists for this person. Three queries."""
    return next(iter(cards(user, list(with_parts(Task.objects.filter(pk=task_id).visible_to(user))))), None)


def reports_of(user: User, task_id: int) -> list[TaskProgress]:
    """The latest reports on a task. One query."""
    rows = TaskProgress.objects.filter(task=task_id).visible_to(user)
    return list(rows.select_related("by")[:10])
