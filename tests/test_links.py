"""No page offers its reader a link, or a chooser, that does not open."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import pytest
from django.test import Client

from paidan.orders.actions import task as work
from paidan.orders.models import WorkOrder
from paidan.people.models import User
from tests.conftest import tasks_of, unchanged
from tests.test_pages import change, signed_in

pytestmark = pytest.mark.django_db

NOT_FOLLOWED = ("/static/", "/logout/", "/i18n/")
ROLES = ["maker", "sales", "approver", "supervisor", "operator", "admin"]
CHOOSER = ("app-label", "model-name", "field-name")


class Addresses(HTMLParser):
    """What a click on this page, or opening a chooser, would ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.found += [has[name] for name in ("href", "hx-get") if has.get(name)]
        if has.get("data-ajax--url"):
            asks = {name.replace("-", "_"): has[f"data-{name}"] for name in CHOOSER}
            self.found.append(f"{has['data-ajax--url']}?{urlencode(asks)}")


class Reader:
    """One person with a browser that asks for each address once, however it is sorted and filtered."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seen: dict[str, tuple[int, str]] = {}

    def open(self, address: str) -> tuple[int, str]:
        key = address if address.startswith("/autocomplete/") else urlsplit(address).path
        if key not in self.seen:
            response = self.client.get(address)
            self.seen[key] = response.status_code, response.content.decode(errors="replace")
        return self.seen[key]

    def links(self, page: str) -> Iterator[str]:
        """Where the links of this page lead within the console."""
        addresses = Addresses()
        addresses.feed(self.open(page)[1])
        for found in dict.fromkeys(addresses.found):
            address = urldefrag(urljoin(page, found)).url
            if not urlsplit(address).netloc and not urlsplit(address).path.startswith(NOT_FOLLOWED):
                yield address


@pytest.mark.parametrize("role", ROLES)
def test_every_link_leads_somewhere(role: str, hire: Callable[..., User], approved: Callable[..., WorkOrder]) -> None:
    post = {"supervisor": ("printing", "supervisor"), "operator": ("printing", "operator")}.get(role)
    person = hire("rita", post=post) if post else hire("rita", role=role)
    order = approved("CUT", "PRT", "PACK", salesperson_id=person.pk)
    task = tasks_of(order, "PRT")[0]
    if role == "operator":
        work.claim(task, by=person)
    reader = Reader(signed_in(person))
    pages = ["/", change(order), change(task)]
    lists = [link for link in reader.links("/") if not link.startswith("/?")]
    first_rows = [next((to for to in reader.links(page) if to.endswith("/change/")), page) for page in lists]

    with unchanged():
        dead = [
            (page, link)
            for page in dict.fromkeys([*pages, *lists, *first_rows])
            for link in reader.links(page)
            if reader.open(link)[0] >= 400
        ]

    assert not dead, "\n".join(map(str, dead))
    assert len(reader.seen) >= 20
