"""Placing people, giving roles their rights, and keeping accounts safe."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django_otp import devices_for_user, verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from guardian.shortcuts import assign_perm

from paidan import audited
from paidan.backoffice import live
from paidan.constraints import in_words
from paidan.errors import Refused
from paidan.people.access import CLAIM, DISPATCH, VIEW
from paidan.people.models import (
    Department,
    DepartmentGroupPermission,
    Post,
    Role,
    User,
    Viewing,
    called,
    is_built_in,
    post_of,
    right_called,
)
from paidan.people.role_file import role_rights
from paidan.people.security import must_have_second_step

POST_RIGHTS: Mapping[str, Sequence[str]] = {
    Role.SUPERVISOR: (VIEW, DISPATCH),
    Role.OPERATOR: (CLAIM,),
}
RECOVERY_CODES = 10
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody takes for another; sixteen of them are 79 random bits."""


@transaction.atomic
def sync_roles(rights: Mapping[str, Sequence[str]]) -> None:
    """Make groups and posts hold exactly the rights that the shop's role file gives; the same again changes nothing.

    `rights` maps a role to permissions written `app.codename`.
    """
    known = _permissions()
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


def _permissions() -> dict[str, Permission]:
    """Every permission by its name, `app.codename`."""
    return {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }


def open_post(department: Department, role: str) -> Post:
    """The post of this role in this department; a new one allows what others do, the very first what the file says."""
    group, _made = Group.objects.get_or_create(name=f"{department.code}:{role}")
    post, made = Post.objects.get_or_create(department=department, role=role, defaults={"group": group})
    if made and (sibling := Post.objects.filter(role=role).exclude(pk=post.pk).select_related("group").first()):
        group.permissions.set(sibling.group.permissions.all())
    elif made:
        known = _permissions()
        group.permissions.set(known[name] for name in role_rights()[role])
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
    live.rights_changed([user.pk])


@transaction.atomic
def put_in(user: User, *, roles: Iterable[str], posts: Collection[tuple[int, str]], by: User) -> None:
    """Give a person exactly these roles in the whole shop, and these posts: department and role of each.

    Groups made by hand stay as they are. What came and what went stands in the person's history.
    """
    wanted = set(Group.objects.filter(name__in=set(roles) - POST_RIGHTS.keys()))
    departments = Department.objects.in_bulk([department for department, _role in posts])
    have = {group for group in user.groups.select_related("post__department") if is_built_in(group)}
    held = {(post.department_id, post.role): group for group in have if (post := post_of(group))}
    for department, role in posts:
        if department not in departments:
            raise Refused(_("One of the departments was deleted meanwhile. Look again."), "gone")
        wanted.add(held.get((department, role)) or open_post(departments[department], role).group)
    _regroup(user, wanted - have, have - wanted, by=by)


@transaction.atomic
def set_groups(user: User, groups: Iterable[Group], *, by: User) -> None:
    """Give a person exactly these groups: roles, posts and those made by hand. What came and went stands in the history."""
    wanted, have = set(groups), set(user.groups.select_related("post__department"))
    _regroup(user, wanted - have, have - wanted, by=by)


def _regroup(user: User, came: Collection[Group], went: Collection[Group], *, by: User) -> None:
    if not (came or went):
        return
    user.groups.remove(*went)
    user.groups.add(*came)
    live.rights_changed([user.pk])
    why = _("Now: %(came)s; no longer: %(went)s")
    _remember([user.pk], by=by, why=why % {"came": _listed(map(called, came)), "went": _listed(map(called, went))})


@transaction.atomic
def set_rights(group: Group, rights: Iterable[Permission], *, by: User) -> None:
    """Let a group allow exactly these rights. It is written into the history of everybody who is in it."""
    wanted, have = set(rights), set(group.permissions.select_related("content_type"))
    if wanted == have:
        return
    group.permissions.set(wanted)
    members = list(group.user_set.values_list("pk", flat=True))
    live.rights_changed(members)
    why = _("%(group)s may now: %(came)s; no longer: %(went)s")
    came, went = (_listed(map(right_called, some)) for some in (wanted - have, have - wanted))
    _remember(members, by=by, why=why % {"group": called(group), "came": came, "went": went})


def _listed(names: Iterable[str]) -> str:
    return _(", ").join(sorted(names)) or "—"


@transaction.atomic
def set_active(user: User, is_active: bool, *, by: User) -> None:
    """Let a person sign in, or not any more; whoever may not is out at once."""
    audited.update(
        User, [user.pk], by=by, why=_("Switched on") if is_active else _("Switched off"), is_active=is_active
    )
    live.rights_changed([user.pk])


# --- accounts: every verb leaves who and why on the person ---------------------------------------------
def check_code(user: User, code: str) -> str:
    """The id of the device that this code proves, used up with it; empty when it proves none. Refused when tried too often."""
    kind = TOTPDevice if code.isdigit() else StaticDevice
    device = kind.objects.devices_for_user(user, confirmed=True).first()
    if device is None:
        return ""
    allowed, why_not = device.verify_is_allowed()
    if not allowed:
        raise Refused(
            _("Too many wrong codes. Wait a moment and use the next one."), "code_throttled", **(why_not or {})
        )
    return device.persistent_id if verify_token(user, device.persistent_id, code) else ""


@transaction.atomic
def turn_on_second_step(user: User, *, key: str, code: str, by: User) -> tuple[str, Sequence[str]]:
    """Demand codes made with this key from now on; returns the device's id and the recovery codes, shown once.

    Every other session of the person ends.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if TOTPDevice.objects.devices_for_user(user).exists():
        raise Refused(_("The second step is on already. Turn it off first to use another phone."), "second_step_is_on")
    device = TOTPDevice(user=user, name="totp", key=key, confirmed=True)
    device.save()
    if not device.verify_token(code):
        raise Refused(
            _("This code is not right. Look at the clock of your phone, and type the next code."), "wrong_code"
        )
    codes = _give_recovery_codes(user)
    _stamp(user, by=by, why=_("Second step at sign-in turned on"))
    return device.persistent_id, codes


@transaction.atomic
def renew_recovery_codes(user: User, *, by: User) -> Sequence[str]:
    """New recovery codes in place of all old ones, shown once."""
    codes = _give_recovery_codes(user)
    _remember([user.pk], by=by, why=_("New recovery codes"))
    return codes


@transaction.atomic
def turn_off_second_step(user: User, *, by: User) -> None:
    """The password alone is enough again, unless the person's role demands more."""
    if must_have_second_step(user):
        raise Refused(_("Your role needs the second step. An administrator can reset it."), "second_step_needed")
    _drop_devices(user)
    _stamp(user, by=by, why=_("Second step at sign-in turned off"))


def new_password(user: User) -> str:
    """A random password that opens the door once, set but not saved; nobody can read it later."""
    password = "-".join(get_random_string(4, READABLE) for _n in range(4))
    user.set_password(password)
    user.must_change_password = True
    return password


@transaction.atomic
def give_password(user: User, *, by: User) -> str:
    """Give a person who forgot it a new password, to be read once; every session of the person ends."""
    password = new_password(user)
    user.save_without_historical_record(update_fields=["password", "must_change_password"])  # type: ignore[attr-defined]
    _remember([user.pk], by=by, why=_("A new password was given"))
    return password


@transaction.atomic
def reset_second_step(user: User, *, by: User, reason: str) -> None:
    """Forget a lost phone and its recovery codes, and end the person's sessions."""
    if not _drop_devices(user):
        raise Refused(_("%(person)s has no second step.") % {"person": user}, "no_second_step")
    _stamp(user, by=by, why=_("Second step reset: %(reason)s") % {"reason": reason})


@transaction.atomic
def end_sessions(user: User, *, by: User, reason: str) -> None:
    """Sign the person out everywhere, at once."""
    _stamp(user, by=by, why=_("Signed out everywhere: %(reason)s") % {"reason": reason})


def is_locked_out(user: User) -> bool:
    """Whether somebody who gave this name failed so often that it is locked out from where that was."""
    failures = AccessAttempt.objects.filter(username=user.get_username()).values("ip_address")
    return failures.annotate(n=Sum("failures_since_start")).filter(n__gte=settings.AXES_FAILURE_LIMIT).exists()


@transaction.atomic
def unlock(user: User, *, by: User, reason: str) -> None:
    """Forget the failed sign-ins with this name, so that the person may try again at once."""
    reset(username=user.get_username())
    _remember([user.pk], by=by, why=_("Unlocked: %(reason)s") % {"reason": reason})


# --- looking through another's eyes: written down when it begins, and when it ends ---------------------
def begin_viewing(person: User, *, by: User) -> Viewing:
    """Write down that somebody looks at this person's console from now on."""
    with in_words():
        return Viewing.objects.create(by=by, person=person)


def end_viewing(viewing: Viewing) -> None:
    """Write down until when; the first time counts."""
    Viewing.objects.filter(pk=viewing.pk, ended_at=None).update(ended_at=timezone.now())


def _give_recovery_codes(user: User) -> list[str]:
    device, _made = StaticDevice.objects.get_or_create(user=user, name="recovery")
    device.token_set.all().delete()
    codes = [StaticToken.random_token() for _n in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def _drop_devices(user: User) -> int:
    return len([device.delete() for device in devices_for_user(user, confirmed=None)])


def _stamp(user: User, *, by: User, why: str) -> None:
    """End every session of the person, and write down why."""
    _remember([user.pk], by=by, why=why, count=1)
    live.rights_changed([user.pk])
    user.refresh_from_db(fields=["session_stamp"])


def _remember(users: Iterable[int], *, by: User, why: str, count: int = 0) -> None:
    """Who did what to these accounts, and why, in the history of each."""
    audited.update(User, users, by=by, why=why, session_stamp=F("session_stamp") + count)
