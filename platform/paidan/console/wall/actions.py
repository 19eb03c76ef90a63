"""Making and revoking the links of wall boards."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan import audited
from paidan.console.models import WallLink
from paidan.errors import Fault, Refused
from paidan.people.models import Department, User


@transaction.atomic
def make(department: Department, *, by: User, screen: str, shows_customers: bool = False) -> WallLink:
    """Make a link by which a screen shows this department without a sign-in."""
    link = WallLink(department=department, screen=screen.strip(), shows_customers=shows_customers, created_by=by)
    try:
        link.clean_fields(exclude=["created_by"])
    except ValidationError as problem:
        faults = (Fault("bad_value", text) for text in problem.messages)
        raise Refused.because(faults, "bad_value") from problem
    return audited.insert_one(link, by=by, why=_("wall board made"))


@transaction.atomic
def revoke(link: WallLink, *, by: User) -> WallLink:
    """Make the link's address a missing page from now on; a revoked one stays as it is."""
    still = Q(revoked_at=None)
    audited.update(WallLink, [link.pk], by=by, why=_("wall board revoked"), where=still, revoked_at=timezone.now())
    link.refresh_from_db(fields=["revoked_at"])
    return link
