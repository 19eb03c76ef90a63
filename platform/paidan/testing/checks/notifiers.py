"""What a notifier must do: say what became of a message, whatever the message is."""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from paidan.contracts import Delivery, Message, Outcome
from paidan.testing.checks.shared import must_be_in_time, must_go_well, must_hold_usually
from paidan.testing.facts import Scenario, messages
from paidan.testing.tested import Fault, Form


class Notifiers:
    """Notifiers are asked with one message and answer with a delivery."""

    def usual(self, name: str) -> tuple[Scenario, ...]:
        """Ordinary messages."""
        return messages.usual_messages()

    def unusual(self, name: str) -> tuple[Scenario, ...]:
        """Messages that bring out other reasons."""
        return messages.unaddressed_messages()

    def ask(self, call: Callable[..., Any], method: str, facts: Message) -> Any:
        """The delivery."""
        return call(facts)

    def faults(self, facts: Message, answer: Any) -> Iterator[Fault]:
        """An outcome; a reason when it did not work; perhaps when to try again."""
        if not isinstance(answer, Delivery):
            yield Fault("answers", f"not a Delivery: {answer!r:.120}")
            return
        if not isinstance(answer.outcome, Outcome):
            yield Fault("answers", f"`outcome` is an Outcome, not {answer.outcome!r:.80}")
        if not isinstance(answer.reason, str):
            yield Fault("answers", f"`reason` is a string, not {answer.reason!r:.80}")
        elif answer.outcome != Outcome.DELIVERED and not answer.reason.strip():
            yield Fault("answers", f"{answer.outcome} without a reason")
        minutes = answer.minutes
        if minutes is not None and (type(minutes) is not int or minutes < 0):
            yield Fault("answers", f"`minutes` is a whole number from 0 or None, not {minutes!r:.80}")

    def reasons(self, answer: Any) -> Iterator[Any]:
        """The only one."""
        return iter((answer.reason,))


def answers(form: Form) -> None:
    """It says what became of a message, and why when it did not work."""
    must_hold_usually(form, "answers")


def no_address(form: Form) -> None:
    """A person who cannot be reached is no reason to fail."""
    must_go_well(form, messages.unaddressed_messages())


def again(form: Form) -> None:
    """The same message may come twice."""
    must_go_well(form, messages.repeated_messages())


def unicode(form: Form) -> None:
    """Titles and texts may be in any script and of any length."""
    must_go_well(form, messages.strange_messages())


def in_time(form: Form) -> None:
    """It delivers, or says why not, within its own `seconds`."""
    for scenario in form.usual:
        must_be_in_time(form, scenario.title, partial(copy.deepcopy, scenario.facts), form.tested.seconds)


CHECKS = (answers, no_address, again, unicode)
KIND = Notifiers()
