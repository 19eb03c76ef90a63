"""An operator's day at a phone: what is mine and what is free, the keypad, no line for a while, a race, a paper with codes."""

import re

import pytest
from playwright.sync_api import Page, expect

from paidan.backoffice import qr
from paidan.orders.actions import task as work
from paidan.orders.models import Task
from tests.conftest import Hire, MakeOrder, assert_history_complete, reload, tasks_of
from tests.days import Come, come
from tests.test_browser import browser, errors, pytestmark
from tests.test_centre_browser import NO_LINE, card, keys, line, report, verb

__all__ = ["browser", "come", "errors", "pytestmark"]  # fixtures, and where they run
PHONE = 390


def pool(page: Page) -> None:
    page.get_by_role("tab", name="Pool").tap()


def mine(page: Page) -> None:
    page.get_by_role("tab", name="Mine").tap()


def test_a_shift_from_the_first_claim_to_the_last_piece_with_no_line_for_a_while(
    come: Come, errors: list[str], approved: MakeOrder, hire: Hire
) -> None:
    """OP-01, OP-02, OP-03, OP-04, OP-05, DISP-04."""
    given, free = (tasks_of(approved("VAN"))[0] for _n in range(2))
    ann, sue = hire("ann"), hire("sue", post=("printing", "supervisor"))
    page = come(ann, width=PHONE)

    # work comes by itself: the supervisor gives one task, another one is taken from the pool
    work.assign(given, by=sue, to=ann)
    expect(card(page, given)).to_be_visible()
    pool(page)
    verb(page, free, "claim")
    expect(page.get_by_text("is yours")).to_be_visible()
    mine(page)
    verb(page, free, "start")
    expect(card(page, free).get_by_text("In progress")).to_be_visible()

    # pieces by the thumb, good ones and waste
    verb(page, free, "report")
    keys(page, "3", "0", "0")
    page.locator("[data-field=waste]").tap()
    keys(page, "5")
    page.locator("#centre-keypad [data-confirm]").tap()
    expect(card(page, free).locator(".centre-count")).to_contain_text("300 / 1,000")

    # the line is cut: what is entered waits, and is done once when it is back
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    report(page, free, "1", "0", "0")
    report(page, free, "5", "0")
    expect(line(page)).to_contain_text("2 waiting")
    assert reload(free).good == 300
    page.context.set_offline(False)
    expect(card(page, free).locator(".centre-count")).to_contain_text("450 / 1,000")
    expect(line(page)).to_have_text(re.compile("^Online, as of [0-9:]+$"))

    # the rest, and the other task goes back with a reason
    verb(page, free, "complete")
    page.get_by_role("button", name="Too much spoilage").tap()
    page.locator("#centre-keypad [data-confirm]").tap()
    expect(card(page, free)).to_have_count(0)
    verb(page, given, "release")
    page.locator("#centre-release").get_by_role("button", name="Machine is down").tap()
    page.locator("#centre-release [data-confirm]").tap()
    expect(card(page, given).locator("[data-verb=claim]")).to_have_count(1)
    expect(page.locator(".centre-today")).to_contain_text("1")
    errors[:] = [error for error in errors if not NO_LINE.search(error)]

    free, given = reload(free), reload(given)
    assert (free.status, free.good, free.waste, free.operator) == ("completed", 995, 5, ann)
    assert list(free.reports.order_by("pk").values_list("good", "waste")) == [(300, 5), (100, 0), (50, 0), (545, 0)]
    assert (given.status, given.operator, given.department.code) == ("pending", None, "printing")
    assert Task.history.filter(id=given.pk).latest().history_change_reason == "Machine is down"
    assert_history_complete()


def test_of_two_who_reach_for_a_task_one_has_it_and_the_paper_opens_it(
    come: Come, errors: list[str], approved: MakeOrder, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OP-02, CONS-01."""
    codes: list[str] = []
    draw = qr.segno.make
    monkeypatch.setattr(qr.segno, "make", lambda text, **more: codes.append(text) or draw(text, **more))
    order = approved("VAN")
    (task,) = tasks_of(order)
    ann, ben = hire("ann"), hire("ben")
    pages = {ann: come(ann, width=PHONE), ben: come(ben, width=PHONE)}
    for page in pages.values():
        pool(page)
        expect(card(page, task).locator("[data-verb=claim]")).to_be_enabled()

    # both thumbs at once
    tap = "task => setTimeout(() => document.querySelector(`[data-task='${task}'] [data-verb=claim]`).click())"
    for page in pages.values():
        page.evaluate(tap, task.pk)
    for page in pages.values():
        expect(card(page, task).locator("[data-verb=claim]")).to_have_count(0)
    winner = reload(task).operator
    assert winner in pages
    loser = ben if winner == ann else ann
    expect(pages[loser].get_by_text(f"{winner} ").first).to_be_visible()
    mine(pages[loser])
    expect(card(pages[loser], task)).to_have_count(0)

    # the code on the paper opens the task on the winner's phone
    page = pages[winner]
    page.goto(f"/orders/workorder/{order.pk}/traveller/")
    expect(page.get_by_alt_text("on a tablet")).to_have_count(1)
    page.goto(next(code for code in codes if "/centre/" in code))
    verb(page, task, "start")
    expect(card(page, task).get_by_text("In progress")).to_be_visible()
    errors[:] = [error for error in errors if "409" not in error]  # the browser's own word for who came second

    assert (reload(task).status, reload(task).operator) == ("in_progress", winner)
    assert Task.history.filter(id=task.pk, operator=loser).count() == 0
    assert_history_complete()
