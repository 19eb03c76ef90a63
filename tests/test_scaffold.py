"""A plugin that a stranger begins with `new_plugin`, in a folder of its own, installs, appears, conforms and works."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

GROUPS = {
    "strategy": "paidan.dispatch_strategies.v1",
    "generator": "paidan.task_generators.v1",
    "notifier": "paidan.notifiers.v1",
}


def made(kind: str, folder: Path) -> Path:
    """A new distribution in this folder."""
    call_command("new_plugin", kind, f"night-{kind}", folder=str(folder), stdout=StringIO())
    return folder / f"paidan-night-{kind}"


def installed(root: Path, site: Path) -> None:
    """What pip does, without asking a registry for the build tool: build the wheel, unpack it."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=root, check=True, capture_output=True
    )
    [wheel] = (root / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


def run(root: Path, site: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    environment |= {"PYTHONPATH": str(site), "DATABASE_URL": f"sqlite:///{site}/empty.sqlite3"}
    return subprocess.run(
        [sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kind", GROUPS)
def test_a_new_plugin_installs_appears_and_conforms(kind: str, tmp_path: Path) -> None:
    root, site = made(kind, tmp_path), tmp_path / "site"

    installed(root, site)

    listed = run(root, site, str(settings.BASE_DIR / "manage.py"), "plugins", "--json")
    [row] = [row for row in json.loads(listed.stdout) if row["name"] == f"night-{kind}"]
    assert row == {
        "group": GROUPS[kind],
        "name": f"night-{kind}",
        "distribution": f"paidan-night-{kind}",
        "version": "0.1",
        "state": "on",
        "error": "",
    }
    own = run(root, site, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert own.returncode == 0, own.stdout
    kit = run(root, site, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--paidan-plugin", f"night-{kind}")
    assert kit.returncode == 0 and "certified for v1" in kit.stdout, kit.stdout


def test_what_it_writes_names_its_entry_point_and_nothing_of_the_core(tmp_path: Path) -> None:
    root = made("strategy", tmp_path)

    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]

    assert project["entry-points"] == {
        "paidan.dispatch_strategies.v1": {"night-strategy": "paidan_night_strategy:NightStrategy"}
    }
    code = (root / "src/paidan_night_strategy/__init__.py").read_text(encoding="utf-8")
    assert {line for line in code.splitlines() if "paidan" in line and "import" in line} == {
        "from paidan.contracts import Candidate, Ranking, TaskFacts, Words, setting"
    }


@pytest.mark.parametrize("name", ["Night", "night shift", "../night", "nächtlich", "-night", "n" * 51, ""])
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("new_plugin", "strategy", name, folder=str(tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_and_a_name_that_is_taken_are_refused(tmp_path: Path) -> None:
    root = made("strategy", tmp_path)
    (root / "README.md").write_text("mine")

    with pytest.raises(CommandError):
        made("strategy", tmp_path)
    with pytest.raises(CommandError):
        call_command("new_plugin", "notifier", "log", folder=str(tmp_path))

    assert (root / "README.md").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["paidan-night-strategy"]
