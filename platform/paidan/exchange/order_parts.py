"""The parts of an order as the rows of a file name them, fitted to the parts that the order has. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from paidan.exchange.cells import BadCell, CellFault
from paidan.exchange.facts import Existing, Known, MaterialEntry, ProductEntry
from paidan.exchange.newcomers import Newcomers
from paidan.exchange.order_columns import RowWish
from paidan.exchange.process_text import parse
from paidan.orders.drafts import LineDraft, MaterialDraft, StepDraft, ToolingDraft

TOOLING = ("artwork", "die", "foil", "embossing")


@dataclass(slots=True)
class Checker:
    """Finds what the rows of one order mean, and keeps a fault for each cell that means nothing."""

    rows: Sequence[RowWish]
    known: Known
    newcomers: Newcomers
    current: Existing | None
    faults: list[CellFault]
    found: list[tuple[ProductEntry, int]] = field(default_factory=list)

    def _refuse(self, row: RowWish, name: str, what: str, mend: str) -> None:
        self.faults.append(row.fault(name, BadCell(what, mend)))

    def _with(self, name: str) -> RowWish | None:
        return next((row for row in self.rows if row.values.get(name)), None)

    def customer(self) -> int | None:
        """The customer by name; a new order needs one."""
        row = self._with("customer")
        if row is None:
            bad = {fault.column for row in self.rows for fault in row.faults}
            if self.current is None and self.rows[0].heading("customer") not in bad:
                self._refuse(
                    self.rows[0], "customer", _("The customer is missing."),
                    _("Fill it in; each further line of an order needs the order number too."),
                )  # fmt: skip
            return None
        name = row.values["customer"]
        try:
            if entry := self.known.customers.find(name):
                return entry.id
            if self.newcomers.allowed:
                return self.newcomers.customer(name)
            raise self.known.customers.unknown(name, _("Correct the name, or add the customer first."))
        except BadCell as bad:
            self.faults.append(row.fault("customer", bad))
            return None

    def salesperson(self, customer_id: int | None) -> int | None:
        """The salesperson by name or user name; a new order takes its customer's."""
        row = self._with("salesperson")
        if row is None:
            entry = self.known.customers.by_id.get(customer_id or 0)
            return entry.salesperson_id if entry and self.current is None else None
        try:
            if person := self.known.people.find(row.values["salesperson"]):
                return person.id
            raise self.known.people.unknown(row.values["salesperson"], _("Correct the name, or leave it blank."))
        except BadCell as bad:
            self.faults.append(row.fault("salesperson", bad))
            return None

    def lines(self) -> tuple[LineDraft, ...]:
        """One line for each row; a line of the same product keeps its number and, when none is named, its price."""
        had = list(self.current.draft.lines) if self.current else []
        lines: list[LineDraft] = []
        seen: dict[tuple[Any, ...], RowWish] = {}
        for row in self.rows:
            product_id = self._product(row)
            quantity = self._quantity(row)
            price = self._price(row)
            if product_id is None or quantity is None:
                continue
            mark = (product_id, quantity, price, row.values.get("material"))
            if mark in seen:
                what = _("This row is the same as row %(row)s.") % {"row": seen[mark].row}
                self._refuse(row, "product", what, _("Delete it, or raise the quantity of the other."))
            seen.setdefault(mark, row)
            if entry := self.known.products.by_id.get(product_id):
                self.found.append((entry, quantity))
            old = _taken(had, product_id, quantity)
            lines.append(LineDraft(
                ref=old.ref if old else 0, product_id=product_id, quantity=quantity,
                unit_price=price if price is not None else old.unit_price if old else entry.unit_price if entry else Decimal(0),
            ))  # fmt: skip
        return tuple(lines)

    def _product(self, row: RowWish) -> int | None:
        spec = row.values.get("spec", "")
        name = "code" if row.values.get("code") else "product"
        word = row.values.get(name, "")
        if not word:
            if not any(fault.column in (row.heading("product"), row.heading("code")) for fault in row.faults):
                self._refuse(row, "product", _("The product is missing."), _("Fill it in."))
            return None
        try:
            entry = self.known.products.find(word, spec)
            if entry is None and name == "code" and row.values.get("product"):
                word = row.values["product"]
                entry = self.known.products.find(word, spec)
            if entry:
                return entry.id
            if self.newcomers.allowed:
                return self.newcomers.product(word, spec, row.values.get("unit_price", Decimal(0)))
            raise self.known.products.unknown(
                f"{word} {spec}".strip(), _("Correct the name and specification, or add the product first.")
            )
        except BadCell as bad:
            self.faults.append(row.fault(name, bad))
            return None

    def _quantity(self, row: RowWish) -> int | None:
        quantity: int | None = row.values.get("quantity")
        if quantity is None and not any(fault.column == row.heading("quantity") for fault in row.faults):
            self._refuse(row, "quantity", _("The quantity is missing."), _("Enter how many pieces are ordered."))
        return quantity

    def _price(self, row: RowWish) -> Decimal | None:
        price: Decimal | None = row.values.get("unit_price")
        if price is not None and not self.known.sees_prices:
            self._refuse(row, "unit_price", _("You do not work with prices."), _("Clear the column."))
        return price

    def materials(self) -> tuple[MaterialDraft, ...]:
        """The materials that the rows name; else what the order has, or what its products usually take."""
        if not self._with("material"):
            return self.current.draft.materials if self.current else self._recipe()
        had = {part.material_id: part for part in self.current.draft.materials} if self.current else {}
        wanted: dict[int, Decimal | None] = {}
        entries: dict[int, MaterialEntry] = {}
        for row in self.rows:
            for entry, used in self._materials_of(row):
                entries[entry.id] = entry
                before = wanted.get(entry.id)
                wanted[entry.id] = used if before is None else before + (used or 0)
        return tuple(self._material(entries[pk], used, had.get(pk)) for pk, used in wanted.items())

    def _materials_of(self, row: RowWish) -> Iterable[tuple[MaterialEntry, Decimal | None]]:
        words: Sequence[str] = row.values.get("material", ())
        amounts: Sequence[Decimal | None] = row.values.get("usage") or [None] * len(words)
        if len(amounts) != len(words):
            what = _("There are %(amounts)s amounts for %(materials)s materials.")
            what %= {"amounts": len(amounts), "materials": len(words)}
            self._refuse(row, "usage", what, _("Write one amount for each material."))
            return
        for word, amount in zip(words, amounts, strict=True):
            try:
                entry = self.known.materials.find(word)
                if entry is None:
                    raise self.known.materials.unknown(word, _("Write the code, or add the material first."))
                yield entry, amount
            except BadCell as bad:
                self.faults.append(row.fault("material", bad))

    def _material(self, entry: MaterialEntry, used: Decimal | None, old: MaterialDraft | None) -> MaterialDraft:
        if old:
            return old if used is None else replace(old, usage=used)
        usual = next((part.usage for part in self._recipe() if part.material_id == entry.id), Decimal(0))
        amount = usual if used is None else used
        return MaterialDraft(material_id=entry.id, usage=amount, needs_cutting=entry.needs_cutting)

    def _recipe(self) -> tuple[MaterialDraft, ...]:
        """What the products of the rows usually take for their quantities."""
        amounts: dict[int, Decimal] = {}
        for product, quantity in self.found:
            for material, per_thousand in product.recipe:
                amounts[material] = amounts.get(material, Decimal(0)) + per_thousand * quantity / 1000
        return tuple(
            MaterialDraft(
                material_id=pk,
                usage=amount.quantize(Decimal("0.01")),
                needs_cutting=self.known.materials.by_id[pk].needs_cutting,
            )
            for pk, amount in amounts.items()
        )

    def toolings(self) -> tuple[ToolingDraft, ...]:
        """Artwork, dies and plates by code; of a kind that no row names, the order keeps what it has."""
        had = {part.tooling_id: part for part in self.current.draft.toolings} if self.current else {}
        kinds = [kind for kind in TOOLING if self._with(kind)]
        named = {pk for kind in kinds for pk in self.known.tooling[kind].by_id}
        kept = [part for pk, part in had.items() if pk not in named]
        wanted = dict.fromkeys(pk for kind in kinds for row in self.rows for pk in self._toolings_of(row, kind))
        return (*kept, *(had.get(pk) or ToolingDraft(tooling_id=pk) for pk in wanted))

    def _toolings_of(self, row: RowWish, kind: str) -> Iterable[int]:
        index = self.known.tooling[kind]
        for word in re.split(r"[;；、,，\s]+", row.values.get(kind, "")):
            if not word:
                continue
            try:
                if entry := index.find(word):
                    yield entry.id
                else:
                    raise index.unknown(word, _("Correct the code, or add it first."))
            except BadCell as bad:
                self.faults.append(row.fault(kind, bad))

    def steps(self) -> tuple[StepDraft, ...]:
        """The route that the rows name; else what the order has, or the usual route of its products."""
        route: list[int] = []
        for row in self.rows:
            _join(route, self._processes_of(row), self._position)
        if not route and self.current:
            return self.current.draft.steps
        if not route:
            for product, _quantity in self.found:
                _join(route, product.route, self._position)
        if not route and not self.faults:
            what = _("No process is named, and the product has no usual route.")
            self._refuse(self.rows[0], "processes", what, _("Write the processes, e.g. 印刷+覆膜+模切."))
        return self._fitted(route)

    @property
    def _position(self) -> dict[int, int]:
        return {step.id: step.sequence for step in self.known.processes.values()}

    def _processes_of(self, row: RowWish) -> list[int]:
        parsed = parse(row.values.get("processes", ""), self.known.vocabulary)
        for word in parsed.unknown:
            what = _("“%(word)s” is no process that is known here.") % {"word": word[:40]}
            self._refuse(row, "processes", what, _("Correct the word, or add it as a synonym of a process."))
        if row.values.get("processes") and not parsed.codes and not parsed.unknown:
            what = _("No process is named here.")
            self._refuse(row, "processes", what, _("Write the processes, e.g. 印刷+覆膜+模切."))
        return [self.known.processes[code].id for code in parsed.codes]

    def _fitted(self, route: list[int]) -> tuple[StepDraft, ...]:
        """The route with the steps that the order has already; plate making that came by itself stays."""
        had = list(self.current.draft.steps) if self.current else []
        by_itself = [step for step in had if step.process_id in self.known.plates and step.process_id not in route]
        rest = [step for step in had if step not in by_itself]
        if [step.process_id for step in rest] == route:
            return tuple(had)
        steps = []
        for place, process_id in enumerate(route, 2):  # 10 is left for plate making
            old = next((step for step in rest if step.process_id == process_id), None)
            if old:
                rest.remove(old)
            steps.append(StepDraft(ref=old.ref if old else 0, process_id=process_id, sequence=place * 10))
        return (*by_itself, *steps)


def _taken(had: list[LineDraft], product_id: int, quantity: int) -> LineDraft | None:
    """The line of the order that a row goes on with: same product, same quantity if there is one."""
    mine = [line for line in had if line.product_id == product_id]
    old = next((line for line in mine if line.quantity == quantity), mine[0] if mine else None)
    if old:
        had.remove(old)
    return old


def _join(route: list[int], further: Iterable[int], position: Mapping[int, int]) -> None:
    """Put what a further row needs beyond the route so far where it usually stands."""
    if not route:
        route.extend(further)
        return
    for process_id in further:
        if process_id not in route:
            place = position.get(process_id, 0)
            later = (index for index, other in enumerate(route) if position.get(other, 0) > place)
            route.insert(next(later, len(route)), process_id)
