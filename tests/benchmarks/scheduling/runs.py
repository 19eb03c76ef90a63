"""Runs strategies over instances, and says how good their schedules are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from paidan.contracts import STRATEGIES, schema_of
from paidan.registry.engine import Ready, prepared
from paidan.registry.loader import Found, usable
from tests.benchmarks.scheduling.checking import faults
from tests.benchmarks.scheduling.dispatching import Dispatcher
from tests.benchmarks.scheduling.floor import Done, online, planned
from tests.benchmarks.scheduling.instances import Instance

ONLINE, PLAN = "online", "plan"
MODES = (ONLINE, PLAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run. `gap` is the make-span over the best known one, less 1; `flow` is how long a job takes on average."""

    instance: str
    mode: str
    strategy: str
    makespan: float
    best_known: int | None
    gap: float | None
    flow: float
    feasible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """How long a strategy that can be told so may think: for a whole plan, and for one moment of an online run."""

    plan: float = 10.0
    online: float = 0.2


@dataclass(slots=True, kw_only=True)
class Run:
    """A strategy with its settings, on an instance; `notes` are what a reader of the figures should know."""

    instance: Instance
    mode: str
    strategy: Ready
    notes: list[str]

    def row(self) -> Row:
        """Simulate, check, measure."""
        dispatcher = Dispatcher(self.instance, self.strategy, {})
        schedule = (planned if self.mode == PLAN else online)(self.instance, dispatcher)
        wrong = faults(self.instance, schedule)
        self.notes += wrong[:3]
        self.notes += [f"{times} × the house answered instead: {why}" for why, times in dispatcher.instead.items()]
        return row(self.instance, self.mode, self.strategy.name, schedule, feasible=not wrong)


def row(instance: Instance, mode: str, strategy: str, schedule: Sequence[Done], *, feasible: bool) -> Row:
    """The figures of a schedule, in the units of the file."""
    ends: dict[int, int] = {}
    for one in schedule:
        ends[one.step.job] = max(ends.get(one.step.job, 0), one.end)
    makespan = max(ends.values()) / instance.ticks
    flows = [end - instance.releases[job] for job, end in ends.items()]
    return Row(
        instance=instance.name,
        mode=mode,
        strategy=strategy,
        makespan=int(makespan) if makespan == int(makespan) else makespan,
        best_known=instance.best_known,
        gap=round(makespan / instance.best_known - 1, 6) if instance.best_known else None,
        flow=round(sum(flows) / len(flows) / instance.ticks, 4),
        feasible=feasible,
    )


def strategies(names: Iterable[str] = ()) -> list[Found]:
    """The strategies of these names, or those of the house and `cpsat`. Raises `LookupError` for one that is not there."""
    known = usable(STRATEGIES)
    wanted = list(names) or [name for name, one in known.items() if one.built_in or name == "cpsat"]
    if missing := [name for name in wanted if name not in known]:
        raise LookupError(f"no such strategy: {', '.join(missing)}; there are {', '.join(known)}")
    return [known[name] for name in wanted]


def runs(
    instance: Instance, wanted: Iterable[Found], modes: Sequence[str], thinking: Thinking, seeds: int
) -> Iterator[Run]:
    """What is to be run on an instance: `random` once for each seed, plans only by those that see all tasks at once."""
    for mode in modes:
        for one in wanted:
            for seed in range(1, (seeds if one.name == "random" else 1) + 1):
                ready = prepared(one, _settings(one, mode, thinking, seed))
                if mode == ONLINE or (ready.method == "rank_all" and not instance.arrives):
                    yield Run(instance=instance, mode=mode, strategy=ready, notes=[])


def _settings(one: Found, mode: str, thinking: Thinking, seed: int) -> dict[str, Any]:
    known: Mapping[str, Any] = schema_of(one.plugin).get("properties", {})
    settings = {"seconds_to_think": thinking.plan if mode == PLAN else thinking.online, "seed": seed}
    return {name: value for name, value in settings.items() if name in known}


def table(rows: Sequence[Row]) -> str:
    """Gaps by instance, then their means; where there is no best known make-span, the make-span and the flow."""
    columns = list(dict.fromkeys((row.mode, row.strategy) for row in rows))
    names = list(dict.fromkeys(row.instance for row in rows))
    lines = [["instance", "best", *(f"{strategy}/{mode}" for mode, strategy in columns)]]
    for name in names:
        mine = [row for row in rows if row.instance == name]
        cells = [_cell([row for row in mine if (row.mode, row.strategy) == column]) for column in columns]
        lines.append([name, str(mine[0].best_known or ""), *cells])
    means = [
        _mean([row.gap for row in rows if (row.mode, row.strategy) == column and row.gap is not None])
        for column in columns
    ]
    lines.append(["mean gap", "", *means])
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cell(rows: Sequence[Row]) -> str:
    """Several runs of one strategy are shown by their mean."""
    if not rows:
        return ""
    wrong = "" if all(row.feasible for row in rows) else " WRONG"
    gaps = [row.gap for row in rows if row.gap is not None]
    if gaps:
        return _mean(gaps) + wrong
    makespan, flow = (
        sum(values) / len(rows) for values in zip(*[(row.makespan, row.flow) for row in rows], strict=True)
    )
    return f"{makespan:.0f} (flow {flow:.1f}){wrong}"


def _mean(gaps: Sequence[float | None]) -> str:
    known = [gap for gap in gaps if gap is not None]
    return f"{100 * sum(known) / len(known):.1f} %" if known else ""


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as they are written down."""
    return [asdict(row) for row in rows]
