"""People, groups and departments."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django_otp import user_has_device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, DropdownFilter
from unfold.decorators import action

from paidan.backoffice import live
from paidan.backoffice.admin import ReadOnlyAdmin, ScopedModelAdmin
from paidan.backoffice.display import moment
from paidan.backoffice.verb import ReasonForm, verb
from paidan.people import actions, sign_ins, viewing  # noqa: F401  the pages of the sign-in log register themselves
from paidan.people.access import person
from paidan.people.actions import POST_RIGHTS, open_post
from paidan.people.forms import NewcomerForm, PersonForm
from paidan.people.models import Department, User, Viewing, called, is_built_in
from paidan.people.rights import GroupForm, GroupsField
from paidan.people.security import locked_out

# django-otp's own pages would show keys; a person's page resets a device without looking at it.
admin.site.unregister([Group, TOTPDevice, StaticDevice])


def may_keep(user: User, row: User) -> bool:
    """Whether this person may look after the account of that one: nobody one's own, and a superuser only another one."""
    return user.has_perm("people.change_user") and user.pk != row.pk and (user.is_superuser or not row.is_superuser)


PLACING = ("people.change_user", "catalog.add_skill", "catalog.delete_skill", "orders.change_workload")


def may_place(user: User, row: User | None) -> bool:
    """Whether this person may say where that one works, what with, and how much: administrators."""
    return user.has_perms(PLACING) and (row is None or may_keep(user, row))


class LockedFilter(DropdownFilter):
    title = _("sign-in")
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("1", _("locked out now"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(locked_out()) if self.value() == "1" else queryset


@admin.register(User)
class UserAdmin(DjangoUserAdmin, SimpleHistoryAdmin, ScopedModelAdmin):  # type: ignore[misc]
    form = PersonForm
    add_form = NewcomerForm
    list_display = ("username", "name", "is_active", "roles", "last_login")
    list_filter = (("is_active", BooleanRadioFilter), LockedFilter)
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": (("username", "name"), "email", "password", "must_change_password")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = ((None, {"fields": ("username", "name", "is_staff", "groups")}),)
    readonly_fields = ("last_login", "date_joined")
    actions_detail = ("unlock", "reset_second_step", "end_sessions", "place", "view_as")
    actions_row = ("place",)

    unlock = verb(
        actions.unlock,
        label=_("Unlock"),
        may=may_keep,
        icon="lock_open",
        offered=actions.is_locked_out,
        form=ReasonForm,
        done=_("%(row)s may try to sign in again."),
    )
    reset_second_step = verb(
        actions.reset_second_step,
        label=_("Reset second step"),
        may=may_keep,
        icon="phonelink_erase",
        offered=user_has_device,
        form=ReasonForm,
        ask=_("For a lost phone: the password alone opens the door until a new one is set up. Make sure who asks."),
    )
    end_sessions = verb(
        actions.end_sessions, label=_("Sign out everywhere"), may=may_keep, icon="logout", form=ReasonForm
    )
    view_as = verb(
        actions.begin_viewing,
        label=_("See the console as this person"),
        may=viewing.may_view_as,
        icon="visibility",
        ask=_("For half an hour at most. Nothing can be changed meanwhile, and it is written down who looked at whom."),
        done=_("This is what %(row)s sees."),
        then="admin:index",
        after=viewing.remember,
    )

    @action(description=_("Place"), permissions=["place"], icon="badge", url_path="place-here")
    def place(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Where this person works and what is seen there, on one page; it belongs to the console."""
        row = self.must_exist(request, object_id)
        if may_place(person(request), row):
            return redirect("place_person", row.pk)
        messages.warning(request, _("Nobody places oneself, and a superuser is placed by a superuser only."))
        return redirect("admin:people_user_change", row.pk)

    def has_place_permission(self, request: HttpRequest, pk: Any = None) -> bool:
        return may_place(person(request), None)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """What the person may see may be different now, on pages that are open too."""
        if "groups" in form.cleaned_data:
            actions.set_groups(form.instance, form.cleaned_data["groups"], by=person(request))
        super().save_related(request, form, formsets, change)
        live.rights_changed([form.instance.pk])

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser's account is changed by superusers only: otherwise a new password would be a promotion."""
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, obj: Any) -> bool:
        row = obj if obj is None or isinstance(obj, User) else User.objects.filter(pk=obj).first()
        return row is None or not row.is_superuser or person(request).is_superuser

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        given = super().get_readonly_fields(request, obj)
        return given if person(request).is_superuser else (*given, "is_superuser")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A new password for somebody who forgot it; one's own is changed where the old one is asked for."""
        if id == str(request.user.pk):
            return redirect("admin:password_change")
        row = self.must_exist(request, id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        if request.method == "POST":
            row.given = actions.give_password(row, by=person(request))
        return self._password_page(request, row)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """The first password is read here, and nowhere else."""
        return self._password_page(request, obj)

    def _password_page(self, request: HttpRequest, row: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"row": row, "given": getattr(row, "given", "")}
        return TemplateResponse(
            request, "people/given.html", context | {"title": _("Password of %(row)s") % {"row": row}}
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups__post__department")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever only looks at a person is not shown what is stored of the password."""
        usual = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return usual
        return [
            (title, more | {"fields": [name for name in more["fields"] if name != "password"]}) for title, more in usual
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return (
            GroupsField() if db_field.name == "groups" else super().formfield_for_dbfield(db_field, request, **kwargs)
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who is added here shall be able to sign in."""
        return {"is_staff": True} | super().get_changeform_initial_data(request)

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return str(_(", ")).join(called(group) for group in user.groups.all()) or "—"


@admin.register(Viewing)
class ViewingAdmin(ReadOnlyAdmin):
    """Who looked at whose console, and when."""

    list_display = ("started_at", "by", "person", "until")
    list_select_related = ("by", "person")
    list_filter = (("by", AutocompleteSelectFilter), ("person", AutocompleteSelectFilter))
    search_fields = ("by__name", "by__username", "person__name", "person__username")
    fields = (("by", "person"), ("started_at", "until"), "request")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("by", "person", "started_at", "until", "request")

    @admin.display(description=_("ended"))
    def until(self, row: Viewing) -> Any:
        """When it ended, by itself at the latest."""
        return moment(row.ends_at)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ScopedModelAdmin):  # type: ignore[misc]
    form = GroupForm
    list_display = ("title", "people")
    filter_horizontal = ()
    search_fields = ("name", "post__department__name")
    ordering = (F("post__department__position").asc(nulls_first=True), F("post__role").desc(), "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("post__department")
        return rows.annotate(members=Count("user"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("title" if obj and is_built_in(obj) else "name", "permissions")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("title",)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        actions.set_rights(form.instance, form.cleaned_data["permissions"], by=person(request))
        super().save_related(request, form, formsets, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One at a time, and no role or post: nobody could be placed without them."""
        return obj is not None and not is_built_in(obj) and super().has_delete_permission(request, obj)

    @admin.display(description=_("role or post"))
    def title(self, group: Group) -> str:
        return called(group)

    @admin.display(description=_("number of people"))
    def people(self, group: Any) -> int:
        return group.members


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
            open_post(obj, role)
