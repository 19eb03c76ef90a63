"""`pytest --paidan-plugin NAME`: one test for each check of a plugin. Costs nothing in a run without the option."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("paidan", "Paidan plugins")
    group.addoption(
        "--paidan-plugin",
        action="append",
        default=[],
        metavar="NAME",
        help="prove an installed plugin: NAME, or GROUP:NAME with strategies, generators or notifiers; may be repeated. "
        "Tests of the current folder run only when they are named, too.",
    )
    group.addoption("--paidan-report", metavar="FILE", help="write the reports as JSON")
    group.addoption(
        "--paidan-settings", metavar="FILE", help="a JSON file with the settings of plugins by name: {NAME: {…}, …}"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Join in when a plugin is named."""
    if config.getoption("paidan_plugin"):
        from paidan.testing.pytest_run import Certification  # noqa: PLC0415 – nobody else waits for it

        config.pluginmanager.register(Certification(config), "paidan-certification")
