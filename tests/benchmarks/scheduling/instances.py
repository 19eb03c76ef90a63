"""Reads job-shop instances: flexible ones, classical ones, and arrivals over time; the content says which."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

type Operation = Mapping[int, int]
"""How long an operation takes, by the machine that does it."""
type Job = tuple[Operation, ...]


class Unreadable(ValueError):
    """A file that is no instance; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Jobs to be worked off. Times are whole ticks, so many to the unit of the file; machines count from 0."""

    name: str
    machines: int
    jobs: tuple[Job, ...]
    releases: tuple[int, ...]
    best_known: int | None = None
    ticks: int = 1

    @property
    def arrives(self) -> bool:
        """Whether jobs come one after the other, so that nobody could plan them all."""
        return any(self.releases)


def read(folder: Path, skip: Callable[[Path, str], None]) -> Iterator[Instance]:
    """All instances below a folder, by path; every other file is told to `skip`, with the reason."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    stems = [path.stem for path in paths if path.suffix == ".txt" or not path.with_suffix(".txt").exists()]
    for path in paths:
        if path.suffix == ".json" and path.with_suffix(".txt").exists():
            continue  # says what is known of the instance beside it
        name = path.stem if stems.count(path.stem) == 1 else path.relative_to(folder).with_suffix("").as_posix()
        try:
            yield read_file(path, name)
        except (Unreadable, OSError, UnicodeDecodeError) as problem:
            skip(path, str(problem))


def read_file(path: Path, name: str = "") -> Instance:
    """The instance in one file. Raises `Unreadable`."""
    if path.suffix == ".json":
        return _arrivals(path, name or path.stem)
    if path.suffix != ".txt":
        raise Unreadable("neither .txt nor .json")
    machines, jobs = _jobs(path)
    return Instance(
        name=name or path.stem, machines=machines, jobs=jobs, releases=(0,) * len(jobs), best_known=_best_known(path)
    )


def _jobs(path: Path) -> tuple[int, tuple[Job, ...]]:
    """How many machines there are, and the jobs; a text that fits both formats is what its folder is called."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    try:
        count, machines = (int(word) for word in rows[0][:2])
        numbers = [[int(word) for word in row] for row in rows[1:]]
    except (ValueError, IndexError) as problem:
        raise Unreadable("does not begin with the numbers of jobs and machines") from problem
    if len(numbers) != count or not count:
        raise Unreadable(f"{len(numbers)} rows for {count} jobs")
    formats = (_flexible, _classical) if "fjsp" in path.parent.parts else (_classical, _flexible)
    for parse in formats:
        jobs = [parse(row, machines) for row in numbers]
        if all(jobs) and (counted := _from_zero(jobs, machines)):
            return machines, counted
    raise Unreadable("its rows are of no known format")


def _classical(row: Sequence[int], machines: int) -> list[dict[int, int]]:
    """Pairs of machine and duration, one for each machine."""
    if len(row) != 2 * machines:
        return []
    return [{machine: duration} for machine, duration in zip(row[::2], row[1::2], strict=True)]


def _flexible(row: Sequence[int], machines: int) -> list[dict[int, int]]:
    """The number of operations, then for each how many machines can do it and their pairs; nothing must be left."""
    numbers = iter(row)
    operations: list[dict[int, int]] = []
    try:
        for _operation in range(next(numbers)):
            choices = next(numbers)
            operation = {next(numbers): next(numbers) for _choice in range(choices)}
            if len(operation) != choices or not choices:
                return []
            operations.append(operation)
    except StopIteration:
        return []
    return [] if any(True for _left in numbers) else operations


def _from_zero(jobs: Iterable[list[dict[int, int]]], machines: int) -> tuple[Job, ...] | None:
    """Jobs with machines counted from 0; they count from 1 where the last number occurs. None when that cannot be."""
    listed = list(jobs)
    used = {machine for job in listed for operation in job for machine in operation}
    first = int(machines in used)
    if min(used) < first or max(used) >= machines + first:
        return None
    if any(duration < 0 for job in listed for operation in job for duration in operation.values()):
        return None
    return tuple(tuple({at - first: time for at, time in operation.items()} for operation in job) for job in listed)


def _best_known(path: Path) -> int | None:
    """The optimum, or else the best make-span that anybody found, from the file beside it."""
    try:
        known = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(known, dict):
        return None
    found = known.get("optimum") or known.get("upper")
    return int(found) if isinstance(found, int | float) and found > 0 else None


def _arrivals(path: Path, name: str) -> Instance:
    """Jobs of the kinds of another instance, released one after the other. Times keep their decimals as ticks."""
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
        base, kinds = str(told["base"]), [int(kind) for kind in told["job_type"]]
        releases = [Decimal(release) for release in told["release"]]
        machines, jobs = _jobs(_base(path, base))
        ticks = 10 ** max(0, *(-int(release.normalize().as_tuple().exponent) for release in releases))
        slow = [tuple({at: time * ticks for at, time in one.items()} for one in jobs[kind]) for kind in kinds]
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError) as problem:
        raise Unreadable(str(problem) if isinstance(problem, Unreadable) else "no arrivals either") from problem
    if len(releases) != len(slow) or not slow:
        raise Unreadable(f"{len(releases)} releases for {len(slow)} jobs")
    return Instance(
        name=name, machines=machines, jobs=tuple(slow), ticks=ticks, releases=tuple(int(r * ticks) for r in releases)
    )


def _base(path: Path, base: str) -> Path:
    """The instance that arrivals refer to: in `fjsp` beside them, or in the same folder."""
    places = [
        folder / part for folder in (path.parent.parent, path.parent) for part in (f"fjsp/{base}.txt", f"{base}.txt")
    ]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise Unreadable(f"there is no fjsp/{base}.txt beside it")
    return found
