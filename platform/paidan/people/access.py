"""The only place that says who sees which rows and which fields. It knows paths, not models."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self, cast

from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Permission
from django.db import models
from django.db.models import Q, Value
from django.http import HttpRequest

from paidan.people.models import Department, DepartmentGroupPermission, DepartmentUserPermission, User
from paidan.prepared import Given, Prepared

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
    rows = _grants.ask(user=user.pk)
    parents = {department: parent for codename, department, parent in rows if not codename}
    return _spread({(codename, department) for codename, department, _parent in rows if codename}, parents)


@Prepared
def _grants() -> models.QuerySet[Any, Any]:
    user = Given("user", models.BigIntegerField())
    names = ("permission__codename", "content_object_id", "content_object__parent_id")
    by_post = DepartmentGroupPermission.objects.filter(group__user=user).values_list(*names)
    by_name = DepartmentUserPermission.objects.filter(user=user).values_list(*names)
    tree = Department.objects.order_by().values_list(Value(""), "id", "parent_id")
    return by_post.union(by_name, tree)


def _spread(grants: Collection[tuple[str, int]], parents: Mapping[int, int | None]) -> dict[str, frozenset[int]]:
    """Which departments these grants cover, by right: a grant on a parent covers its children."""
    rights: dict[str, frozenset[int]] = defaultdict(frozenset)
    for right in {right for right, _department in grants}:
        roots = {department for each, department in grants if each == right}
        rights[right] = frozenset(child for child in parents if roots & _line(child, parents))
    return rights


def as_if(user: User, *, groups: Iterable[int], grants: Iterable[tuple[str, int]], is_active: bool) -> User:
    """The person as he or she would see the shop with these groups, and these rights in departments.

    To be asked `visible_to` with; never to be saved. Three queries.
    """
    imagined = User(pk=user.pk, username=user.username, is_superuser=user.is_superuser, is_active=is_active)
    wide = Q(codename__in=["view_all_orders", "view_own_orders"], content_type__app_label="orders")
    held = Permission.objects.filter(wide, Q(group__in=list(groups)) | Q(user=user.pk))
    names = set(held.values_list("codename", flat=True))
    by_name = DepartmentUserPermission.objects.filter(user=user.pk)
    own = set(by_name.values_list("permission__codename", "content_object_id"))
    departments = _spread({*grants, *own}, dict(Department.objects.values_list("id", "parent_id")))
    everything = is_active and (user.is_superuser or "view_all_orders" in names)
    imagined._sight = Sight(everything, "view_own_orders" in names, departments)  # type: ignore[attr-defined]
    return imagined


def _line(department: int, parents: Mapping[int, int | None]) -> set[int]:
    """A department and all it belongs to."""
    line: set[int] = set()
    at: int | None = department
    while at is not None and at not in line:
        line.add(at)
        at = parents.get(at)
    return line


def lines(parents: Mapping[int, int | None]) -> dict[int, set[int]]:
    """For every department, itself and all it belongs to."""
    return {department: _line(department, parents) for department in parents}


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
    return inherited(granted, lines(parents))


def inherited(grants: Iterable[tuple[int, int]], tree: Mapping[int, set[int]]) -> dict[int, frozenset[int]]:
    """Who holds a right, by department: whoever was granted it there or in what the department belongs to."""
    people: dict[int, set[int]] = defaultdict(set)
    for department, person in grants:
        people[department].add(person)
    return {
        department: frozenset().union(*(people[above] for above in line if above in people))
        for department, line in tree.items()
    }


# --- fields ----------------------------------------------------------------------------------------
class Priced(models.Model):
    """A row with fields of money, which its model names once; whoever shows fields asks `hidden_from`."""

    money_fields: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    @classmethod
    def hidden_from(cls, user: User | AnonymousUser) -> frozenset[str]:
        """For pages that know no more of a model than that it may hide something."""
        return hidden_fields(user, cls)


def hidden_fields(user: User | AnonymousUser, model: Any) -> frozenset[str]:
    """The fields of a model that are shown to this person nowhere: no page, list, history, export or import."""
    sees_all = isinstance(user, User) and user.sees_prices
    return frozenset() if sees_all else frozenset(getattr(model, "money_fields", ()))


def shows(user: User | AnonymousUser, model: Any, name: str) -> bool:
    """Whether this field of a model is shown to this person."""
    return name not in hidden_fields(user, model)


def works_from_pools(user: User | AnonymousUser) -> bool:
    """Whether a person sees single tasks here and there, rather than whole departments."""
    see = sight(user)
    return not see.everything and bool(see.departments[CLAIM])


def person(request: HttpRequest) -> User:
    """Who asks; pages behind the sign-in know that it is somebody."""
    return cast(User, request.user)
