"""Judges a schedule from the instance alone; shares nothing with the simulation that made it."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from tests.benchmarks.scheduling.floor import Done
from tests.benchmarks.scheduling.instances import Instance


def faults(instance: Instance, schedule: Iterable[Done]) -> list[str]:
    """Everything that is wrong: each operation once, where it can be done, as long as it takes, in its turn, alone."""
    done = list(schedule)
    return [*_faults_of_operations(instance, done), *_faults_of_jobs(instance, done), *_faults_of_machines(done)]


def _faults_of_operations(instance: Instance, done: list[Done]) -> Iterator[str]:
    wanted = {(job, number) for job, row in enumerate(instance.jobs) for number in range(len(row))}
    found = [(one.step.job, one.step.operation) for one in done]
    for step in sorted(wanted - set(found)):
        yield f"{step} was not done"
    for step in sorted({step for step in found if found.count(step) > 1}) if len(set(found)) < len(found) else ():
        yield f"{step} was done more than once"
    for one in done:
        if tuple(one.step) not in wanted:
            yield f"{tuple(one.step)} is no operation of the instance"
            continue
        choices = instance.jobs[one.step.job][one.step.operation]
        if one.machine not in choices:
            yield f"{tuple(one.step)} cannot be done on machine {one.machine}"
        elif one.end - one.start != choices[one.machine]:
            yield f"{tuple(one.step)} took {one.end - one.start} instead of {choices[one.machine]}"


def _faults_of_jobs(instance: Instance, done: list[Done]) -> Iterator[str]:
    rows: dict[int, list[Done]] = {}
    for one in done:
        rows.setdefault(one.step.job, []).append(one)
    for job, row in sorted(rows.items()):
        ordered = sorted(row, key=lambda one: one.step.operation)
        if 0 <= job < len(instance.releases) and ordered[0].start < instance.releases[job]:
            yield f"job {job} began at {ordered[0].start}, before its release at {instance.releases[job]}"
        for before, after in pairwise(ordered):
            if after.start < before.end:
                yield f"{tuple(after.step)} began at {after.start}, before {tuple(before.step)} ended at {before.end}"


def _faults_of_machines(done: list[Done]) -> Iterator[str]:
    rows: dict[int, list[Done]] = {}
    for one in done:
        if one.end > one.start:  # what takes no time is in nobody's way
            rows.setdefault(one.machine, []).append(one)
    for machine, row in sorted(rows.items()):
        for before, after in pairwise(sorted(row, key=lambda one: one.start)):
            if after.start < before.end:
                yield f"machine {machine} did {tuple(before.step)} and {tuple(after.step)} at once"
