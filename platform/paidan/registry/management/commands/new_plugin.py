"""`manage.py new_plugin strategy|generator|notifier NAME`: a complete distribution to begin with."""

import re
from argparse import ArgumentParser
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError

from paidan.contracts import GENERATORS, NOTIFIERS, STRATEGIES
from paidan.registry.loader import found

TEMPLATES = Path(__file__).resolve().parents[2] / "scaffold"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Kind(NamedTuple):
    """What differs between the three kinds."""

    group: str
    constant: str
    builders: str
    test: str


KINDS = {
    "strategy": Kind(
        STRATEGIES,
        "STRATEGIES",
        "candidate, task",
        """def test_who_has_too_much_to_do_is_passed_over():
    busy, idle = candidate(1, open_minutes=600), candidate(2, open_minutes=60)

    assert $object().rank(task(), (busy, idle)).order == (2, 1)
    assert $object(too_much=1000).rank(task(), (busy, idle)).order == (2, 1)""",
    ),
    "generator": Kind(
        GENERATORS,
        "GENERATORS",
        "order, step",
        """def test_each_line_has_a_task_for_its_quantity():
    facts = order()

    specs = list($object(facts, step()))

    assert [(spec.line, spec.planned) for spec in specs] == [(line.ref, line.quantity) for line in facts.lines]""",
    ),
    "notifier": Kind(
        NOTIFIERS,
        "NOTIFIERS",
        "message",
        """def test_a_message_is_a_line(tmp_path):
    file = tmp_path / "messages.txt"

    delivery = $object(file=str(file)).deliver(message())

    assert delivery.outcome == "delivered" and len(file.read_text(encoding="utf-8").splitlines()) == 1""",
    ),
}


class Command(BaseCommand):
    help = "Write a complete, installable, conforming plugin to begin with."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("name", help="as it is called in the console: small letters, digits and hyphens")
        parser.add_argument("--folder", default=".", help="where its folder is made; this folder unless said otherwise")

    def handle(self, *args: Any, kind: str, name: str, folder: str, **options: Any) -> None:
        if not NAME.fullmatch(name) or len(name) > 50:
            raise CommandError(f"{name!r} is no name: use small letters, digits and hyphens, e.g. night-shift.")
        if any((one.group, one.name) == (KINDS[kind].group, name) for one in found()):
            raise CommandError(f"There is a {kind} called {name} already. Choose another name.")
        distribution = name if name.startswith("paidan-") else f"paidan-{name}"
        root = Path(folder, distribution)
        if root.exists():
            raise CommandError(f"{root} exists already. Choose another name or folder.")
        for path, text in files(kind, name, distribution).items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        self.stdout.write(f"{root}: pip install it beside Paidan, then see `manage.py plugins`.")


def files(kind: str, name: str, distribution: str) -> dict[str, str]:
    """The texts of a new distribution, by path."""
    of = KINDS[kind]
    module = distribution.replace("-", "_")
    words = name.split("-")
    called = "_".join(words) if kind == "generator" else "".join(word.capitalize() for word in words)
    values = {
        "kind": kind, "name": name, "distribution": distribution, "module": module, "object": called,
        "group": of.group, "constant": of.constant, "builders": of.builders,
    }  # fmt: skip
    values["test"] = Template(of.test).substitute(values)
    sources = {
        "pyproject.toml": "pyproject.toml.txt",
        "README.md": "README.md.txt",
        f"src/{module}/__init__.py": f"{kind}.txt",
        f"tests/test_{module}.py": "test.txt",
    }
    return {
        path: Template((TEMPLATES / source).read_text(encoding="utf-8")).substitute(values)
        for path, source in sources.items()
    }
