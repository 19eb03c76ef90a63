"""What a notifier is told, and what it answers. Entry-point group `paidan.notifiers.v1`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is told. `addresses` are the person's own, by kind: `{"email": "ann@example.cn", "mobile": "138…"}`."""

    id: int
    name: str
    language: str = "zh-hans"
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message for one person, in that person's language. No prices.

    `id` stays the same when it is sent again, so that a receiver can drop what it has; `attempt` counts from 1;
    `priority` goes from 1 (low) to 4 (urgent); `url` leads to what it is about, or is empty.
    """

    id: str
    kind: str
    title: str
    text: str
    recipient: Recipient
    created_at: datetime
    priority: int = 2
    url: str = ""
    attempt: int = 1


class Outcome(StrEnum):
    """What became of a message."""

    DELIVERED = "delivered"
    RETRY = "retry"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a notifier answers. `minutes` is when to try again, None leaves that to the house."""

    outcome: Outcome
    reason: str = ""
    minutes: int | None = None

    @classmethod
    def delivered(cls, reason: str = "") -> "Delivery":
        """The other side took it."""
        return cls(Outcome.DELIVERED, reason)

    @classmethod
    def retry_later(cls, reason: str, minutes: int | None = None) -> "Delivery":
        """The other side could not be reached, or is busy: the same message is worth another try."""
        return cls(Outcome.RETRY, reason, minutes)

    @classmethod
    def give_up(cls, reason: str) -> "Delivery":
        """It will never work this way: no address, wrong settings, refused for good."""
        return cls(Outcome.GAVE_UP, reason)


class Delivers(Protocol):
    """The form of a notifier that has settings."""

    def deliver(self, message: Message) -> Delivery:
        """Deliver one message, or say why not."""


type Notifier = Callable[[Message], Delivery] | Delivers
"""Deliver one message. It runs outside every transaction, may be called twice for the same message, and has `seconds` (10
unless said, 30 at most). An exception counts as “retry later” and as a failure of the plugin."""
