"""Made-up facts of every kind, the same in every process: drawn from fixed seeds, never from the clock."""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

DAY = date(2030, 1, 1)
PROCESSES = ("CTP", "CUT", "PRT", "LAM_M", "FOIL_G", "EMB", "DIE", "BOX", "PACK")
STRANGE = (
    "礼品盒（烫金）·第一批",
    "📦🖨️👩🏽‍🏭",
    "صندوق هدايا \u200fקופסה",
    "Cafe\u0301 n\u0303a\u0308",
    "{0} {name} %s %(x)d \\N{x}",
    "  spaces\tand\nlines  ",
    "长" * 300,
)
"""Names that a shop may well have: Chinese, emoji, right to left, combining marks, template signs, very long."""


@dataclass(frozen=True)
class Scenario:
    """Facts to ask a plugin with, and what they are called when it goes wrong."""

    title: str
    facts: Any


def shuffled[Thing](things: tuple[Thing, ...], seed: int) -> tuple[Thing, ...]:
    """The same things in another order."""
    return tuple(Random(seed).sample(things, len(things)))
