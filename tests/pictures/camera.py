"""Opens a page as its person in a look, says what is wrong with it, and takes its picture."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from tests.chromium import CHROMIUM, FLAGS, serious
from tests.pictures.pages import Page

TALLEST = 1500
QUALITY = 62
STILL = "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important }"
CUT = """() => {
  // The words of an element that its own box, or one around it, cuts off without saying so by an ellipsis.
  const found = new Set();
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (words.nextNode()) {
    const text = words.currentNode.textContent.trim();
    const element = words.currentNode.parentElement;
    if (!text || element.closest(".sr-only, .material-symbols-outlined, script, style, option, select")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    range.selectNodeContents(words.currentNode);
    const box = range.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    let scrolls = false;
    for (let around = element; around && around !== document.body; around = around.parentElement) {
      const style = getComputedStyle(around);
      const edge = around.getBoundingClientRect();
      if (/auto|scroll/.test(style.overflowX)) scrolls = true;
      if (style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none" || /auto|scroll/.test(style.overflowY)) break;
      if (style.position === "fixed") { scrolls = true; break; }
      if (edge.width < 3 || edge.height < 3) { scrolls = true; break; }
      const beyond = box.right > edge.right + 2 || box.left < edge.left - 2;
      if (/hidden|clip/.test(style.overflowX) && !scrolls && beyond) found.add(text);
      if (/hidden|clip/.test(style.overflowY) && box.bottom > edge.bottom + 4) found.add(text);
    }
    if (!scrolls && box.right > innerWidth + 2 && box.left < innerWidth) found.add(text);
  }
  return [...found].map((text) => text.slice(0, 40));
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """One headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--lang=zh-CN"])
        yield browser
        browser.close()


class Camera:
    """Takes pictures in one house; `found` is what was wrong."""

    def __init__(self, browser: Browser, address: str, rows: Mapping[str, Any]) -> None:
        self.browser, self.address, self.rows = browser, address, rows
        self.found: list[str] = []
        self.sessions: dict[str, list[Any]] = {"": []}

    def take(self, page: Page, look: str, file: Path, *, who: str | None = None) -> bool:
        """Write the picture; false when this person may not see the page."""
        language, tone, width = look.split("-")
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": int(width), "height": 900 if width == "1366" else 844},
            color_scheme="dark" if tone == "dark" else "light",
            timezone_id="Asia/Shanghai",
            locale="zh-CN" if language == "zh" else "en-GB",
            reduced_motion="reduce",
            service_workers="block",
        )
        with context:
            person = page.who if who is None else who
            context.add_cookies([*self._signed_in(person), self._cookie("django_language", LANGUAGES[language])])
            tab = context.new_page()
            said: list[str] = []
            tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
            tab.on("pageerror", lambda error: said.append(str(error)))
            status = self._open(tab, page, LANGUAGES[language])
            if status != page.status:
                if who is None:
                    self.found.append(f"{file.name}: answered {status}, not {page.status}")
                return False
            said = [line for line in said if f"status of {page.status}" not in line]
            tab.add_style_tag(content=STILL) if not page.says else None
            self._judge(tab, file.name, said)
            _keep(tab, file, whole=not (page.opens or page.keys))
        return True

    def _cookie(self, name: str, value: str) -> Any:
        return {"name": name, "value": value, "url": self.address}

    def _signed_in(self, who: str) -> list[Any]:
        """The cookies of a browser in which this person signed in."""
        from django.test import Client

        from paidan.people.models import User

        if who not in self.sessions:
            client = Client()
            client.force_login(User.objects.get(username=who))
            self.sessions[who] = [self._cookie(name, morsel.value) for name, morsel in client.cookies.items()]
        return self.sessions[who]

    def _open(self, tab: Tab, page: Page, language: str) -> int:
        """Go there, and do what the page is pictured after."""
        path = self._path(page)
        if page.says:
            body = _answer(page.says, language)
            tab.route("**/*", lambda route: (
                route.fulfill(status=page.status, body=body, content_type="text/html; charset=utf-8")
                if route.request.is_navigation_request() else route.continue_()
            ))  # fmt: skip
        answer = tab.goto(path)
        status = answer.status if answer else 0
        if status != page.status:
            return status
        _settle(tab)
        for field, value in page.types:
            tab.fill(field, value)
        if page.sends:
            with tab.expect_navigation():
                tab.locator(page.sends).first.click()
        if page.keys:
            tab.keyboard.press(page.keys)
        if page.opens:
            button = tab.locator(page.opens).locator("visible=true")
            for _menu in range(2):  # on a phone the verbs are behind a menu, and rare ones behind another in it
                if not button.count():
                    tab.get_by_text("more_horiz", exact=True).locator("visible=true").last.click()
                    _settle(tab)
            button.first.click()
        _settle(tab)
        return status

    def _path(self, page: Page) -> str:
        from django.urls import reverse

        return reverse(page.url, args=[self.rows[page.row]] if page.row else []) + page.query

    def _judge(self, tab: Tab, name: str, said: list[str]) -> None:
        """Errors, a page wider than its window, words that are cut off, barriers."""
        self.found += [f"{name}: console: {line}" for line in said]
        if (wide := tab.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            self.found.append(f"{name}: {wide} px wider than the window")
        if cut := tab.evaluate(CUT):
            self.found.append(f"{name}: cut off: {', '.join(cut[:6])}")
        self.found += [f"{name}: {finding}" for finding in serious(tab)]


LANGUAGES = {"zh": "zh-hans", "en": "en"}


def _settle(tab: Tab) -> None:
    """Until nothing is under way; a page that listens to the house never is quite still."""
    tab.wait_for_load_state("networkidle")
    tab.evaluate("document.fonts.ready")
    tab.wait_for_timeout(250)


def _answer(template: str, language: str) -> str:
    """An answer that only a fault of the house or an old form gives."""
    from django.template.loader import render_to_string
    from django.test import RequestFactory
    from django.utils import translation

    from paidan.backoffice import errors

    request = RequestFactory().get("/")
    with translation.override(language):
        if template == "403_csrf":
            return errors.csrf_failure(request).content.decode()
        return render_to_string(template, {"request": request})


def _keep(tab: Tab, file: Path, *, whole: bool) -> None:
    """The window; a whole page in a window as tall as it is, as far as somebody would scroll."""
    size = tab.viewport_size
    tall = min(tab.evaluate("document.documentElement.scrollHeight"), TALLEST)
    if whole and size and tall > size["height"]:
        tab.set_viewport_size({"width": size["width"], "height": tall})
        tab.wait_for_timeout(100)
    shot = tab.screenshot()
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(shot)).convert("RGB").save(file, "WEBP", quality=QUALITY, method=6)
