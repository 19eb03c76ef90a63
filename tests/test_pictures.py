"""Every page of the console has a picture, or a reason why it has none; the index names what there is."""

import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from django.contrib import admin
from PIL import Image

from tests.chromium import CHROMIUM
from tests.pictures.index import FOLDER, written
from tests.pictures.pages import LEFT_OUT, PAGES, ROLES
from tests.test_scope_matrix import addresses

TAKEN = [name for page in PAGES for name in page.files.values()]
MOST_BYTES = 4 * 2**20


def names() -> set[str]:
    """Every address of the console, by its name."""
    return {address.name for address in addresses()} - {""}


def reasons(name: str) -> list[str]:
    return [pattern for pattern in LEFT_OUT if fnmatchcase(name, pattern)]


def test_every_page_is_pictured_or_left_out_for_a_reason() -> None:
    pictured = {page.url.removeprefix("admin:") for page in PAGES}

    assert [name for name in sorted(names() - pictured) if not reasons(name)] == []
    assert pictured <= names()


def test_each_kind_of_row_has_a_picture_so_that_a_pattern_excuses_no_new_one() -> None:
    kinds = {f"{model._meta.app_label}_{model._meta.model_name}_" for model in admin.site._registry}
    pictured = tuple(page.url.removeprefix("admin:") for page in PAGES)

    lacking = {kind for kind in kinds if not any(url.startswith(kind) for url in pictured)}

    assert {f"{kind}changelist" for kind in lacking} <= LEFT_OUT.keys()


def test_no_reason_is_given_for_what_is_not_there() -> None:
    pictured = {page.url.removeprefix("admin:") for page in PAGES}
    used = {pattern for name in names() - pictured for pattern in reasons(name)}

    assert LEFT_OUT.keys() - used == set()


def test_each_picture_has_a_name_of_its_own_and_a_person() -> None:
    assert len(set(TAKEN)) == len(TAKEN)
    assert {page.who for page in PAGES} <= ROLES.keys()


def test_the_index_names_each_picture_and_each_picture_is_named() -> None:
    """`make pictures` writes both."""
    index = (FOLDER.parent / "pictures.md").read_text(encoding="utf-8")

    assert index == written()
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(TAKEN)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= MOST_BYTES


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install Debian's `chromium`, or set PAIDAN_CHROMIUM")
@pytest.mark.xdist_group("browser")
def test_a_picture_is_taken_of_the_running_product_and_nothing_is_wrong_on_it(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.pictures",
        "--only",
        "centre",
        "--look",
        "en-dark-390",
        "--to",
        str(tmp_path),
    ]

    done = subprocess.run(command, cwd=FOLDER.parents[1], capture_output=True, text=True, check=False)

    assert done.stdout.endswith("found: 0\n"), done.stdout + done.stderr
    with Image.open(tmp_path / "centre.en-dark-390.operator.webp") as picture:
        assert (picture.format, picture.width) == ("WEBP", 390)
