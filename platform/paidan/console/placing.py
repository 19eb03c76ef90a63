"""Placing a person: where, as what, with which skills, how much, and what is seen then. Every app's own verb writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from paidan.catalog.actions import train
from paidan.catalog.models import Skill
from paidan.constraints import in_words
from paidan.errors import Refused
from paidan.orders.actions.workload import set_limit
from paidan.orders.models import Task, Workload, WorkOrder
from paidan.orders.models.task import OPEN
from paidan.people import access
from paidan.people.access import CLAIM, DISPATCH, VIEW
from paidan.people.actions import POST_RIGHTS, put_in, set_active
from paidan.people.models import Department, DepartmentGroupPermission, Role, User, is_built_in, post_of

RIGHTS = (VIEW, CLAIM, DISPATCH)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a person stands: everything that the page asks."""

    is_active: bool
    roles: frozenset[str]
    posts: frozenset[tuple[int, str]]
    skills: frozenset[int]
    limit: int

    @property
    def fingerprint(self) -> str:
        """Two people who place the same person at once cannot overwrite each other unseen."""
        parts = (self.is_active, sorted(self.roles), sorted(self.posts), sorted(self.skills), self.limit)
        return sha256(repr(parts).encode()).hexdigest()[:16]


class Sees(NamedTuple):
    """What exists for a person: departments by right, and how many tasks and orders."""

    departments: Mapping[str, list[str]]
    tasks: int
    orders: int


class Left(NamedTuple):
    """A department that a person would leave with tasks still open."""

    department: Department
    tasks: int


# --- facts ------------------------------------------------------------------------------------------
def placement(person: User) -> Placement:
    """Where the person stands now. Three queries."""
    groups = list(person.groups.select_related("post"))
    limit = Workload.objects.filter(operator=person).values_list("limit", flat=True).first()
    return Placement(
        is_active=person.is_active,
        roles=frozenset(group.name for group in groups if group.name in Role.values and not post_of(group)),
        posts=frozenset((post.department_id, post.role) for group in groups if (post := post_of(group))),
        skills=frozenset(Skill.objects.filter(person=person).values_list("process_id", flat=True)),
        limit=limit or settings.PAIDAN_MAX_OPEN_TASKS,
    )


def open_tasks(person: User) -> dict[int, int]:
    """How many open tasks the person holds, by department."""
    rows = Task.objects.filter(operator=person, status__in=OPEN).order_by().values_list("department")
    return dict(rows.annotate(n=Count("id")))


# --- what would be ----------------------------------------------------------------------------------
def imagined(person: User, wanted: Placement) -> User:
    """The person as placed like this; to be asked what is visible, never to be saved."""
    by_hand = [group.pk for group in person.groups.select_related("post") if not is_built_in(group)]
    asked = Q(name__in=wanted.roles)
    for department, role in wanted.posts:
        asked |= Q(post__department=department, post__role=role)
    groups = [*by_hand, *Group.objects.filter(asked).values_list("pk", flat=True)]
    grants = {(right, department) for department, role in wanted.posts for right in POST_RIGHTS[role]}
    kept = DepartmentGroupPermission.objects.filter(group__in=by_hand)
    grants |= set(kept.values_list("permission__codename", "content_object_id"))
    return access.as_if(person, groups=groups, grants=grants, is_active=wanted.is_active)


def sees(person: User, wanted: Placement) -> Sees:
    """What would exist for the person who is placed like this."""
    would = imagined(person, wanted)
    known = access.sight(would).departments
    names = {department.pk: department.name for department in Department.objects.all()}
    return Sees(
        {right: [name for pk, name in names.items() if pk in known[right]] for right in RIGHTS},
        Task.objects.visible_to(would).count(),
        WorkOrder.objects.visible_to(would).count(),
    )


def left_behind(person: User, wanted: Placement) -> list[Left]:
    """Departments in which open tasks stay with a person who could not go on with them."""
    held = {pk: n for pk, n in open_tasks(person).items() if pk}
    before = access.departments_of(person)[CLAIM] if person.is_active else frozenset()
    after = access.sight(imagined(person, wanted)).departments[CLAIM] if wanted.is_active else frozenset()
    lost = (before - after) & held.keys() if wanted.is_active else held.keys()
    return [Left(department, held[department.pk]) for department in Department.objects.filter(pk__in=lost)]


# --- apply ------------------------------------------------------------------------------------------
def place(person: User, wanted: Placement, *, by: User, seen: str) -> None:
    """Place the person, all at once or not at all; `seen` is what the page showed, and stale pages are refused."""
    with in_words(), transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        now = placement(person)
        if now.fingerprint != seen:
            raise Refused(
                _("Somebody else placed %(person)s meanwhile. Compare with what stands here, then save again.")
                % {"person": person},
                "stale",
            )
        put_in(person, roles=wanted.roles, posts=wanted.posts, by=by)
        if wanted.skills != now.skills:
            train(person, wanted.skills, by=by)
        if wanted.limit != now.limit:
            set_limit(person, wanted.limit, by=by)
        if wanted.is_active != now.is_active:
            set_active(person, wanted.is_active, by=by)
