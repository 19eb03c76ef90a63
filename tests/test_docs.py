"""The guides say what is true: their code runs."""

import re
from pathlib import Path
from typing import Any

import pytest

from paidan.contracts import (
    GENERATORS,
    NOTIFIERS,
    READABLE,
    STRATEGIES,
    Candidate,
    Message,
    Recipient,
    TaskFacts,
    must_fit,
)
from paidan.testing import candidate, message, order, step, task

DOCS = Path(__file__).parents[1] / "docs"
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")


def block(name: str) -> dict[str, Any]:
    """What a code block of the plugin guide defines."""
    (code,) = re.findall(rf"```python {name}\n(.*?)```", (DOCS / "plugins.md").read_text(encoding="utf-8"), re.S)
    names: dict[str, Any] = {}
    exec(code, names)
    return names


def test_the_guides_strategies_rank() -> None:
    busy, idle = candidate(1, open_tasks=5), candidate(2, open_tasks=0)

    quiet = block("strategy")["rank"](task(), (busy, idle))
    keep_free = block("settings")["KeepFree"](place=2)
    batch = block("batch")["ShortestFirst"]().rank_all((task("a"), task("b")), {"a": (busy, idle), "b": (busy, idle)})

    assert (quiet.order, quiet.reasons) == ((2, 1), ("0", "5"))
    assert keep_free.rank(task(priority=2), (busy, idle)).order == (1, 2)
    assert keep_free.rank(task(priority=4), (busy, idle)).order == (2, 1)
    assert {name: ranking.order for name, ranking in batch.items()} == {"a": (1, 2), "b": (2, 1)}


@pytest.mark.parametrize(
    ("group", "name", "plugin"),
    [
        (STRATEGIES, "strategy", "rank"),
        (STRATEGIES, "settings", "KeepFree"),
        (STRATEGIES, "batch", "ShortestFirst"),
        (GENERATORS, "generator", "per_colour"),
        (NOTIFIERS, "notifier", "post"),
    ],
)
def test_the_guides_plugins_fit_their_groups(group: str, name: str, plugin: str) -> None:
    must_fit(group, block(name)[plugin])


def test_the_guides_generator_makes_one_task_for_each_ink() -> None:
    specs = list(block("generator")["per_colour"](order(colours="CMYK+877C", print_run=500), step()))

    assert [(spec.key, spec.planned) for spec in specs] == [("colour:CMYK", 500), ("colour:877C", 500)]


def test_the_guides_notifier_tries_again_later_when_nobody_answers() -> None:
    assert block("notifier")["post"](message()).outcome == "retry"


def test_the_guide_names_what_is_there() -> None:
    guide = (DOCS / "plugins.md").read_text(encoding="utf-8")

    block("test")
    for name in re.findall(r"`([a-z_]+)`(?=[,;:\s])", guide.split("| you get")[1].split("`people`, `skills`")[0]):
        assert any(hasattr(facts, name) for facts in (TaskFacts, Candidate, Message, Recipient)), name
    assert {"people", "skills", "setup", "after"} == READABLE


def test_every_command_and_picture_that_the_readme_names_exists() -> None:
    root = DOCS.parent
    commands = set(re.findall(r"`manage\.py (\w+)", README))
    have = {path.stem for path in (root / "platform/paidan").glob("*/management/commands/*.py")}

    assert commands <= have
    for picture in re.findall(r"\]\((docs/[^)]+)\)", README):
        assert (root / picture).is_file(), picture
    for target in ("run", "test", "check", "bench"):
        assert re.search(rf"^{target}:", (root / "Makefile").read_text(), re.M)
