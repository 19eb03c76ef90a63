"""`manage.py verify_audit`: proves that every row is what its history ends in, and that every entry says who."""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from paidan.insight.audit import Proof, proofs
from paidan.insight.invariants import one_moment


class Command(BaseCommand):
    help = "Prove every history: each row is what it ends in, what is gone ends with a deletion, each entry says who."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.perf_counter()
        with one_moment():
            all_proofs = list(proofs())
        report = _report(all_proofs, time.perf_counter() - began)
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1) if options["json"] else _text(report))
        if report["problems"]:
            sys.exit(1)


def _report(all_proofs: list[Proof], seconds: float) -> dict[str, Any]:
    return {
        "database": connection.vendor,
        "models": {proof.model: {"rows": proof.rows, "entries": proof.entries} for proof in all_proofs},
        "problems": [problem for proof in all_proofs for problem in proof.problems],
        "seconds": round(seconds, 3),
    }


def _text(report: dict[str, Any]) -> str:
    lines = [f"{'model':28}{'rows':>10}{'entries':>10}"]
    lines += [f"{name:28}{n['rows']:10}{n['entries']:10}" for name, n in report["models"].items()]
    lines += ["", f"{report['seconds']} s on {report['database']}; problems: {len(report['problems'])}"]
    return "\n".join([*lines, *report["problems"]])
