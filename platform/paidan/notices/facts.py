"""What has to be known to decide who is told: rules, and what people want to hear."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from paidan.notices.models import Notification, Rule
from paidan.notices.planning import RuleFacts, Wishes
from paidan.people.models import User


def rules_in_force(kinds: Iterable[str]) -> list[RuleFacts]:
    """The rules that are on for these kinds of events, those that a shop wrote itself first. One query."""
    rules = Rule.objects.filter(enabled=True, kind__in=set(kinds)).order_by(F("built_in").desc(nulls_first=True), "id")
    return [facts_of(rule) for rule in rules]


def facts_of(rule: Rule) -> RuleFacts:
    """A rule as planning sees it."""
    return RuleFacts(
        rule.pk, rule.kind, rule.test, rule.audience, rule.people, rule.channels, rule.title, rule.text,
        rule.priority, rule.digest,
    )  # fmt: skip


def wishes_of(people: Iterable[int]) -> Mapping[int, Wishes]:
    """What these people want to hear, and how many notices rang for each within the last hour. One query."""
    since = timezone.now() - timedelta(hours=1)
    rang = Notification.objects.filter(recipient=OuterRef("pk"), created_at__gt=since, quiet=False).order_by()
    count = Subquery(rang.values("recipient").annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    names = ("muted", "declined", "quiet_from", "quiet_until")
    rows: Any = User.objects.filter(pk__in=set(people)).order_by().annotate(heard=Coalesce(count, 0))
    found = rows.values_list("pk", *(f"preference__{name}" for name in names), "heard")
    return {
        pk: Wishes(muted or (), declined or (), begin, end, heard) for pk, muted, declined, begin, end, heard in found
    }
