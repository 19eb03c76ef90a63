"""Carries out a plan that was shown: the rules, and the tasks if that is wanted, in one transaction."""

from django.db import transaction
from django.utils.translation import gettext as _

from paidan.catalog.models import Process
from paidan.console.dispatching.plan import Plan
from paidan.dispatch.actions import arrange, shop, throw
from paidan.errors import Refused
from paidan.orders.actions.redispatching import redispatch
from paidan.people.models import User


@transaction.atomic
def confirm(plan: Plan, *, by: User, moves: bool, reason: str = "") -> int:
    """Make the rules what was shown, and move exactly the tasks that were shown; all of it, or nothing.

    Refused as stale when the rules, the switch or one of the tasks stand otherwise than they were shown.
    """
    process = Process.objects.filter(code=plan.process).first()
    if plan.process and process is None:
        raise Refused(_("This process no longer exists."), "gone")
    if process:
        arrange(process, plan.wanted, by=by, seen=plan.seen, reason=reason)
    if plan.seen_shop != plan.wanted_shop:
        throw(plan.wanted_shop, by=by, seen=plan.seen_shop, reason=reason)
    elif shop() != plan.seen_shop:
        raise Refused(_("The switch was changed meanwhile."), "stale")
    return redispatch(plan.moves, by=by, reason=reason) if moves else 0
