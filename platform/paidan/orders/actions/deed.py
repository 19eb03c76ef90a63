"""Doing what a tablet asks exactly once, however often the line repeats it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan.errors import Refused
from paidan.orders.actions.locking import lock_task
from paidan.orders.models import Deed, Task
from paidan.people.models import User

type Outcome = dict[str, Any]


@transaction.atomic
def once(
    key: UUID,
    *,
    by: User,
    verb: str,
    task_id: int,
    asked: dict[str, Any],
    find: Callable[[], Task],
    act: Callable[[Task], str],
) -> Outcome:
    """Do this unless the key was answered before; then answer the same again and do nothing.

    The key is taken first, so that of two simultaneous sendings the second waits here for the outcome of the first.
    `find` is the edge's check: what it raises takes the key back. `act` does the verb and says in a sentence what
    it did; its refusal is an outcome like any other and changes nothing.
    """
    row = {"by": by, "verb": verb, "task_id": task_id, "asked": asked}
    deed, is_new = Deed.objects.get_or_create(key=key, defaults=row)
    if not is_new:
        return _answered(deed, by=by, verb=verb, task_id=task_id, asked=asked)
    task = find()
    try:
        with transaction.atomic():
            before = lock_task(task).version
            said = act(task)
        deed.outcome = {"ok": True, "message": said, "before": before, **_standing(task_id)}
    except Refused as refused:
        told = {name: refused.detail[name] for name in ("since",) if name in refused.detail}
        deed.outcome = {"ok": False, "code": refused.code, "message": str(refused), **told, **_standing(task_id)}
    deed.save(update_fields=["outcome"])
    return deed.outcome


def _answered(deed: Deed, *, by: User, verb: str, task_id: int, asked: dict[str, Any]) -> Outcome:
    if (deed.by_id, deed.verb, deed.task_id, deed.asked) != (by.pk, verb, task_id, asked):
        raise Refused(_("This was sent with a key that was used for something else. Load the page anew."), "bad_key")
    return dict(deed.outcome)


def _standing(task_id: int) -> Outcome:
    """The task as it stands, for the tablet that asked."""
    names = ("version", "good", "waste", "status")
    return Task.objects.filter(pk=task_id).values(*names).first() or {}


def forget(*, days: int) -> int:
    """Delete the deeds that no tablet will repeat any more; returns how many."""
    return Deed.objects.filter(at__lt=timezone.now() - timedelta(days=days)).delete()[0]
