"""The rules that come with the house; a shop switches them, and writes its own beside them."""

from typing import Any

from paidan import audited
from paidan.notices.models import Kind, Rule

USUAL: dict[str, tuple[bool, tuple[str, ...]]] = {
    Kind.ORDER_SUBMITTED: (True, ("approvers",)),
    Kind.ORDER_APPROVED: (True, ("maker", "salesperson")),
    Kind.ORDER_REJECTED: (True, ("maker", "salesperson")),
    Kind.ORDER_CHANGED: (True, ("maker", "salesperson", "former_operator")),
    Kind.ORDER_COMPLETED: (True, ("maker", "salesperson")),
    Kind.ORDER_DUE_SOON: (True, ("maker", "salesperson", "supervisors")),
    Kind.ORDER_OVERDUE: (True, ("maker", "salesperson", "supervisors")),
    Kind.TASKS_DISPATCHED: (True, ("supervisors",)),
    Kind.TASKS_MOVED: (True, ("supervisors",)),
    Kind.TASK_ASSIGNED: (True, ("operator",)),
    Kind.TASK_REASSIGNED: (True, ("operator",)),
    Kind.TASK_TAKEN_AWAY: (True, ("former_operator",)),
    Kind.TASK_CLAIMED: (False, ("supervisors",)),
    Kind.TASK_RELEASED: (True, ("supervisors",)),
    Kind.TASK_STARTED: (False, ("supervisors",)),
    Kind.TASK_COMPLETED: (True, ("supervisors", "maker", "salesperson")),
    Kind.TASK_CANCELLED: (True, ("operator", "maker")),
    Kind.BECAME_URGENT: (True, ("operator", "pool", "maker")),
    Kind.PRIORITY_CHANGED: (True, ("operator", "pool", "maker")),
    Kind.PLUGIN_SWITCHED_OFF: (True, ("administrators",)),
}
"""Who is told of what, and whether from the start: what happens dozens of times a day is off."""


def make_rules(**_signal: Any) -> None:
    """Make the rules of the house exist after a migration; what a shop made of them stays as it is."""
    there = set(Rule.objects.exclude(built_in=None).values_list("built_in", flat=True))
    new = [
        {"name": kind, "enabled": enabled, "kind": kind, "audience": list(audience), "built_in": kind}
        for kind, (enabled, audience) in USUAL.items()
        if kind not in there
    ]
    audited.insert(Rule, new, by=None, why="comes with the house")
