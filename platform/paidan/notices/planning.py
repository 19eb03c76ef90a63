"""Decides who is told what: a pure function of the event, the rules, the staff and what people want to hear."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from paidan.notices.conditions import Condition
from paidan.notices.models.events import QUIET, WORDS, spoken
from paidan.people.access import CLAIM, DISPATCH, VIEW
from paidan.people.staff import Staff

URGENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One event, with the words that its sentence needs and the parts that people played in it."""

    kind: str
    values: Mapping[str, Any]
    people: Mapping[str, Iterable[int | None]] = field(default_factory=dict)
    departments: Sequence[int] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 2
    order_id: int | None = None
    step_id: int | None = None
    task_id: int | None = None
    once: str | None = None

    def played(self, part: str) -> frozenset[int]:
        """Who played this part."""
        return frozenset(person for person in self.people.get(part, ()) if person)


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule as it stands now."""

    id: int | None
    kind: str
    condition: Condition | None
    audience: Sequence[str]
    people: Sequence[int]
    channels: Sequence[str]
    title: str
    text: str
    priority: int | None
    digest: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants to hear, and how much he or she was told within the last hour."""

    muted: Sequence[str] = ()
    declined: Sequence[str] = ()
    quiet_from: time | None = None
    quiet_until: time | None = None
    heard: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What one person is told of one event: in the inbox at once, by `channels` from a moment on."""

    telling: Telling
    person: int
    title: str
    text: str
    priority: int
    quiet: bool
    channels: Mapping[str, datetime]


def candidates(tellings: Sequence[Telling], rules: Sequence[RuleFacts], staff: Staff) -> set[int]:
    """Everybody whom the rules would tell of something."""
    return {person for telling in tellings for _rule, person in _told(telling, rules, staff)}


def notes(
    tellings: Sequence[Telling],
    rules: Sequence[RuleFacts],
    staff: Staff,
    wishes: Mapping[int, Wishes],
    *,
    by: int | None,
    now: datetime,
    most: int,
) -> list[Note]:
    """Who is told what: each person once of each event, nobody of own deeds or of what may not be seen.

    `now` is local time; `most` is how many notices an hour ring for one person.
    """
    heard = {person: wish.heard for person, wish in wishes.items()}
    found: list[Note] = []
    for telling in tellings:
        for person, mine in _by_person(telling, rules, staff).items():
            if person == by:
                continue
            wish = wishes.get(person, Wishes())
            heard[person] = heard.get(person, 0) + 1
            found.append(_note(telling, person, mine, wish, now, over=heard[person] > most))
    return found


def _by_person(telling: Telling, rules: Sequence[RuleFacts], staff: Staff) -> dict[int, list[RuleFacts]]:
    mine: dict[int, list[RuleFacts]] = {}
    for rule, person in _told(telling, rules, staff):
        mine.setdefault(person, []).append(rule)
    return dict(sorted(mine.items()))


def _told(telling: Telling, rules: Sequence[RuleFacts], staff: Staff) -> Iterator[tuple[RuleFacts, int]]:
    for rule in rules:
        if rule.kind != telling.kind or (
            rule.condition and not rule.condition.ask(telling.before, telling.after).holds
        ):
            continue
        for person in sorted(_audience(telling, rule, staff)):
            if person in staff.active and _may_know(telling, person, staff):
                yield rule, person


def _audience(telling: Telling, rule: RuleFacts, staff: Staff) -> set[int]:
    people = set(rule.people)
    for word in rule.audience:
        if word == "supervisors":
            people |= staff.in_departments(DISPATCH, telling.departments)
        elif word == "department":
            people |= staff.in_departments(CLAIM, telling.departments)
            people |= staff.in_departments(VIEW, telling.departments)
        elif word == "pool":
            people |= staff.in_departments(CLAIM, telling.departments)
        elif word in staff.rights:
            people |= staff.rights[word]
        else:
            people |= telling.played(word)
    return people


def _may_know(telling: Telling, person: int, staff: Staff) -> bool:
    """Whether the event is about something that exists for this person, or about the person."""
    if telling.order_id is None and telling.task_id is None:
        return True
    if person in telling.played("operator") | telling.played("former_operator") | staff.rights["everything"]:
        return True
    if person in staff.rights["own"] and person in telling.played("maker") | telling.played("salesperson"):
        return True
    if person in staff.in_departments(VIEW, telling.departments):
        return True
    in_pool = telling.task_id is None or not telling.played("operator")
    return in_pool and person in staff.in_departments(CLAIM, telling.departments)


def _note(
    telling: Telling, person: int, rules: Sequence[RuleFacts], wish: Wishes, now: datetime, *, over: bool
) -> Note:
    worded = next((rule for rule in rules if rule.text or rule.title), rules[0])
    priority = max(rule.priority or telling.priority for rule in rules)
    muted = telling.kind in wish.muted
    respected = priority < URGENT
    hushed = respected and is_quiet(now, wish)
    quiet = telling.kind in QUIET or muted or hushed or over
    channels: dict[str, datetime] = {}
    for rule in rules:
        for channel in () if muted else rule.channels:
            if channel not in wish.declined:
                when = _when(now, wish if respected else Wishes(), collect=rule.digest or over)
                channels[channel] = min(channels.get(channel, when), when)
    title, text = (written % _words(telling) for written in (worded.title, worded.text))
    return Note(telling, person, title[:120], text, priority, quiet, channels)


def _words(telling: Telling) -> dict[str, Any]:
    return dict.fromkeys(WORDS, "") | spoken(telling.values)


def _when(now: datetime, wish: Wishes, *, collect: bool) -> datetime:
    """At once; at the full hour when messages are collected; not before quiet hours are over."""
    when = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0) if collect else now
    if not is_quiet(when, wish) or wish.quiet_until is None:
        return when
    end = datetime.combine(when.date(), wish.quiet_until, when.tzinfo)
    return end if end > when else end + timedelta(days=1)


def is_quiet(at: datetime, wish: Wishes) -> bool:
    """Whether this local moment lies in a person's quiet hours, which may reach over midnight."""
    begin, end = wish.quiet_from, wish.quiet_until
    if begin is None or end is None or begin == end:
        return False
    return begin <= at.time() < end if begin < end else at.time() >= begin or at.time() < end
