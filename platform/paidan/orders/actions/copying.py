"""A new order like an old one."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from paidan.orders.actions.saving import save
from paidan.orders.drafts import PARTS, OrderDraft, draft_of
from paidan.orders.models import OrderMaterial, WorkOrder
from paidan.people.models import User


def copy(order: WorkOrder, *, by: User) -> WorkOrder:
    """Write a new draft with the customer, lines, materials, tooling and steps of this order, from today on."""
    why = _("copied from %(order)s") % {"order": order}
    return save(None, again(draft_of(order), timezone.localdate()), by=by, reason=why)


def again(draft: OrderDraft, today: date) -> OrderDraft:
    """The same order once more: as much time as then, counted from today; its material has still to come."""
    due = today + (draft.due_date - draft.order_date) if draft.due_date else None
    parts: dict[str, Any] = {name: tuple(replace(part, ref=0) for part in getattr(draft, name)) for name in PARTS}
    waiting = OrderMaterial.Supply.WAITING.value
    parts["materials"] = tuple(replace(part, supply=waiting) for part in parts["materials"])
    return replace(draft, number="", order_date=today, due_date=due, **parts)
