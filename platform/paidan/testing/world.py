"""What everybody in a process shares, so that one can see who changed it."""

import decimal
import locale
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def now() -> Mapping[str, Any]:
    """Everything shared, by the name that people know it by."""
    context = decimal.getcontext()
    return {
        "threads": threads(),
        "children": children(),
        "os.environ": dict(os.environ),
        "the working folder": Path.cwd(),
        "sys.path": list(sys.path),
        "the decimal context": (context.prec, context.rounding, context.Emin, context.Emax, dict(context.traps)),
        "the locale": locale.setlocale(locale.LC_ALL),
        "the recursion limit": sys.getrecursionlimit(),
        "signal handlers": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "sys.stdout or sys.stderr": (id(sys.stdout), id(sys.stderr)),
    }


SHARED = (
    "os.environ",
    "the working folder",
    "sys.path",
    "the decimal context",
    "the locale",
    "the recursion limit",
    "signal handlers",
    "sys.stdout or sys.stderr",
)
"""What a plugin must not change."""


def threads() -> frozenset[int]:
    """The threads that run Python now."""
    return frozenset(sys._current_frames())


def children() -> int:
    """How many child processes were not waited for; only Linux tells without disturbing them."""
    files = Path("/proc/self/task").glob("*/children")
    try:
        return sum(len(file.read_text().split()) for file in files)
    except OSError:
        return 0
