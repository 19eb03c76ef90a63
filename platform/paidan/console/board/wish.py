"""What a supervisor wants to see of the board; kept in the address, so that it can be shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paidan.orders.models.order import Priority

DUES = {"late": _("overdue"), "today": _("due today"), "week": _("due within 7 days")}
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Wish:
    """The filters of the board; what cannot be understood is as if it were not there."""

    process: int | None = None
    priority: int | None = None
    due: str = ""
    order: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read from an address."""
        priority = _number(query.get("priority", ""))
        due = query.get("due", "")
        return cls(
            process=_number(query.get("process", "")),
            priority=priority if priority in Priority.values else None,
            due=due if due in DUES else "",
            order=_text(query.get("order", "")),
            q=_text(query.get("q", "")),
        )

    def __bool__(self) -> bool:
        return self != Wish()

    @property
    def query(self) -> str:
        """The same as part of an address."""
        names = ("process", "priority", "due", "order", "q")
        return urlencode({name: value for name in names if (value := getattr(self, name))})

    def condition(self, today: date) -> Q:
        """The tasks that are wanted."""
        wanted = Q()
        if self.process:
            wanted &= Q(step__process=self.process)
        if self.priority:
            wanted &= Q(priority=self.priority)
        if self.due == "late":
            wanted &= Q(due__lt=today)
        elif self.due == "today":
            wanted &= Q(due=today)
        elif self.due == "week":
            wanted &= Q(due__gte=today, due__lte=today + timedelta(days=7))
        if self.order:
            wanted &= Q(step__order__number__icontains=self.order)
        for word in self.q.split():
            product = Q(step__order__lines__product__name__icontains=word)
            wanted &= Q(content__icontains=word) | Q(step__process__name__icontains=word) | product
        return wanted

    @property
    def repeats(self) -> bool:
        """Whether the condition may find a task more than once."""
        return bool(self.q)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _text(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST]
