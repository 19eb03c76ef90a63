"""Orders with exactly so many tasks, in the shop of `fixtures/`."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

from django.utils import timezone

from paidan.catalog.models import Customer, Process, Product, Tooling
from paidan.orders.drafts import LineDraft, OrderDraft, StepDraft, ToolingDraft
from paidan.people.actions import place
from paidan.people.models import Department, User

PRINTINGS = 8


class Shop:
    """People, a product and artwork enough for large orders."""

    def __init__(self) -> None:
        self.maker = hire("bench-maker", role="maker")
        self.approver = hire("bench-approver", role="approver")
        self.customer = Customer.objects.create(name="Benchmark")
        self.product = Product.objects.create(code="BENCH", name="礼品盒", unit_price=Decimal("3.2"))
        self.process = {process.code: process for process in Process.objects.all()}
        artworks = [Tooling(kind="artwork", code=f"BENCH-{place:04}") for place in range(150)]
        Tooling.objects.bulk_create(artworks)
        self.artworks = list(Tooling.objects.filter(code__startswith="BENCH-").order_by("code"))

    def draft(self, tasks: int) -> OrderDraft:
        """An order with so many tasks: of ten each, one plate, eight times printing, one to pack."""
        return self.mixed(lines=tasks // 10, artworks=tasks // 10)

    def mixed(self, *, lines: int, artworks: int) -> OrderDraft:
        """An order with one packing task per line, and one plate and eight printing tasks per artwork."""
        today = timezone.localdate()
        printing = [StepDraft(process_id=self.process["PRT"].pk, sequence=30 + n) for n in range(PRINTINGS)]
        plates = StepDraft(process_id=self.process["CTP"].pk, sequence=10)
        return OrderDraft(
            order_date=today,
            due_date=today + timedelta(days=7),
            print_run=5000,
            spoilage=100,
            customer_id=self.customer.pk,
            cmyk="CMYK",
            lines=tuple(self.line(place) for place in range(lines)),
            toolings=tuple(ToolingDraft(tooling_id=tool.pk) for tool in self.artworks[:artworks]),
            steps=(plates, *printing, StepDraft(process_id=self.process["PACK"].pk, sequence=200)),
        )

    def line(self, place: int) -> LineDraft:
        """One product of an order."""
        return LineDraft(product_id=self.product.pk, quantity=1000 + place, unit_price=Decimal("3.2"))


_names = count(1)


def hire(name: str = "", *, role: str = "operator", department: str = "") -> User:
    """A new person with one role; a supervisor or operator works in a department."""
    user = User.objects.create(username=name or f"bench-{next(_names)}", is_staff=True)
    place(user, role=role, department=Department.objects.get(code=department) if department else None)
    return user
