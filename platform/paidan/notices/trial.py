"""What a rule would have done: the same plan, over events that happened."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from paidan.notices.conditions import Answer
from paidan.notices.models import Event
from paidan.notices.planning import Note, RuleFacts, Telling, notes
from paidan.people.staff import Staff


@dataclass(frozen=True, slots=True)
class Case:
    """One event that happened: how the condition came out, and who would have been told what."""

    event: Event
    answer: Answer | None
    notes: Sequence[Note]


@dataclass(frozen=True, slots=True)
class Trial:
    """All events of the kind, and how often each person would have been told."""

    cases: Sequence[Case]
    people: Sequence[tuple[int, int]]

    @property
    def told(self) -> int:
        """How many notifications it would have been."""
        return sum(count for _person, count in self.people)


def trial(rule: RuleFacts, events: Iterable[Event], staff: Staff, now: datetime) -> Trial:
    """Who would have been told, by this rule alone, with today's staff. Writes nothing."""
    cases = [_case(rule, event, staff, now) for event in events]
    people = Counter(note.person for case in cases for note in case.notes)
    return Trial(cases, people.most_common())


def _case(rule: RuleFacts, event: Event, staff: Staff, now: datetime) -> Case:
    answer = rule.condition.ask(event.before, event.after) if rule.condition else None
    found = notes([as_telling(event)], [rule], staff, {}, by=event.by_id, now=now, most=1)
    return Case(event, answer, found)


def as_telling(event: Event) -> Telling:
    """What was told when it happened."""
    return Telling(
        kind=event.kind,
        values=event.values,
        people=event.people,
        departments=event.departments,
        before=event.before,
        after=event.after,
        priority=event.priority,
        order_id=event.order_id,
        step_id=event.step_id,
        task_id=event.task_id,
    )
