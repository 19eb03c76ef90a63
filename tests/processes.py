"""Real processes on the database of the tests: started, waited for, killed as a power cut would."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection


def address_of_database() -> str:
    """The database that the tests themselves use, as another process is told."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['PAIDAN_TEST_DATABASE_URL'].rsplit('/', 1)[0]}/{name}"


@contextmanager
def running(*command: str, folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py …` in a process of its own, which is gone afterwards; `folder` has what it may write and import."""
    told = {"DATABASE_URL": address_of_database(), "PAIDAN_VAR": str(folder), "PYTHONPATH": str(folder)}
    program = str(Path(settings.BASE_DIR) / "manage.py")
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, program, *command], env=os.environ | told | environment, stdout=said, stderr=said
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """`kill -9`: it has no time for anything."""
    process.kill()
    process.wait(10)


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
