"""The only place that says who sees which rows and which fields. It knows paths, not models."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, cast

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Case, Q, Value, When
from django.http import HttpRequest

from paidan.people.models import Department, DepartmentGroupPermission, DepartmentUserPermission, Role, User

VIEW, CLAIM, DISPATCH = "view_tasks", "claim_tasks", "dispatch_tasks"


@dataclass(frozen=True, slots=True)
class Scope:
    """By which paths the rows of a model reach a person.

    `owners`: fields naming persons whose own orders these are; `holder`: the person who works on the row;
    `department`: where the work is, `pool` what is free to be taken there; `worker`: a person whose row is seen by the
    supervisors of the departments that he or she works in; `through`: a model and the field of it
    that points here – a row is seen when one of those rows is; `parent`: a field – a row is seen when that is.
    """

    owners: tuple[str, ...] = ()
    holder: str = ""
    department: str = ""
    pool: Q | None = None
    worker: str = ""
    through: tuple[str, str] | None = None
    parent: tuple[str, str] | None = None


class Sight(NamedTuple):
    """What one person may look at: everything, own orders, and departments by right."""

    everything: bool
    own: bool
    departments: dict[str, frozenset[int]]


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows that people see only through `visible_to`."""

    scope: Scope

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The rows that exist for this person."""
        return self.filter(visible(self.scope, user)) if not sight(user).everything else self


def visible(scope: Scope, user: User | AnonymousUser) -> Q:
    """The condition under which a row of this scope exists for the person; ids first, never join + DISTINCT."""
    see = sight(user)
    if see.everything:
        return Q()
    allowed = Q(pk__in=[])
    if not user.is_authenticated or not user.is_active:
        return allowed
    if scope.parent:
        field, model = scope.parent
        parents = apps.get_model(model)._default_manager.all().visible_to(user)  # type: ignore[attr-defined]
        allowed |= Q(**{f"{field}__in": parents})
    if scope.owners and see.own:
        for owner in scope.owners:
            allowed |= Q(**{owner: user.pk})
    if scope.holder and user.pk:
        allowed |= Q(**{scope.holder: user.pk})
    if scope.department and see.departments[VIEW]:
        allowed |= Q(**{f"{scope.department}__in": sorted(see.departments[VIEW])})
    if scope.pool and see.departments[CLAIM]:
        allowed |= scope.pool & Q(**{f"{scope.department}__in": sorted(see.departments[CLAIM])})
    if scope.worker and see.departments[DISPATCH]:
        staff = holders(CLAIM)
        people = frozenset().union(*(staff.get(place, frozenset()) for place in see.departments[DISPATCH]))
        allowed |= Q(**{f"{scope.worker}__in": sorted(people)})
    if scope.through:
        model, field = scope.through
        rows = apps.get_model(model)._default_manager.all().visible_to(user)  # type: ignore[attr-defined]
        allowed |= Q(pk__in=rows.order_by().values(field))
    return allowed


def sight(user: User | AnonymousUser) -> Sight:
    """What this person may look at; asked once per request, kept on the user object."""
    kept: Sight | None = getattr(user, "_sight", None)
    if kept is None:
        kept = user._sight = _look(user)  # type: ignore[union-attr]
    return kept


def _look(user: User | AnonymousUser) -> Sight:
    nothing: dict[str, frozenset[int]] = defaultdict(frozenset)
    if not user.is_authenticated or not user.is_active:
        return Sight(False, False, nothing)
    everything = user.has_perm("orders.view_all_orders")
    return Sight(everything, user.has_perm("orders.view_own_orders"), departments_of(user))


def departments_of(user: User | AnonymousUser) -> dict[str, frozenset[int]]:
    """Department ids by right, children of a granted department included. One query: the grants, and the tree."""
    by_post = DepartmentGroupPermission.objects.filter(group__user=user.pk)
    by_name = DepartmentUserPermission.objects.filter(user=user.pk)
    names = ("permission__codename", "content_object_id", "content_object__parent_id")
    tree = Department.objects.order_by().values_list(Value(""), "id", "parent_id")
    rows = list(by_post.values_list(*names).union(by_name.values_list(*names), tree))
    parents = {department: parent for codename, department, parent in rows if not codename}
    rights: dict[str, frozenset[int]] = defaultdict(frozenset)
    for right in {codename for codename, _department, _parent in rows if codename}:
        roots = {department for codename, department, _parent in rows if codename == right}
        rights[right] = frozenset(child for child in parents if roots & _line(child, parents))
    return rights


def _line(department: int, parents: Mapping[int, int | None]) -> set[int]:
    """A department and all it belongs to."""
    line: set[int] = set()
    at: int | None = department
    while at is not None and at not in line:
        line.add(at)
        at = parents.get(at)
    return line


def branch(department_id: int) -> frozenset[int]:
    """A department and all that belong to it. One query."""
    parents = dict(Department.objects.order_by().values_list("pk", "parent"))
    return frozenset(child for child in parents if department_id in _line(child, parents))


def may_in(user: User | AnonymousUser, right: str, department_id: int | None) -> bool:
    """Whether the person holds this right in this department."""
    if user.is_superuser:
        return True
    return department_id is not None and department_id in sight(user).departments[right]


def holders(right: str) -> dict[int, frozenset[int]]:
    """The active people who hold this right, by department, grants on a parent included. One query."""
    by_post = DepartmentGroupPermission.objects.filter(permission__codename=right, group__user__is_active=True)
    by_name = DepartmentUserPermission.objects.filter(permission__codename=right, user__is_active=True)
    tree = Department.objects.order_by().values_list(Value(0), "id", "parent_id")
    rows = list(
        by_post.values_list("group__user", "content_object_id", "content_object__parent_id").union(
            by_name.values_list("user", "content_object_id", "content_object__parent_id"), tree
        )
    )
    parents = {department: parent for person, department, parent in rows if not person}
    granted = [(department, person) for person, department, _parent in rows if person]
    return _spread(granted, {department: _line(department, parents) for department in parents})


@dataclass(frozen=True, slots=True)
class Staff:
    """The active people the other way round: who holds which right, to decide whom to tell.

    `rights`: people by `everything` and `own` (which orders they see), by `approvers` and `administrators`, and by
    role, `role:maker`; `departments`: people by right and department, grants on a parent included.
    """

    active: frozenset[int]
    rights: Mapping[str, frozenset[int]]
    departments: Mapping[str, Mapping[int, frozenset[int]]]

    def in_departments(self, right: str, departments: Iterable[int]) -> frozenset[int]:
        """Who holds this right in one of these departments."""
        held = self.departments[right]
        return frozenset().union(*(held.get(department, frozenset()) for department in departments))


STAFF_RIGHTS = {
    "view_all_orders": "everything",
    "view_own_orders": "own",
    "approve_workorder": "approvers",
    "change_plugin": "administrators",
}


def staff() -> Staff:
    """All active people, what they may see and what they are. One query."""
    nowhere = (Value(0), Value(0))
    department = ("content_object_id", "content_object__parent_id")
    groups = User.groups.through.objects.filter(user__is_active=True)
    alone = User.user_permissions.through.objects.filter(user__is_active=True)
    tree = Department.objects.order_by().values_list(Value(0), Value("tree"), "id", "parent_id")
    superuser = Case(When(is_superuser=True, then=Value("superuser")), default=Value("active"))
    parts = [
        User.objects.filter(is_active=True).order_by().values_list("pk", superuser, *nowhere),
        groups.filter(group__permissions__codename__in=STAFF_RIGHTS).values_list(
            "user_id", "group__permissions__codename", *nowhere
        ),
        alone.filter(permission__codename__in=STAFF_RIGHTS).values_list("user_id", "permission__codename", *nowhere),
        groups.filter(group__name__in=Role.values).values_list("user_id", "group__name", *nowhere),
        groups.filter(group__post__isnull=False).values_list("user_id", "group__post__role", *nowhere),
        DepartmentGroupPermission.objects.filter(group__user__is_active=True).values_list(
            "group__user", "permission__codename", *department
        ),
        DepartmentUserPermission.objects.filter(user__is_active=True).values_list(
            "user", "permission__codename", *department
        ),
    ]
    return _staff(list(parts[-1].union(tree, *parts[:-1])))  # the first part must have no order of its own


def _staff(rows: Iterable[tuple[int, str, int, int | None]]) -> Staff:
    parents = {department: parent for _person, what, department, parent in rows if what == "tree"}
    lines = {department: _line(department, parents) for department in parents}
    rights: dict[str, set[int]] = defaultdict(set)
    granted: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for person, what, department, _parent in rows:
        if person and department:
            granted[what].add((department, person))
        elif person:
            rights[STAFF_RIGHTS.get(what, f"role:{what}" if what in Role.values else what)].add(person)
    rights["everything"] |= rights["superuser"]
    rights["active"] |= rights["superuser"]
    return Staff(
        frozenset(rights["active"]),
        defaultdict(frozenset, {what: frozenset(people) for what, people in rights.items()}),
        defaultdict(dict, {right: _spread(grants, lines) for right, grants in granted.items()}),
    )


def _spread(grants: Iterable[tuple[int, int]], lines: Mapping[int, set[int]]) -> dict[int, frozenset[int]]:
    """Who holds a right, by department: whoever was granted it there or in what the department belongs to."""
    people: dict[int, set[int]] = defaultdict(set)
    for department, person in grants:
        people[department].add(person)
    return {
        department: frozenset().union(*(people[above] for above in line if above in people))
        for department, line in lines.items()
    }


def works_from_pools(user: User | AnonymousUser) -> bool:
    """Whether a person sees single tasks here and there, rather than whole departments."""
    see = sight(user)
    return not see.everything and bool(see.departments[CLAIM])


def person(request: HttpRequest) -> User:
    """Who asks; pages behind the sign-in know that it is somebody."""
    return cast(User, request.user)
