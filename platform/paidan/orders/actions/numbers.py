"""Order numbers: year, month and a running number, unique without a race."""

from datetime import date

from django.db.models import F

from paidan.orders.models import NumberSeries, WorkOrder


def next_number(day: date) -> str:
    """The next free number of this month, e.g. 2026110042. The series' row stays locked until the caller commits."""
    prefix = f"{day:%Y%m}"
    while True:
        last = _advance(prefix)
        number = f"{prefix}{last:04d}"
        if not WorkOrder.objects.filter(number=number).exists():  # taken by an order that brought its own number
            return number


def _advance(prefix: str) -> int:
    series = NumberSeries.objects.filter(prefix=prefix)
    if not series.update(last=F("last") + 1):
        NumberSeries.objects.bulk_create([NumberSeries(prefix=prefix)], ignore_conflicts=True)
        series.update(last=F("last") + 1)
    return series.values_list("last", flat=True).get()
