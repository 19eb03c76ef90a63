"""`manage.py plugins`: what is installed, and whether it works."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from paidan.registry import actions, engine
from paidan.registry.loader import Found, found
from paidan.registry.models import Plugin


class Command(BaseCommand):
    help = "List the plugins that are installed, with their state and, where one cannot be used, why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer for programs")

    def handle(self, *args: Any, json: bool = False, **options: Any) -> None:  # the option's name
        states = _states()
        rows = [_row(one, states) for one in found()]
        self.stdout.write(_json(rows) if json else _table(rows))


def _states() -> dict[tuple[str, str, str], Plugin]:
    try:
        actions.sync()
        return {(row.group, row.name, row.distribution): row for row in Plugin.objects.all()}
    except DatabaseError:  # before the tables exist everything that is installed is on
        return {}


def _row(one: Found, states: dict[tuple[str, str, str], Plugin]) -> dict[str, str]:
    row = states.get((*one.key, one.distribution))
    state = one.problem or ("on" if engine.ready(*one.key) else "off")
    error = one.error or (row.switched_off_because if row and not row.enabled else "")
    if state == "off" and not error:
        error = str(engine.why_not(*one.key))
    return {
        "group": one.group,
        "name": one.name,
        "distribution": one.distribution,
        "version": one.version,
        "state": state,
        "error": error,
    }


def _json(rows: list[dict[str, str]]) -> str:
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _table(rows: list[dict[str, str]]) -> str:
    return "\n".join(
        f"{row['state']:<10}{row['group'].split('.')[1]:<22}{row['name']:<28}{row['distribution']} {row['version']}"
        + (f"\n{'':<10}{row['error'].strip().splitlines()[-1]}" if row["error"] else "")
        for row in rows
    )
