"""The rights of people the other way round: who holds which, to decide whom to tell."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Case, QuerySet, Value, When

from paidan.people.access import inherited, lines
from paidan.people.models import Department, DepartmentGroupPermission, DepartmentUserPermission, Role, User
from paidan.prepared import Prepared

RIGHTS = {
    "view_all_orders": "everything",
    "view_own_orders": "own",
    "approve_workorder": "approvers",
    "change_plugin": "administrators",
}
NAMES = {"active": "active", "superuser": "superuser"} | RIGHTS | {role: f"role:{role}" for role in Role.values}


@dataclass(frozen=True, slots=True)
class Staff:
    """The active people by what they may do.

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


def staff() -> Staff:
    """All active people, what they may see and what they are. One query."""
    return _staff(_rows.ask())


@Prepared
def _rows() -> QuerySet[Any, Any]:
    """Of whom (`person` or `post`; a `member` of a post; a part of the `tree`), the id, which right or role, where.

    What a post may do is said once, not for each of its people.
    """
    post, person, nothing, nowhere = Value("post"), Value("person"), Value(""), Value(0)
    rank = Case(When(is_superuser=True, then=Value("superuser")), default=Value("active"))
    posts, people = Group.objects.order_by(), User.objects.filter(is_active=True).order_by()
    right, place = "permission__codename", "content_object_id"
    parts: list[QuerySet[Any, Any]] = [
        DepartmentUserPermission.objects.filter(user__is_active=True).values_list(person, "user_id", right, place),
        DepartmentGroupPermission.objects.values_list(post, "group_id", right, place),
        Department.objects.order_by().values_list(Value("tree"), "id", nothing, "parent_id"),
        people.filter(groups__isnull=False).values_list(Value("member"), "id", nothing, "groups"),
        people.values_list(person, "id", rank, nowhere),
        people.filter(user_permissions__codename__in=RIGHTS).values_list(
            person, "id", "user_permissions__codename", nowhere
        ),
        posts.filter(permissions__codename__in=RIGHTS).values_list(post, "id", "permissions__codename", nowhere),
        posts.filter(name__in=Role.values).values_list(post, "id", "name", nowhere),
        posts.filter(post__isnull=False).values_list(post, "id", "post__role", nowhere),
    ]
    return parts[0].union(*parts[1:], all=True)  # the first must have no order of its own


def _staff(rows: Iterable[tuple[Any, ...]]) -> Staff:
    said: dict[str, list[tuple[int, str, Any]]] = defaultdict(list)
    for kind, whom, what, place in rows:
        said[kind].append((whom, what, place))
    members: dict[int, set[int]] = defaultdict(set)
    for who, _nothing, post in said["member"]:
        members[post].add(who)
    rights: dict[str, set[int]] = defaultdict(set)
    granted: dict[str, list[tuple[int, int]]] = defaultdict(list)
    held = [({who}, right, place) for who, right, place in said["person"]]
    for people, right, place in [*held, *((members[post], right, place) for post, right, place in said["post"])]:
        if place:
            granted[right] += [(place, who) for who in people]
        else:
            rights[right] |= people
    tree = lines({place: parent for place, _nothing, parent in said["tree"]})
    rights["active"] |= rights["superuser"]
    rights["view_all_orders"] |= rights["superuser"]
    return Staff(
        frozenset(rights["active"]),
        defaultdict(frozenset, {NAMES[right]: frozenset(people) for right, people in rights.items()}),
        defaultdict(dict, {right: inherited(grants, tree) for right, grants in granted.items()}),
    )
