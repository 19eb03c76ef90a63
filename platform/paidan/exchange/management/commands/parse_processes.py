"""`manage.py parse_processes`: what the importer reads in process texts, one per line of standard input."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from paidan.catalog.models import Process
from paidan.exchange.process_text import Parsed, Vocabulary, parse
from paidan.exchange.shop import read


class Command(BaseCommand):
    help = "Read one process text per line and say which processes it states and which words are unknown."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON list instead of one line for each text")

    def handle(self, *args: Any, **options: Any) -> None:
        answers = parsed(sys.stdin.buffer, vocabulary())
        if options["json"]:
            rows = [{"text": text, "codes": found.codes, "unknown": found.unknown} for text, found in answers]
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
        else:
            for text, found in answers:
                self.stdout.write(line(text, found))


def vocabulary() -> Vocabulary:
    """The shop's own words; those of the shop file while there are no processes yet."""
    rows: list[tuple[str, str, Any]] = []
    if Process._meta.db_table in connection.introspection.table_names():
        rows = list(Process.objects.filter(is_active=True).values_list("code", "name", "synonyms"))
    return Vocabulary.of(rows or [(row["code"], row["name"], row["synonyms"]) for row in read("processes")])


def parsed(lines: Iterable[bytes], words: Vocabulary) -> Iterator[tuple[str, Parsed]]:
    """Each line as text, and what is read in it; bytes that are not UTF-8 become replacement characters."""
    for raw in lines:
        text = raw.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")
        yield text, parse(text, words)


def line(text: str, found: Parsed) -> str:
    """One line for people: the text, its processes, and after a question mark what was not understood."""
    unknown = f"  ? {' | '.join(found.unknown)}" if found.unknown else ""
    return f"{text} → {' '.join(found.codes) or '-'}{unknown}"
