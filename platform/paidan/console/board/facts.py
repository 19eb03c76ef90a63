"""What the board shows: frozen values, read in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from paidan.console.board.wish import Wish
from paidan.orders import access, flow
from paidan.orders.facts import step_states
from paidan.orders.models import OrderLine, OrderMaterial, Task
from paidan.orders.models.order import Priority, Progress
from paidan.orders.models.task import OPEN, Status
from paidan.people import access as rights
from paidan.people.models import Department, User

MOST_CARDS = 400
"""So many cards are on the board at once; of more, the most urgent ones, and the board says so."""


@dataclass(frozen=True, slots=True)
class Card:
    """One open task as a supervisor has to know it."""

    pk: int
    version: int
    order: int
    number: str
    content: str
    product: str
    process: str
    department: int | None
    place: str
    good: int
    planned: int
    waste: int
    minutes: int
    due: date | None
    priority: int
    running: bool
    waits: str
    undispatched: str
    notes: str
    movable: bool

    def get_priority_display(self) -> str:
        """The word for its priority; `display.priority` asks by this name."""
        return str(Priority(self.priority).label)


@dataclass(frozen=True, slots=True)
class Column:
    """A pool, a person's hands, or what found no department. `kind` is pool, hand, former or lost."""

    kind: str
    title: str
    cards: tuple[Card, ...]
    department: int | None = None
    person: int | None = None
    total: int = 0
    minutes: int = 0
    held: int = 0
    limit: int = 0

    @property
    def key(self) -> str:
        """Its name on the page."""
        return f"{self.kind}-{self.person or self.department or 0}"

    @property
    def accepts(self) -> bool:
        """Whether tasks can be put here."""
        return self.kind in ("pool", "hand")

    @property
    def elsewhere(self) -> int:
        """Open tasks that this person holds outside the departments shown."""
        return max(0, self.held - self.total)

    @property
    def share(self) -> int:
        """How full these hands are, in per cent."""
        return min(100, round(100 * self.held / self.limit)) if self.limit else 100

    @property
    def hidden(self) -> int:
        """Tasks that the filters, or the number of cards, keep from being shown."""
        return max(0, self.total - len(self.cards))


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the board but its figures."""

    columns: tuple[Column, ...]
    shown: int
    cut: bool

    @property
    def has_hands(self) -> bool:
        """Whether anybody works here."""
        return any(column.kind == "hand" for column in self.columns)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do at all, filtered or not."""
        return not any(column.total for column in self.columns)


def board(user: User, places: Mapping[int, Department], wish: Wish, today: date) -> Board:
    """The open tasks of these departments, and those without any, by who has them. Six queries."""
    mine = Task.objects.all().visible_to(user).filter(standing_in(places))
    loads = _loads(mine)
    rows = list(_cards(mine.filter(wish.condition(today)), wish, today)[: MOST_CARDS + 1])
    cards = by_holder(_described(rows[:MOST_CARDS], user, places))
    staff = {place: people for place, people in rights.holders(rights.CLAIM).items() if place in places}
    people = _people({pk for some in staff.values() for pk in some} | {person for _place, person in loads if person})
    columns = (
        *_lost(cards, loads),
        *_living(places, staff, people, cards, loads),
        *_former(staff, people, cards, loads),
    )
    return Board(columns, shown=min(len(rows), MOST_CARDS), cut=len(rows) > MOST_CARDS)


def standing_in(places: Iterable[int]) -> Q:
    """Open tasks of these departments, and pending ones that have none."""
    return Q(status__in=OPEN, department__in=list(places)) | Q(status=Status.PENDING, department=None)


type Place = tuple[int | None, int | None]
"""Department and person, either of them perhaps nobody."""
type Loads = Mapping[Place, tuple[int, int]]
"""Open tasks and the minutes they still need, by place, whatever the filters say."""


def _loads(tasks: QuerySet[Task]) -> Loads:
    undone = Greatest(F("planned") - F("good"), Value(0))
    left = ExpressionWrapper(F("minutes") * Value(1.0) * undone / F("planned"), output_field=FloatField())
    rows = tasks.order_by().values_list("department", "operator").annotate(n=Count("pk"), left=Sum(left))
    return {(place, person): (n, round(minutes or 0)) for place, person, n, minutes in rows}


SHOWN = (
    "version", "content", "department", "operator", "good", "planned", "waste", "minutes", "due", "priority", "status",
    "undispatched", "notes", "step__ref", "step__order__number", "step__order__maker", "step__order__progress",
    "step__process__name", "step__process__needs_material", "line__product__name", "material__supply",
    "material__material__name", "material__material__spec",
)  # fmt: skip
"""What a card is made of."""


def _cards(tasks: QuerySet[Task], wish: Wish, today: date) -> QuerySet[Any]:
    """Held ones first, so that a long pool never hides what somebody works on; then the urgent and the overdue."""
    if wish.repeats:
        tasks = tasks.filter(pk__in=tasks.order_by().values("pk"))
    first = OrderLine.objects.filter(order=OuterRef("step__order")).order_by("ref").values("product__name")[:1]
    pressing = Case(When(Q(due__lt=today) | Q(priority=Priority.URGENT), then=Value(0)), default=Value(1))
    held = Case(When(operator=None, then=Value(1)), default=Value(0))
    return (
        tasks.select_related("step__order", "step__process", "line__product", "material__material")
        .only(*SHOWN)
        .annotate(first_product=Subquery(first))
        .order_by(held, pressing, "-priority", F("due").asc(nulls_last=True), "pk")
    )


def _described(tasks: Sequence[Any], user: User, places: Mapping[int, Department]) -> Iterator[tuple[Place, Card]]:
    """Each task as a card, and where it belongs. One query for what the tasks wait for."""
    states = step_states({task.step.order_id for task in tasks}) if tasks else {}
    for task in tasks:
        place = places.get(task.department_id)
        yield (
            (task.department_id, task.operator_id),
            Card(
                pk=task.pk,
                version=task.version,
                order=task.step.order_id,
                number=task.order.number,
                content=task.content,
                product=task.line.product.name if task.line else task.first_product or "",
                process=task.step.process.name,
                department=task.department_id,
                place=place.name if place else "",
                good=task.good,
                planned=task.planned,
                waste=task.waste,
                minutes=task.minutes,
                due=task.due,
                priority=task.priority,
                running=task.status == Status.IN_PROGRESS,
                waits=what_it_waits_for(task, states[task.step.order_id]),
                undispatched=task.get_undispatched_display(),
                notes=task.notes,
                movable=access.may_assign(user, task),
            ),
        )


def what_it_waits_for(task: Any, steps: Sequence[flow.StepState]) -> str:
    """Why nobody can begin with it now; empty when somebody can. No query."""
    if task.order.progress == Progress.PAUSED:
        return _("the order is paused")
    supply = task.material if task.step.process.needs_material else None
    if supply and supply.supply != OrderMaterial.Supply.IN:
        return _("waits for %(step)s") % {"step": supply.material}
    step = next(state for state in steps if state.ref == task.step.ref)
    blocker = flow.waits_for(step, steps)
    blocked = blocker and not flow.ready_pieces(task.planned, blocker)
    return _("waits for %(step)s") % {"step": blocker.name} if blocker and blocked else ""


def by_holder(cards: Iterable[tuple[Place, Card]]) -> Mapping[Place, list[Card]]:
    """Cards by department and person, in the order in which they came."""
    held: dict[Place, list[Card]] = defaultdict(list)
    for place, card in cards:
        held[place].append(card)
    return held


def _people(pks: Iterable[int]) -> Mapping[int, User]:
    return User.objects.select_related("workload").order_by("name", "username").in_bulk(list(pks))


def _lost(cards: Mapping[Place, list[Card]], loads: Loads) -> Iterator[Column]:
    total, minutes = loads.get((None, None), (0, 0))
    if total:
        yield Column(
            "lost", _("Without a department"), tuple(cards.get((None, None), ())), total=total, minutes=minutes
        )


def _living(
    places: Mapping[int, Department],
    staff: Mapping[int, frozenset[int]],
    people: Mapping[int, User],
    cards: Mapping[Place, list[Card]],
    loads: Loads,
) -> Iterator[Column]:
    """Each department's pool and then its people; who works in several stands with the first."""
    seen: set[int] = set()
    busy = {place for place, _person in loads}
    for pk, department in places.items():
        here = staff.get(pk, frozenset())
        if not here and pk not in busy and len(places) > 1:
            continue
        total, minutes = loads.get((pk, None), (0, 0))
        pool = tuple(cards.get((pk, None), ()))
        yield Column("pool", _("Pool of %(department)s") % {"department": department}, pool, pk, None, total, minutes)
        for person in sorted(here - seen, key=lambda who: (str(people[who]), who)):
            working = [place for place in places if person in staff.get(place, ())]
            yield _hand("hand", people[person], working[0] if len(working) == 1 else None, cards, loads)
        seen |= here


def _former(
    staff: Mapping[int, frozenset[int]], people: Mapping[int, User], cards: Mapping[Place, list[Card]], loads: Loads
) -> Iterator[Column]:
    """People who hold tasks here although they do not work here any more."""
    working = {person for some in staff.values() for person in some}
    for person in sorted({person for _place, person in loads if person} - working):
        yield _hand("former", people[person], None, cards, loads)


def _hand(kind: str, person: User, place: int | None, cards: Mapping[Place, list[Card]], loads: Loads) -> Column:
    own = [card for (_place, who), some in cards.items() if who == person.pk for card in some]
    sums = [load for (_place, who), load in loads.items() if who == person.pk]
    counter = getattr(person, "workload", None)
    return Column(
        kind,
        str(person),
        tuple(own),
        place,
        person.pk,
        total=sum(n for n, _minutes in sums),
        minutes=sum(minutes for _n, minutes in sums),
        held=counter.open if counter else 0,
        limit=counter.limit if counter else settings.PAIDAN_MAX_OPEN_TASKS,
    )
