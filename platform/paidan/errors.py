"""How the house says no."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a code for programs, a sentence for the person, and the field it is about, if any."""

    code: str
    message: str
    where: str = ""

    def __str__(self) -> str:
        return self.message


class Refused(Exception):
    """A verb that does not make sense now: nothing was changed, and the sentence says what to do instead.

    `code` is stable and meant for programs; `faults` lists every reason when there are several;
    `detail` carries what a program may want to show (ids, numbers), never secrets.
    """

    def __init__(self, message: object, code: str, *, faults: Iterable[Fault] = (), **detail: Any) -> None:
        super().__init__(str(message))
        self.code = code
        self.faults = tuple(faults) or (Fault(code, str(message)),)
        self.detail = detail

    @classmethod
    def because(cls, faults: Iterable[Fault], code: str = "faults") -> "Refused":
        """Refuse for several reasons at once, so that a person can mend them all in one go."""
        faults = tuple(faults)
        return cls("\n".join(fault.message for fault in faults), code, faults=faults)
