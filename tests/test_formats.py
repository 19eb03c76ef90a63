"""Days, times, numbers and money are written one way on every page, in every language; what a program reads stays plain."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template
from django.urls import reverse
from django.utils import translation

from paidan.console.wall import actions as walls
from paidan.console.wall import links
from paidan.contracts import STRATEGIES
from paidan.orders.actions import task as work
from paidan.orders.models import Task, WorkOrder
from paidan.people.models import User
from paidan.registry import words
from tests.conftest import Hire, refuses, tasks_of
from tests.test_links import Reader
from tests.test_pages import change, signed_in

pytestmark = pytest.mark.django_db

MANY = 1_234_567
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
SPOKEN = {"aria-label", "title", "alt", "placeholder", "content"}
"""Attributes that are read by people; `content` is the page's summary."""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("written", "value", "read"),
    [
        ("{{ value }}", 60000, "60,000"),
        ("{{ value }}", Decimal("1234.50"), "1,234.50"),
        ("{{ value|date }}", date(2026, 3, 5), "2026-03-05"),
        ("{{ value }}", date(2026, 3, 5), "2026-03-05"),
        ("{{ value }}", datetime(2026, 3, 5, 8, 5, 59), "2026-03-05 08:05"),
        ("{{ value|time }}", datetime(2026, 3, 5, 8, 5, 59), "08:05"),
        ("{{ value|unlocalize }}", 60000, "60000"),
        ("{{ value|money }}", Decimal("23200"), "¥23,200.00"),
        ("{{ value|money }}", Decimal("3.2500"), "¥3.25"),
        ("{{ value|money }}", Decimal("0.0125"), "¥0.0125"),
        ("{{ value|money }}", Decimal("-1500.5"), "-¥1,500.50"),
        ("{{ value|money }}", None, "—"),
    ],
)
def test_each_kind_of_value_is_written_one_way(language: str, written: str, value: Any, read: str) -> None:
    with translation.override(language):
        assert Template("{% load l10n paidan %}" + written).render(Context({"value": value})) == read


def test_what_a_plugin_counts_is_written_alike_unless_its_sentence_says_how() -> None:
    kept = {
        "template": "{minutes} min, {tasks:d} tasks, {share}",
        "values": {"minutes": 5190, "tasks": 1200, "share": 0.5},
    }

    assert words.say(STRATEGIES, "nobody's", kept) == "5,190 min, 1200 tasks, 0.5"
    assert words.house_kept({"template": "{n} before it", "values": {"n": 1940}}) == "1,940 before it"


class Attributes(HTMLParser):
    """The grouped numbers that a program would read: in attributes and in what is not shown as text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.found += [
            f"<{tag} {name}={value!r}>"
            for name, value in attrs
            if name not in SPOKEN and not (tag == "input" and name == "data-said") and GROUPED.search(value or "")
        ]

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, text: str) -> None:
        if self.inside == "script" and GROUPED.search(text):
            self.found.append(f"<script> {text[:80]}")


@contextmanager
def big_numbers(*tables: str) -> Iterator[None]:
    """The next rows of these tables have numbers beyond a million."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany("DELETE FROM sqlite_sequence WHERE name = %s", [[table] for table in tables])
            cursor.executemany("INSERT INTO sqlite_sequence VALUES (%s, %s)", [[table, MANY] for table in tables])
            yield
            return
        sequences = [each["name"] for table in tables for each in connection.introspection.get_sequences(cursor, table)]
        before = {}
        for sequence in sequences:
            cursor.execute(f"SELECT last_value FROM {sequence}")
            before[sequence] = cursor.fetchone()[0]
            cursor.execute("SELECT setval(%s, %s)", [sequence, MANY])
        try:
            yield
        finally:  # a sequence knows no transaction
            for sequence, value in before.items():
                cursor.execute("SELECT setval(%s, %s)", [sequence, value])


@pytest.fixture
def large() -> Iterator[None]:
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if t.startswith(PARTS)]
    with big_numbers(*tables):
        yield


PARTS = ("orders_", "people_user", "catalog_product", "catalog_customer", "notices_notification", "console_")


@pytest.mark.parametrize("role", ["maker", "approver", "supervisor", "operator", "admin"])
def test_no_number_that_a_program_reads_is_grouped(
    role: str, large: None, hire: Hire, created: Callable[..., WorkOrder], approved: Callable[..., WorkOrder]
) -> None:
    """A row's number in a form, a link or a script, a quantity in an input: `1,234` would be another one, or none."""
    post = {"supervisor": ("printing", "supervisor"), "operator": ("printing", "operator")}.get(role)
    person: User = hire("rita", post=post) if post else hire("rita", role=role)
    order = approved("VAN", "PACK", quantity=MANY)
    waiting = created("PRT", "PACK", quantity=MANY)
    (first,) = tasks_of(order, "VAN")
    operator = person if role == "operator" else hire("oskar")
    work.report(work.claim(first, by=operator).task, by=operator, good=2000)
    wall = walls.make(first.department, by=hire("sue", post=("printing", "supervisor")), screen="2")
    printing = first.department_id
    pages = [
        "/", change(order), change(waiting), change(first), "/board/all/", "/centre/", f"/centre/task/{first.pk}/",
        f"/board/{printing}/", f"/board/{printing}/cards/", "/dispatch/?process=PRT", "/changes/", "/walls/",
        "/notifications/panel/", "/notices/notification/", "/orders/workorder/", "/orders/task/",
        f"/wall/{links.token(wall)}/", reverse("admin:orders_workorder_timeline", args=[order.pk]),
        reverse("admin:orders_workorder_traveller", args=[order.pk]),
        reverse("admin:orders_workorder_tasks", args=[waiting.pk]),
        reverse("admin:orders_workorder_history", args=[order.pk]), "/orders/workorder/add/", "/people/user/",
    ]  # fmt: skip
    reader = Reader(signed_in(person))
    opened = [page for page in pages if reader.open(page)[0] == 200]
    opened += [link for page in tuple(opened) for link in reader.links(page) if str(MANY)[:4] in link]

    found: list[str] = []
    for page in dict.fromkeys(opened):
        parsed = Attributes()
        parsed.feed(reader.open(page)[1])
        found += [f"{page}: {text}" for text in dict.fromkeys(parsed.found)]

    assert not found, "\n".join(found)
    assert first.pk > MANY and any(str(first.pk) in reader.open(page)[1] for page in opened)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_lists_and_pages_write_quantities_and_money_alike_in_every_language(
    language: str, maker: User, submitted: Callable[..., WorkOrder]
) -> None:
    order = submitted("PRT", "PACK", quantity=12_500)  # at 3.20 each; a submitted order cannot be typed in
    client = signed_in(maker)
    client.cookies["django_language"] = language

    rows = re.sub(r"<[^>]+>", " ", client.get("/orders/workorder/").text)
    page = re.sub(r"<[^>]+>", " ", client.get(change(order)).text)

    assert re.search(r"\b12,500\s+¥40,000\.00", rows)
    assert "¥40,000.00" in page and "¥3.20" in page and "12,500" in page
    assert not re.search(r"\b12500\b|\b40000|3\.2000", rows + page)


def test_prices_sort_as_numbers(maker: User, created: Callable[..., WorkOrder]) -> None:
    cheap, dear = created("PACK", quantity=9), created("PACK", quantity=1000)

    columns = signed_in(maker).get("/orders/workorder/").context["cl"].list_display
    place = [getattr(column, "__name__", column) for column in columns].index("total_amount")
    answer = signed_in(maker).get(f"/orders/workorder/?o={place}")

    assert [row.pk for row in answer.context["cl"].result_list] == [cheap.pk, dear.pk]


def test_a_refusal_counts_as_a_page_does(pooled_task: Task, hire: Hire) -> None:
    ann = hire("ann")
    work.claim(pooled_task, by=ann)

    with translation.override("en"), refuses("too_many") as refused:
        work.report(pooled_task, by=ann, good=2000)

    assert "more than allowed: 1,000 pieces" in str(refused.value)
