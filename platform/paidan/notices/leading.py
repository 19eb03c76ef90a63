"""Where a notification leads: the page of the nearest thing that it is about, as far as its reader may open it."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Value
from django.urls import reverse

from paidan.notices.models import Notification
from paidan.people.models import User

PAGES = {"task": "orders_task", "order": "orders_workorder"}
"""What a notification can be about, the nearest thing first, and the pages of these."""


def urls(reader: User, notices: Collection[Notification]) -> Mapping[int, str]:
    """Where each of these leads this person now, by its id; nowhere is "". One query, and the person's rights."""
    there = _still_there(reader, notices)
    return {notice.pk: _url(notice, there) for notice in notices}


def _still_there(reader: User, notices: Collection[Notification]) -> set[tuple[str, int]]:
    """What these are about, as far as it exists for this person and its page opens."""
    parts = []
    for noun, page in PAGES.items():
        ids = {pk for notice in notices if (pk := getattr(notice, f"{noun}_id"))}
        if ids and reader.has_perm(f"{page.replace('_', '.view_')}"):
            model: Any = Notification._meta.get_field(noun).remote_field.model  # type: ignore[union-attr]
            rows = model._default_manager.filter(pk__in=ids).visible_to(reader).order_by()
            parts.append(rows.values_list(Value(noun), "pk"))
    return set(parts[0].union(*parts[1:])) if parts else set()


def _url(notice: Notification, there: set[tuple[str, int]]) -> str:
    for noun, page in PAGES.items():
        pk = getattr(notice, f"{noun}_id")
        if (noun, pk) in there:
            return reverse(f"admin:{page}_change", args=[pk])
    return ""
