"""Reads what an import is judged by: the shop's master data and the orders of the file, in a constant number of queries."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from paidan.catalog.models import Customer, Material, Process, Product, Tooling, ToolingKind
from paidan.exchange.cells import BadCell, key
from paidan.exchange.process_text import Vocabulary
from paidan.orders.drafts import OrderDraft, draft_of
from paidan.orders.models import OrderLine, WorkOrder
from paidan.orders.models.order import Approval, Progress
from paidan.people.access import shows
from paidan.people.models import User

MOST_GUESSES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the master data: how it is called, and whether it is still used."""

    id: int
    name: str
    code: str = ""
    spec: str = ""
    active: bool = True

    @property
    def full(self) -> str:
        return f"{self.name} {self.spec}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEntry(Entry):
    salesperson_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialEntry(Entry):
    needs_cutting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductEntry(Entry):
    """A product with its usual route (process ids) and recipe (material id, usage by the thousand)."""

    unit_price: Decimal = Decimal(0)
    route: tuple[int, ...] = ()
    recipe: tuple[tuple[int, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A process as a route needs it: its id and usual position."""

    id: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Existing:
    """An order that is there already, as it stands."""

    id: int
    version: int
    draft: OrderDraft
    state: str = Approval.DRAFT.value
    cancelled: bool = False
    last_ref: int = 0
    left_out: Mapping[int, Sequence[str]] = field(default_factory=dict)


class Index[E: Entry]:
    """Finds a row of the master data by its code, its name, or its name and specification."""

    def __init__(self, entries: Iterable[E]) -> None:
        self.by_id: dict[int, E] = {}
        self._codes: dict[str, E] = {}
        self._names: dict[str, list[E]] = {}
        self._guesses: dict[str, str] = {}
        for entry in entries:
            self.by_id[entry.id] = entry
            if entry.code:
                self._codes[key(entry.code)] = entry
            for word in {key(entry.name), key(entry.full)}:
                self._names.setdefault(word, []).append(entry)

    def find(self, word: str, spec: str = "") -> E | None:
        """The one row that is meant, or none; refused when it could be several, or is no longer used."""
        found = self._codes.get(key(word))
        named = self._names.get(key(word), [])
        if found and spec and key(spec) not in ("", key(found.spec)):
            raise BadCell(
                _("%(code)s has the specification “%(spec)s”.") % {"code": found.code, "spec": found.spec},
                _("Correct the product or the specification."),
            )
        if found is None and spec:
            named = [entry for entry in named if key(spec) == key(entry.spec)] or self._names.get(key(word + spec), [])
        if found is None and len(named) > 1:
            codes = ", ".join(entry.code or entry.full for entry in named[:5])
            raise BadCell(
                _("“%(word)s” may mean several: %(codes)s.") % {"word": word, "codes": codes}, _("Write the code.")
            )
        found = found or (named[0] if named else None)
        if found and not found.active:
            raise BadCell(_("“%(name)s” is no longer used.") % {"name": found.full}, _("Choose another one."))
        return found

    def unknown(self, word: str, mend: str) -> BadCell:
        """Say that nothing is called so, and what comes closest."""
        what = _("“%(word)s” is not known here.") % {"word": word}
        if closest := self._closest(word):
            return BadCell(what, _("Did you mean “%(closest)s”? %(mend)s") % {"closest": closest, "mend": mend})
        return BadCell(what, mend)

    def _closest(self, word: str) -> str:
        asked = key(word)[:60]
        if asked not in self._guesses and len(self._guesses) < MOST_GUESSES:  # each one reads the whole index
            near = difflib.get_close_matches(asked, [*self._names, *self._codes], n=1, cutoff=0.5)
            entry = next(iter(self._names.get(near[0], [])), None) or self._codes[near[0]] if near else None
            self._guesses[asked] = entry.full if entry else ""
        return self._guesses.get(asked, "")


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that the rows of a file are compared with."""

    customers: Index[CustomerEntry]
    people: Index[Entry]
    products: Index[ProductEntry]
    materials: Index[MaterialEntry]
    tooling: Mapping[str, Index[Entry]]
    processes: Mapping[str, Step]
    plates: frozenset[int]
    vocabulary: Vocabulary
    orders: Mapping[str, Existing] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    sees_prices: bool = True
    may_change: bool = True


def known_for(numbers: Iterable[str], by: User) -> Known:
    """The master data, and of the orders with these numbers those that exist for this person."""
    numbers = set(numbers)
    processes = list(Process.objects.filter(is_active=True))
    orders = _existing(WorkOrder.objects.filter(number__in=numbers).visible_to(by))
    return Known(
        customers=Index(
            CustomerEntry(id=row.pk, name=row.name, active=row.is_active, salesperson_id=row.salesperson_id)
            for row in Customer.objects.all()
        ),
        people=Index(
            Entry(id=row.pk, name=row.get_full_name(), code=row.username) for row in User.objects.filter(is_active=True)
        ),
        products=Index(_product(row) for row in Product.objects.prefetch_related("route", "recipe")),
        materials=Index(
            MaterialEntry(
                id=row.pk, name=row.name, code=row.code, spec=row.spec, active=row.is_active,
                needs_cutting=row.needs_cutting,
            )
            for row in Material.objects.all()
        ),
        tooling=_tooling(),
        processes={row.code: Step(row.pk, row.sequence) for row in processes},
        plates=frozenset(row.pk for row in processes if row.generator == "plate_making"),
        vocabulary=Vocabulary.of((row.code, row.name, row.synonyms) for row in processes),
        orders=orders,
        taken=frozenset(WorkOrder.objects.filter(number__in=numbers).values_list("number", flat=True)) - orders.keys(),
        sees_prices=shows(by, OrderLine, "unit_price"),
        may_change=by.has_perm("orders.change_workorder"),
    )  # fmt: skip


def _product(row: Product) -> ProductEntry:
    return ProductEntry(
        id=row.pk,
        name=row.name,
        code=row.code,
        spec=row.spec,
        active=row.is_active,
        unit_price=row.unit_price,
        route=tuple(step.process_id for step in row.route.all()),
        recipe=tuple((part.material_id, part.usage_per_thousand) for part in row.recipe.all()),
    )


def _tooling() -> dict[str, Index[Entry]]:
    """Artwork, dies and plates by kind: the newest version under the bare code, each under its code and version."""
    entries: dict[str, list[Entry]] = {kind: [] for kind in ToolingKind.values}
    newest: dict[tuple[str, str], Entry] = {}
    for row in Tooling.objects.order_by("kind", "code", "version"):
        full = f"{row.code} v{row.version}"
        entries[row.kind].append(Entry(id=row.pk, name=full, code=full))
        newest[row.kind, row.code] = Entry(id=row.pk, name=row.code, code=row.code)
    for (kind, _code), entry in newest.items():
        entries[kind].append(entry)
    return {kind: Index(rows) for kind, rows in entries.items()}


def _existing(orders: Iterable[WorkOrder]) -> dict[str, Existing]:
    rows = orders.prefetch_related("lines", "materials", "toolings", "steps")  # type: ignore[attr-defined]
    return {
        row.number: Existing(
            id=row.pk,
            version=row.version,
            last_ref=row.last_ref,
            draft=draft_of(row),
            state=row.approval,
            cancelled=row.progress == Progress.CANCELLED,
            left_out={step.ref: step.left_out for step in row.steps.all()},
        )
        for row in rows
    }
