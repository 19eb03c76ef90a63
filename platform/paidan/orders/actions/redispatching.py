"""Sends waiting tasks to other departments after the rules changed: exactly those that were shown."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from paidan import audited
from paidan.errors import Refused
from paidan.notices.actions import announce
from paidan.notices.models import Kind
from paidan.notices.planning import Telling
from paidan.orders.actions import telling
from paidan.orders.actions.dispatching import decision_row, placed
from paidan.orders.actions.locking import lock_orders_of, must_be_live
from paidan.orders.models import DispatchDecision, Task
from paidan.orders.models.task import Status
from paidan.orders.moves import Move
from paidan.people.models import Department, User

MOST_NAMED = 3


@transaction.atomic
def redispatch(moves: Sequence[Move], *, by: User, reason: str = "") -> int:
    """Put each task where the plan sends it, with its decision; refused whole when one of them moved meanwhile.

    A constant number of statements, and one for each pair of departments. Returns how many tasks moved.
    """
    if not moves:
        return 0
    for order in lock_orders_of(move.task for move in moves):
        must_be_live(order)
        telling.touch(order, departments={place for move in moves for place in (move.source, move.target)})
    _must_stand_as_shown(moves)
    _must_be_places(moves)
    groups: dict[tuple[int | None, str], list[int]] = {}
    for move in moves:
        why = "" if move.target is not None else move.decision.reason
        groups.setdefault((move.target, why), []).append(move.task)
    values = [(ids, placed(target, None, why)) for (target, why), ids in groups.items()]
    audited.update_groups(Task, values, by=by, why=reason or _("dispatched by new rules"))
    audited.write_once(DispatchDecision, [decision_row(move.task, move.decision, by) for move in moves])
    announce(list(_tellings(moves, by)), by=by)
    return len(moves)


def _must_stand_as_shown(moves: Sequence[Move]) -> None:
    """Nobody took, began, moved or changed one of these tasks since the plan was shown. One query."""
    free = Task.objects.filter(
        pk__in=[move.task for move in moves], status=Status.PENDING, operator=None, started_at=None
    )
    now = {pk: rest for pk, *rest in free.values_list("pk", "version", "department_id")}
    gone = [move for move in moves if now.get(move.task) != [move.version, move.source]]
    if gone:
        named = [f"“{move.content}” ({move.number})" for move in gone[:MOST_NAMED]]
        raise Refused(
            _("%(count)s of these tasks changed meanwhile: %(tasks)s. Nothing was saved; look again and confirm.")
            % {"count": len(gone), "tasks": _(", ").join([*named, *["…"] * (len(gone) > MOST_NAMED)])},
            "stale",
            moved=["tasks"],
        )


def _must_be_places(moves: Sequence[Move]) -> None:
    """Refuse to send tasks to a department that was closed meanwhile. One query."""
    closed = Department.objects.filter(pk__in={move.target for move in moves if move.target}, is_active=False).first()
    if closed:
        raise Refused(_("%(department)s is not active. Choose another one.") % {"department": closed}, "inactive")


def _tellings(moves: Sequence[Move], by: User) -> Iterator[Telling]:
    """For both sides: how many tasks went from where to where. One query."""
    pairs = Counter((move.source, move.target) for move in moves)
    names: Mapping[int | None, str] = {
        None: _("no department"),
        **dict(
            Department.objects.filter(pk__in={place for pair in pairs for place in pair if place}).values_list(
                "pk", "name"
            )
        ),
    }
    for (source, target), count in sorted(pairs.items(), key=str):
        words = {"person": by, "tasks": count, "source": names[source], "department": names[target]}
        departments = [place for place in (source, target) if place]
        yield Telling(kind=Kind.TASKS_MOVED, values=words, departments=departments)
