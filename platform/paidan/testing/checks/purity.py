"""A plugin thinks and does nothing else: the same facts give the same answer, today, tomorrow and elsewhere."""

import time

from paidan.contracts import NOTIFIERS
from paidan.testing import world
from paidan.testing.facts import Scenario
from paidan.testing.telling import differing
from paidan.testing.tested import Failed, Form, Skipped
from paidan.testing.worker import Died, Worker

MOMENT = 0.5
"""Seconds in which a thread that is about to end may do so."""


def inputs_unchanged(form: Form) -> None:
    """It leaves the facts that it is given as they are."""
    _must_not(form, "facts")


def no_database(form: Form) -> None:
    """It does not touch a database."""
    _must_not(form, "database")


def no_network(form: Form) -> None:
    """It does not use the network."""
    _must_not(form, "network")


def no_files(form: Form) -> None:
    """It writes, moves and deletes no files."""
    _must_not(form, "files")


def no_clock(form: Form) -> None:
    """It does not look at the clock, and does not wait."""
    _must_not(form, "clock")


def no_randomness(form: Form) -> None:
    """It draws no lots, unless from a seed of its own."""
    _must_not(form, "random")


def no_programs(form: Form) -> None:
    """It starts no other program."""
    _must_not(form, "program")


def leaves_nothing(form: Form) -> None:
    """It leaves no thread and no process behind."""
    form.seen  # noqa: B018 – it has been asked
    before = form.tested.world
    if form.tested.group == NOTIFIERS:  # whose library may keep a pool of threads, as long as it does not grow
        before = world.now()
        for scenario in form.usual * 2:
            form.faults(scenario)
    until = time.monotonic() + MOMENT
    while (threads := len(world.threads()) - len(before["threads"])) > 0 and time.monotonic() < until:
        time.sleep(0.02)
    faults = [f"{threads} thread(s) still run"] if threads > 0 else []
    if (children := world.children() - before["children"]) > 0:
        faults.append(f"{children} process(es) were not waited for")
    if faults:
        raise Failed("; ".join(faults))


def no_global_change(form: Form) -> None:
    """It changes nothing that everybody in the process shares."""
    form.seen  # noqa: B018 – it has been asked
    after = world.now()
    changed = [name for name, value in form.tested.world.items() if name in world.SHARED and after[name] != value]
    if changed:
        raise Failed(f"changed: {', '.join(changed)}")


def same_twice(form: Form) -> None:
    """It answers the same facts the same way twice, also after a restart."""
    form.must_be_right("answers")
    if form.difference:
        raise Failed(form.difference)


def same_everywhere(form: Form) -> None:
    """It answers the same in another process, where sets and dictionaries hash otherwise."""
    form.must_be_right("answers")
    if not form.steady:
        raise Skipped("cannot be judged before same_twice passed")
    worker = Worker(form.tested.job, hash_seed=2)
    try:
        there = worker.ask("shown")["shown"][form.method]
    except Died as death:
        raise Failed(str(death)) from death
    finally:
        worker.close()
    for scenario, here, other in zip(scenarios(form), shown(form), there, strict=True):
        if here != other:
            raise Failed(f"{scenario.title}: {differing(here, other)}")


def scenarios(form: Form) -> tuple[Scenario, ...]:
    """What is asked in both processes."""
    return (*form.usual, *form.kind.unusual(form.tested.name))


def shown(form: Form) -> list[str]:
    """The answers of this process, to be compared with those of another."""
    return [form.shown(scenario) for scenario in scenarios(form)]


def _must_not(form: Form, kind: str) -> None:
    seen = [f"{one.what} at {one.where}" if one.where else one.what for one in form.seen if one.kind == kind]
    if seen:
        raise Failed("; ".join(list(dict.fromkeys(seen))[:5]))


REACHING = (inputs_unchanged, no_database, leaves_nothing, no_global_change)
"""What holds for a notifier, too, although it may use the clock and the network."""
PURE = (
    inputs_unchanged,
    no_database,
    no_network,
    no_files,
    no_clock,
    no_randomness,
    no_programs,
    leaves_nothing,
    no_global_change,
    same_twice,
    same_everywhere,
)
