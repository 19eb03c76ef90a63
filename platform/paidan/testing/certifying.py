"""Proves a plugin: finds it, has every check done in a process of its own, and reports."""

import time
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from paidan.contracts import VERSION
from paidan.testing.checks import GATES, checks_of, title
from paidan.testing.checks.every import SLOW
from paidan.testing.finding import Subject, group_named, subject_of
from paidan.testing.report import Check, Report
from paidan.testing.worker import Died, Worker

MOST_DEATHS = 2
"""A plugin that has ended so many processes would end the others, too."""


def certify(
    group: str, plugin: Any, *, settings: Mapping[str, Any] | None = None, only: Iterable[str] | None = None
) -> Report:
    """Do all checks, or `only` those with these codes, on an entry point by its name or on the plugin itself.

    `group` is one of `paidan.contracts.GROUPS`, or `strategies`, `generators` or `notifiers`. Raises `LookupError`
    when there is no such group, plugin or check.
    """
    subject = subject_of(group_named(group), plugin)
    codes = _chosen(subject.group, only)
    return report_of(subject, tuple(checking(subject, codes, settings)))


def report_of(subject: Subject, checks: tuple[Check, ...]) -> Report:
    """The report of checks that were done."""
    return Report(
        plugin=subject.name,
        group=subject.group,
        distribution=subject.distribution,
        version=subject.version,
        contract=VERSION,
        checks=checks,
        known=len(checks_of(subject.group)),
    )


def checking(subject: Subject, codes: Iterable[str], settings: Mapping[str, Any] | None = None) -> Generator[Check]:
    """The checks with these codes, each as soon as it is done. Closing it ends everything that it started."""
    known = checks_of(subject.group)
    desk = _Desk(subject, settings)
    try:
        for code in codes:
            yield desk.check(code, title(known[code]))
    finally:
        desk.close()


class _Desk:
    """The process that does the checks, a new one when it died, and why nothing more can be judged."""

    def __init__(self, subject: Subject, settings: Mapping[str, Any] | None) -> None:
        self._job = subject.job(settings)
        self._worker: Worker | None = None
        self._deaths = 0
        self._again = False
        self._problem = subject.problem
        self._closed = ""

    def check(self, code: str, title: str) -> Check:
        """Do one check, or say why it cannot be done."""
        if self._problem:
            self._problem, problem = "", self._problem
            self._closed = "it could not be loaded"
            return Check(code, title, "failed", problem)
        if self._closed:
            return Check(code, title, "skipped", self._closed)
        self._worker = self._worker or Worker(self._job)
        began = time.perf_counter()
        try:
            check = Check(**self._worker.ask(code))
        except Died as death:
            self.close()
            self._deaths += 1
            check = Check(code, title, "failed", str(death), round(time.perf_counter() - began, 3))
        if check.detail.startswith(SLOW) and not self._again:  # a disk that was cold is no fault of the plugin
            self._again = True
            self.close()
            return self.check(code, title)
        if check.outcome != "passed":
            self._closed = self._why_closed(check)
        return check

    def close(self) -> None:
        """End the process."""
        if self._worker:
            self._worker.close()
            self._worker = None

    def _why_closed(self, check: Check) -> str:
        """Why the checks after this one cannot be done, or nothing."""
        if check.code in GATES:
            return check.detail if check.outcome == "skipped" else f"cannot be judged before {check.code} passed"
        if self._deaths and check.code == "answers" and not self._worker:
            return "cannot be judged: already ordinary facts make it hang, or end its process"
        if self._deaths >= MOST_DEATHS:
            return f"cannot be judged: it hung, or ended its process, {self._deaths} times"
        return ""


def _chosen(group: str, only: Iterable[str] | None) -> list[str]:
    known = checks_of(group)
    wanted = set(known if only is None else only)
    if unknown := wanted - known.keys():
        raise LookupError(f"no check {', '.join(sorted(unknown))} in {group}; there are {', '.join(known)}")
    return [code for code in known if code in wanted]
