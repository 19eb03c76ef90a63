"""The counter row that lets an operator hold so many open tasks and not one more."""

from collections import Counter
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, F, Q, Value, When
from django.utils.translation import gettext as _

from paidan import audited
from paidan.errors import Refused
from paidan.orders.models import Task, Workload
from paidan.orders.models.task import OPEN
from paidan.people.models import User


def take(operator: User) -> None:
    """Count one more open task for this operator, or refuse when the limit is reached."""
    mine = Workload.objects.filter(operator=operator)
    one_more = mine.filter(open__lt=F("limit"))
    if one_more.update(open=F("open") + 1):
        return
    Workload.objects.get_or_create(operator=operator, defaults={"limit": settings.PAIDAN_MAX_OPEN_TASKS})
    if not one_more.update(open=F("open") + 1):
        row = mine.get()
        raise Refused(
            _("%(person)s holds %(open)s open tasks, and %(limit)s is the limit. Complete one or give one back first.")
            % {"person": operator, "open": row.open, "limit": row.limit},
            "limit_reached",
            open=row.open,
            limit=row.limit,
        )


def move(to: User | None, losers: Iterable[int | None]) -> None:
    """Count one more for who gets a task and one less for who loses it; rows are locked in one order, so that
    two who swap tasks cannot wait for each other."""
    losing = [loser for loser in losers if loser]
    if to and losing:
        _lock({to.pk, *losing})
    if to:
        take(to)
    give_back(losing)


def _lock(people: Iterable[int]) -> None:
    list(Workload.objects.select_for_update().filter(operator__in=people).order_by("pk").values_list("pk"))


def take_several(wanted: Mapping[int, int]) -> dict[int, int]:
    """Count open tasks for several people at once, as far as each may hold them; answers how many each got."""
    if not wanted:
        return {}
    limit = settings.PAIDAN_MAX_OPEN_TASKS
    known = set(Workload.objects.filter(operator__in=wanted).values_list("pk", flat=True))
    for who in sorted(wanted.keys() - known):  # once in a person's life
        Workload.objects.get_or_create(operator_id=who, defaults={"limit": limit})
    rows = Workload.objects.select_for_update().filter(operator__in=wanted).order_by("pk")
    got = {row.operator_id: max(0, min(wanted[row.operator_id], row.limit - row.open)) for row in rows}
    more = Case(*(When(operator=who, then=Value(n)) for who, n in got.items()), default=Value(0))
    Workload.objects.filter(operator__in=got).update(open=F("open") + more)
    return got


def give_back(operators: Iterable[int | None]) -> None:
    """Count one open task less for each mention of an operator. At most two statements."""
    counts = Counter(operator for operator in operators if operator)
    if len(counts) > 1:
        _lock(counts)
    if counts:
        less = Case(*(When(operator=who, then=Value(n)) for who, n in counts.items()), default=Value(0))
        Workload.objects.filter(operator__in=counts).update(open=F("open") - less)


@transaction.atomic
def set_limit(operator: User, limit: int, *, by: User) -> None:
    """Say how many open tasks a person may hold; never fewer than are held now."""
    row = Workload.objects.select_for_update().filter(operator=operator).first()
    if row is None:
        row = Workload(operator=operator, limit=limit)
        row._history_user, row._change_reason = by, _("Placed")  # type: ignore[attr-defined]  # read by simple-history
        row.save()
    elif not audited.update(Workload, [row.pk], by=by, why=_("Placed"), where=Q(open__lte=limit), limit=limit):
        raise Refused(
            _("%(person)s holds %(open)s open tasks, so the limit cannot be %(limit)s. Have some given back first.")
            % {"person": operator, "open": row.open, "limit": limit},
            "limit_too_low",
            open=row.open,
            limit=limit,
        )


def held() -> Mapping[int, int]:
    """Open tasks by operator, counted from the tasks themselves."""
    rows = Task.objects.filter(status__in=OPEN, operator__isnull=False).order_by()
    return dict(rows.values_list("operator").annotate(n=Count("id")))


@transaction.atomic
def reconcile() -> list[tuple[int, int, int]]:
    """Prove each counter equal to the tasks held; mend and return those that were not: (person, counted, held)."""
    rows = {row.operator_id: row for row in Workload.objects.select_for_update().order_by("pk")}
    truth = held()
    wrong = []
    for operator_id in sorted(rows.keys() | truth.keys()):
        row = rows.get(operator_id) or Workload(operator_id=operator_id, limit=settings.PAIDAN_MAX_OPEN_TASKS)
        count = truth.get(operator_id, 0)
        if row.open != count:
            wrong.append((operator_id, row.open, count))
            row.open, row.limit = count, max(count, row.limit)
            row.save()
    return wrong
