"""`manage.py load_shop`: departments, processes, rules and roles from `fixtures/`; `--demo` adds a demo shop."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from paidan.exchange.shop import load_demo, load_shop
from paidan.people.models import User


class Command(BaseCommand):
    help = "Load the shop's departments, processes, dispatch rules and roles; with --demo a shop to try."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="people, products and orders too; empty shops only")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        if not demo:
            load_shop()
        elif User.objects.exists():
            raise CommandError("There are people here already; the demo shop is for an empty database.")
        else:
            load_demo()
