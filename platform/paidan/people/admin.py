"""People, groups and departments."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from paidan.backoffice.admin import ScopedModelAdmin
from paidan.people.actions import POST_RIGHTS, open_post
from paidan.people.models import Department, User

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, SimpleHistoryAdmin, ScopedModelAdmin):  # type: ignore[misc]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "name", "is_active", "roles", "last_login")
    list_filter = (("is_active", BooleanRadioFilter),)
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": (("username", "name"), "email", "password")}),
        (_("Rights"), {"fields": (("is_active", "is_staff", "is_superuser"), "groups")}),
        (_("Dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = ((None, {"fields": ("username", "name", "is_staff", "password1", "password2", "groups")}),)
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups__post__department")

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        posts = (getattr(group, "post", None) or group for group in user.groups.all())
        return "、".join(str(post) for post in posts) or "—"


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ScopedModelAdmin):  # type: ignore[misc]
    search_fields = ("name",)


@admin.register(Department)
class DepartmentAdmin(SimpleHistoryAdmin, ScopedModelAdmin):  # type: ignore[misc]
    list_display = ("name", "code", "parent", "position", "is_active")
    list_select_related = ("parent",)
    search_fields = ("name", "code")
    fields = (("name", "code"), "parent", ("position", "is_active"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """A new department gets its posts, so that people can be placed in it at once."""
        super().save_model(request, obj, form, change)
        for role in POST_RIGHTS if not change else ():
            post = open_post(obj, role)
            sibling = type(post).objects.filter(role=role).exclude(pk=post.pk).select_related("group").first()
            if sibling:
                post.group.permissions.set(sibling.group.permissions.all())
