"""A dispatch strategy for shops where not everybody can do everything."""

from dataclasses import dataclass

from paidan.contracts import Candidate, Ranking, TaskFacts, Words, setting

TRAINED = "trained in {process}; rule priority {priority}, done in {minutes} min"
UNTRAINED = "nobody trained in {process}; rule priority {priority}, done in {minutes} min"


@dataclass(frozen=True)
class SkillMatch:
    """Send work where somebody is trained in it; among those by the rule's priority, then where it is done earliest."""

    reads = frozenset({"people", "skills"})

    untrained_last: bool = setting(
        True,
        title="Untrained places come last",
        help="Off: the rule's priority counts first, and training only decides between places of the same priority.",
    )

    def rank(self, task: TaskFacts, candidates: tuple[Candidate, ...]) -> Ranking:
        """Rank the candidates for one task, best first."""
        return Ranking.by(
            candidates, lambda place: self._key(task, place), reason=lambda place: self._reason(task, place)
        )

    def _key(self, task: TaskFacts, place: Candidate) -> tuple[float, ...]:
        untrained = task.process not in place.skills
        first = (untrained, place.priority) if self.untrained_last else (place.priority, untrained)
        return (*first, place.finish, place.id)

    def _reason(self, task: TaskFacts, place: Candidate) -> Words:
        template = TRAINED if task.process in place.skills else UNTRAINED
        return Words(template, process=task.process, priority=place.priority, minutes=round(place.finish))


WORDS = {
    "zh-hans": {
        "skill-match": "技能匹配",
        "Send work where somebody is trained in it; among those by the rule's priority, then where it is done earliest.": (
            "优先分给有人会做这道工序的地方；都会做时按优先顺序，再看哪里最早做完。"
        ),
        "Untrained places come last": "没有技能的排在最后",
        "Off: the rule's priority counts first, and training only decides between places of the same priority.": (
            "关闭后先按优先顺序，技能只在同级之间起作用。"
        ),
        TRAINED: "会做 {process}；优先顺序 {priority}，{minutes} 分钟后做完",
        UNTRAINED: "没有人会做 {process}；优先顺序 {priority}，{minutes} 分钟后做完",
    }
}
