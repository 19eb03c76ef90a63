"""Asks the real dispatch engine where operations go, as an approval of tasks would."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from paidan.contracts import DepartmentFacts, TaskFacts
from paidan.dispatch.engine import Decision, decide
from paidan.dispatch.facts import Problem, RuleFacts
from paidan.registry.engine import Ready
from tests.benchmarks.scheduling.instances import Instance


class Step(NamedTuple):
    """An operation of an instance: which job, and which of its operations."""

    job: int
    operation: int


class Load(NamedTuple):
    """What is open at a machine: operations, and the ticks that they still take."""

    tasks: int
    ticks: int


class Place(NamedTuple):
    """Where an operation goes; `start` is when it is planned to begin, None when nothing was said."""

    machine: int
    start: int | None


@dataclass(slots=True)
class Dispatcher:
    """One strategy at work on one instance. `instead` are the reasons why the house answered in its place."""

    instance: Instance
    strategy: Ready
    instead: dict[str, int]

    def places(self, steps: Sequence[Step], loads: Sequence[Load], *, plan: bool) -> dict[Step, Place]:
        """Where these operations go. With `plan` each waits for the one before it in its job."""
        works = tuple(self._work(step, plan and step.operation > 0) for step in steps)
        problem = Problem(
            works=works,
            rules=tuple(rule for step, work in zip(steps, works, strict=True) for rule in self._rules(step, work)),
            loads={
                machine + 1: DepartmentFacts(
                    id=machine + 1, name=f"machine {machine}", open_tasks=load.tasks, open_minutes=load.ticks
                )
                for machine, load in enumerate(loads)
            },
            switched_on=True,
            strategy=self.strategy.name,
        )
        decisions = decide(problem, self.strategy)
        return {step: self._place(decisions[work.id]) for step, work in zip(steps, works, strict=True)}

    def _work(self, step: Step, waits: bool) -> TaskFacts:
        fastest = min(self.instance.jobs[step.job][step.operation].values())
        return TaskFacts(
            id=_name(step),
            process=_name(step),
            planned=1,
            minutes=max(1, fastest),
            order=f"{step.job:05}",
            after=(_name(Step(step.job, step.operation - 1)),) if waits else (),
        )

    def _rules(self, step: Step, work: TaskFacts) -> list[RuleFacts]:
        """A rule for each machine that can do it; the factor makes the minutes there exact."""
        choices = self.instance.jobs[step.job][step.operation]
        return [
            RuleFacts(work.process, machine + 1, 1, True, True, time / work.minutes)
            for machine, time in sorted(choices.items())
        ]

    def _place(self, decision: Decision) -> Place:
        if decision.department is None:
            raise ValueError(f"{decision.work} goes nowhere: {decision.reason}")
        if decision.strategy != self.strategy.name:
            why = decision.inputs["instead_of"]["why"]
            words = why if isinstance(why, str) else why["template"].format(**why["values"])
            self.instead[words] = self.instead.get(words, 0) + 1
        return Place(decision.department - 1, decision.inputs.get("start"))


def _name(step: Step) -> str:
    """In the order of jobs and operations when sorted."""
    return f"{step.job:05}/{step.operation:05}"
