"""The conformance kit: what the author of a plugin runs to prove it. Standard library and `paidan.contracts` only.

```python
from paidan.contracts import STRATEGIES
from paidan.testing import certify

report = certify(STRATEGIES, "skill-match")
assert report.ok, report.text()
```

Or without a line of code: `pytest --paidan-plugin skill-match` (or `strategies:skill-match`; `--paidan-report FILE` writes
JSON, `--paidan-settings FILE` reads `{NAME: {…}}`). A notifier is really asked to deliver: give it settings of a place
where a few test messages do no harm.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paidan.testing.builders import (
        candidate,
        department,
        line,
        material,
        message,
        operator,
        order,
        recipient,
        step,
        task,
        tooling,
    )
    from paidan.testing.certifying import certify
    from paidan.testing.report import Check, Report

__all__ = [
    "Check",
    "Report",
    "candidate",
    "certify",
    "department",
    "line",
    "material",
    "message",
    "operator",
    "order",
    "recipient",
    "step",
    "task",
    "tooling",
]

_HOMES = {"certify": "certifying", "Check": "report", "Report": "report"}


def __getattr__(name: str) -> Any:
    """Import on first use: pytest loads this package in every run, also where no plugin is tested."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'builders')}"), name)
