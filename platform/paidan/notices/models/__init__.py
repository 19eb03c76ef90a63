"""What people are told: events, the rules that say whom, the inbox that is also the outbox."""

from paidan.notices.models.events import Event, Kind, Priority
from paidan.notices.models.inbox import Delivery, Notification
from paidan.notices.models.rules import Preference, Rule

__all__ = ["Delivery", "Event", "Kind", "Notification", "Preference", "Priority", "Rule"]
