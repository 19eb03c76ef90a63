"""What an open page is told: the unseen part of its person's inbox, and which topics it may watch."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, cast

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from paidan.notices import leading
from paidan.notices.models import Notification
from paidan.people.access import CLAIM, VIEW, sight
from paidan.people.models import User

PAGE = 100
LOOK_BACK = timedelta(days=1)
"""What no page has shown within this time is no longer pushed; it stays in the inbox."""


class Page(NamedTuple):
    """Some notifications as a page gets them, how many are unread, and whether there are more."""

    notices: list[dict[str, Any]]
    unread: int
    more: bool


def mine(person: int) -> Any:
    """A person's inbox."""
    return Notification.objects.filter(recipient=person, expires_at__gt=timezone.now())


def state(person: int) -> tuple[int, int]:
    """The newest notification's id, and how many are unread."""
    newest = mine(person).order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0, mine(person).filter(read_at=None).count()


def unseen(person: int, *, after: int, wanted: Collection[int] = (), seen: Collection[int] = ()) -> list[Notification]:
    """What came after this id, was named by a signal, or was neither shown nor read yet; without what the page has.

    Ids are given before the commit, so one that is smaller may come later: the signal names it, and until it was
    shown somewhere it is looked for. One more than a page, when there is more.
    """
    unshown = Q(sent_at=None, read_at=None, created_at__gt=timezone.now() - LOOK_BACK)
    late = (Q(pk__in=list(wanted)) | unshown) & ~Q(pk__in=list(seen))
    return list(mine(person).filter(Q(pk__gt=after) | late).order_by("pk")[: PAGE + 1])


def reader(person: int) -> User:
    """Whose inbox it is, asked for when somebody wants to know what this person may open, and then known."""
    return cast(User, SimpleLazyObject(lambda: User.objects.filter(pk=person).first() or AnonymousUser()))


def news(
    person: int, *, reader: User, after: int, wanted: Collection[int], seen: Collection[int], language: str
) -> Page:
    """What an open page has not seen, as it gets it."""
    rows = unseen(person, after=after, wanted=wanted, seen=seen)
    if not rows:
        return Page([], 0, False)
    with translation.override(language):
        notices = as_sent(reader, rows[:PAGE])
    return Page(notices, mine(person).filter(read_at=None).count(), len(rows) > PAGE)


def as_sent(reader: User, notices: Sequence[Notification]) -> list[dict[str, Any]]:
    """Notifications as pages get them: ids, safe text and links that open, in the language that is switched on."""
    urls = leading.urls(reader, notices)
    return [
        {
            "id": notice.pk,
            "kind": notice.kind,
            "title": str(notice.heading),
            "text": str(notice),
            "priority": notice.priority,
            "url": urls[notice.pk],
            "at": notice.created_at.isoformat(),
            "read": notice.read_at is not None,
            "quiet": notice.quiet,
        }
        for notice in notices
    ]


def may_watch(person: int, topics: Collection[str]) -> set[str]:
    """Those of these topics whose rows exist for this person."""
    user = User.objects.filter(pk=person, is_active=True).first()
    if user is None or not topics:
        return set()
    named = {topic: part for topic in topics if (part := _parted(topic))}
    orders = {pk for kind, pk in named.values() if kind == "order"}
    rows = apps.get_model("orders.WorkOrder")._default_manager.filter(pk__in=orders)
    known = set(rows.visible_to(user).values_list("pk", flat=True)) if orders else set()  # type: ignore[attr-defined]
    see = sight(user)
    places = see.departments[VIEW] | see.departments[CLAIM]
    allowed = {
        "order": lambda pk: pk in known,
        "department": lambda pk: see.everything or pk in places,
        "user": lambda pk: pk == person,
        "shop": lambda pk: see.everything,
    }
    return {topic for topic, (kind, pk) in named.items() if kind in allowed and allowed[kind](pk)}


def _parted(topic: str) -> tuple[str, int] | None:
    kind, _colon, number = topic.partition(":")
    return (kind, int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None


def language_of(cookies: Mapping[str, str]) -> str:
    """The language that the person chose in this browser."""
    chosen = cookies.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
