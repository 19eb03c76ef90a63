"""The traveller: the whole order on paper, for who may see it, without a price."""

import builtins
import logging
import re
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from paidan.backoffice import qr
from paidan.catalog.models import Tooling
from paidan.orders.actions import order as life
from paidan.orders.admin import traveller
from paidan.orders.models import WorkOrder
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, tasks_of
from tests.tablets import as_person

pytestmark = pytest.mark.django_db
MOST_QUERIES = 14


def url(order: WorkOrder | int) -> str:
    return reverse("admin:orders_workorder_traveller", args=[order if isinstance(order, int) else order.pk])


def paper(user: User, order: WorkOrder) -> str:
    """What stands on the paper that this person prints."""
    return as_person(user).get(url(order)).content.decode()


def codes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses behind the codes that are drawn from now on."""
    drawn: list[str] = []
    draw = qr.drawn
    monkeypatch.setattr(qr, "drawn", lambda text: drawn.append(text) or draw(text))
    return drawn


def test_the_paper_has_what_the_shop_floor_needs(
    approved: MakeOrder, maker: User, tooling: Callable[..., Tooling]
) -> None:
    order = approved(
        "CUT", "PRT", "DIE", "PACK", notes="烫金位置以样盒为准", cmyk="CMYK", spot_colours="877C", spoilage=50
    )

    text = paper(maker, order)

    wanted = [order.number, "华美日化", "礼品盒", "1,000", "50", "CMYK+877C", "白卡纸 350g", "artwork-1", "die-1",
              "烫金位置以样盒为准", "印刷车间", "模切车间"]  # fmt: skip
    assert [word for word in wanted if word not in text] == []
    assert text.count('class="blank wide"') == len(tasks_of(order))


def test_the_code_of_a_task_is_the_whole_address_of_its_page_in_the_centre(
    approved: MakeOrder, maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = approved("VAN", "PACK")
    drawn = codes(monkeypatch)

    paper(maker, order)

    pages = [f"http://testserver{reverse('centre_task', args=[task.pk])}" for task in tasks_of(order)]
    assert drawn == [*pages, f"http://testserver/orders/workorder/{order.pk}/change/"]


def test_paper_of_an_order_that_nobody_may_work_on_says_so(
    created: MakeOrder, approved: MakeOrder, maker: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, paused = created("VAN"), life.pause(approved("VAN"), by=approver, reason="停电")
    drawn = codes(monkeypatch)

    said = [re.findall(r'class="warning">([^<]+)', paper(maker, order)) for order in (draft, paused, approved("VAN"))]

    assert said == [["Not approved: do not produce from this paper"], ["Paused"], []]
    assert len(drawn) == 3 + 2, "a draft task may be gone tomorrow: it has no code"


@pytest.mark.parametrize("role", ["operator", "supervisor", "maker"])
def test_no_price_is_on_the_paper_and_the_customer_only_for_who_may_know(
    role: str, approved: MakeOrder, maker: User, hire: Hire
) -> None:
    order = approved("VAN")
    order.lines.update(unit_price=Decimal("731.37"))
    WorkOrder.objects.filter(pk=order.pk).update(total_amount=Decimal("731.37"))
    user = maker if role == "maker" else hire("olga", post=("printing", role))

    text = paper(user, order)

    assert "731.37" not in text
    assert ("华美日化" in text) == (role != "operator")


def test_of_the_tasks_only_those_that_the_reader_may_see_are_on_the_paper(approved: MakeOrder, hire: Hire) -> None:
    order = approved("VAN", "PACK")

    text = paper(hire("ann"), order)

    assert "<b>过油 礼品盒</b>" in text and "<b>包装 礼品盒</b>" not in text
    assert "2. 包装" in text, "the route itself is known to whoever sees the order"


@pytest.mark.parametrize("query", ["", "?format=pdf"])
def test_a_foreign_order_looks_like_a_missing_one(query: str, approved: MakeOrder, hire: Hire) -> None:
    client = as_person(hire("ann"))

    answers = [client.get(url(pk) + query) for pk in (approved("PACK").pk, 987_654)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_the_order_page_leads_to_it(approved: MakeOrder, maker: User) -> None:
    order = approved("VAN")

    assert (
        url(order) in as_person(maker).get(reverse("admin:orders_workorder_change", args=[order.pk])).content.decode()
    )


@pytest.mark.parametrize("lines", [2, 40])
def test_the_paper_asks_as_little_for_many_tasks_as_for_few(lines: int, approved: MakeOrder, maker: User) -> None:
    order, client = approved("VAN", "PACK", lines=lines), as_person(maker)
    client.get("/")

    with CaptureQueriesContext(connection) as queries:
        client.get(url(order))

    assert len(queries) <= MOST_QUERIES, "\n".join(query["sql"] for query in queries)


# --- PDF ------------------------------------------------------------------------------------------
def test_the_pdf_has_the_chinese_words_in_a_font_that_has_them(approved: MakeOrder, maker: User) -> None:
    if not traveller.draws_chinese():
        pytest.skip("no pango or no Chinese font here")
    order = approved("VAN", "PACK")

    answer = as_person(maker).get(url(order) + "?format=pdf")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    inside = b"".join(_streams(answer.content))
    assert all(word.encode("utf-16-be").hex().encode() in inside.lower() for word in "包装过油华美日化"), (
        "glyph to letter"
    )


def _streams(pdf: bytes) -> Any:
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(packed)
        except zlib.error:
            yield packed


@pytest.fixture
def _asked_anew() -> Iterator[None]:
    """What a machine can draw is asked once; here it is another machine."""
    traveller.draws_chinese.cache_clear()
    yield
    traveller.draws_chinese.cache_clear()


@pytest.mark.usefixtures("_asked_anew")
@pytest.mark.parametrize("missing", ["pango", "font"])
def test_without_the_libraries_or_a_font_the_page_says_what_to_do_instead(
    missing: str, approved: MakeOrder, maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, load = approved("VAN"), builtins.__import__

    def bare(name: str, *args: Any, **more: Any) -> Any:
        if name == "weasyprint" and missing == "pango":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return load(name, *args, **more)

    class Fontless:
        def __init__(self, string: str) -> None:
            pass

        def write_pdf(self) -> bytes:
            logging.getLogger("weasyprint").warning(".notdef glyph rendered for Unicode string unsupported by fonts")
            return b"%PDF-"

    monkeypatch.setattr(builtins, "__import__", bare)
    if missing == "font":
        monkeypatch.setattr(pytest.importorskip("weasyprint", exc_type=OSError), "HTML", Fontless)

    answer = as_person(maker).get(url(order) + "?format=pdf")

    assert answer.status_code == 501
    assert "print from the browser instead" in answer.content.decode()
