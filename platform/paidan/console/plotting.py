"""A chart of the start page: what it shows, what it says, and how Chart.js draws it."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _

LONGEST_NAME = 16
ROW, DAYS_HIGH = 34, 190
"""The height of a lying bar, and of a chart of days, in pixels."""
COMMON: dict[str, Any] = {"animation": False, "maintainAspectRatio": False, "plugins": {"legend": {"display": False}}}
AXIS: dict[str, Any] = {"stacked": True, "border": {"display": False}, "grid": {"display": False}}
LYING = COMMON | {
    "indexAxis": "y",
    "scales": {
        "x": AXIS | {"display": False, "bounds": "data"},
        "y": AXIS | {"ticks": {"autoSkip": False, "crossAlign": "far"}},
    },
}
STANDING = COMMON | {
    "scales": {"x": AXIS, "y": AXIS | {"grid": {"display": True}, "ticks": {"precision": 0, "maxTicksLimit": 5}}},
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its words and number, the part of it that is late, and the list that it counts."""

    title: str
    count: int
    late: int
    url: str

    @property
    def figures(self) -> str:
        """Its numbers in words."""
        partly = self.late and self.late != self.count
        return _("%(n)s, %(late)s late") % {"n": self.count, "late": self.late} if partly else str(self.count)


@dataclass(frozen=True, slots=True)
class Chart:
    """A few bars under a heading, and how many are not shown; days stand beside each other, other bars lie."""

    name: str
    title: str
    bars: list[Bar]
    more: int = 0
    of_days: bool = False

    @property
    def words(self) -> str:
        """What it shows, for who does not see it."""
        return "; ".join([self.title, *(f"{bar.title}: {bar.figures}" for bar in self.bars)])

    @property
    def height(self) -> int:
        """How high the picture is, in pixels."""
        return DAYS_HIGH if self.of_days else ROW * len(self.bars) + ROW // 2

    @property
    def options(self) -> str:
        """How Chart.js draws it."""
        return json.dumps(STANDING if self.of_days else LYING)

    @property
    def data(self) -> str:
        """What Chart.js draws: what is late at the foot of each bar; and where a click on it leads."""
        series = [
            _series(_("late"), [bar.late for bar in self.bars], "--paidan-plot-late"),
            _series(_("tasks"), [bar.count - bar.late for bar in self.bars], "--paidan-plot"),
        ]
        return json.dumps(
            {
                "labels": [bar.title if self.of_days else _label(bar) for bar in self.bars],
                "datasets": [each for each in series if any(each["data"])],
                "urls": [bar.url for bar in self.bars],
            }
        )


def _label(bar: Bar) -> str:
    return f"{Truncator(bar.title).chars(LONGEST_NAME)} · {bar.figures}"


def _series(name: str, numbers: list[int], colour: str) -> dict[str, Any]:
    """`colour` is a name of our stylesheet's, so that the chart is right in light and in dark."""
    return {
        "label": name,
        "data": numbers,
        "backgroundColor": f"var({colour})",
        "maxBarThickness": 22,
        "borderRadius": 3,
    }
