"""The house rules that no tool knows."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

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
