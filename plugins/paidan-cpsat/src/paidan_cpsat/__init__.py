"""A dispatch strategy that plans all tasks of an approval together, with a constraint solver."""

from collections.abc import Mapping
from dataclasses import dataclass

from paidan.contracts import Candidate, Ranking, TaskFacts, Words, setting
from paidan_cpsat.listing import listed, settled
from paidan_cpsat.problem import Floor, Plan, Problem, Spot, problem_of
from paidan_cpsat.solving import Budget, solved

USUAL_SECONDS = 2.0
SLACK = 5.0
"""Seconds beyond thinking: the first import of the solver, and building the model of a large approval."""

PLANNED = "planned: starts in {start} min, done in {minutes} min"
PLANNED_LATE = "planned: starts in {start} min, done in {minutes} min, which is {late} min late"
NO_PLAN = "the solver found no plan in time, so where it is done first: starts in {start} min, done in {minutes} min"
NO_SOLVER = "the solver is not installed, so where it is done first: starts in {start} min, done in {minutes} min"
ELSEWHERE = "behind what is planned there: done in {minutes} min"


class _Patience:
    """How long one call may take: of the class with its defaults, of a planner with its own settings."""

    def __get__(self, planner: "Planner | None", kind: type) -> float:
        return SLACK + (USUAL_SECONDS if planner is None else planner.seconds_to_think)


@dataclass(frozen=True)
class Planner:
    """Plan all tasks of an approval together: as little late as possible, then done as early as possible."""

    reads = frozenset({"people", "after"})
    seconds = _Patience()

    seconds_to_think: float = setting(
        USUAL_SECONDS,
        title="Seconds to think",
        help="At most so long. Small approvals are solved at once; large ones get better with more.",
        minimum=0.1,
        maximum=25,
    )
    minutes_a_day: int = setting(
        480,
        title="Working minutes a day",
        help="Days until the due date are calendar days; a shop that rests on Sundays says about 410.",
        minimum=1,
        maximum=1440,
    )
    seed: int = setting(1, title="Seed", help="Another number searches in another order.", minimum=0, maximum=1_000_000)

    def __post_init__(self) -> None:
        if not 0.1 <= self.seconds_to_think <= 25:
            raise ValueError("Thinking takes between 0.1 and 25 seconds.")
        if self.minutes_a_day < 1:
            raise ValueError("A day has at least one working minute.")

    def rank_all(
        self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]]
    ) -> Mapping[str, Ranking]:
        """Plan where and when each task is done; the other candidates rank by when they would be done with it."""
        problem = problem_of(tasks, offers, self.minutes_a_day)
        plan, template = self._planned(problem)
        rankings = {task.id: Ranking((), ()) for task in tasks}
        return rankings | _rankings(problem, plan, template, offers)

    def _planned(self, problem: Problem) -> tuple[Plan, str]:
        """The plan, and how its reasons begin."""
        known = listed(problem)
        if len(problem.works) < 2:  # every plan of one work has been looked at
            return known, PLANNED
        try:
            plan = solved(problem, known, Budget.of(self.seconds_to_think), self.seed)
        except ImportError:
            return settled(problem, known), NO_SOLVER
        return settled(problem, plan or known), PLANNED if plan else NO_PLAN


def _rankings(
    problem: Problem, plan: Plan, template: str, offers: Mapping[str, tuple[Candidate, ...]]
) -> dict[str, Ranking]:
    """The planned place first, then the others by when the work would be done there behind what is planned."""
    floor = Floor(problem)
    ends = [
        start + work.spots[at].minutes for work, at, start in zip(problem.works, plan.spots, plan.starts, strict=True)
    ]
    for number in sorted(range(len(ends)), key=lambda one: (plan.starts[one], one)):
        floor.take(problem.works[number].spots[plan.spots[number]], plan.starts[number])
    rankings = {}
    for number, work in enumerate(problem.works):
        ready = max((ends[before] for before in work.after), default=0)
        done = {spot.id: floor.start(spot, ready) + spot.minutes for spot in work.spots}
        chosen, start = work.spots[plan.spots[number]], plan.starts[number]
        late = 0 if work.due is None else max(0, ends[number] - work.due)
        told = PLANNED_LATE if late and template == PLANNED else template
        here = Words(told, start=start, minutes=ends[number], **({"late": late} if told == PLANNED_LATE else {}))
        rankings[work.id] = _ranking(offers[work.id], chosen, done, here, start)
    return rankings


def _ranking(offer: tuple[Candidate, ...], chosen: Spot, done: Mapping[int, int], here: Words, start: int) -> Ranking:
    return Ranking.by(
        offer,
        lambda one: (one.id != chosen.id, done[one.id], one.priority, one.id),
        reason=lambda one: here if one.id == chosen.id else Words(ELSEWHERE, minutes=done[one.id]),
        start=start,
    )


WORDS = {
    "zh-hans": {
        "cpsat": "统筹排程",
        "Plan all tasks of an approval together: as little late as possible, then done as early as possible.": (
            "把一次审核的任务放在一起排：先少误期，再尽早全部做完。"
        ),
        "Seconds to think": "思考秒数",
        "At most so long. Small approvals are solved at once; large ones get better with more.": (
            "最多用这么久。任务少时立刻算完；任务多时给的时间越长，排得越好。"
        ),
        "Working minutes a day": "每天工作分钟数",
        "Days until the due date are calendar days; a shop that rests on Sundays says about 410.": (
            "距交期按日历天计算；周日休息的工厂可填 410 左右。"
        ),
        "Seed": "种子",
        "Another number searches in another order.": "换一个数字，搜索的次序就不同。",
        PLANNED: "排程：{start} 分钟后开始，{minutes} 分钟后做完",
        PLANNED_LATE: "排程：{start} 分钟后开始，{minutes} 分钟后做完，误期 {late} 分钟",
        NO_PLAN: "求解器没有及时找到方案，改按最早完成：{start} 分钟后开始，{minutes} 分钟后做完",
        NO_SOLVER: "没有安装求解器，改按最早完成：{start} 分钟后开始，{minutes} 分钟后做完",
        ELSEWHERE: "排在那里已安排的活之后：{minutes} 分钟后做完",
    }
}
