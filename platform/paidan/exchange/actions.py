"""Imports order books: read → plan → apply, the whole file in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from paidan import audited
from paidan.catalog.models import Customer, Process, Product
from paidan.errors import Fault, Refused
from paidan.exchange import sessions, workbook
from paidan.exchange.cells import BadCell, CellFault
from paidan.exchange.facts import Existing, known_for
from paidan.exchange.models import ImportSession
from paidan.exchange.newcomers import Newcomers
from paidan.exchange.order_columns import is_heading, read_rows
from paidan.exchange.order_rows import PlannedOrder, plan_orders
from paidan.orders import facts as reading
from paidan.orders.actions.locking import lock_order
from paidan.orders.actions.saving import carry_out, must_be_editable, think
from paidan.orders.actions.writing import Thought, create
from paidan.orders.drafts import LineDraft, OrderDraft, numbered, with_plate_making
from paidan.orders.generation import Generators
from paidan.orders.models import WorkOrder
from paidan.orders.planning import Change, TaskPlan
from paidan.orders.planning import plan as plan_tasks
from paidan.people.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What a file would do to the shop: every order, every fault, and what the plan was made from."""

    book: workbook.Book
    digest: str
    create_missing: bool
    rows: int
    orders: tuple[PlannedOrder, ...]
    newcomers: Newcomers
    notes: tuple[str, ...]
    fingerprint: str
    known: reading.Catalogue
    before: ImportSession | None
    """The last import of this very file, by page or command."""

    @property
    def faults(self) -> tuple[CellFault, ...]:
        return tuple(fault for order in self.orders for fault in order.faults)

    @property
    def good(self) -> tuple[PlannedOrder, ...]:
        return tuple(order for order in self.orders if order.draft)

    @property
    def repeats(self) -> str:
        """Says that orders without a number are there already; empty when the file is new, or all have numbers."""
        return sessions.told(self.before) if self.before and not all(order.number for order in self.good) else ""

    @property
    def counts(self) -> dict[str, int]:
        """Rows, good rows, orders by what happens to them, faults, and the tasks of the orders that are written."""
        kinds = [order.kind for order in self.orders]
        written = [order for order in self.orders if order.kind in ("create", "change")]
        return {
            "rows": self.rows,
            "good_rows": sum(len(order.rows) for order in self.good),
            "orders": len(self.orders),
            **{kind: kinds.count(kind) for kind in ("create", "change", "unchanged", "bad")},
            "faults": len(self.faults),
            "tasks": sum(order.tasks for order in written),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import wrote, and what it left out."""

    created: tuple[WorkOrder, ...]
    changed: tuple[WorkOrder, ...]
    unchanged: int
    left_out: int
    faults: tuple[CellFault, ...]


def read_orders(content: bytes, *, by: User, create_missing: bool = False) -> ImportPlan:
    """Read an order book and say what importing it would do. Writes nothing; refused when it is no order book."""
    book = workbook.read(content, is_heading)
    return _plan(book, sessions.digest_of(content), by, create_missing)


def _plan(book: workbook.Book, digest: str, by: User, create_missing: bool) -> ImportPlan:
    wishes, unused = read_rows(book)
    if not wishes:
        raise Refused(_("There is no order below the headings."), "empty")
    known = known_for((wish.values["number"] for wish in wishes if "number" in wish.values), by)
    orders, newcomers = plan_orders(wishes, known, today=timezone.localdate(), create_missing=create_missing)
    catalogue = _catalogue(orders, newcomers)
    orders = _with_tasks(orders, catalogue)
    notes = list(book.notes)
    if unused:
        notes.append(
            _("These columns mean nothing here and are not imported: %(names)s.") % {"names": _(", ").join(unused)}
        )
    if newcomers.customers or newcomers.products:
        names = [*newcomers.customers, *(product.name for product in newcomers.products)]
        notes.append(_("These will be added to the master data: %(names)s.") % {"names": _(", ").join(names[:50])})
    before = sessions.last_import_of(digest)
    state = reading.fingerprint(
        file=digest, orders=orders, added=newcomers, missing=create_missing, before=before and before.pk
    )
    return ImportPlan(
        book=book, digest=digest, create_missing=create_missing, rows=len(wishes), orders=orders,
        newcomers=newcomers, notes=tuple(notes), fingerprint=state, known=catalogue,
        before=before,
    )  # fmt: skip


def _catalogue(orders: Sequence[PlannedOrder], newcomers: Newcomers) -> reading.Catalogue:
    """The master data that all orders mention, with what will be added to it. Four queries."""
    known = reading.Catalogue.of(*(order.draft for order in orders if order.draft))
    coming = {pk: Product(pk=pk, name=new.name, spec=new.spec) for new, pk in newcomers.products.items()}
    return replace(known, products={**known.products, **coming})


def _with_tasks(orders: Sequence[PlannedOrder], known: reading.Catalogue) -> tuple[PlannedOrder, ...]:
    """Each order with the facts and the number of tasks that it will have. No query."""
    generators = Generators()
    done = []
    for order in orders:
        if order.draft:
            full = _complete(order, known.processes)
            left_out = order.current.left_out if order.current else {}
            facts = reading.order_facts(full, known, left_out)
            tasks = plan_tasks(facts, (), generators)
            order = replace(order, facts=facts, tasks=len(tasks.of(Change.ADD)), warnings=tasks.warnings)
        done.append(order)
    return tuple(done)


def _complete(order: PlannedOrder, processes: Mapping[int, Process]) -> OrderDraft:
    """The draft as saving will complete it: with plate making and lasting numbers."""
    assert order.draft is not None
    current = WorkOrder(last_ref=order.current.last_ref) if order.current else None
    return numbered(with_plate_making(order.draft, processes.values()), current, processes)


def task_changes(order: PlannedOrder) -> TaskPlan:
    """What happens to the tasks of an existing order. One query."""
    assert order.facts is not None and order.current is not None
    return plan_tasks(order.facts, reading.have_tasks(WorkOrder(pk=order.current.id)), Generators())


def apply(plan: ImportPlan, *, by: User, only_good: bool = False, name: str = "", again: bool = False) -> ImportResult:
    """Write what was planned: all of it or nothing; with `only_good`, orders with a bad row are left out whole.

    Refused with the code `again` when the same file was imported before and has orders without a number; `again=True`
    makes these once more. `name` is what the file is called.
    """
    now = _plan(plan.book, plan.digest, by, plan.create_missing)
    if now.fingerprint != plan.fingerprint:
        raise stale()
    if now.repeats and not again:
        raise Refused(now.repeats, "again")
    return _carry_out(now, by, only_good, name)


def _carry_out(plan: ImportPlan, by: User, only_good: bool, upload: ImportSession | str) -> ImportResult:
    """One transaction; what moved since the plan was made is caught by the orders' versions and unique numbers."""
    if plan.faults and not only_good:
        raise _refused(plan.faults)
    wanted = [order for order in plan.good if order.kind in ("create", "change")]
    thoughts = [_think(order, plan.known) for order in wanted]  # plugins think here, outside the transaction
    try:
        with transaction.atomic():
            session = upload if isinstance(upload, ImportSession) else sessions.note(plan.digest, name=upload, by=by)
            sessions.use_up(session)
            result = _write(plan, list(zip(wanted, thoughts, strict=True)), by, only_good)
            if sessions.last_import_of(plan.digest, but=session) != plan.before:  # another was at it meanwhile
                raise stale()
            return result
    except IntegrityError as problem:
        raise stale() from problem


def _think(order: PlannedOrder, known: reading.Catalogue) -> Thought:
    return think(WorkOrder(pk=order.current.id) if order.current else None, order.draft, known=known)


def stale() -> Refused:
    """The refusal of a plan that no longer holds."""
    return Refused(
        _("Orders or master data changed since you looked. Nothing was imported; look again and confirm."), "stale"
    )


def _refused(faults: Iterable[CellFault]) -> Refused:
    return Refused.because((Fault("bad_cell", str(fault)) for fault in faults), "bad_rows")


def _write(plan: ImportPlan, wanted: Sequence[tuple[PlannedOrder, Thought]], by: User, only_good: bool) -> ImportResult:
    made = _make_missing([order for order, _thought in wanted], plan.newcomers, by)
    faults = list(plan.faults)
    changed: list[WorkOrder] = []
    for order, thought in wanted:
        if order.current:
            try:
                changed.append(_change(order.current, _settled(thought, made), by))
            except Refused as refusal:  # the order moved between looking and locking
                faults.append(_refusal_of(order, refusal))
    if faults and not only_good:
        raise _refused(faults)
    new = [_settled(thought, made) for order, thought in wanted if not order.current]
    return ImportResult(
        created=tuple(create(new, by=by, reason=_("imported"))),
        changed=tuple(changed),
        unchanged=plan.counts["unchanged"],
        left_out=plan.counts["bad"] + len(faults) - len(plan.faults),
        faults=tuple(faults),
    )


def _change(current: Existing, thought: Thought, by: User) -> WorkOrder:
    locked = lock_order(WorkOrder(pk=current.id))
    must_be_editable(locked, current.version, _("imported"))
    saved = carry_out(locked, thought, by=by, reason=_("imported"))
    if saved is None:
        raise stale()
    return saved


def _settled(thought: Thought, made: Mapping[str, Mapping[int, int]]) -> Thought:
    """With the ids of customers and products that were only planned before."""
    draft = replace(
        thought.draft,
        customer_id=made["customers"].get(thought.draft.customer_id or 0, thought.draft.customer_id),
        lines=tuple(_with_product(line, made["products"]) for line in thought.draft.lines),
    )
    return replace(thought, draft=draft)


def _with_product(line: LineDraft, made: Mapping[int, int]) -> LineDraft:
    return replace(line, product_id=made.get(line.product_id, line.product_id))


def _refusal_of(order: PlannedOrder, refusal: Refused) -> CellFault:
    sheet, row = order.rows[0]
    bad = BadCell(str(refusal), _("Look again and confirm."))
    return CellFault(sheet, row, order.column, bad.what, bad.mend)


def _make_missing(orders: Iterable[PlannedOrder], newcomers: Newcomers, by: User) -> dict[str, dict[int, int]]:
    """Add the customers and products that these orders need; answers their ids by stand-in id."""
    drafts = [order.draft for order in orders if order.draft]
    customers_used = {draft.customer_id for draft in drafts}
    products_used = {line.product_id for draft in drafts for line in draft.lines}
    customers = {pk: Customer(name=name) for name, pk in newcomers.customers.items() if pk in customers_used}
    new = {pk: product for product, pk in newcomers.products.items() if pk in products_used}
    codes = _free_codes(len(new))
    products = {
        pk: Product(code=code, name=wish.name, spec=wish.spec, unit_price=wish.unit_price)
        for (pk, wish), code in zip(new.items(), codes, strict=True)
    }
    for newcomer in (*customers.values(), *products.values()):
        audited.insert_one(newcomer, by=by, why=_("imported"))
    return {
        "customers": {pk: row.pk for pk, row in customers.items()},
        "products": {pk: row.pk for pk, row in products.items()},
    }


def _free_codes(count: int) -> list[str]:
    """The next free codes IMP-0001, IMP-0002 … One query."""
    if not count:
        return []
    taken = Product.objects.filter(code__startswith="IMP-").values_list("code", flat=True)
    last = max((int(code[4:]) for code in taken if code[4:].isascii() and code[4:].isdigit()), default=0)
    return [f"IMP-{last + number:04d}" for number in range(1, count + 1)]


def keep(content: bytes, *, name: str, by: User, create_missing: bool = False) -> ImportSession:
    """Keep an uploaded order book until it was looked at; refused at once when it is none."""
    read_orders(content, by=by, create_missing=create_missing)
    return sessions.store(content, name=name, by=by, create_missing=create_missing)


def review(session: ImportSession, *, by: User) -> ImportPlan:
    """What importing this upload would do now."""
    return read_orders(bytes(session.content), by=by, create_missing=session.create_missing)


def apply_kept(session: ImportSession, *, by: User, fingerprint: str, only_good: bool = False) -> ImportResult:
    """Import an upload exactly as it was shown, once; that it was imported before was shown too."""
    plan = review(session, by=by)
    if plan.fingerprint != fingerprint:
        raise stale()
    return _carry_out(plan, by, only_good, session)
