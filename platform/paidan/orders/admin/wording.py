"""The entries of a timeline in the reader's words: names instead of numbers, choices as they are called."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paidan.backoffice.differences import ACTS, Difference, Moved, Names, mentioned, moved
from paidan.orders.admin.log import REASONS
from paidan.orders.models import ApprovalEntry, DispatchDecision
from paidan.orders.models.task import Status
from paidan.orders.timeline import MODELS, Entry, Group, Kind
from paidan.people.models import User


class Wording:
    """Names everything in these entries; one query for each kind of row that they mention."""

    def __init__(self, entries: Iterable[Entry], *, people: Mapping[int, User] | None = None) -> None:
        mentions = (mention for entry in entries for mention in _mentions(entry))
        self.names = Names(mentions, known={User: people or {}})
        self.name = self.names.name

    def person(self, pk: int | None) -> str:
        return self.name(User, pk) or _("the house")

    # --- one entry ----------------------------------------------------------------------------------
    def about(self, entry: Entry) -> str:
        """Which row the entry is about, as it was called then."""
        row = entry.row
        match entry.kind:
            case Kind.ORDER:
                return str(row["number"])
            case Kind.LINE:
                return f"{self.name(_to(entry, 'product'), row['product_id'])} × {number_format(row['quantity'])}"
            case Kind.MATERIAL | Kind.TOOLING:
                return self.name(_to(entry, entry.kind), row[f"{entry.kind}_id"]) or ""
            case Kind.STEP:
                return f"{row['sequence']}. {self.name(_to(entry, 'process'), row['process_id'])}"
            case Kind.TASK:
                return str(row["content"])
        return ""

    def what(self, entry: Entry) -> str:
        """What happened, in a few words."""
        row = entry.row
        match entry.kind:
            case Kind.REPORT:
                made = {name: number_format(row[name]) for name in ("good", "waste")}
                return _("%(good)s good, %(waste)s waste") % made
            case Kind.APPROVAL:
                return str(ApprovalEntry.Act(row["act"]).label)
            case Kind.DECISION:
                return self._decision(row)
            case Kind.NOTICE:
                return str(row["sentence"])
        return str(ACTS[entry.act])

    def _decision(self, row: Mapping[str, Any]) -> str:
        related = {field.name: field.related_model for field in DispatchDecision._meta.concrete_fields}
        where = [self.name(related[name], row[f"{name}_id"]) for name in ("outcome", "operator")]
        place = " · ".join(name for name in where if name) or _("no department")
        return f"→ {place} ({REASONS.get(row['reason'], row['reason'])})"

    def differences(self, entry: Entry) -> list[Difference]:
        """Before and after of each field that changed; of a new or deleted row, of each that says something."""
        return self.names.differences(_moved(entry))

    # --- one moment ---------------------------------------------------------------------------------
    def headline(self, group: Group) -> str:
        """What was done, and to how many rows."""
        main = [self.what(entry) for entry in group.entries if entry.kind == Kind.APPROVAL]
        main += [self._order(entry) for entry in group.entries if entry.kind == Kind.ORDER and entry.act != "~"]
        main += [self.what(entry) for entry in group.entries if entry.kind == Kind.REPORT][:1]
        parts = [*main, *_counts(group.entries, has_main=bool(main))]
        said = reduce(lambda first, rest: _("%(first)s, %(rest)s") % {"first": first, "rest": rest}, parts)
        about = {entry.task: entry.row["content"] for entry in group.entries if entry.kind == Kind.TASK}
        return f"{said} · {about.popitem()[1]}" if len(about) == 1 else said

    def _order(self, entry: Entry) -> str:
        return _("order created") if entry.act == "+" else _("order deleted")


def _to(entry: Entry, name: str) -> Any:
    return MODELS[entry.kind]._meta.get_field(name).related_model


def _mentions(entry: Entry) -> Iterator[tuple[Any, int | None]]:
    """The rows that the words of an entry name."""
    yield User, entry.by
    if entry.kind == Kind.DECISION:
        for field in DispatchDecision._meta.concrete_fields:
            if field.name in ("outcome", "operator"):
                yield field.related_model, entry.row[field.attname]
    if entry.kind in MODELS:
        about = {Kind.LINE: "product", Kind.MATERIAL: "material", Kind.TOOLING: "tooling", Kind.STEP: "process"}
        if name := about.get(Kind(entry.kind)):
            yield _to(entry, name), entry.row[f"{name}_id"]
        yield from mentioned(_moved(entry))


def _moved(entry: Entry) -> Iterator[Moved]:
    """What the entry changed, where it is about a row that keeps a history."""
    if entry.kind in MODELS:
        yield from moved(MODELS[entry.kind], entry.act, entry.row, entry.before)


def _counts(entries: Sequence[Entry], *, has_main: bool) -> Iterator[str]:
    """How many tasks and parts were added, changed, deleted; tasks that became formal were dispatched."""
    tasks = Counter(_deeds(entries).values())
    for deed, count in tasks.items():
        yield _tasks(deed, count)
    parts = Counter(
        entry.act for entry in entries if entry.kind in MODELS and entry.kind not in (Kind.TASK, Kind.ORDER)
    )
    for act, count in parts.items():
        yield ngettext("%(n)s part of the order %(act)s", "%(n)s parts of the order %(act)s", count) % {
            "n": count,
            "act": ACTS[act],
        }
    if not (has_main or tasks or parts):
        is_order = any(entry.kind == Kind.ORDER for entry in entries)
        yield _("order changed") if is_order else str(Kind(entries[0].kind).label)


def _deeds(entries: Sequence[Entry]) -> dict[int | None, str]:
    """What became of each task in the end; a change of its state says more than other changes."""
    deeds: dict[int | None, str] = {}
    for entry in entries:
        if entry.kind == Kind.TASK and ((deed := _deed(entry)) != "~" or entry.task not in deeds):
            deeds[entry.task] = deed
    return deeds


def _deed(entry: Entry) -> str:
    if entry.act == "~" and entry.before.get("status") == Status.DRAFT and entry.row["status"] == Status.PENDING:
        return "dispatched"
    if entry.act == "~" and entry.before.get("status") != entry.row["status"]:
        return str(entry.row["status"])
    return entry.act


def _tasks(deed: str, n: int) -> str:
    sentence = {
        "+": ngettext("%(n)s task added", "%(n)s tasks added", n),
        "~": ngettext("%(n)s task changed", "%(n)s tasks changed", n),
        "-": ngettext("%(n)s task deleted", "%(n)s tasks deleted", n),
        "dispatched": ngettext("%(n)s task dispatched", "%(n)s tasks dispatched", n),
        Status.PENDING: ngettext("%(n)s task back in its queue", "%(n)s tasks back in their queue", n),
        Status.IN_PROGRESS: ngettext("%(n)s task started", "%(n)s tasks started", n),
        Status.COMPLETED: ngettext("%(n)s task completed", "%(n)s tasks completed", n),
        Status.CANCELLED: ngettext("%(n)s task cancelled", "%(n)s tasks cancelled", n),
    }[deed]
    return sentence % {"n": n}
