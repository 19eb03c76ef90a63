"""`docs/security.md` answers every requirement of level 1, and names only tests and settings that exist."""

import ast
import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (V[\d.]+) \| (.+?) \| (.+?) \| (.+) \|$", TEXT, re.M)
STANDARD = Path(os.environ.get("PAIDAN_ASVS") or ROOT.parent / "shared/data/asvs/ASVS_5.0.0_en.csv")
STATES = {"met", "not applicable", "open"}


def test_every_requirement_of_level_1_is_answered_once() -> None:
    ids = [row[0] for row in ROWS]

    assert len(ids) == len(set(ids)) == 70
    assert {row[2] for row in ROWS} == STATES


@pytest.mark.skipif(
    not STANDARD.exists(), reason="the standard's own list is not on this machine; PAIDAN_ASVS names it"
)
def test_the_ids_are_exactly_the_standards() -> None:
    with STANDARD.open(encoding="utf-8-sig", newline="") as file:
        wanted = [row["req_id"] for row in csv.DictReader(file) if row["L"] == "1"]

    assert [row[0] for row in ROWS] == wanted


def names_of_tests() -> Counter[str]:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").glob("test_*.py"))
    return Counter(
        node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", TEXT))

    assert len(named) > 40
    assert named - set(names_of_tests()) == set()


def test_every_setting_that_is_named_exists() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]{4,})`", TEXT)) - {"LIMITS", "FORWARDED_ALLOW_IPS"}

    assert "SECURE_CSP" in named
    written = (ROOT / "config/settings.py").read_text(encoding="utf-8")
    assert {name for name in named if not re.search(rf"\b{name}\b", written)} == set()


def test_what_is_met_names_what_shows_it() -> None:
    """A test, a setting, or a section of the document; and what is open or not applicable says why."""
    for number, _words, state, shown in ROWS:
        if state == "met":
            sections = [name for name in re.findall(r'"([^"]+)" above', shown) if f"## {name}\n" in TEXT]
            assert sections or re.search(r"`(test_\w+|[A-Z_]{5,})`", shown), number
        else:
            assert len(shown) > 5, number
