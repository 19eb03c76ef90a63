"""The plan that the constraint solver finds, starting from one that is already there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paidan_cpsat.problem import Plan, Problem

if TYPE_CHECKING:
    from paidan_cpsat.model import Model

DETERMINISTIC_SHARE = 0.05
"""Units of the solver's own time for each second: about half of what a usual machine does in one."""


@dataclass(slots=True)
class Budget:
    """What is left for thinking: seconds on the wall, and the solver's own time, which every machine counts alike."""

    seconds: float
    deterministic: float

    @classmethod
    def of(cls, seconds: float) -> "Budget":
        """A budget for so many seconds."""
        return cls(seconds, seconds * DETERMINISTIC_SHARE)


def solved(problem: Problem, known: Plan, budget: Budget, seed: int) -> Plan | None:
    """The best plan found, never worse than the known one; None when there was no time to find any.

    First as little lateness as possible, then with no more of it the earliest end, then the earliest work. Each may
    use a share of the deterministic time that is left; the seconds are there for whoever comes first.
    """
    from paidan_cpsat.model import Model  # noqa: PLC0415 – importing the solver takes a second

    model = Model(problem, problem.worth(known).end)
    aims = [(model.aim_on_time, 0.6)] if problem.dated else []
    aims += [(model.aim_at_end, 0.85), (model.aim_early, 1.0)]
    best: Plan | None = None
    for aim, share in aims:
        aim()
        better = _improved(model, best or known, share, budget, seed)
        if better is None:
            break
        best = min(best or known, better, key=problem.worth)
        model.keep(best)
    return best


def _improved(model: "Model", plan: Plan, share: float, budget: Budget, seed: int) -> Plan | None:
    """Spend a share of the budget on what the model aims at now."""
    from ortools.sat.python import cp_model  # noqa: PLC0415

    solver = cp_model.CpSolver()
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = max(0.0, budget.seconds)
    solver.parameters.max_deterministic_time = max(0.0, budget.deterministic * share)
    # One worker that takes turns between search and local improvement finds what several find, always in the same order.
    solver.parameters.num_workers = 1
    solver.parameters.interleave_search = True
    solver.parameters.linearization_level = 0
    solver.parameters.subsolvers.extend(["no_lp"])
    solver.parameters.num_violation_ls = 0
    solver.parameters.cp_model_probing_level = 0  # trying out every choice first takes longer than it saves
    model.hint(plan)
    status = solver.solve(model.model)
    budget.seconds -= solver.wall_time
    budget.deterministic -= solver.response_proto.deterministic_time
    return model.plan(solver) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None
