"""A dispatch strategy for shops where make-ready costs more than the run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from paidan.contracts import Candidate, DepartmentFacts, OperatorFacts, Ranking, TaskFacts, Words, setting

type Places = dict[tuple[str, int], DepartmentFacts | OperatorFacts]

SHARED = "already runs {setup}: saves {saved} min, done in {minutes} min"
TOO_LATE = "already runs {setup}, but is done {later} min later than elsewhere"
NOTHING_SHARED = "runs nothing that this work needs: done in {minutes} min"


@dataclass(frozen=True)
class GangRun:
    """Send work where the same stock, inks or die already run, unless it would be done much later there."""

    reads = frozenset({"people", "setup"})

    stock_minutes: int = setting(
        15, title="Minutes saved by the same stock", help="0: the stock does not count.", minimum=0, maximum=600
    )
    ink_minutes: int = setting(
        10, title="Minutes saved by each ink that stays", help="0: inks do not count.", minimum=0, maximum=600
    )
    die_minutes: int = setting(
        20, title="Minutes saved by the same die", help="0: the die does not count.", minimum=0, maximum=600
    )
    other_minutes: int = setting(
        5, title="Minutes saved by anything else", help="For example a foil plate.", minimum=0, maximum=600
    )
    at_most_later: int = setting(
        120,
        title="At most so many minutes later",
        help="A place that would be done later than this, compared with the earliest one, gets nothing for what it runs.",
        minimum=0,
        maximum=100_000,
    )

    def rank_all(
        self, tasks: tuple[TaskFacts, ...], offers: Mapping[str, tuple[Candidate, ...]]
    ) -> Mapping[str, Ranking]:
        """Rank the candidates of every task; what is placed somewhere draws the work that shares its setup there."""
        places: Places = {}
        rankings: dict[str, Ranking] = {}
        # Work that can go to few places goes first: it cannot follow the others, but they can follow it.
        for task in sorted(tasks, key=lambda task: (len(offers.get(task.id, ())), -task.priority, task.id)):
            offer = _as_it_stands(offers.get(task.id, ()), places)
            rankings[task.id] = ranking = self._rank(task, offer)
            for chosen in offer:
                if chosen.id == ranking.order[0]:
                    places[chosen.kind, chosen.id] = chosen.with_task(task)
        return rankings

    def _rank(self, task: TaskFacts, offer: tuple[Candidate, ...]) -> Ranking:
        earliest = min((place.finish for place in offer), default=0.0)
        judged = {place.id: self._judged(task, place, place.finish - earliest) for place in offer}
        return Ranking.by(
            offer,
            lambda place: (-judged[place.id][0], place.priority, place.finish, place.id),
            reason=lambda place: judged[place.id][1],
        )

    def _judged(self, task: TaskFacts, place: Candidate, later: float) -> tuple[int, Words]:
        """The minutes that count for a place, and why."""
        worth = {word: self._worth(word) for word in task.setup if word in place.running}
        setup = ", ".join(sorted(word for word, minutes in worth.items() if minutes > 0))
        if not setup:
            return 0, Words(NOTHING_SHARED, minutes=round(place.finish))
        if later > self.at_most_later:
            return 0, Words(TOO_LATE, setup=setup, later=round(later))
        saved = sum(worth.values())
        return saved, Words(SHARED, setup=setup, saved=saved, minutes=round(place.finish))

    def _worth(self, word: str) -> int:
        known = {"stock": self.stock_minutes, "ink": self.ink_minutes, "die": self.die_minutes}
        return known.get(word.partition(":")[0], self.other_minutes)


def _as_it_stands(offer: tuple[Candidate, ...], places: Places) -> tuple[Candidate, ...]:
    return tuple([replace(place, place=places.get((place.kind, place.id), place.place)) for place in offer])


WORDS = {
    "zh-hans": {
        "gang-run": "同料同机",
        "Send work where the same stock, inks or die already run, unless it would be done much later there.": (
            "优先分给正在用同样纸张、油墨或刀模的地方，除非那里做完得晚太多。"
        ),
        "Minutes saved by the same stock": "纸张相同省几分钟",
        "0: the stock does not count.": "填 0 则不看纸张。",
        "Minutes saved by each ink that stays": "每个不用换的油墨省几分钟",
        "0: inks do not count.": "填 0 则不看油墨。",
        "Minutes saved by the same die": "刀模相同省几分钟",
        "0: the die does not count.": "填 0 则不看刀模。",
        "Minutes saved by anything else": "其他相同的省几分钟",
        "For example a foil plate.": "例如烫金版。",
        "At most so many minutes later": "最多晚几分钟",
        "A place that would be done later than this, compared with the earliest one, gets nothing for what it runs.": (
            "比最早做完的地方晚得超过这个数时，同样的准备不再加分。"
        ),
        SHARED: "正在用 {setup}：省 {saved} 分钟，{minutes} 分钟后做完",
        TOO_LATE: "正在用 {setup}，但比别处晚 {later} 分钟做完",
        NOTHING_SHARED: "没有可共用的准备：{minutes} 分钟后做完",
    }
}
