"""The problem in the words of the solver. Imports it, so it is imported only when there is something to solve."""

from typing import Any

from ortools.sat.python import cp_model

from paidan_cpsat.problem import Place, Plan, Problem, Work


class Model:
    """Works as intervals: each at one of its spots, behind what it waits for, where people enough are free."""

    def __init__(self, problem: Problem, end: int) -> None:
        """`end` is when all is done in a plan that is known; without due dates nothing needs to end later."""
        self.problem = problem
        self.model = cp_model.CpModel()
        self._horizon = problem.horizon if problem.dated else end
        works = range(len(problem.works))
        self.starts = [self._minute() for _work in works]
        self.chosen = [[self.model.new_bool_var("") for _spot in work.spots] for work in problem.works]
        self.varying: dict[int, Any] = {}
        self.ends = [self._end(number) for number in works]
        self.last = self._minute()
        self.late: dict[int, Any] = {}
        self.early: dict[int, Any] = {}
        for number, work in enumerate(problem.works):
            self.model.add_exactly_one(self.chosen[number])
            self.model.add(self.last >= self.ends[number])
            for before in work.after:
                self.model.add(self.starts[number] >= self.ends[before])
        for number, place in enumerate(problem.places):
            self._fill(number, place)

    def _minute(self) -> Any:
        return self.model.new_int_var(0, self._horizon, "")

    def _end(self, number: int) -> Any:
        """When a work ends: its start and the minutes that it takes where it is done."""
        minutes = [spot.minutes for spot in self.problem.works[number].spots]
        if len(set(minutes)) == 1:
            return self.starts[number] + minutes[0]
        end = self.varying[number] = self._minute()
        taken = cp_model.LinearExpr.weighted_sum(self.chosen[number], minutes)
        self.model.add(end == self.starts[number] + taken)
        return end

    def _fill(self, number: int, place: Place) -> None:
        """Nothing starts before what is open there is done, and no more runs at once than there are people."""
        intervals = []
        for start, chosen, work in zip(self.starts, self.chosen, self.problem.works, strict=True):
            for here, spot in zip(chosen, work.spots, strict=True):
                if spot.place == number:
                    intervals.append(self.model.new_optional_fixed_size_interval_var(start, spot.minutes, here, ""))
                    self.model.add(start >= place.free).only_enforce_if(here)
        if place.people == 1:
            self.model.add_no_overlap(intervals)
        elif len(intervals) > place.people:
            self.model.add_cumulative(intervals, [1] * len(intervals), place.people)

    def aim_on_time(self) -> None:
        """As few minutes late as possible, by weight."""
        for number, work in enumerate(self.problem.works):
            if work.due is not None:
                self.late[number] = late = self.model.new_int_var(0, max(0, self._horizon - work.due), "")
                self.model.add(late >= self.ends[number] - work.due)
        self.model.minimize(self._lateness())

    def aim_at_end(self) -> None:
        """All done as soon as possible."""
        self.model.minimize(self.last)

    def aim_early(self) -> None:
        """The average minute of work as early as possible, and the places that the rules prefer."""
        choices = max(1, sum(len(work.spots) for work in self.problem.works))
        preferred: list[Any] = []
        for number, work in enumerate(self.problem.works):
            self.early[number] = self._earliness(number, work)
            preferred.append(cp_model.LinearExpr.weighted_sum(self.chosen[number], range(len(work.spots))))
        weighed = [choices * work.weight * self.early[number] for number, work in enumerate(self.problem.works)]
        self.model.minimize(cp_model.LinearExpr.sum(weighed + preferred))

    def _earliness(self, number: int, work: Work) -> Any:
        """What `Problem.earliness` says, as a variable that is at least so much where the work is done."""
        most = self.problem.earliness(max(spot.minutes for spot in work.spots), self._horizon)
        early = self.model.new_int_var(0, most, "")
        for here, spot in zip(self.chosen[number], work.spots, strict=True):
            self.model.add(early >= self.problem.earliness(spot.minutes, self.ends[number])).only_enforce_if(here)
        return early

    def keep(self, plan: Plan) -> None:
        """From now on no plan is later than this one."""
        worth = self.problem.worth(plan)
        self._horizon = min(self._horizon, worth.end)
        self.model.add(self.last <= worth.end)
        if self.late:
            self.model.add(self._lateness() <= worth.late)

    def _lateness(self) -> Any:
        works = self.problem.works
        return cp_model.LinearExpr.sum([works[number].weight * late for number, late in self.late.items()])

    def hint(self, plan: Plan) -> None:
        """Begin with this plan."""
        self.model.clear_hints()
        ends = []
        for number, (work, at, start) in enumerate(zip(self.problem.works, plan.spots, plan.starts, strict=True)):
            ends.append(start + work.spots[at].minutes)
            self.model.add_hint(self.starts[number], start)
            for position, here in enumerate(self.chosen[number]):
                self.model.add_hint(here, position == at)
            if number in self.varying:
                self.model.add_hint(self.varying[number], ends[-1])
            if number in self.late and work.due is not None:
                self.model.add_hint(self.late[number], max(0, ends[-1] - work.due))
            if number in self.early:
                self.model.add_hint(self.early[number], self.problem.earliness(work.spots[at].minutes, ends[-1]))
        self.model.add_hint(self.last, max(ends))

    def plan(self, solver: cp_model.CpSolver) -> Plan:
        """What the solver found."""
        spots = [next(at for at, here in enumerate(row) if solver.boolean_value(here)) for row in self.chosen]
        return Plan(tuple(spots), tuple(solver.value(start) for start in self.starts))
