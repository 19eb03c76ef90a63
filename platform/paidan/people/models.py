"""People, departments, and the posts that join them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser, Group, Permission
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from paidan import audited


class Role(models.TextChoices):
    """What a person does in the shop; each is a group with exactly the rights of that role."""

    MAKER = "maker", _("Order maker")
    SALES = "sales", _("Salesperson")
    APPROVER = "approver", _("Approver")
    SUPERVISOR = "supervisor", _("Department supervisor")
    OPERATOR = "operator", _("Operator")
    ADMIN = "admin", _("System administrator")


class Department(models.Model):
    """A place where work is done. Departments form a tree; a right on a parent covers its children."""

    code = models.SlugField(_("code"), max_length=40, unique=True, help_text=_("Short and permanent, e.g. printing."))
    name = models.CharField(_("name"), max_length=80, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Lists show small ones first."))
    is_active = models.BooleanField(_("active"), default=True, help_text=_("New tasks go to active departments only."))
    history = audited.records()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["position", "id"]
        permissions = [
            ("view_tasks", _("Sees all tasks of the department")),
            ("claim_tasks", _("Works in the department: own tasks and its pool")),
            ("dispatch_tasks", _("Assigns, splits and cancels tasks of the department")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")) | Q(parent=None),
                name="department_is_not_its_own_parent",
                violation_error_message=_("A department cannot belong to itself. Choose another one, or none."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class DepartmentGroupPermission(GroupObjectPermissionBase):
    """guardian's grant of a right on one department to a group, with a real foreign key."""

    content_object = models.ForeignKey(Department, models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("department right of a group")
        verbose_name_plural = _("department rights of groups")


class DepartmentUserPermission(UserObjectPermissionBase):
    """guardian's grant of a right on one department to one person; posts are the usual way."""

    content_object = models.ForeignKey(Department, models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("department right of a person")
        verbose_name_plural = _("department rights of persons")


class User(AbstractUser):
    """A person who signs in."""

    first_name = None  # type: ignore[assignment]  # a Chinese name is one word
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("full name"), max_length=80, blank=True, help_text=_("As colleagues call this person."))
    must_change_password = models.BooleanField(
        _("must choose a new password"),
        default=False,
        help_text=_("At the next sign-in. Set by itself when somebody else gives this person a password."),
    )
    session_stamp = models.PositiveIntegerField(
        default=0, editable=False, help_text="Part of every session of this person: counting on ends them all."
    )
    history = audited.records(excluded_fields=["password", "last_login"])

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        permissions = [("view_as", _("Looks at the console as another person sees it"))]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end with the password they began with, and when the stamp moves."""
        parts = f"{self.password}|{self.session_stamp}"
        return salted_hmac("paidan.people.session", parts, secret=secret, algorithm="sha256").hexdigest()

    @property
    def sees_prices(self) -> bool:
        """Whether the person has the right to see money; `access.hidden_fields` says which fields that is."""
        return self.has_perm("orders.view_prices")


LONGEST_VIEWING = timedelta(minutes=30)


class Viewing(models.Model):
    """Who looked at whose console, and when; nothing could be changed meanwhile."""

    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("administrator"))
    person = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("as whom"))
    started_at = models.DateTimeField(_("began"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    request = audited.request_field()

    class Meta:
        default_permissions = ("view",)
        verbose_name = _("look through another's eyes")
        verbose_name_plural = _("looks through others' eyes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(by=F("person")),
                name="viewing_is_of_somebody_else",
                violation_error_message=_("Your own console is the one you see without this."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.by} → {self.person}"

    @property
    def ends_at(self) -> datetime:
        """When it ended, or will by itself."""
        return self.ended_at or self.started_at + LONGEST_VIEWING


OFFICE = (Role.MAKER, Role.SALES, Role.APPROVER, Role.ADMIN)


def sellers(*, of: models.QuerySet[Any]) -> models.QuerySet[User]:
    """Who may stand as the salesperson of such rows: the people of the office, and whoever does already."""
    office = User.groups.through.objects.filter(group__name__in=OFFICE).values("user")
    standing = of.order_by().values("salesperson")
    people = User.objects.filter(Q(pk__in=office) | Q(is_superuser=True) | Q(pk__in=standing))
    return people.order_by("-is_active", "name", "username")


class Post(models.Model):
    """A role held in one department, e.g. operator in printing. Its group carries the rights; people join it."""

    class Roles(models.TextChoices):
        SUPERVISOR = Role.SUPERVISOR.value, Role.SUPERVISOR.label
        OPERATOR = Role.OPERATOR.value, Role.OPERATOR.label

    department = models.ForeignKey(Department, models.CASCADE, related_name="posts", verbose_name=_("department"))
    role = models.CharField(_("role"), max_length=20, choices=Roles)
    group = models.OneToOneField(Group, models.CASCADE, related_name="post", verbose_name=_("group"))

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["department__position", "role"]
        constraints = [models.UniqueConstraint(fields=["department", "role"], name="post_once_per_department_and_role")]

    def __str__(self) -> str:
        return f"{self.department} · {self.get_role_display()}"


def post_of(group: Group) -> Post | None:
    """The post that this group stands for; none when it is a role of the whole shop, or made by hand."""
    return getattr(group, "post", None)


def is_built_in(group: Group) -> bool:
    """Whether the shop finds this group by its stored name, which therefore stays as it is."""
    return group.name in Role.values or post_of(group) is not None


def called(group: Group) -> str:
    """What people call a group: its post, its role; the stored name of those is only a key."""
    role = Role(group.name).label if group.name in Role.values else group.name
    return str(post_of(group) or role)


Group.__str__ = called  # type: ignore[method-assign, assignment]  # Django's own pages name groups too: titles, deletions, messages


EVERYWHERE: Mapping[str, Any] = {"view": _("View"), "add": _("Add"), "change": _("Change"), "delete": _("Delete")}


def right_name(right: Permission, model: type[models.Model]) -> Any:
    """What a right allows, in the reader's language; Django keeps the name in the database, in English."""
    verb = right.codename.removesuffix(f"_{model._meta.model_name}")
    own = dict(model._meta.permissions)
    return own.get(right.codename) or EVERYWHERE.get(verb, right.name)


def right_called(right: Permission) -> str:
    """What a right allows, and with what; the shop's own rights say both."""
    model = right.content_type.model_class()
    if not model or right.codename in dict(model._meta.permissions):
        return str(right_name(right, model)) if model else right.name
    return f"{right_name(right, model)} · {model._meta.verbose_name}"
