"""The sign-in in a real browser: wrong and right, locked out, the second step, both languages, both lights, desk and phone."""

import base64
import re
import time
from typing import Any

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Browser, Page, expect

from paidan.people.models import User
from tests.conftest import Hire
from tests.test_browser import CHROMIUM, barriers, browser
from tests.visitors import PASSWORD, count_anew, with_password

__all__ = ["browser", "count_anew"]  # fixtures
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium here: install Debian's `chromium`, or set PAIDAN_CHROMIUM"
    ),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def ann(hire: Hire) -> User:
    """An operator with a password."""
    return with_password(hire("ann"))


def code_of(shown: str, *, after: int = 0) -> str:
    """What an authenticator app makes of the key on the page."""
    totp = TOTP(base64.b32decode(shown.replace(" ", "")))
    totp.time = time.time() + 30 * after
    return f"{totp.token():06d}"


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.goto("/login/")
    page.fill("#id_username", "ann")
    page.fill("#id_password", password)
    page.click("#login-form button[type=submit]")


def send_code(page: Page, code: str) -> None:
    page.fill("#id_code", code)
    page.click("form button[type=submit]")


@pytest.mark.parametrize(("language", "dark", "width"), [("zh-hans", False, 1366), ("en", True, 390)])
def test_signing_in_with_and_without_a_second_step(
    language: str, dark: bool, width: int, ann: User, browser: Browser, live_server: Any
) -> None:
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    home, centre = f"{live_server.url}/", f"{live_server.url}/centre/"

    sign_in(page, "wrong one here")
    expect(page.get_by_text(re.compile("is not right|不正确")).first).to_be_visible()
    found = barriers(page)
    sign_in(page)
    page.wait_for_url(centre)

    page.goto("/account/second-step/")
    key = page.locator(".paidan-key").inner_text()
    found += barriers(page)
    page.fill("#id_password", PASSWORD)
    send_code(page, code_of(key, after=-1))
    first, second, *_others = page.locator(".paidan-codes code").all_inner_texts()
    found += barriers(page)

    for code in (code_of(key), first):
        context.clear_cookies(name="sessionid")
        sign_in(page)
        expect(page.locator("#id_code")).to_be_focused()
        found += barriers(page)
        send_code(page, code)
        page.wait_for_url(centre)

    page.goto("/account/second-step/")
    found += barriers(page)
    page.fill("#id_password", PASSWORD)
    page.fill("#id_code", second)
    page.click("button[name=off]")
    page.wait_for_url(home)
    context.close()
    assert errors == [] and found == []


def test_a_session_that_was_idle_ends_on_the_sign_in_page_and_goes_on_where_it_was(
    ann: User, browser: Browser, live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    sign_in(page)
    page.wait_for_url(f"{live_server.url}/centre/")

    settings.PAIDAN_IDLE_MINUTES = 0
    page.goto("/orders/task/")
    expect(page.get_by_text("没有操作")).to_be_visible()
    settings.PAIDAN_IDLE_MINUTES = 480
    page.fill("#id_username", "ann")
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button[type=submit]")

    page.wait_for_url(f"{live_server.url}/orders/task/")
    context.close()


def test_a_locked_out_browser_is_told_how_long(ann: User, browser: Browser, live_server: Any) -> None:
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()

    for _n in range(5):
        sign_in(page, "wrong one here")

    expect(page.get_by_text("请等待 15 分钟")).to_be_visible()
    assert barriers(page) == []
    context.close()


@pytest.mark.parametrize("width", [1366, 390])
def test_the_page_of_a_person_has_no_barrier(
    width: int, ann: User, hire: Hire, browser: Browser, live_server: Any
) -> None:
    with_password(hire("root", is_superuser=True))
    context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto("/login/")
    page.fill("#id_username", "root")
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_url(f"{live_server.url}/")

    found = []
    for path in (f"/people/user/{ann.pk}/change/", f"/people/user/{ann.pk}/password/", "/people/user/add/"):
        page.goto(path)
        found += barriers(page)

    context.close()
    assert not found, "\n".join(found)
