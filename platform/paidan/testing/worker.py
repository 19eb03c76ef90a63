"""A process that is hurt in place of this one: it has the plugin, does one check after the other, and may die of it."""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

BEGIN = """
import json, sys
job = json.loads(sys.stdin.readline())
sys.path[:] = job["path"]
from paidan.testing.child import serve
serve(job)
"""
START_SECONDS = 60.0
"""How long the process may take until it is ready, on the busiest machine."""

END_SECONDS = 5.0


class Died(Exception):
    """The process ended, or had to be ended; the sentence says why."""


class Worker:
    """One such process. It is asked line by line; between two questions it waits."""

    def __init__(self, job: Mapping[str, Any], *, hash_seed: int = 1) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 – closed with the worker
        self._process = subprocess.Popen(  # noqa: S603 – this very Python
            [sys.executable, "-c", BEGIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONUTF8": "1"},
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        self._replies: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._say(json.dumps({**job, "path": sys.path}))
        self._limit = START_SECONDS
        self._ready = False

    def ask(self, question: str) -> dict[str, Any]:
        """The answer to one question. Raises `Died` when there will be none."""
        if not self._ready:
            self._answer()
            self._ready = True
        self._say(question)
        reply = self._answer()
        while "limit" in reply:
            self._limit = reply["limit"]
            reply = self._answer()
        return reply

    def close(self) -> None:
        """End the process and all that it started."""
        self._kill()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]

    def _read(self) -> None:
        assert self._process.stdout
        with suppress(ValueError, OSError):
            for line in self._process.stdout:
                self._replies.put(line)
        self._replies.put("")

    def _say(self, line: str) -> None:
        assert self._process.stdin
        with suppress(OSError):  # a process that is gone says so when it does not answer
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._replies.get(timeout=self._limit)
        except queue.Empty:
            self._kill()
            raise Died(f"it did not come back within {self._limit:g} s and was killed") from None
        if not line:
            raise Died(self._cause())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        self._reader.join(timeout=1)

    def _cause(self) -> str:
        try:
            status = self._process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            return "it cut the connection over which the kit asks"
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace")
        if found := re.search(r"Timeout \((?:\d+:)+0*([\d.]+)\)!", said):
            return f"it did not come back within {float(found[1]):g} s; it was at {_place(said[found.end() :])}"
        if status < 0:
            return f"the process was ended by {signal.Signals(-status).name}"
        last = said.strip().rpartition("\n")[2]
        return f"the process ended by itself with exit status {status}" + (f": {last:.200}" if last else "")


def _place(trace: str) -> str:
    """The innermost line outside the standard library in what faulthandler wrote, or the innermost of all."""
    places = re.findall(r'File "(.+?)", line (\d+) in', trace)
    library = sysconfig.get_path("stdlib")
    kit = str(Path(__file__).parent)
    own = [place for place in places if not place[0].startswith(("<", kit)) and not _within(place[0], library)]
    for path, line in own or places:
        return f"{Path(path).name}:{line}"
    return "an unknown place"


def _within(path: str, library: str) -> bool:
    return path.startswith(library) and "site-packages" not in path
