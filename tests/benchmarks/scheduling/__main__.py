"""`python -m tests.benchmarks.scheduling FOLDER`: runs strategies over the job-shop instances below a folder.

Prints gaps to the best known make-spans as a table, or every run with `--json`. Files that are no instances are named on
standard error. Exit status 1 when a schedule is not feasible.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, run, print."""
    asked = _parser().parse_args(arguments)
    with _no_shop():
        return _run(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scheduling", description=__doc__)
    parser.add_argument("folder", type=Path, help="looked through with everything below it")
    parser.add_argument("--strategies", default="", help="names with commas; without it those of the house, and cpsat")
    parser.add_argument("--modes", default="online,plan", help="online, plan, or both")
    parser.add_argument("--seconds", type=float, default=10.0, help="a solver's time for a plan (default 10)")
    parser.add_argument("--online-seconds", type=float, default=0.2, help="and for one moment online (default 0.2)")
    parser.add_argument("--seeds", type=int, default=1, help="how often `random` draws lots")
    parser.add_argument("--json", action="store_true", help="print every run instead of the table")
    return parser


@contextmanager
def _no_shop() -> Iterator[None]:
    """Django with an empty database of its own, in which the registry can count what strategies cost."""
    with tempfile.TemporaryDirectory(prefix="pd-bench-") as folder:
        for name in ("REDIS_URL", "DEBUG", "SECURE"):
            os.environ.pop(name, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"sqlite:///{folder}/paidan.sqlite3",
            "PAIDAN_VAR": folder,
        }
        import django

        django.setup()
        from django.db import connection

        from paidan.registry.models import Epoch, Plugin

        with connection.schema_editor() as editor:
            editor.create_model(Plugin)
            editor.create_model(Epoch)
        try:
            yield
        finally:
            connection.close()


def _run(asked: argparse.Namespace) -> int:
    from tests.benchmarks.scheduling import instances, runs

    thinking = runs.Thinking(plan=asked.seconds, online=min(asked.online_seconds, asked.seconds))
    modes = [mode for mode in asked.modes.split(",") if mode]
    if unknown := sorted({*modes} - {*runs.MODES}) or not asked.folder.is_dir():
        print(f"{asked.folder} is no folder" if unknown is True else f"no such mode: {unknown}", file=sys.stderr)
        return 2
    try:
        wanted = runs.strategies(name for name in asked.strategies.split(",") if name)
    except LookupError as problem:
        print(problem.args[0], file=sys.stderr)
        return 2
    rows = []
    for instance in instances.read(asked.folder, lambda path, why: print(f"skipped {path}: {why}", file=sys.stderr)):
        for run in runs.runs(instance, wanted, modes, thinking, asked.seeds):
            rows.append(run.row())
            for note in run.notes:
                print(f"{instance.name}, {run.mode}, {run.strategy.name}: {note}", file=sys.stderr)
    print(json.dumps(runs.as_json(rows), ensure_ascii=False, indent=1) if asked.json else runs.table(rows))
    return 0 if all(row.feasible for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
