"""Hands one message to a notifier, guarded: whatever the notifier does, there is an answer."""

from typing import Any

from paidan.contracts import NOTIFIERS, Delivery, Message, Outcome
from paidan.registry import engine as registry
from paidan.registry import words
from paidan.registry.guard import Failed, Watch, think


def deliver(channel: str, message: Message) -> Delivery:
    """Deliver a message by this channel. It must be called outside every transaction: a notifier may take its time.

    A channel that is missing, off, busy, too slow or broken means: the same message is worth another try.
    """
    notifier = registry.ready(NOTIFIERS, channel)
    if notifier is None:
        return Delivery.retry_later(words.house(registry.why_not(NOTIFIERS, channel)))
    answers: list[Delivery] = []
    why: list[str] = []

    def ask(watch: Watch) -> None:
        try:
            answers.append(watch.ask(message, take=_fitting))
        except Failed as failed:
            why.append(words.house(failed.why))

    watch = think(notifier, ask)
    if watch.overran or not answers:
        return Delivery.retry_later(why[0] if why else words.house(watch.why))
    return answers[0]


def _fitting(answer: Any) -> Delivery:
    if not isinstance(answer, Delivery) or not isinstance(answer.outcome, Outcome):
        raise TypeError(f"not a delivery: {answer!r:.200}")
    if not isinstance(answer.reason, str):
        raise TypeError(f"not a reason in words: {answer.reason!r:.200}")
    if answer.minutes is not None and (type(answer.minutes) is not int or answer.minutes < 0):
        raise ValueError(f"not a number of minutes: {answer.minutes!r:.200}")
    return answer
