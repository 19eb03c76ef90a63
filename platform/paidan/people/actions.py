"""Placing people and giving roles their rights."""

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from guardian.shortcuts import assign_perm

from paidan.people.access import CLAIM, DISPATCH, VIEW
from paidan.people.models import Department, DepartmentGroupPermission, Post, Role, User

POST_RIGHTS: Mapping[str, Sequence[str]] = {
    Role.SUPERVISOR: (VIEW, DISPATCH),
    Role.OPERATOR: (CLAIM,),
}


@transaction.atomic
def sync_roles(rights: Mapping[str, Sequence[str]]) -> None:
    """Make groups and posts hold exactly the rights that the shop's role file gives; the same again changes nothing.

    `rights` maps a role to permissions written `app.codename`.
    """
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    unknown = {name for names in rights.values() for name in names} - known.keys()
    if unknown:
        raise ValueError(f"unknown permissions in the role file: {', '.join(sorted(unknown))}")
    held = {role: [known[name] for name in names] for role, names in rights.items()}
    for role in Role.values:
        if role not in POST_RIGHTS:
            Group.objects.get_or_create(name=role)[0].permissions.set(held[role])
    for department in Department.objects.all():
        for role in POST_RIGHTS:
            open_post(department, role).group.permissions.set(held[role])


def open_post(department: Department, role: str) -> Post:
    """The post of this role in this department, made with its group and department rights when it is new."""
    group, _made = Group.objects.get_or_create(name=f"{department.code}:{role}")
    post, _made = Post.objects.get_or_create(department=department, role=role, defaults={"group": group})
    wanted = set(POST_RIGHTS[role])
    held = DepartmentGroupPermission.objects.filter(group=group, content_object=department)
    held.exclude(permission__codename__in=wanted).delete()
    for right in wanted - set(held.values_list("permission__codename", flat=True)):
        assign_perm(right, group, department)
    return post


def place(user: User, *, role: str, department: Department | None = None) -> None:
    """Give a person a role: in a department for supervisors and operators, in the whole shop for the others."""
    group = open_post(department, role).group if department else Group.objects.get(name=role)
    user.groups.add(group)
