"""The simulated shop that measures strategies: what it reads, how it works things off, and that it cannot cheat."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from paidan.contracts import STRATEGIES, Candidate, Ranking, TaskFacts
from paidan.registry import meter
from paidan.registry.engine import Ready
from tests.benchmarks.scheduling import runs
from tests.benchmarks.scheduling.checking import faults
from tests.benchmarks.scheduling.dispatching import Dispatcher, Load, Step
from tests.benchmarks.scheduling.floor import Done, online, planned
from tests.benchmarks.scheduling.instances import Instance, Unreadable, read, read_file

BASE = Path(__file__).resolve().parents[1]
SHARED = BASE.parent / "shared" / "data" / "scheduling"
needs_cpsat = pytest.mark.skipif(not find_spec("paidan_cpsat"), reason="paidan-cpsat is not installed")


def instance(*jobs: Sequence[Mapping[int, int]], releases: Sequence[int] = (), **more: Any) -> Instance:
    """Jobs as rows of operations, each with its minutes by machine."""
    machines = 1 + max(machine for job in jobs for operation in job for machine in operation)
    rows = tuple(tuple(job) for job in jobs)
    return Instance(
        **{"name": "small", "machines": machines, "jobs": rows, "releases": tuple(releases or [0] * len(jobs))} | more
    )


def strategy(name: str, **settings: Any) -> Ready:
    return runs.prepared(runs.strategies([name])[0], settings)


def made_of(call: Callable[..., Any], method: str = "", distribution: str = "paidan") -> Ready:
    """A strategy that this test brings along, called in this thread."""
    return Ready(group=STRATEGIES, name="own", distribution=distribution, version="1", call=call, method=method)


def worked(how: Callable[[Instance, Dispatcher], list[Done]], of: Instance, by: Ready) -> dict[tuple[int, int], Any]:
    """Machine, start and end of each operation; the schedule must be feasible."""
    done = how(of, Dispatcher(of, by, {}))
    assert faults(of, done) == []
    return {(one.step.job, one.step.operation): (one.machine, one.start, one.end) for one in done}


def starting(starts: Mapping[str, int | None]) -> Ready:
    """A plan that gives each task to its first candidate, to start then."""

    def rank_all(tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]]) -> dict[str, Ranking]:
        return {
            one.id: Ranking.by(offers[one.id], lambda place: place.id, reason="", start=starts.get(one.id))
            for one in tasks
        }

    return made_of(rank_all, "rank_all")


# --- files ----------------------------------------------------------------------------------------
def test_a_flexible_instance_is_read(tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text("2 3 1.5\n2 1 0 5 2 1 4 2 3\n1 1 1 7\n")
    (tmp_path / "small.json").write_text('{"optimum": null, "lower": 6, "upper": 8}')

    found = read_file(tmp_path / "small.txt")

    assert found == Instance(
        name="small", machines=3, jobs=(({0: 5}, {1: 4, 2: 3}), ({1: 7},)), releases=(0, 0), best_known=8
    )


def test_machines_count_from_one_where_the_last_number_occurs(tmp_path: Path) -> None:
    (tmp_path / "ones.txt").write_text("1 3\n2 1 1 5 2 2 4 3 3\n")

    assert read_file(tmp_path / "ones.txt").jobs == (({0: 5}, {1: 4, 2: 3}),)


def test_a_classical_instance_is_read(tmp_path: Path) -> None:
    (tmp_path / "ft.txt").write_text("2 3\n\n2 1  0 3  1 6\n1 8  2 5  0 10\n")
    (tmp_path / "ft.json").write_text('{"optimum": 21, "upper": 30}')

    found = read_file(tmp_path / "ft.txt")

    assert found.jobs == (({2: 1}, {0: 3}, {1: 6}), ({1: 8}, {2: 5}, {0: 10}))
    assert found.best_known == 21


def test_arrivals_are_jobs_of_another_instance_released_over_time(tmp_path: Path) -> None:
    (tmp_path / "fjsp").mkdir()
    (tmp_path / "arrivals").mkdir()
    (tmp_path / "fjsp" / "small.txt").write_text("2 2\n1 1 0 5\n1 2 0 2 1 3\n")
    arrivals = {"base": "small", "job_type": [1, 0, 1], "release": [0, 2.5, 10], "due": [9, 9, 9]}
    (tmp_path / "arrivals" / "small_online.json").write_text(json.dumps(arrivals))

    found = read_file(tmp_path / "arrivals" / "small_online.json")

    assert (found.name, found.machines, found.ticks, found.arrives) == ("small_online", 2, 10, True)
    assert found.jobs == (({0: 20, 1: 30},), ({0: 50},), ({0: 20, 1: 30},))
    assert (found.releases, found.best_known) == ((0, 25, 100), None)


def test_a_folder_is_read_with_everything_below_it_and_says_what_it_skips(tmp_path: Path) -> None:
    for folder in ("easy", "hard"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("1 1\n0 5\n")
        (tmp_path / folder / "a.json").write_text('{"optimum": 5}')
    (tmp_path / "hard" / "b.txt").write_text("1 1\n0 5\n")
    (tmp_path / "notes.txt").write_text("read me\n")
    (tmp_path / "other.json").write_text('{"optimum": 5}')
    (tmp_path / "LICENSE").write_text("MIT")
    skipped: dict[str, str] = {}

    found = list(read(tmp_path, lambda path, why: skipped.update({path.name: why})))

    assert [one.name for one in found] == ["easy/a", "hard/a", "b"]
    assert skipped == {
        "LICENSE": "neither .txt nor .json",
        "notes.txt": "does not begin with the numbers of jobs and machines",
        "other.json": "no arrivals either",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2 2\n1 1 0 5\n",  # a row too few
        "1 2\n1 1 0 5 9\n",  # something left
        "1 2\n2 1 0 5\n",  # an operation too few
        "1 2\n1 2 0 5 0 6\n",  # the same machine twice
        "1 2\n2 1 0 5 1 2 6\n",  # machines 0 and 2 of two
        "1 2\n1 1 0 -5\n",  # less than no time
        "1 2\n1 1 0 5.5\n",
    ],
)
def test_a_text_that_is_no_instance_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.txt").write_text(text)

    with pytest.raises(Unreadable):
        read_file(tmp_path / "odd.txt")


def test_a_text_that_fits_both_formats_is_what_its_folder_says(tmp_path: Path) -> None:
    for folder in ("fjsp", "jssp"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "both.txt").write_text("1 2\n1 1 0 5\n")

    assert read_file(tmp_path / "fjsp" / "both.txt").jobs == (({0: 5},),)
    assert read_file(tmp_path / "jssp" / "both.txt").jobs == (({1: 1}, {0: 5}),)


# --- online ---------------------------------------------------------------------------------------
def test_operations_are_dispatched_when_they_become_ready() -> None:
    small = instance([{0: 4, 1: 6}, {1: 2}], [{0: 3}], [{0: 5, 1: 5}])

    done = worked(online, small, strategy("earliest_finish"))

    # At 0: job 0 → machine 0 (4 < 6); job 1 can only be done there; job 2 → machine 1. At 4 job 0 waits for machine 1.
    assert done == {(0, 0): (0, 0, 4), (1, 0): (0, 4, 7), (2, 0): (1, 0, 5), (0, 1): (1, 5, 7)}


def test_first_come_first_served_even_when_something_shorter_waits() -> None:
    small = instance([{0: 10}], [{0: 9}], [{0: 1}], releases=(0, 1, 2))

    done = worked(online, small, strategy("earliest_finish"))

    assert done == {(0, 0): (0, 0, 10), (1, 0): (0, 10, 19), (2, 0): (0, 19, 20)}


def test_of_one_moment_the_earlier_planned_start_goes_first_but_never_before_an_earlier_moment() -> None:
    small = instance([{0: 5}], [{0: 5}], [{0: 5}], releases=(0, 1, 1))
    plan = starting({"00000/00000": 100, "00001/00000": 7, "00002/00000": 3})

    done = worked(online, small, plan)

    assert done == {(0, 0): (0, 0, 5), (2, 0): (0, 5, 10), (1, 0): (0, 10, 15)}


def test_a_strategy_is_told_what_is_left_of_the_work_that_runs_and_waits() -> None:
    small = instance([{0: 10}], [{0: 6}], [{0: 3, 1: 7}], releases=(0, 0, 4))
    asked: dict[str, list[tuple[int, int, int, int]]] = {}

    def rank(task: TaskFacts, offer: tuple[Candidate, ...]) -> Ranking:
        asked[task.id] = [(one.id, one.minutes, one.open_minutes, one.open_tasks) for one in offer]
        return Ranking.by(offer, lambda one: one.id, reason="")

    worked(online, small, made_of(rank))

    assert asked["00000/00000"] == [(1, 10, 0, 0)]
    assert asked["00001/00000"] == [(1, 6, 10, 1)]  # the engine adds what it has just decided
    assert asked["00002/00000"] == [(1, 3, 12, 2), (2, 7, 0, 0)]


def test_operations_that_become_ready_together_are_decided_together() -> None:
    small = instance([{0: 4}, {2: 1}], [{1: 4}, {2: 1}], [{2: 9}], releases=(0, 0, 4))
    asked = []

    def rank_all(tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]]) -> dict[str, Ranking]:
        asked.append([(one.id, one.after) for one in tasks])
        return {}

    worked(online, small, made_of(rank_all, "rank_all"))

    assert asked == [
        [("00000/00000", ()), ("00001/00000", ())],
        [("00000/00001", ()), ("00001/00001", ()), ("00002/00000", ())],
    ]


@given(some.lists(some.integers(0, 5000), min_size=1, max_size=6))
def test_the_minutes_of_every_machine_are_exact(times: list[int]) -> None:
    small = instance([dict(enumerate(times))])
    told: dict[int, int] = {}

    def rank(task: TaskFacts, offer: tuple[Candidate, ...]) -> Ranking:
        told.update({one.id - 1: one.minutes for one in offer})
        return Ranking.by(offer, lambda one: one.id, reason="")

    Dispatcher(small, made_of(rank), {}).places([Step(0, 0)], [Load(0, 0)] * len(times), plan=False)

    assert told == dict(enumerate(times))


def test_a_strategy_that_fails_is_noted() -> None:
    def rank(task: TaskFacts, offer: tuple[Candidate, ...]) -> Ranking:
        raise RuntimeError("no idea")

    small = instance([{0: 4}], [{0: 4}])
    dispatcher = Dispatcher(small, made_of(rank), {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meter, "count", lambda *arguments: None)
        online(small, dispatcher)

    assert dispatcher.instead == {"failed: RuntimeError: no idea": 2}


# --- plans ----------------------------------------------------------------------------------------
def test_a_plan_is_worked_off_in_the_order_of_its_starts_even_if_a_machine_waits() -> None:
    small = instance([{0: 2}], [{1: 5}, {0: 3}])

    done = worked(planned, small, starting({"00000/00000": 8, "00001/00000": 0, "00001/00001": 5}))

    assert done == {(1, 0): (1, 0, 5), (1, 1): (0, 5, 8), (0, 0): (0, 8, 10)}


def test_what_has_no_planned_start_is_done_when_nothing_planned_can_begin() -> None:
    small = instance([{0: 2}], [{1: 5}, {0: 3}])

    done = worked(planned, small, starting({"00001/00000": 0, "00001/00001": 5}))

    assert done == {(0, 0): (0, 0, 2), (1, 0): (1, 0, 5), (1, 1): (0, 5, 8)}


def test_a_plan_that_waits_for_itself_is_still_worked_off() -> None:
    small = instance([{0: 2}, {1: 2}], [{1: 3}, {0: 3}])
    starts = {"00000/00000": 9, "00000/00001": 0, "00001/00000": 8, "00001/00001": 1}

    done = worked(planned, small, starting(starts))

    assert done == {(1, 0): (1, 0, 3), (1, 1): (0, 3, 6), (0, 0): (0, 6, 8), (0, 1): (1, 8, 10)}


def test_everything_is_offered_at_once_and_each_operation_after_the_one_before() -> None:
    small = instance([{0: 2}, {1: 2}], [{1: 3}])
    asked = []

    def rank_all(tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]]) -> dict[str, Ranking]:
        asked.append([(one.id, one.after) for one in tasks])
        return {}

    worked(planned, small, made_of(rank_all, "rank_all"))

    assert asked == [[("00000/00000", ()), ("00000/00001", ("00000/00000",)), ("00001/00000", ())]]


@needs_cpsat
def test_a_solver_plans_a_small_instance_to_the_minute() -> None:
    small = instance([{0: 4, 1: 6}, {1: 2}], [{0: 3}], [{0: 5, 1: 5}])

    done = worked(planned, small, strategy("cpsat", seconds_to_think=5))

    assert max(end for _machine, _start, end in done.values()) == 7
    assert worked(planned, small, strategy("cpsat", seconds_to_think=5)) == done


# --- the checker ----------------------------------------------------------------------------------
GOOD = (Done(Step(0, 0), 0, 2, 6), Done(Step(0, 1), 1, 6, 8), Done(Step(1, 0), 1, 0, 5))


@pytest.mark.parametrize(
    ("schedule", "fault"),
    [
        (GOOD, None),
        (GOOD[:2], "(1, 0) was not done"),
        ((*GOOD, GOOD[2]._replace(start=10, end=15)), "(1, 0) was done more than once"),
        ((*GOOD, Done(Step(2, 0), 0, 9, 10)), "(2, 0) is no operation of the instance"),
        ((GOOD[0]._replace(machine=2), *GOOD[1:]), "(0, 0) cannot be done on machine 2"),
        ((GOOD[0], GOOD[1]._replace(end=7), GOOD[2]), "(0, 1) took 1 instead of 2"),
        ((GOOD[0], GOOD[1]._replace(start=5, end=7), GOOD[2]), "(0, 1) began at 5, before (0, 0) ended at 6"),
        ((GOOD[0]._replace(start=1, end=5), *GOOD[1:]), "job 0 began at 1, before its release at 2"),
        ((*GOOD[:2], GOOD[2]._replace(start=3, end=8)), "machine 1 did (1, 0) and (0, 1) at once"),
    ],
)
def test_the_checker_finds_what_is_wrong(schedule: tuple[Done, ...], fault: str | None) -> None:
    small = instance([{0: 4}, {1: 2}], [{1: 5}], releases=(2, 0))

    assert faults(small, schedule) == ([fault] if fault else [])


# --- figures --------------------------------------------------------------------------------------
def test_the_figures_of_a_schedule() -> None:
    small = instance([{0: 4}, {1: 2}], [{1: 5}], releases=(2, 0), best_known=6, ticks=2)

    row = runs.row(small, "online", "own", GOOD, feasible=True)

    assert runs.as_json([row]) == [
        {
            "instance": "small", "mode": "online", "strategy": "own", "makespan": 4, "best_known": 6, "gap": -0.333333,
            "flow": 2.75, "feasible": True,
        }
    ]  # fmt: skip


@needs_cpsat
def test_plans_are_made_only_by_those_that_see_all_tasks_and_not_for_arrivals() -> None:
    wanted = runs.strategies(["cpsat", "earliest_finish", "random"])

    def asked(of: Instance) -> list[tuple[str, str]]:
        return [(run.mode, run.strategy.name) for run in runs.runs(of, wanted, runs.MODES, runs.Thinking(), 2)]

    each = [("online", "cpsat"), ("online", "earliest_finish"), ("online", "random"), ("online", "random")]
    assert asked(instance([{0: 4}])) == [*each, ("plan", "cpsat")]
    assert asked(instance([{0: 4}], releases=[3])) == each


def test_the_table_has_the_mean_of_each_strategy() -> None:
    rows = [
        runs.row(instance([{0: 4}], best_known=best), "online", "own", [Done(Step(0, 0), 0, 0, 4)], feasible=feasible)
        for best, feasible in ((4, True), (2, False))
    ]
    rows[1] = runs.Row(**runs.as_json(rows)[1] | {"instance": "other"})

    assert [line.split() for line in runs.table(rows).splitlines()] == [
        ["instance", "best", "own/online"],
        ["small", "4", "0.0", "%"],
        ["other", "2", "100.0", "%", "WRONG"],
        ["mean", "gap", "50.0", "%"],
    ]


def benchmark(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks.scheduling", *map(str, arguments)]
    return subprocess.run(command, cwd=BASE, capture_output=True, text=True, check=False)


@needs_cpsat
def test_the_program_prints_every_run_as_json(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("2 2\n0 5 1 2\n1 3 0 4\n")
    (tmp_path / "one.json").write_text('{"upper": 9}')
    (tmp_path / "notes.txt").write_text("read me\n")

    said = benchmark(tmp_path, "--strategies", "round_robin,cpsat", "--json", "--seconds", 1)

    assert said.returncode == 0, said.stderr
    assert "notes.txt: does not begin with" in said.stderr
    assert json.loads(said.stdout) == [
        {
            "instance": "one", "mode": mode, "strategy": name, "makespan": 9, "best_known": 9, "gap": 0.0, "flow": 8.0,
            "feasible": True,
        }
        for mode, name in (("online", "round_robin"), ("online", "cpsat"), ("plan", "cpsat"))
    ]  # fmt: skip


def test_a_strategy_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match=r"^no such strategy: magic; there are .*earliest_finish"):
        runs.strategies(["least_load", "magic"])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the instances are not here")
def test_known_instances_are_worked_off_about_as_well_as_published_rules_do() -> None:
    gaps = {}
    for path in ("fjsp/mk01.txt", "jssp/ft06.txt"):
        for name in ("earliest_finish", "least_load", "round_robin"):
            run = runs.Run(instance=read_file(SHARED / path), mode="online", strategy=strategy(name), notes=[])
            row = run.row()
            assert row.feasible and row.gap is not None
            gaps[path, name] = row.gap

    assert gaps["fjsp/mk01.txt", "earliest_finish"] <= 0.2
    assert gaps["jssp/ft06.txt", "earliest_finish"] <= 0.2
    assert gaps["fjsp/mk01.txt", "least_load"] <= 0.35
    assert gaps["fjsp/mk01.txt", "round_robin"] > 0.5
