"""The console in a real browser: an order's whole life by hand, and every page without errors for eye and ear."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from paidan.orders.actions import task as work
from paidan.orders.models import WorkOrder
from paidan.people.models import User
from tests.chromium import CHROMIUM, FLAGS, serious
from tests.conftest import reload, tasks_of
from tests.test_import import book

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium here: install Debian's `chromium`, or set PAIDAN_CHROMIUM"
    ),
    pytest.mark.xdist_group("browser"),
]
PASSWORD = "paidan-demo"
PATIENCE = 20_000
"""For a busy machine: a page that does what it should is not waited for."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests here."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in this thread; the tests are sequential
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        expect.set_options(timeout=PATIENCE)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def errors() -> list[str]:
    """What the pages of a test complained about; a test takes out what it expects."""
    return []


def enter(context: BrowserContext, url: str, user: User, errors: list[str], *, language: str) -> Page:
    """The start page of a person who is signed in; what its pages complain about is collected.

    The form has tests of its own (`test_sign_in_browser`); typing into it before every other one takes minutes in all.
    """
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    client = Client()
    client.force_login(user)
    cookies = {"django_language": language} | {name: morsel.value for name, morsel in client.cookies.items()}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    page = watched(context, errors)
    page.goto("/")
    return page


def watched(context: BrowserContext, errors: list[str]) -> Page:
    """A new page; what it complains about is collected."""
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


@pytest.fixture
def open_as(browser: Browser, live_server: Any, errors: list[str]) -> Iterator[Callable[..., Page]]:
    """`open_as(user)` is a page in which this person is signed in; console errors fail the test."""
    contexts: list[BrowserContext] = []

    def open_as(user: User, *, language: str = "zh-hans", dark: bool = False, width: int = 1366) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        return enter(context, live_server.url, user, errors, language=language)

    yield open_as
    for context in contexts:
        context.close()
    assert errors == []


def wait(page: Page, sure: Callable[[], bool]) -> None:
    """Until it is so; the page goes on meanwhile."""
    for _turn in range(PATIENCE // 50):
        if sure():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came to that")


def press(page: Page, verb: str, **values: object) -> None:
    """Open a verb's dialog, fill it in and send it; on a phone the verbs are behind a menu."""
    button = page.locator(f'a[href$="/{verb}/"]:visible').first
    if not button.count():
        page.get_by_text("more_horiz", exact=True).locator("visible=true").first.click()
    button.click()
    dialog = page.locator("#dialog")
    dialog.wait_for()
    for name, value in values.items():
        dialog.locator(f"[name={name}]").fill(str(value))
    with page.expect_navigation():
        dialog.locator("button[type=submit]").click()


def test_an_order_lives_its_whole_life_in_the_browser(
    open_as: Callable[..., Page],
    maker: User,
    approver: User,
    hire: Callable[..., User],
    created: Callable[..., WorkOrder],
) -> None:
    order = created("VAN")
    url = f"/orders/workorder/{order.pk}/change/"

    page = open_as(maker, language="en")
    page.goto(url)
    page.fill("#id_print_run", "1200")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    page.get_by_role("button", name="Confirm and save").click()
    expect(page.locator("#tasks input[name^=planned-]")).to_have_value("1200")
    press(page, "submit")
    expect(page.get_by_text("Waiting for approval").first).to_be_visible()

    page = open_as(approver, language="en")
    page.goto(url)
    press(page, "approve")
    (task,) = tasks_of(order)
    assert task.status == "pending"

    page = open_as(hire("ann"), language="en", width=390)
    page.goto(f"/orders/task/{task.pk}/change/")
    press(page, "claim")
    press(page, "start")
    press(page, "report", good=500)
    press(page, "complete")

    task = reload(task)
    assert (task.status, task.good, task.operator and task.operator.username) == ("completed", 1200, "ann")
    assert reload(order).progress == "completed"


PAGES = {
    "maker": ["/", "/orders/workorder/", "/orders/workorder/add/", "{order}", "/orders/task/", "/catalog/product/"],
    "approver": [
        "{order}",
        "{task}",
        "/orders/dispatchdecision/",
        "/dispatch/dispatchrule/",
        "/people/user/",
        "/dispatch/?process=PRT",
    ],
    "supervisor": ["/", "{traveller}", "{order}", "/orders/task/", "/dispatch/?process=PRT"],
    "operator": ["/", "/centre/", "/centre/task/{pk}/", "/orders/task/", "{task}", "/notices/notification/"],
}
LOOKS = [("zh-hans", False, 1366), ("en", True, 390)]
KEPT = {  # what an administrator keeps: each page in the look in which it is most likely to break
    LOOKS[0]: [
        "/people/user/", "/people/user/add/", "/auth/group/", "/people/department/{department}/change/",
        "/dispatch/?process=PRT",
        "/people/user/{person}/place/",
    ],
    ("zh-hans", True, 1366): [
        "/people/department/{department}/delete/", "/dispatch/dispatchswitch/1/change/", "/catalog/process/", "/changes/",
    ],
    LOOKS[1]: [
        "/people/user/{user}/change/", "/auth/group/{post}/change/", "/catalog/process/{process}/change/",
        "/dispatch/dispatchrule/", "/notices/notification/", "{order}history/", "/orders/workorder/?q=nothing",
        "/dispatch/?process=PRT", "/dispatch/?shop=1",
        "/people/user/{person}/place/", "/changes/", "/axes/accesslog/", "/people/user/{person}/password/",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "dark", "width"), LOOKS)
@pytest.mark.parametrize("role", PAGES)
def test_no_page_has_a_serious_barrier_an_error_or_a_sideways_scroll(
    role: str,
    language: str,
    dark: bool,
    width: int,
    open_as: Callable[..., Page],
    hire: Callable[..., User],
    approved: Callable[..., WorkOrder],
    created: Callable[..., WorkOrder],
) -> None:
    order = approved("PRT", "VAN", "PACK")
    task = tasks_of(order, "PRT")[0]
    post = {"supervisor": ("printing", "supervisor"), "operator": ("printing", "operator")}.get(role)
    user = hire(f"{role}9", post=post) if post else hire(f"{role}9", role=role)
    if role == "operator":
        work.claim(task, by=user)
    page = open_as(user, language=language, dark=dark, width=width)
    found: list[str] = []

    for path in PAGES[role]:
        places = {"order": f"/orders/workorder/{order.pk}/change/", "task": f"/orders/task/{task.pk}/change/"}
        places |= {"traveller": f"/orders/workorder/{order.pk}/traveller/", "pk": str(task.pk)}
        page.goto(path.format(**places))
        found += barriers(page)

    assert not found, "\n".join(found)


def barriers(page: Page) -> list[str]:
    """What keeps somebody from using the page: serious findings of axe, and a page wider than its window."""
    page.wait_for_load_state("networkidle")
    found = [f"{page.url} {finding}" for finding in serious(page)]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(f"{page.url} scrolls sideways")
    return found


@pytest.mark.parametrize(("language", "dark", "width"), KEPT)
def test_no_page_that_an_administrator_keeps_has_a_barrier(
    language: str, dark: bool, width: int, open_as: Callable[..., Page], hire: Callable[..., User], shop: Any,
    approved: Callable[..., WorkOrder],
) -> None:  # fmt: skip
    root = hire("root", is_superuser=True)
    keys = {
        "user": root.pk,
        "person": hire("ann").pk,
        "post": Group.objects.get(name="printing:operator").pk,
        "department": shop.department("printing").pk,
        "process": shop.process("PRT").pk,
        "order": f"/orders/workorder/{approved('PRT', 'PACK').pk}/",
    }
    page = open_as(root, language=language, dark=dark, width=width)
    found: list[str] = []

    for path in KEPT[language, dark, width]:
        page.goto(path.format(**keys))
        found += barriers(page)

    assert not found, "\n".join(found)


def test_an_administrator_looks_as_somebody_else_and_a_verb_is_refused_on_the_page(
    open_as: Callable[..., Page], errors: list[str], hire: Callable[..., User], approved: Callable[..., WorkOrder]
) -> None:
    (task,) = tasks_of(approved("VAN"))
    page = open_as(hire("root", role="admin"), language="en", width=390)
    page.goto(f"/people/user/{hire('ann').pk}/change/")

    press(page, "view-as")
    expect(page.get_by_text("You see the console of ann.")).to_be_visible()
    found = barriers(page)
    page.goto(f"/orders/task/{task.pk}/change/")
    press(page, "claim")
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    assert reload(task).operator is None
    page.get_by_role("button", name="Stop looking").click()
    expect(page.get_by_text("This is your own console again.")).to_be_visible()
    errors[:] = [error for error in errors if "403" not in error]  # the browser's own word for the refusal

    assert not found, "\n".join(found)


def test_the_steps_between_entering_and_saving_have_no_barrier(
    open_as: Callable[..., Page], maker: User, created: Callable[..., WorkOrder]
) -> None:
    order = created("PRT", "PACK")
    page = open_as(maker, dark=True, width=390)
    found: list[str] = []

    for quantity in (500, 0):
        row = {"customer": "华美日化", "product": "礼品盒", "quantity": quantity, "processes": "过油+包装"}
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        page.goto("/orders/import/")
        page.set_input_files("input[type=file]", {"name": "orders.xlsx", "mimeType": kind, "buffer": book(row)})
        with page.expect_navigation():
            page.locator("form[enctype] button[type=submit]").click()
        found += barriers(page)
    page.goto(f"/orders/workorder/{order.pk}/change/")
    page.fill("#id_print_run", "1200")
    with page.expect_navigation():
        page.locator("[name=_save]").click()
    found += barriers(page)

    assert not found, "\n".join(found)


def test_choosers_speak_the_language_of_the_page(open_as: Callable[..., Page], maker: User) -> None:
    page = open_as(maker)
    page.goto("/orders/workorder/add/")

    page.locator("#id_customer + .select2 .select2-selection").click()
    page.keyboard.type("nobody is called so")

    expect(page.get_by_text("未找到结果")).to_be_visible()


def ranks(page: Page) -> list[str]:
    """The departments of each rank of the draft, as they stand on the dispatch page."""
    rows = page.locator("#pd-ranks > li").all()
    return ["+".join(sorted(row.locator(".pd-name b").all_inner_texts())) for row in rows]


def test_departments_are_ranked_by_mouse_and_by_keyboard_and_tasks_move_when_it_is_confirmed(
    open_as: Callable[..., Page], hire: Callable[..., User], approved: Callable[..., WorkOrder], shop: Any
) -> None:
    """CFG-02, CFG-04."""
    (task,) = tasks_of(approved("VAN"))
    page = open_as(hire("root", is_superuser=True), language="en")
    page.goto("/dispatch/?process=VAN")
    preview = page.locator("#pd-preview")
    expect(preview.get_by_text("No waiting task would go elsewhere.")).to_be_visible()
    assert ranks(page) == ["印刷车间", "外协车间", "生产部"]
    card = lambda name: page.locator(f".pd-place[data-name={name}]")  # noqa: E731
    rank = lambda n: page.locator("#pd-ranks > li").nth(n)  # noqa: E731

    card("生产部").drag_to(card("外协车间"))  # onto another one: equal
    assert ranks(page) == ["印刷车间", "外协车间+生产部"]
    card("外协车间").drag_to(rank(0), target_position={"x": 200, "y": 1})  # before the first
    assert ranks(page) == ["外协车间", "印刷车间", "生产部"]
    expect(preview.get_by_text("Save the rules and move 1 task")).to_be_visible()

    page.get_by_role("button", name="外协车间: one rank down").focus()  # the same without a mouse
    page.keyboard.press("Enter")
    assert ranks(page) == ["印刷车间", "外协车间", "生产部"]
    expect(page.locator("#pd-said")).to_have_text("外协车间: rank 2")
    page.get_by_role("button", name="生产部: equal with the rank above").press("Enter")
    assert ranks(page) == ["印刷车间", "外协车间+生产部"]
    page.get_by_role("button", name="印刷车间: one rank down").press("Enter")
    assert ranks(page) == ["外协车间+生产部", "印刷车间"]
    expect(preview.locator(".pd-moves tbody tr")).to_have_count(1)
    assert reload(task).department.code == "printing"
    assert barriers(page) == []

    page.get_by_role("button", name="Save the rules and move 1 task").click()
    expect(page.get_by_text("The rules are saved. 1 task went to another place.")).to_be_visible()

    assert reload(task).department.code in ("outsourcing", "production")
    assert ranks(page) == ["外协车间+生产部", "印刷车间"]


def test_processes_are_found_by_typing_and_walked_with_the_arrow_keys(
    open_as: Callable[..., Page], hire: Callable[..., User], shop: Any
) -> None:
    page = open_as(hire("root", is_superuser=True), language="en", width=390)
    page.goto("/dispatch/")

    page.fill("#pd-search", "覆")
    expect(page.locator("#pd-processes > li:visible")).to_have_count(2)
    page.press("#pd-search", "ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/dispatch/?process=LAM_M")
    assert ranks(page) == ["外协车间", "生产部"]
    page.get_by_role("button", name="生产部: take out").click()
    page.locator("#pd-add").select_option(label="生产部")
    assert ranks(page) == ["外协车间", "生产部"]
