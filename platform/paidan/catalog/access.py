"""Who sees pictures of tooling."""

from django.db.models import QuerySet

from paidan.catalog.models import Tooling
from paidan.people.access import Scope, visible
from paidan.people.models import User

USED = Scope(through=("orders.Task", "tooling__tooling"))


def pictured(user: User) -> QuerySet[Tooling]:
    """The tooling whose picture exists for this person: all for who keeps it, else what a visible task is done with."""
    rows = Tooling.objects.exclude(picture="")
    return rows if user.has_perm("catalog.view_tooling") else rows.filter(visible(USED, user))
