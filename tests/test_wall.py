"""The wall board: a department for all to see, by a link that can be revoked, without prices and mostly without customers."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from paidan.backoffice import qr
from paidan.console.models import WallLink
from paidan.console.wall import actions, facts, links
from paidan.insight import audit
from paidan.orders.actions import task as work
from paidan.orders.models import Task
from paidan.people.models import Department, User
from tests.conftest import Hire, MakeOrder, Shop, assert_recorded, refuses, reload, tasks_of
from tests.test_board import crowd
from tests.test_pages import signed_in
from tests.visitors import count_anew  # noqa: F401  no test is refused for what another one asked

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def printing(shop: Shop) -> Department:
    return shop.department("printing")


@pytest.fixture
def sue(hire: Hire) -> User:
    return hire("sue", post=("printing", "supervisor"))


@pytest.fixture
def link(printing: Department, sue: User) -> WallLink:
    return actions.make(printing, by=sue, screen="beside press 2")


def url(link: WallLink, end: str = "") -> str:
    return f"/wall/{links.token(link)}/{end}"


def passer_by() -> Client:
    """A screen on which nobody signed in."""
    client = Client()
    client.cookies["django_language"] = "en"
    return client


# --- what is shown --------------------------------------------------------------------------------
def test_a_screen_shows_who_works_on_what_and_what_comes_next(
    approved: MakeOrder, link: WallLink, hire: Hire, printing: Department
) -> None:
    ann = hire("ann")
    running, late, done, waiting = (tasks_of(approved("VAN"))[0] for _n in range(4))
    work.start(work.claim(running, by=ann).task, by=ann)
    work.report(running, by=ann, good=250)
    Task.objects.filter(pk=late.pk).update(due=TODAY() - timedelta(days=3))
    work.complete(work.claim(done, by=ann).task, by=ann)

    wall = facts.wall(link, TODAY())

    assert wall.counts == {"running": 1, "waiting": 2, "late": 1, "done": 1}
    [(person, [job])] = facts.people(wall.running)
    assert (person, job.number, job.good, job.planned, job.share) == ("ann", running.order.number, 250, 1000, 25)
    assert [each.number for each in wall.next_up] == [late.order.number, waiting.order.number]
    assert [(each.number, each.late) for each in wall.late] == [(late.order.number, True)]


def test_what_cannot_begin_comes_after_what_can(approved: MakeOrder, link: WallLink, shop: Shop) -> None:
    blocked, ready = approved("PRT", "VAN", priority=4), approved("VAN")
    Task.objects.filter(step__order=blocked, step__process__code="PRT").update(department=shop.department("cutting"))

    wall = facts.wall(link, TODAY())

    assert [(job.number, job.waits) for job in wall.next_up] == [(ready.number, ""), (blocked.number, "waits for 制版")]


def test_a_screen_shows_its_department_and_those_that_belong_to_it_and_no_other(
    approved: MakeOrder, link: WallLink, shop: Shop, approver: User
) -> None:
    order = approved("VAN", "PACK")
    above = actions.make(shop.department("production"), by=approver, screen="hall")

    def seen(one: WallLink) -> set[str]:
        return {job.content for job in facts.wall(one, TODAY()).next_up}

    printed, packed = tasks_of(order)
    assert seen(link) == {printed.content}
    assert seen(above) == {printed.content, packed.content}


@pytest.mark.parametrize("named", [False, True])
def test_customers_are_named_only_where_the_link_says_so_and_prices_never(
    named: bool, approved: MakeOrder, printing: Department, sue: User
) -> None:
    order = approved("VAN")
    order.lines.update(unit_price="731.37")
    link = actions.make(printing, by=sue, screen="hall", shows_customers=named)

    page = passer_by().get(url(link)).text + passer_by().get(url(link, "now/")).text

    assert order.number in page
    assert ("华美日化" in page) is named
    assert "731.37" not in page


def test_a_screen_needs_no_sign_in_and_keeps_its_address_to_itself(pooled_task: Task, link: WallLink) -> None:
    page = passer_by().get(url(link))

    assert page.status_code == 200 and pooled_task.content in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer" and "noindex" in page.headers["X-Robots-Tag"]
    assert (
        "no-store" in page.headers["Cache-Control"] and "script-src 'self'" in page.headers["Content-Security-Policy"]
    )
    assert not page.cookies and "<script>" not in page.text and "onclick" not in page.text


def test_the_screen_is_sent_only_what_changed(pooled_task: Task, link: WallLink, hire: Hire) -> None:
    client = passer_by()
    first = client.get(url(link, "now/"))
    asks = {"If-None-Match": first.headers["ETag"], "X-Paidan-Background": "1"}  # as wall.js does

    same = client.get(url(link, "now/"), headers=asks)
    ann = hire("ann")
    work.start(work.claim(pooled_task, by=ann).task, by=ann)
    other = client.get(url(link, "now/"), headers=asks)

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200 and "ann" in other.text


def test_a_screen_asks_the_database_eight_times_however_much_there_is(
    approved: MakeOrder, link: WallLink, printing: Department, hire: Hire
) -> None:
    crowd(approved("VAN"), printing, hire, tasks=200, operators=20)
    Task.objects.exclude(operator=None).update(status="in_progress", started_at=timezone.now())
    client = passer_by()

    with CaptureQueriesContext(connection) as asked:
        assert client.get(url(link, "now/")).status_code == 200

    assert len(asked) <= 8


# --- the address ----------------------------------------------------------------------------------
def test_a_revoked_garbled_foreign_or_made_up_address_is_the_same_missing_page(
    link: WallLink, printing: Department, sue: User
) -> None:
    revoked = actions.make(printing, by=sue, screen="gone")
    old = links.token(revoked)
    actions.revoke(revoked, by=sue)
    good = links.token(link)
    tokens = {
        "revoked": old,
        "cut off": good[:-3],
        "another signature": good[:-5] + ("aaaaa" if not good.endswith("aaaaa") else "bbbbb"),
        "not signed": signing.dumps([link.pk, link.nonce], key="guessed", salt=links.SALT),
        "signed for something else": signing.dumps([link.pk, link.nonce], salt="other"),
        "another nonce": signing.dumps([link.pk, "x"], salt=links.SALT),
        "another link's nonce": signing.dumps([revoked.pk, link.nonce], salt=links.SALT),
        "another shape": signing.dumps({"a": 1}, salt=links.SALT),
        "a number": signing.dumps(3, salt=links.SALT),
        "a list in it": signing.dumps([[1], {}], salt=links.SALT),
        "a word": "wall",
    }

    answers = {name: passer_by().get(f"/wall/{token}/{end}") for name, token in tokens.items() for end in ("", "now/")}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(tokens, 404)
    assert len({answer.content for answer in answers.values()}) == 1
    assert passer_by().get(url(link)).status_code == 200


def test_a_screen_only_looks(link: WallLink) -> None:
    assert passer_by().post(url(link)).status_code == 405
    assert passer_by().post(url(link, "now/")).status_code == 405


def test_a_screen_that_asks_too_often_is_told_so(link: WallLink, monkeypatch: pytest.MonkeyPatch) -> None:
    from paidan.backoffice import limits

    monkeypatch.setattr(
        limits, "LIMITS", [limit._replace(most=2) for limit in limits.LIMITS if limit.begins == "/wall/"]
    )
    client = passer_by()

    assert [client.get(url(link, "now/")).status_code for _n in range(3)] == [200, 200, 429]


# --- making and revoking --------------------------------------------------------------------------
def test_a_supervisor_makes_a_link_on_the_page_and_revokes_it(sue: User, printing: Department) -> None:
    client = signed_in(sue)

    client.post("/walls/", {"department": printing.pk, "screen": " beside press 2 ", "shows_customers": "on"})
    [link] = WallLink.objects.all()
    page = client.get("/walls/").text
    answer = client.post(f"/walls/{link.pk}/revoke/")

    assert (link.screen, link.shows_customers, link.created_by, link.revoked_at) == ("beside press 2", True, sue, None)
    assert f"http://testserver{url(link)}" in page
    assert answer.headers["Location"] == "/walls/" and reload(link).revoked_at is not None
    assert url(link) not in client.get("/walls/").text
    assert [row.history_user for row in WallLink.history.all()] == [sue, sue]
    assert_recorded(WallLink)


def test_the_address_is_shown_as_a_code_to_point_a_screen_at(
    link: WallLink, sue: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    draw = qr.drawn
    monkeypatch.setattr(qr, "drawn", lambda text: drawn.append(text) or draw(text))

    page = signed_in(sue).get(f"/walls/{link.pk}/")

    assert drawn == [f"http://testserver{url(link)}"]
    assert draw(drawn[0]) in page.text and f'value="{drawn[0]}"' in page.text
    assert passer_by().get(drawn[0]).status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer" and "no-store" in page.headers["Cache-Control"]
    assert f'href="/walls/{link.pk}/"' in signed_in(sue).get("/walls/").text


def test_a_new_link_is_shown_at_once(sue: User, printing: Department) -> None:
    answer = signed_in(sue).post("/walls/", {"department": printing.pk, "screen": "hall"})

    assert answer.headers["Location"] == f"/walls/{WallLink.objects.get().pk}/"


def test_the_address_is_shown_to_nobody_who_may_not_make_it_and_no_longer_when_it_is_revoked(
    link: WallLink, sue: User, shop: Shop, approver: User, hire: Hire
) -> None:
    foreign = actions.make(shop.department("packaging"), by=approver, screen="theirs")
    gone = actions.revoke(actions.make(link.department, by=sue, screen="gone"), by=sue)
    asked = [
        (signed_in(sue), foreign),
        (signed_in(sue), gone),
        *((signed_in(hire(role, role=role)), link) for role in ("maker", "sales")),
        (signed_in(hire("ann")), link),
    ]

    answers = [client.get(f"/walls/{row.pk}/") for client, row in asked]
    stranger = passer_by().get(f"/walls/{link.pk}/")

    assert [answer.status_code for answer in answers] == [404] * 5
    assert not [answer for answer in answers if "/wall/" in answer.text]
    assert (stranger.status_code, stranger.headers["Location"]) == (302, f"/login/?next=/walls/{link.pk}/")
    assert signed_in(sue).post(f"/walls/{link.pk}/").status_code == 405


def test_revoking_again_changes_nothing(link: WallLink, sue: User) -> None:
    first = actions.revoke(link, by=sue).revoked_at

    assert actions.revoke(link, by=sue).revoked_at == first
    assert WallLink.history.count() == 2
    assert audit.problems() == []


def test_a_link_says_which_screen_it_is_for(sue: User, printing: Department) -> None:
    with refuses("bad_value"):
        actions.make(printing, by=sue, screen="  ")
    answer = signed_in(sue).post("/walls/", {"department": printing.pk, "screen": "  "})

    assert answer.status_code == 422 and not WallLink.objects.exists()


def test_nobody_makes_or_revokes_a_link_for_a_foreign_department(sue: User, shop: Shop, approver: User) -> None:
    client, packaging = signed_in(sue), shop.department("packaging")
    foreign = actions.make(packaging, by=approver, screen="theirs")

    made = client.post("/walls/", {"department": packaging.pk, "screen": "mine"})
    revoked = client.post(f"/walls/{foreign.pk}/revoke/")

    assert (made.status_code, revoked.status_code) == (422, 404)
    assert WallLink.objects.get() == foreign and reload(foreign).revoked_at is None
    assert "theirs" not in client.get("/walls/").text


@pytest.mark.parametrize("who", ["maker", "sales", "operator"])
def test_who_answers_for_no_department_finds_no_page(who: str, hire: Hire, link: WallLink) -> None:
    client = signed_in(hire("x") if who == "operator" else hire("x", role=who))

    assert client.get("/walls/").status_code == client.post(f"/walls/{link.pk}/revoke/").status_code == 404
    assert reload(link).revoked_at is None and "/walls/" not in client.get("/").text


@pytest.mark.parametrize("who", ["approver", "admin"])
def test_an_approver_or_administrator_revokes_any_link(who: str, hire: Hire, link: WallLink) -> None:
    signed_in(hire("x", role=who)).post(f"/walls/{link.pk}/revoke/")

    assert passer_by().get(url(link)).status_code == 404
