"""Steps that every role's day is made of. The house is the real one, with its live channel, on a port of its own."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from paidan.people.models import User
from tests.live_server import serving, with_static
from tests.test_browser import PATIENCE, watched
from tests.visitors import PASSWORD, with_password

type Come = Callable[..., Page]


@pytest.fixture
def come(browser: Browser, shop: object, errors: list[str]) -> Iterator[Come]:
    """`come(user)` is the start page of a person who came to work; what any page complains about fails the day."""
    from config.asgi import application

    contexts: list[BrowserContext] = []
    with serving(with_static(application)) as port:
        url = f"http://127.0.0.1:{port}"

        def come(user: User, *, language: str = "en", width: int = 1366) -> Page:
            context = browser.new_context(
                base_url=url,
                viewport={"width": width, "height": 900},
                timezone_id="Asia/Shanghai",
                has_touch=width < 500,
            )
            context.set_default_timeout(PATIENCE)
            contexts.append(context)
            context.add_cookies([{"name": "django_language", "value": language, "url": url}])
            page = watched(context, errors)
            sign_in(page, with_password(user))
            live(page)
            return page

        yield come
        for context in contexts:
            for page in context.pages:
                page.wait_for_load_state("networkidle")  # what is under way is answered before the house closes
            context.close()
    assert errors == []


def sign_in(page: Page, user: User) -> None:
    """Through the form, to where this person begins."""
    page.goto("/")
    page.fill("#id_username", user.username)
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda address: "/login/" not in address)


def live(page: Page) -> None:
    """From here on the page hears at once what others do."""
    expect(page.locator("[data-bell]")).to_have_attribute("data-state", "live")


def menu(page: Page, name: str) -> None:
    """Go to a page by the menu; an icon stands before its name."""
    page.get_by_role("link", name=re.compile(rf"(^|\s){re.escape(name)}$")).first.click()


def number(page: Page, name: str) -> Locator:
    """A number of the start page, which is a link to what it counts."""
    return page.get_by_role("link").filter(has_text=re.compile(rf"^\s*\d+\s*{re.escape(name)}\s*$")).first


def choose(page: Page, field: str, text: str) -> None:
    """Find something in a chooser by typing."""
    page.locator(f"#id_{field} + .select2 .select2-selection").click()
    page.keyboard.type(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def ask(page: Page, verb: str) -> Locator:
    """The dialog of a verb; those that are used seldom stand behind a menu."""
    button = page.get_by_role("link", name=verb, exact=True).locator("visible=true")
    more = page.get_by_text("more_horiz", exact=True).locator("visible=true")
    button.or_(more).first.wait_for()
    if not button.count():
        more.first.click()
    button.first.click()
    return page.locator("#dialog")


def act(page: Page, verb: str, **answers: object) -> None:
    """Press a verb's button, answer what it asks, send it; the page comes back with what came of it."""
    dialog = ask(page, verb)
    for label, answer in answers.items():
        field = dialog.get_by_label(label.capitalize())
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(field.locator("option", has_text=str(answer)).first.get_attribute("value"))
        else:
            field.fill(str(answer))
    with page.expect_navigation():
        dialog.locator("button[type=submit]").click()
