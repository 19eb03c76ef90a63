"""The house rules that no tool knows."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import models

from paidan import audited
from paidan.orders.actions import task as work
from paidan.orders.models import Task, Workload
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, assert_recorded, reload, tasks_of

PLATFORM = Path(settings.BASE_DIR) / "platform"


def test_the_source_root_is_no_package_and_holds_no_loose_module() -> None:
    """`import platform` must find the standard library."""
    assert [path.name for path in PLATFORM.glob("*.py")] == []


def test_no_file_is_longer_than_300_lines() -> None:
    files = [*PLATFORM.rglob("*.py"), *Path(settings.BASE_DIR, "config").glob("*.py")]

    long = {
        str(file.relative_to(PLATFORM.parent)): lines
        for file in files
        if "migrations" not in file.parts and (lines := len(file.read_text(encoding="utf-8").splitlines())) > 300
    }

    assert long == {}


@pytest.mark.django_db
def test_every_model_change_has_its_migration() -> None:
    said = StringIO()

    call_command("makemigrations", check=True, dry_run=True, stdout=said)

    assert said.getvalue().strip() == "No changes detected"


def told(row: models.Model) -> dict[str, Any]:
    """The latest history row, without its own number and time."""
    latest = type(row).history.filter(id=row.pk).order_by("history_id").values().last()  # type: ignore[attr-defined]
    return {name: value for name, value in latest.items() if name not in ("history_id", "history_date")}


@pytest.mark.parametrize("noun", ["task", "order"])
def test_a_bulk_write_leaves_the_history_that_saving_would(noun: str, pooled_task: Task, maker: User) -> None:
    """Every column, who, what and why."""
    row: Any = pooled_task if noun == "task" else pooled_task.order
    audited.update(type(row), [row.pk], by=maker, why="核对", notes="甲")
    in_bulk = told(row)

    row = reload(row)
    row._history_user, row._change_reason = maker, "核对"
    row.save()

    assert in_bulk == told(row)
    assert in_bulk.keys() >= {field.attname for field in type(row)._meta.concrete_fields}


def test_rows_created_and_deleted_in_bulk_are_recorded_as_such(created: MakeOrder, maker: User) -> None:
    [task] = tasks_of(created("VAN"))
    assert (told(task)["history_type"], told(task)["history_user_id"]) == ("+", maker.pk)

    audited.delete(Task, [task.pk], by=maker, why="重复")

    assert (told(task)["history_type"], told(task)["history_change_reason"]) == ("-", "重复")


def test_an_operators_counter_row_has_a_history_from_its_first_task_on(pooled_task: Task, hire: Hire) -> None:
    work.claim(pooled_task, by=hire("ann"))

    assert_recorded(Workload)


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    """A plan that one worker showed is confirmed by another: no fact hangs on the order of a set."""
    program = (
        "import django; django.setup()\n"
        "from dataclasses import fields\n"
        "from paidan.contracts import StepFacts\n"
        "from paidan.orders.facts import fingerprint\n"
        "from paidan.orders.planning import HaveTask\n"
        "names = ['content', 'planned', 'priority', 'due', 'notes']\n"
        "step = StepFacts(ref=1, sequence=1, process='PRT', name='x', generator='general', left_out=tuple(names))\n"
        "task = HaveTask(id=1, step=1, key='order', root='order', content='x', planned=1, allowance=0, priority=2,\n"
        "    due=None, status='draft', touched=False, generated=True, assigned=False, edited=tuple(names))\n"
        "kinds = {str(f.type) for kind in (StepFacts, HaveTask) for f in fields(kind)}\n"
        "assert not any('set' in kind for kind in kinds), kinds\n"
        "print(fingerprint(step=step, task=task))"
    )

    said = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=settings.BASE_DIR, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip

    assert len(said) == 1


def test_production_has_a_command_for_its_worker() -> None:
    from django.core.management import get_commands

    assert get_commands()["run_huey"] == "huey.contrib.djhuey"
