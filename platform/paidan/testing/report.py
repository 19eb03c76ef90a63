"""What the kit found out about a plugin."""

import textwrap
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

type Outcome = Literal["passed", "failed", "skipped"]

MARKS = {"passed": "passed ", "failed": "FAILED ", "skipped": "skipped"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `detail` says what was wrong, why it was skipped, or what deserves a second look."""

    code: str
    title: str
    outcome: Outcome
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of one plugin; `known` is how many checks its group has, whether they were asked for or not."""

    plugin: str
    group: str
    distribution: str
    version: str
    contract: int
    checks: tuple[Check, ...]
    known: int

    @property
    def ok(self) -> bool:
        """Whether every check that was asked for has passed; one that could not run has not."""
        return bool(self.checks) and all(check.outcome == "passed" for check in self.checks)

    @property
    def certified(self) -> bool:
        """Whether every check that there is has passed."""
        return self.ok and len(self.checks) >= self.known

    @property
    def verdict(self) -> str:
        """The result in one line."""
        counted = Counter(check.outcome for check in self.checks)
        failed, skipped, asked = counted["failed"], counted["skipped"], len(self.checks)
        if failed:
            more = f", {skipped} could not run" if skipped else ""
            return f"not certified: {failed} of {asked} checks failed{more}"
        if skipped or not asked:
            return f"not certified: {skipped} of {asked} checks could not run"
        if not self.certified:
            return f"not certified: {asked} of {self.known} checks were asked for, and passed"
        return f"certified for v{self.contract}"

    def text(self) -> str:
        """The report for people; the last line is the verdict."""
        source = f" of {self.distribution} {self.version}" if self.distribution else ""
        lines = [f"{self.plugin}{source}, {self.group}"]
        width = max((len(check.code) for check in self.checks), default=0)
        for check in self.checks:
            lines.append(f"  {MARKS[check.outcome]} {check.code:<{width}}  {check.title}")
            lines += textwrap.wrap(
                check.detail, 118, initial_indent=" " * 10, subsequent_indent=" " * 10, break_long_words=False
            )
        return "\n".join([*lines, self.verdict])

    def as_json(self) -> dict[str, Any]:
        """The same as plain values, to be stored and shown."""
        return {
            "plugin": self.plugin,
            "group": self.group,
            "distribution": self.distribution,
            "version": self.version,
            "contract": self.contract,
            "ok": self.ok,
            "certified": self.certified,
            "verdict": self.verdict,
            "known": self.known,
            "checks": [asdict(check) for check in self.checks],
        }
