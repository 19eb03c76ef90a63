"""Who a person is and what he or she may do at all, as Django asks it."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import BigIntegerField, QuerySet

from paidan.people.models import User
from paidan.prepared import Given, Prepared


class PeopleBackend(ModelBackend):
    """Asks for all permissions of a person at once, where Django asks for the person's own and the groups' in turn."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Permissions as `app.codename`. One query, once for each user object."""
        if not isinstance(user_obj, User) or not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        kept: set[str] | None = getattr(user_obj, "_perm_cache", None)
        if kept is None:
            kept = {f"{app}.{name}" for app, name in _permissions.ask(user=user_obj.pk)}
            user_obj._perm_cache = kept  # type: ignore[attr-defined]  # where Django keeps it
        return kept


@Prepared
def _permissions() -> QuerySet[Any, Any]:
    user, names = Given("user", BigIntegerField()), ("content_type__app_label", "codename")
    own = Permission.objects.filter(user=user).order_by().values_list(*names)
    return own.union(Permission.objects.filter(group__user=user).order_by().values_list(*names)).order_by()
