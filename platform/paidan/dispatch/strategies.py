"""The strategies that come with the house: ordinary plugins, and the first of them answers when another fails."""

from dataclasses import dataclass
from random import Random

from paidan.contracts import Candidate, Ranking, TaskFacts, Words, reads, setting


def _load(candidate: Candidate) -> Words:
    return Words("{minutes} min open, {tasks} tasks", minutes=candidate.open_minutes, tasks=candidate.open_tasks)


@reads()
def priority_then_least_load(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    """Keep to the order of priority; among equals, prefer the fewest open minutes."""
    return Ranking.by(candidates, lambda c: (c.priority, c.open_minutes, c.open_tasks, c.id), reason=_load)


@reads()
def least_load(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    """Prefer the fewest open minutes."""
    return Ranking.by(candidates, lambda c: (c.open_minutes, c.open_tasks, c.id), reason=_load)


@reads()
def least_tasks(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    """Prefer the fewest open tasks, however long they take."""
    return Ranking.by(candidates, lambda c: (c.open_tasks, c.open_minutes, c.id), reason=_load)


@reads()
def round_robin(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    """Take turns: each task that is open moves the turn on by one."""
    turn = sum(c.open_tasks for c in candidates) % max(1, len(candidates))
    places = sorted(candidates, key=lambda c: c.id)
    waits = {c.id: (place - turn) % len(places) for place, c in enumerate(places)}
    return Ranking.by(
        candidates, lambda c: waits[c.id], reason=lambda c: Words("{turns} turns to wait", turns=waits[c.id])
    )


@dataclass(frozen=True)
class DrawLots:
    """Draw lots; the same seed draws the same lots for the same task."""

    reads = frozenset[str]()
    seed: int = setting(1, title="Seed", help="Another number draws other lots.")

    def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        """Rank by lot."""
        lots = sorted(candidates, key=lambda c: c.id)
        Random(f"{self.seed}/{task.id}").shuffle(lots)
        drawn = {c.id: place for place, c in enumerate(lots, 1)}
        return Ranking.by(candidates, lambda c: drawn[c.id], reason=lambda c: Words("lot {lot}", lot=drawn[c.id]))


@reads("people")
def first_available(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    """Prefer, in the order of priority, who has nothing open; when nobody is free, who will be first."""
    return Ranking.by(
        candidates, lambda c: (c.open_tasks > 0, c.open_minutes / c.people, c.priority, c.id), reason=_load
    )


@reads("people")
def earliest_finish(task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    """Prefer where this task would be done first, its own time and everything open there counted."""
    return Ranking.by(
        candidates,
        lambda c: (c.finish, c.priority, c.id),
        reason=lambda c: Words("done in {minutes} min", minutes=round(c.finish)),
    )


WORDS = {
    "zh-hans": {
        "priority_then_least_load": "先按优先顺序，再按负荷最轻",
        "least_load": "负荷最轻（按分钟）",
        "least_tasks": "任务最少（按个数）",
        "round_robin": "轮流",
        "random": "抽签",
        "first_available": "谁先有空",
        "earliest_finish": "最早完成",
        "Keep to the order of priority; among equals, prefer the fewest open minutes.": (
            "按优先顺序；同级之间选未完成分钟数最少的。"
        ),
        "Prefer the fewest open minutes.": "选未完成分钟数最少的。",
        "Prefer the fewest open tasks, however long they take.": "选未完成任务数最少的，不管每个要多久。",
        "Take turns: each task that is open moves the turn on by one.": "轮流分派：每多一个未完成任务，就轮到下一个。",
        "Draw lots; the same seed draws the same lots for the same task.": "抽签决定；种子相同，同一任务抽到的签也相同。",
        "Prefer, in the order of priority, who has nothing open; when nobody is free, who will be first.": (
            "按优先顺序选没有未完成任务的；都没空时，选最先空出来的。"
        ),
        "Prefer where this task would be done first, its own time and everything open there counted.": (
            "把本任务的用时和已有的未完成任务都算上，选最早能做完的。"
        ),
        "Seed": "种子",
        "Another number draws other lots.": "换一个数字，抽到的签就不同。",
        "{minutes} min open, {tasks} tasks": "未完成 {minutes} 分钟，{tasks} 个任务",
        "{turns} turns to wait": "还要等 {turns} 轮",
        "lot {lot}": "第 {lot} 签",
        "done in {minutes} min": "{minutes} 分钟后做完",
    }
}
