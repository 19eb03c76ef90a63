"""Conditions that a shop writes: a small part of Python's expressions over `before` and `after`, and how each came out.

Nothing can be called, nothing but the named facts can be reached, and a text is bounded; so a condition can neither
harm nor hang.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FACTS: Mapping[str, Any] = {
    "status": _("state of the task: draft, pending, in_progress, completed, cancelled"),
    "department": _("code of the department"),
    "operator": _("user name of the operator, or None"),
    "process": _("code of the process"),
    "planned": _("planned pieces"),
    "good": _("good pieces"),
    "waste": _("wasted pieces"),
    "priority": _("1 low, 2 normal, 3 high, 4 urgent"),
    "due": _("due date, such as “2026-11-25”"),
    "approval": _("state of approval: draft, submitted, approved, rejected"),
    "progress": _("progress of the order: pending, in_progress, completed, paused, cancelled"),
    "print_run": _("print run of the order"),
}
"""What can be asked about, before and after the event. None of it is a price."""
SIDES = ("before", "after")
MOST_CHARACTERS, MOST_PARTS = 500, 100

COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many, ast.NotIn: lambda one, many: one not in many,
}  # fmt: skip
COUNT: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a condition holds, and what each of its parts came to, inner ones first."""

    holds: bool
    trace: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read and found good."""

    text: str
    tree: ast.expr

    def ask(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Answer:
        """Whether it holds for this event; a comparison with something that is not known does not hold."""
        trace: list[tuple[str, Any]] = []
        value = _value(self.tree, {"before": before, "after": after}, trace)
        return Answer(bool(value), tuple(trace))


def check(text: str) -> Condition:
    """Read a condition. Raises a ValidationError that says what is wrong and where."""
    if len(text) > MOST_CHARACTERS:
        raise ValidationError(_("A condition has %(most)s characters at most."), params={"most": MOST_CHARACTERS})
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        where = getattr(problem, "offset", None) or 1
        raise ValidationError(
            _("The condition cannot be read at character %(where)s."), params={"where": where}
        ) from problem
    for count, (part, why) in enumerate(_faults(tree)):
        if why or count > MOST_PARTS:
            shown = ast.get_source_segment(text.strip(), part) or text
            raise ValidationError(why or _("The condition is too long: “%(part)s”"), params={"part": shown})
    return Condition(text, tree)


def _faults(tree: ast.AST) -> Iterator[tuple[ast.AST, Any]]:
    """Every part, with what is wrong with it."""
    for part in ast.walk(tree):
        if isinstance(part, ast.expr):
            yield part, _fault(part)


def _fault(part: ast.expr) -> Any:  # noqa: PLR0911  one answer a case
    match part:
        case ast.Attribute(value=ast.Name(id=side), attr=name):
            known = side in SIDES and name in FACTS
            return (
                "" if known else _("“%(part)s” is not known. Write before.… or after.… with a fact of the list below.")
            )
        case ast.Name(id=name):
            return "" if name in SIDES else _("“%(part)s” is not known. Put words into quotation marks.")
        case ast.Constant(value=value):
            plain = value is None or isinstance(value, str | int | float)
            return "" if plain else _("“%(part)s” is neither a number nor a word.")
        case ast.Compare(ops=ops):
            return "" if all(type(op) in COMPARE for op in ops) else _("“%(part)s” cannot be compared this way.")
        case ast.BinOp(op=op):
            return "" if type(op) in COUNT else _("“%(part)s” cannot be counted this way.")
        case ast.UnaryOp(op=ast.Not() | ast.USub()) | ast.BoolOp() | ast.List() | ast.Tuple():
            return ""
    return _("“%(part)s” has no place in a condition.")


def _value(part: ast.expr, facts: Mapping[str, Mapping[str, Any]], trace: list[tuple[str, Any]]) -> Any:
    value = _worked_out(part, facts, trace)
    if not isinstance(part, ast.Constant | ast.List | ast.Tuple):
        trace.append((ast.unparse(part), value))
    return value


def _worked_out(  # noqa: PLR0911  one answer a case
    part: ast.expr, facts: Mapping[str, Mapping[str, Any]], trace: list[tuple[str, Any]]
) -> Any:
    def of(inner: ast.expr) -> Any:
        return _value(inner, facts, trace)

    match part:
        case ast.Constant(value=value):
            return value
        case ast.Attribute(value=ast.Name(id=side), attr=name):
            return facts[side].get(name)
        case ast.Name(id=side):
            return facts[side]
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [of(inner) for inner in parts]
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return not of(inner)
        case ast.UnaryOp(operand=inner):
            return _safely(operator.neg, of(inner))
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(of(inner) for inner in parts)
        case ast.BoolOp(values=parts):
            return any(of(inner) for inner in parts)
        case ast.BinOp(left=left, op=op, right=right):
            return _safely(COUNT[type(op)], of(left), of(right))
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [of(inner) for inner in (left, *others)]
            pairs = zip(ops, values, values[1:], strict=False)
            return all(_safely(COMPARE[type(op)], one, other) or False for op, one, other in pairs)
    raise AssertionError(ast.dump(part))


def _safely(work: Callable[..., Any], *values: Any) -> Any:
    """What comes out; nothing when these values do not go together, or the result would be huge."""
    if any(isinstance(value, str | list) for value in values) and work is operator.mul:
        return None
    try:
        return work(*values)
    except (TypeError, ZeroDivisionError, OverflowError):
        return None
