"""Who may change which dispatch rules: asked by every page that changes them."""

from paidan.people import access
from paidan.people.models import User


def everywhere(user: User) -> bool:
    """Whoever holds the switch above all rules may arrange them all, and choose strategies."""
    return user.has_perm("dispatch.change_dispatchswitch")


def may(user: User, verb: str, department: int | None) -> bool:
    """Whether the person may `add`, `change` or `delete` the rule of this department: supervisors only of their own."""
    if not user.has_perm(f"dispatch.{verb}_dispatchrule"):
        return False
    return everywhere(user) or access.may_in(user, access.DISPATCH, department)
