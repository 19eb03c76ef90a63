"""Order numbers: year, month and a running number, unique without a race."""

from datetime import date

from django.db.models import F

from paidan.orders.models import NumberSeries, WorkOrder


def next_numbers(day: date, count: int) -> list[str]:
    """The next free numbers of this month, e.g. 2026110042. The series' row stays locked until the caller commits."""
    prefix = f"{day:%Y%m}"
    free: list[str] = []
    while missing := count - len(free):
        last = _advance(prefix, missing)
        numbers = [f"{prefix}{number:04d}" for number in range(last - missing + 1, last + 1)]
        taken = set(WorkOrder.objects.filter(number__in=numbers).values_list("number", flat=True))
        free += [number for number in numbers if number not in taken]  # an order may bring its own number
    return free


def _advance(prefix: str, by: int) -> int:
    series = NumberSeries.objects.filter(prefix=prefix)
    if not series.update(last=F("last") + by):
        NumberSeries.objects.bulk_create([NumberSeries(prefix=prefix)], ignore_conflicts=True)
        series.update(last=F("last") + by)
    return series.values_list("last", flat=True).get()
