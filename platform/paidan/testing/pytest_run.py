"""A pytest run that proves plugins."""

import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from paidan.testing.certifying import checking, report_of
from paidan.testing.checks import checks_of
from paidan.testing.finding import Subject, subjects_named
from paidan.testing.report import Check, Report

PROPERTY = "paidan check"


class CheckFailed(Exception):
    """A check has failed; the sentence says why."""


class CheckItem(pytest.Item):
    """One check as a test."""

    def __init__(self, *, code: str, **more: Any) -> None:
        super().__init__(name=code, **more)
        self.code = code

    def runtest(self) -> None:
        """Do the check, or take the result that an earlier one has brought along."""
        assert isinstance(self.parent, PluginChecks)
        check = self.parent.result(self.code)
        self.user_properties.append((PROPERTY, [self.parent.name, asdict(check)]))
        if check.outcome == "skipped":
            pytest.skip(check.detail)
        if check.outcome == "failed":
            raise CheckFailed(check.detail)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was wrong, without the kit's own traceback."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where a person finds it."""
        assert self.parent
        return self.config.rootpath / self.parent.name, None, self.code


class PluginChecks(pytest.Collector):
    """All checks of one plugin; they share a process, which starts with the first of them."""

    def __init__(self, *, subject: Subject, settings: Mapping[str, Any], **more: Any) -> None:
        super().__init__(name=subject.title, nodeid=subject.title, **more)
        self.subject = subject
        self.settings = settings
        self._done: dict[str, Check] = {}
        self._running: Generator[Check] | None = None

    def collect(self) -> Iterable[CheckItem]:
        """One test for each check."""
        return [CheckItem.from_parent(self, code=code) for code in checks_of(self.subject.group)]

    def result(self, code: str) -> Check:
        """Run until this check is done."""
        if self._running is None:
            wanted = {item.name for item in self.session.items if item.parent is self}
            codes = [known for known in checks_of(self.subject.group) if known in wanted]
            self._running = checking(self.subject, codes, self.settings)
        while code not in self._done:
            check = next(self._running)
            self._done[check.code] = check
        return self._done[code]

    def close(self) -> None:
        """End the process."""
        if self._running:
            self._running.close()


class Certification:
    """Collects the checks of the plugins that were named, and reports at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._subjects = _subjects(config.getoption("paidan_plugin"))
        self._settings = _settings(config.getoption("paidan_settings"))
        self._collectors: list[PluginChecks] = []
        self._found: dict[str, dict[str, Check]] = {name: {} for name in self._subjects}
        if config.args_source is not pytest.Config.ArgsSource.ARGS:  # nobody asked for the tests of this folder
            config.args = []

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        """Put the checks in front of the tests that the run finds."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            for subject in self._subjects.values():
                settings = self._settings.get(subject.title) or self._settings.get(subject.name) or {}
                checks = PluginChecks.from_parent(collector, subject=subject, settings=settings)
                self._collectors.append(checks)
            report.result = [*self._collectors, *report.result]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a check found; also where another process has done it."""
        told: list[Any] = [value for name, value in report.user_properties if name == PROPERTY]
        if report.when == "call":
            for plugin, check in told:
                self._found[plugin][check["code"]] = Check(**check)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the reports."""
        for report in self._reports():
            terminalreporter.section(f"Paidan plugin {report.plugin}", sep="-")
            terminalreporter.write_line(report.text())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End what still runs, and write the reports. A check that could not run has not passed."""
        for collector in self._collectors:
            collector.close()
        path = self._config.getoption("paidan_report")
        if path and not hasattr(self._config, "workerinput"):
            reports = [report.as_json() for report in self._reports()]
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(json.dumps({"reports": reports}, ensure_ascii=False, indent=2) + "\n", "utf-8")
        if session.exitstatus == pytest.ExitCode.OK and not all(report.ok for report in self._reports()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _reports(self) -> list[Report]:
        reports = []
        for name, subject in self._subjects.items():
            found = self._found[name]
            checks = tuple(found[code] for code in checks_of(subject.group) if code in found)
            if checks:
                reports.append(report_of(subject, checks))
        return reports


def _subjects(names: Iterable[str]) -> dict[str, Subject]:
    try:
        return {subject.title: subject for name in names for subject in subjects_named(name)}
    except LookupError as problem:
        raise pytest.UsageError(f"--paidan-plugin: {problem}") from problem


def _settings(path: str | None) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        known = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise pytest.UsageError(f"--paidan-settings: {path}: {problem}") from problem
    if not isinstance(known, dict):
        raise pytest.UsageError(f"--paidan-settings: {path}: an object with the settings of each plugin by its name")
    return known
