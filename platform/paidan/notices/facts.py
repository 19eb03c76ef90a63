"""What has to be known to decide who is told: rules, and what people want to hear."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import CharField, Count, DateTimeField, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from paidan.notices.models import Notification, Rule
from paidan.notices.planning import RuleFacts, Wishes
from paidan.people.models import User
from paidan.prepared import Given, OneOf, Prepared

ASKED = (
    "id", "kind", "condition", "audience", "people", "channels", "title", "text", "priority", "digest",
)  # fmt: skip


def rules_in_force(kinds: Iterable[str]) -> list[RuleFacts]:
    """The rules that are on for these kinds of events, those that a shop wrote itself first. One query."""
    return [facts_of(Rule(**dict(zip(ASKED, row, strict=True)))) for row in _in_force.ask(kinds=set(kinds))]


@Prepared
def _in_force() -> QuerySet[Any, Any]:
    rules = Rule.objects.filter(enabled=True, kind__in=OneOf("kinds", CharField()))
    return rules.order_by(F("built_in").desc(nulls_first=True), "id").values_list(*ASKED)


def facts_of(rule: Rule) -> RuleFacts:
    """A rule as planning sees it."""
    return RuleFacts(
        rule.pk, rule.kind, rule.test, rule.audience, rule.people, rule.channels, rule.title, rule.text,
        rule.priority, rule.digest,
    )  # fmt: skip


def wishes_of(people: Iterable[int]) -> Mapping[int, Wishes]:
    """What these people want to hear, and how many notices rang for each within the last hour. One query."""
    found = _wishes.ask(people=people, since=timezone.now() - timedelta(hours=1))
    return {
        pk: Wishes(muted or (), declined or (), begin, end, heard) for pk, muted, declined, begin, end, heard in found
    }


@Prepared
def _wishes() -> QuerySet[Any, Any]:
    since = Given("since", DateTimeField())
    rang = Notification.objects.filter(recipient=OuterRef("pk"), created_at__gt=since, quiet=False).order_by()
    count = Subquery(rang.values("recipient").annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    names = ("muted", "declined", "quiet_from", "quiet_until")
    rows: Any = User.objects.filter(pk__in=OneOf("people")).order_by().annotate(heard=Coalesce(count, 0))
    return rows.values_list("pk", *(f"preference__{name}" for name in names), "heard")  # type: ignore[no-any-return]
