"""Customers and products that a file names and the shop does not have yet."""

from dataclasses import dataclass, field
from decimal import Decimal

from paidan.exchange import cells


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product that the file names and the shop does not have yet."""

    name: str
    spec: str
    unit_price: Decimal


@dataclass(slots=True)
class Newcomers:
    """Customers and products to be made first. Until then they go by negative ids."""

    allowed: bool = False
    customers: dict[str, int] = field(default_factory=dict)
    products: dict[NewProduct, int] = field(default_factory=dict)

    def customer(self, name: str) -> int:
        """The stand-in id of a new customer."""
        known = next((there for there in self.customers if cells.key(there) == cells.key(name)), name)
        return self.customers.setdefault(known, -1 - len(self.customers))

    def product(self, name: str, spec: str, unit_price: Decimal) -> int:
        """The stand-in id of a new product; the first price that is named is its own."""
        for there, stand_in in self.products.items():
            if (cells.key(there.name), cells.key(there.spec)) == (cells.key(name), cells.key(spec)):
                return stand_in
        return self.products.setdefault(NewProduct(name, spec, unit_price), -1 - len(self.products))
