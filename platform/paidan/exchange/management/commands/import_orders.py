"""`manage.py import_orders FILE.xlsx`: the order book import without a browser; a bad row changes nothing."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils.translation import gettext as _

from paidan.errors import Refused
from paidan.exchange import actions, workbook
from paidan.exchange.actions import ImportPlan, ImportResult
from paidan.people.models import Role, User


class Command(BaseCommand):
    help = "Import orders from an Excel workbook. Exit status 1, and nothing written, when a row is bad."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="an .xlsx workbook, one row for each order line")
        parser.add_argument("--user", help="who imports; the first order maker when nobody is named")
        parser.add_argument("--only-good", action="store_true", help="leave out orders with a bad row")
        parser.add_argument("--create-missing", action="store_true", help="add unknown customers and products")
        parser.add_argument("--again", action="store_true", help="import a file once more whose orders have no number")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--json", action="store_true", help="answer for programs")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            by = _person(options["user"])
        except (OperationalError, ProgrammingError):
            raise CommandError("This database has no tables yet. Run `manage.py prepare` first.") from None
        only_good = options["only_good"]
        result = None
        try:
            plan = actions.read_orders(_content(file), by=by, create_missing=options["create_missing"])
            if not options["dry_run"] and (only_good or not plan.faults):
                result = actions.apply(plan, by=by, only_good=only_good, name=Path(file).name, again=options["again"])
        except Refused as refusal:
            hint = " " + _("Say --again if that is meant.") if refusal.code == "again" else ""
            raise CommandError(f"{refusal}{hint}") from None
        report = _report(plan, result)
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1) if options["json"] else _words(report))
        if plan.faults and not only_good:
            raise CommandError(f"{len(plan.faults)} faults; nothing was imported.")


def _content(file: str) -> bytes:
    path = Path(file)
    try:
        with path.open("rb") as workbook_file:
            return workbook_file.read(workbook.MOST_BYTES + 1)
    except (OSError, ValueError) as problem:
        raise CommandError(f"{file!r} cannot be read: {getattr(problem, 'strerror', None) or problem}.") from None


def _person(username: str | None) -> User:
    """The named person, else the first active order maker, else the first superuser."""
    people = User.objects.filter(is_active=True).order_by("pk")
    if username is not None:
        person = people.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is no active person {username!r}.")
        if not person.has_perm("orders.add_workorder"):
            raise CommandError(f"{username!r} may not add orders.")
        return person
    person = people.filter(groups__name=Role.MAKER.value).first() or people.filter(is_superuser=True).first()
    if person is None:
        raise CommandError("There is nobody here who makes orders. Run `manage.py prepare`, or say --user.")
    return person


def _report(plan: ImportPlan, result: ImportResult | None) -> dict[str, Any]:
    faults = result.faults if result else plan.faults
    return {
        **plan.counts,
        "faults": len(faults),
        "written": result is not None,
        "created": [order.number for order in result.created] if result else [],
        "changed": [order.number for order in result.changed] if result else [],
        "left_out": result.left_out if result else plan.counts["bad"],
        "notes": [*plan.notes, *([plan.repeats] if plan.repeats and not result else [])],
        "messages": [str(fault) for fault in faults],
    }


def _words(report: dict[str, Any]) -> str:
    names = ("rows", "orders", "create", "change", "unchanged", "bad", "tasks", "faults")
    done = f"created: {len(report['created'])}, changed: {len(report['changed'])}, left out: {report['left_out']}"
    return "\n".join(
        [
            ", ".join(f"{name}: {report[name]}" for name in names),
            *report["messages"],
            *report["notes"],
            done if report["written"] else "nothing was written",
        ]
    )
