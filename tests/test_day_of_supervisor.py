"""A supervisor's day: the pool is given out by mouse, keys and in bulk; a colleague is faster; things go back and elsewhere."""

from playwright.sync_api import expect

from paidan.orders.actions import task as work
from paidan.people.actions import place
from tests.conftest import Hire, MakeOrder, Shop, assert_history_complete, reload, tasks_of
from tests.days import Come, come, menu
from tests.test_board_browser import card, column, drag, drop, grab, toast
from tests.test_browser import browser, errors, pytestmark

__all__ = ["browser", "come", "errors", "pytestmark"]  # fixtures, and where they run


def test_the_work_of_two_departments_is_given_out_contested_taken_back_and_moved(
    come: Come, approved: MakeOrder, hire: Hire, shop: Shop
) -> None:
    """SUP-01, SUP-02, SUP-03, SUP-04, SUP-05, DISP-03."""
    tasks = [tasks_of(approved("VAN"))[0] for _n in range(5)]
    sue, sam = hire("sue", post=("printing", "supervisor")), hire("sam", post=("printing", "supervisor"))
    place(sue, role="supervisor", department=shop.department("outsourcing"))
    ann, ben = hire("ann"), hire("ben")
    hire("otto", post=("outsourcing", "operator"))
    page = come(sue)
    menu(page, "Board")
    pool = column(page, "Pool of 印刷车间")
    expect(pool.locator("[data-task]")).to_have_count(5)
    expect(page.locator(".pb-counts")).to_contain_text("waiting 5")

    # one by mouse, one by keys, two at once
    drag(page, tasks[0], column(page, "ann"))
    expect(toast(page, "is with ann.")).to_be_visible()
    expect(pool.locator("[data-task]")).to_have_count(4)
    card(page, tasks[1]).locator(".pb-face").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("ben")
    page.keyboard.press("Enter")
    expect(column(page, "ben").locator("[data-task]")).to_have_count(1)
    card(page, tasks[2]).locator(".pb-what").click()
    card(page, tasks[3]).locator(".pb-what").click(modifiers=["Control"])
    expect(page.locator("#pb-chosen")).to_contain_text("2 chosen")
    drag(page, tasks[2], column(page, "ben"))
    expect(column(page, "ben").get_by_text("3 of 10 open")).to_be_visible()

    # a colleague gives the last one away while it is in the hand
    other = come(sam)
    menu(other, "Board")
    expect(column(other, "ben").locator("[data-task]")).to_have_count(3)
    grab(page, tasks[4])
    drag(other, tasks[4], column(other, "ann"))
    expect(toast(other, "is with ann.")).to_be_visible()
    drop(page, column(page, "ben"))
    note = column(page, "ann").locator(f'[data-task="{tasks[4].pk}"] .pb-note')
    expect(note).to_contain_text("ann has")
    expect(note).to_contain_text("(sam, ")
    note.get_by_role("button", name="Close").click()
    expect(column(other, "ben").locator("[data-task]")).to_have_count(3)

    # what is started shows on both boards at once; one goes back to the pool, one to the other department
    work.start(reload(tasks[0]), by=ann)
    for each in (page, other):
        expect(card(each, tasks[0]).get_by_text("In progress")).to_be_visible()
        expect(each.locator(".pb-counts")).to_contain_text("in progress 1")
    drag(page, tasks[1], pool)
    expect(pool.locator("[data-task]")).to_have_count(1)
    drag(page, tasks[2], column(page, "Pool of 外协车间"))
    expect(column(page, "Pool of 外协车间").locator("[data-task]")).to_have_count(1)
    expect(card(other, tasks[2])).to_have_count(0)  # not a task of this supervisor any more
    expect(other.locator(".pb-counts")).to_contain_text("waiting 3")
    expect(page.locator(".pb-counts")).to_contain_text("waiting 4")

    where = [(task.department.code, task.operator) for task in map(reload, tasks)]
    assert where == [
        ("printing", ann), ("printing", None), ("outsourcing", None), ("printing", ben), ("printing", ann),
    ]  # fmt: skip
    assert [reload(task).status for task in tasks] == ["in_progress", "pending", "pending", "pending", "pending"]
    assert_history_complete()
