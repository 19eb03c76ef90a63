"""How a department does: what is open and done, and what each person finished and reported."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from paidan.orders.models import Task, TaskProgress
from paidan.orders.models.task import Status
from paidan.people.models import User

DAYS = 7


@dataclass(slots=True)
class Person:
    """What one person finished, and what he or she reported this week."""

    name: str
    today: int = 0
    week: int = 0
    good: int = 0
    waste: int = 0
    minutes: int | None = None

    @property
    def waste_share(self) -> float | None:
        """Waste in per cent of all that was reported; nothing when nothing was."""
        pieces = self.good + self.waste
        return round(100 * self.waste / pieces, 1) if pieces else None


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of the chosen departments."""

    pending: int
    running: int
    done: int
    done_today: int
    days: tuple[tuple[date, int], ...] = ()
    people: tuple[Person, ...] = field(default=())

    @property
    def total(self) -> int:
        """All formal tasks but the cancelled ones."""
        return self.pending + self.running + self.done

    @property
    def rate(self) -> int | None:
        """Completed tasks in per cent of all; nothing when there are none."""
        return round(100 * self.done / self.total) if self.total else None

    @property
    def best_day(self) -> int:
        """The most that was completed on one of the days, for the scale of the bars."""
        return max((n for _day, n in self.days), default=0) or 1

    @property
    def best_person(self) -> int:
        """The most that one person completed this week, likewise."""
        return max((person.week for person in self.people), default=0) or 1


def figures(user: User, places: Iterable[int], names: Mapping[int, str], today: date) -> Figures:
    """Counts, the last seven days, and everybody in `names`, people by id. Three queries."""
    tasks = Task.objects.all().visible_to(user).filter(department__in=list(places))
    counts = dict(tasks.order_by().values_list("status").annotate(n=Count("pk")))
    monday = today - timedelta(days=today.weekday())
    done = _done(tasks, min(monday, today - timedelta(days=DAYS - 1)))
    by_day: dict[date, int] = defaultdict(int)
    for row in done:
        by_day[row["day"]] += row["n"]
    return Figures(
        pending=counts.get(Status.PENDING, 0),
        running=counts.get(Status.IN_PROGRESS, 0),
        done=counts.get(Status.COMPLETED, 0),
        done_today=by_day[today],
        days=tuple((day, by_day[day]) for day in (today - timedelta(days=n) for n in range(DAYS - 1, -1, -1))),
        people=_people(names, done, _reported(tasks, monday), monday, today),
    )


def _done(tasks: Any, since: date) -> list[dict[str, Any]]:
    """Completed tasks by person and day, with the mean time from start to end."""
    time = ExpressionWrapper(F("completed_at") - F("started_at"), output_field=DurationField())
    rows = tasks.filter(status=Status.COMPLETED, completed_at__gte=beginning(since)).order_by()
    return list(
        rows.values("operator", day=TruncDate("completed_at")).annotate(
            n=Count("pk"), timed=Count("started_at"), mean=Avg(time)
        )
    )


def _reported(tasks: Any, since: date) -> dict[int, tuple[int, int]]:
    """Good and waste pieces by who reported them."""
    rows = TaskProgress.objects.filter(at__gte=beginning(since), task__in=tasks.order_by().values("pk")).order_by()
    return {by: (good, waste) for by, good, waste in rows.values_list("by").annotate(Sum("good"), Sum("waste"))}


def _people(
    names: Mapping[int, str],
    done: list[dict[str, Any]],
    pieces: Mapping[int, tuple[int, int]],
    monday: date,
    today: date,
) -> tuple[Person, ...]:
    people = []
    for pk, name in names.items():
        own = [row for row in done if row["operator"] == pk and row["day"] >= monday]
        timed = sum(row["timed"] for row in own)
        spent = sum((row["mean"] * row["timed"] for row in own if row["mean"] is not None), timedelta())
        good, waste = pieces.get(pk, (0, 0))
        people.append(
            Person(
                name=name,
                today=sum(row["n"] for row in own if row["day"] == today),
                week=sum(row["n"] for row in own),
                good=good,
                waste=waste,
                minutes=round(spent.total_seconds() / 60 / timed) if timed else None,
            )
        )
    return tuple(people)


def beginning(day: date) -> datetime:
    """The moment at which a day of the shop begins."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def done_since(day: date) -> Q:
    """Tasks completed on this day or later."""
    return Q(status=Status.COMPLETED, completed_at__gte=beginning(day))
