"""What a draft of the rules would do: the pure part. A plan is shown, signed, and carried out as it was shown."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, NamedTuple

from paidan.dispatch.facts import Choice, Decision, RuleFacts
from paidan.dispatch.rules import Arrangement, Change, Rank, Shop, arranged, changes
from paidan.orders.moves import Move


class Plan(NamedTuple):
    """The rules as they were seen and as they are wanted, and the tasks that would move. A process, or the whole shop."""

    process: str
    seen: Arrangement
    wanted: Arrangement
    seen_shop: Shop
    wanted_shop: Shop
    moves: tuple[Move, ...] = ()

    @property
    def changes(self) -> list[Change]:
        """What becomes of each department."""
        return changes(self.seen, self.wanted)

    @property
    def changes_rules(self) -> bool:
        """Whether anything but tasks would change."""
        return (self.seen, self.seen_shop) != (self.wanted, self.wanted_shop)


class Pair(NamedTuple):
    """How many tasks go from one department to another."""

    source: int | None
    target: int | None
    tasks: int


def pairs(moves: Iterable[Move]) -> list[Pair]:
    """How many tasks go from where to where, the most first."""
    counts = Counter((move.source, move.target) for move in moves)
    return [Pair(*pair, count) for pair, count in sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))]


def merged(standing: Arrangement, drafted: Sequence[Rank], gone: Collection[int], choice: Choice | None) -> Arrangement:
    """The rules with what somebody drafted: `gone` are departments that he or she took out; all others stay."""
    ranks = {rank.department: rank for rank in standing.ranks if rank.department not in gone}
    return arranged((ranks | {rank.department: rank for rank in drafted}).values(), choice)


def rules_of(process: str, arrangement: Arrangement, active: Collection[int]) -> tuple[RuleFacts, ...]:
    """The rules as dispatch takes them."""
    return tuple(
        RuleFacts(
            process, rank.department, rank.priority, rank.enabled, rank.department in active, float(rank.time_factor),
            arrangement.choice,
        )
        for rank in arrangement.ranks
    )  # fmt: skip


def state(rules: Iterable[tuple[int, bool]]) -> str:
    """In one word how a process stands, from priority and usability of its rules."""
    known = list(rules)
    usable = [priority for priority, can in known if can]
    if not usable:
        return "disabled" if known else "uncovered"
    return "equals" if usable.count(min(usable)) > 1 else "covered"


# --- as it travels ----------------------------------------------------------------------------------
def packed(plan: Plan) -> dict[str, Any]:
    """A plan as JSON."""
    return {
        "process": plan.process,
        "rules": [_packed(each) for each in (plan.seen, plan.wanted)],
        "shop": [plan.seen_shop, plan.wanted_shop],
        "moves": [[*move[:-1], asdict(move.decision)] for move in plan.moves],
    }


def unpacked(kept: Mapping[str, Any]) -> Plan:
    """The plan that was packed."""
    seen, wanted = (_unpacked(each) for each in kept["rules"])
    seen_shop, wanted_shop = (Shop(*each) for each in kept["shop"])
    moves = tuple(Move._make([*values, Decision(**decision)]) for *values, decision in kept["moves"])
    return Plan(kept["process"], seen, wanted, seen_shop, wanted_shop, moves)


def _packed(arrangement: Arrangement) -> list[Any]:
    return [[[*rank[:-1], str(rank.time_factor)] for rank in arrangement.ranks], arrangement.choice]


def _unpacked(kept: Sequence[Any]) -> Arrangement:
    ranks, choice = kept
    known = tuple(Rank._make([*values, Decimal(factor)]) for *values, factor in ranks)
    return Arrangement(known, Choice(*choice) if choice else None)
