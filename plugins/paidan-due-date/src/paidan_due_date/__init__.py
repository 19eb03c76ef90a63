"""A dispatch strategy for shops that live by their due dates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from paidan.contracts import Candidate, DepartmentFacts, OperatorFacts, Ranking, TaskFacts, Words, setting

type Places = dict[tuple[str, int], DepartmentFacts | OperatorFacts]

URGENT = 4

TIGHT = "{days} days of slack, which is tight: done here in {minutes} min"
LOOSE = "{days} days of slack: rule priority {priority}, {waiting} min of work waiting for each person"
NO_DUE_DATE = "no due date: rule priority {priority}, {waiting} min of work waiting for each person"


@dataclass(frozen=True)
class DueDate:
    """Place the work with the least slack first: tight work where it is done earliest, the rest as the rules prefer."""

    reads = frozenset({"people", "after"})

    minutes_a_day: int = setting(
        480,
        title="Working minutes a day",
        help="Days until the due date are calendar days; a shop that rests on Sundays says about 410.",
        minimum=1,
        maximum=1440,
    )
    tight_days: float = setting(
        1.0,
        title="Tight below so many days",
        help="Work with less slack than this goes where it is done earliest, whatever the rule's priority.",
        minimum=0,
        maximum=60,
    )

    def __post_init__(self) -> None:
        if self.minutes_a_day < 1:
            raise ValueError("A day has at least one working minute.")

    def rank_all(
        self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]]
    ) -> Mapping[str, Ranking]:
        """Rank the candidates of every task; each task sees the load that the ones with less slack added."""
        slacks = self._slacks(tasks)
        places: Places = {}
        rankings: dict[str, Ranking] = {}
        for task in sorted(tasks, key=lambda task: _turn(task, slacks[task.id])):
            offer = _as_loaded(offers.get(task.id, ()), places)
            rankings[task.id] = ranking = self._rank(slacks[task.id], offer)
            for chosen in offer:
                if chosen.id == ranking.order[0]:
                    places[chosen.kind, chosen.id] = chosen.with_task(task)
        return rankings

    def _slacks(self, tasks: tuple[TaskFacts, ...]) -> dict[str, int | None]:
        work = minutes_to_the_end(tasks)
        return {
            task.id: None if task.days_left is None else task.days_left * self.minutes_a_day - work[task.id]
            for task in tasks
        }

    def _rank(self, slack: int | None, offer: tuple[Candidate, ...]) -> Ranking:
        if slack is None:
            return Ranking.by(offer, _as_ruled, reason=lambda place: _words(NO_DUE_DATE, place))
        days = round(slack / self.minutes_a_day, 1) + 0.0  # never “-0.0 days”
        if slack < self.tight_days * self.minutes_a_day:
            return Ranking.by(
                offer,
                lambda place: (place.finish, place.priority, place.id),
                reason=lambda place: Words(TIGHT, days=days, minutes=round(place.finish)),
            )
        return Ranking.by(offer, _as_ruled, reason=lambda place: _words(LOOSE, place, days=days))


def minutes_to_the_end(tasks: tuple[TaskFacts, ...]) -> dict[str, int]:
    """Minutes of each task together with the longest work of this approval that has to wait for it."""
    own = {task.id: task.minutes for task in tasks}
    after = {task.id: task.after for task in tasks}
    try:
        last_first = [*TopologicalSorter(after).static_order()][::-1]
    except CycleError:  # tasks that wait for each other in a ring have no longest chain
        return own
    total = dict(own)
    for task in last_first:
        for before in after.get(task, ()):
            if before in own:
                total[before] = max(total[before], own[before] + total[task])
    return total


def _turn(task: TaskFacts, slack: int | None) -> tuple[bool, bool, int, int, str]:
    return task.priority < URGENT, slack is None, slack or 0, -task.priority, task.id


def _as_loaded(offer: tuple[Candidate, ...], places: Places) -> tuple[Candidate, ...]:
    return tuple([replace(place, place=places.get((place.kind, place.id), place.place)) for place in offer])


def _waiting(place: Candidate) -> float:
    return place.open_minutes / place.people


def _as_ruled(place: Candidate) -> tuple[float, ...]:
    return place.priority, _waiting(place), place.open_tasks, place.id


def _words(template: str, place: Candidate, **more: float) -> Words:
    return Words(template, priority=place.priority, waiting=round(_waiting(place)), **more)


WORDS = {
    "zh-hans": {
        "due-date": "交期优先",
        "Place the work with the least slack first: tight work where it is done earliest, the rest as the rules prefer.": (
            "余量最少的任务先安排：赶工的分给最早能做完的地方，其余的按优先顺序。"
        ),
        "Working minutes a day": "每天工作分钟数",
        "Days until the due date are calendar days; a shop that rests on Sundays says about 410.": (
            "距交期按日历天计算；周日休息的工厂可填 410 左右。"
        ),
        "Tight below so many days": "余量少于几天算赶工",
        "Work with less slack than this goes where it is done earliest, whatever the rule's priority.": (
            "余量比这更少的任务分给最早能做完的地方，不看优先顺序。"
        ),
        TIGHT: "余量 {days} 天，属赶工：这里 {minutes} 分钟后做完",
        LOOSE: "余量 {days} 天：优先顺序 {priority}，每人还有 {waiting} 分钟的活在等",
        NO_DUE_DATE: "没有交期：优先顺序 {priority}，每人还有 {waiting} 分钟的活在等",
    }
}
