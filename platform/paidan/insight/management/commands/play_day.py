"""`manage.py play_day`: a whole working day of the demo shop, and the proof that nothing got lost."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from paidan.insight.play import Report, play, strangers
from paidan.people.models import User

MOST_ORDERS = 2000


class Command(BaseCommand):
    help = "Play a working day of the demo shop with new orders, and check every invariant of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orders", default="20", help=f"how many orders come in, 0 to {MOST_ORDERS} (20)")
        parser.add_argument("--seed", default="1", help="the same seed plays the same day (1)")
        parser.add_argument("--json", action="store_true", help="print the report as JSON and nothing else")

    def handle(self, *args: Any, orders: Any, seed: Any, **options: Any) -> None:
        number = _count(str(orders))
        _must_be_the_demo_shop()
        call_command("prepare", verbosity=0)
        report = play(number, str(seed))
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
        else:
            self.stdout.write(_text(report))
        if report.problems:
            sys.exit(1)


def _count(orders: str) -> int:
    if not (orders.isascii() and orders.isdigit() and int(orders) <= MOST_ORDERS):
        raise CommandError(f"--orders must be a whole number from 0 to {MOST_ORDERS}, not “{orders}”.")
    return int(orders)


def _must_be_the_demo_shop() -> None:
    """Refuse to play in a real shop; an empty database gets the demo shop first."""
    if User._meta.db_table not in connection.introspection.table_names() or not User.objects.exists():
        return
    if missing := strangers():
        raise CommandError(
            f"This is not the demo shop ({', '.join(missing[:3])} … are not here), so no day is played"
            " and nothing was written."
        )


def _text(report: Report) -> str:
    lines = [f"{report.orders} orders on {report.database}, seed {report.seed}: {report.seconds} s", ""]
    lines += [f"{'verb':16}{'done':>7}{'tries':>7}{'total ms':>11}{'median':>9}{'max':>9}"]
    lines += [
        f"{verb:16}{report.counts.get(verb, 0):7}{t['count']:7}{t['total_ms']:11}{t['median_ms']:9}{t['max_ms']:9}"
        for verb, t in report.timings.items()
    ]
    for title, counts in (("refused", report.refusals), ("orders", report.outcome)):
        lines += ["", f"{title}: " + (", ".join(f"{name} {n}" for name, n in counts.items()) or "none")]
    return "\n".join([*lines, "", f"problems: {len(report.problems)}", *report.problems])
