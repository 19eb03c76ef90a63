"""The guides say what is true: their code runs."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from paidan.contracts import Candidate, DepartmentFacts, OrderFacts, StepFacts, TaskFacts

DOCS = Path(__file__).parents[1] / "docs"
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")


def block(name: str) -> dict[str, Any]:
    """What a code block of the plugin guide defines."""
    (code,) = re.findall(rf"```python {name}\n(.*?)```", (DOCS / "plugins.md").read_text(encoding="utf-8"), re.S)
    names: dict[str, Any] = {}
    exec(code, names)
    return names


def test_the_guides_strategy_ranks_by_open_tasks() -> None:
    busy, idle = (Candidate(DepartmentFacts(id=n, name="x", open_tasks=t)) for n, t in ((1, 5), (2, 0)))

    ranking = block("strategy")["rank"](
        TaskFacts(id="1", process="PRT", planned=1, minutes=1, priority=2), (busy, idle)
    )

    assert ranking.order == (2, 1) and ranking.reasons == ("0 open", "5 open")


def test_the_guides_generator_makes_one_task_for_each_ink() -> None:
    order = OrderFacts(
        order_date=date(2030, 1, 1), due=None, priority=2, print_run=500, spoilage=0, colours="CMYK+877C"
    )
    step = StepFacts(ref=1, sequence=10, process="PRT", name="印刷", generator="per-colour")

    specs = list(block("generator")["per_colour"](order, step))

    assert [(spec.key, spec.planned) for spec in specs] == [("colour:CMYK", 500), ("colour:877C", 500)]


def test_every_command_and_picture_that_the_readme_names_exists() -> None:
    root = DOCS.parent
    commands = set(re.findall(r"`manage\.py (\w+)", README))
    have = {path.stem for path in (root / "platform/paidan").glob("*/management/commands/*.py")}

    assert commands <= have
    for picture in re.findall(r"\]\((docs/[^)]+)\)", README):
        assert (root / picture).is_file(), picture
    for target in ("run", "test", "check", "bench"):
        assert re.search(rf"^{target}:", (root / "Makefile").read_text(), re.M)
