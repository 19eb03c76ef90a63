"""What the house does against too much, too often, and prying: limits, uploads, pages that say no, headers, settings."""

import ast
import asyncio
import os
import re
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.cache.backends.base import BaseCache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from paidan.backoffice import bounded, limits, sheets
from paidan.errors import Refused
from paidan.exchange import workbook
from paidan.exchange.models import ImportSession
from paidan.orders.actions import order as life
from paidan.orders.actions.saving import save
from paidan.people.models import User
from tests.conftest import tasks_of, unchanged
from tests.test_pages import change, signed_in
from tests.visitors import ann, browser, count_anew, is_in, sign_in

__all__ = ["ann", "count_anew"]  # fixtures
pytestmark = pytest.mark.django_db

SECRETS = (
    "Traceback",
    "/platform/",
    "/site-packages/",
    str(settings.BASE_DIR),
    "django.",
    "Exception",
    "sqlite",
    "psycopg",
)


# --- with a dead cache, and too often -------------------------------------------------------------
class Dead(BaseCache):
    """A cache whose server is gone."""

    def __init__(self, *_args: Any) -> None:
        super().__init__({})

    def _gone(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("no cache here")

    add = get = set = touch = delete = clear = incr = _gone


DEAD = {"default": {"BACKEND": "tests.test_defences.Dead"}}


def test_with_a_dead_cache_people_sign_in_work_and_are_locked_out_all_the_same(ann: User, settings: Any) -> None:
    settings.CACHES = DEAD
    client, guesser = browser(), browser(REMOTE_ADDR="10.0.0.9")

    sign_in(client, "ann")
    for _n in range(settings.AXES_FAILURE_LIMIT):
        page = sign_in(guesser, "ann", "wrong one here")

    assert is_in(client)
    assert client.get(reverse("admin:orders_task_changelist")).status_code == 200
    assert page.status_code == 429


@pytest.mark.parametrize("dead", [False, True])
def test_what_comes_too_often_is_told_when_to_try_again(
    dead: bool, ann: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIMITS", (limits.Limit("GET", "/orders/task/", 3, 3600),))
    if dead:
        settings.CACHES = DEAD
    client, other = signed_in(ann), signed_in(User.objects.create(username="ben", is_staff=True))

    answers = [client.get("/orders/task/") for _n in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) <= 3600
    assert "Too many requests" in answers[-1].content.decode()
    assert other.get("/orders/task/").status_code != 429
    assert client.get("/").status_code == 200


def test_the_limits_cover_sign_in_import_and_search() -> None:
    covered = {(limit.method, limit.begins) for limit in limits.LIMITS}

    assert covered >= {
        ("POST", reverse("admin:login")),
        ("POST", reverse("import_orders")),
        ("GET", reverse("admin:autocomplete")),
        ("GET", reverse("admin:search")),
    }


# --- too much -------------------------------------------------------------------------------------
@pytest.fixture
def importer(maker: User) -> Client:
    """A maker's browser, at the import page."""
    return signed_in(maker)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("orders.xlsx", b"PK" + b"0" * workbook.MOST_BYTES, "larger than 5 MB"),
        ("orders.xlsx", b"<html><script>alert(1)</script></html>", "not an Excel workbook"),
        ("orders.xls", workbook.OLD_EXCEL + b"x" * 100, "old .xls workbook"),
        ("orders.xlsx", b"", "not an Excel workbook"),
        ("../../etc/passwd.xlsx", b"PK\x03\x04junk", "not an Excel workbook"),
    ],
)
def test_an_upload_that_is_no_fair_workbook_is_refused_in_a_sentence(
    name: str, content: bytes, sentence: str, importer: Client
) -> None:
    page = importer.post(reverse("import_orders"), {"file": SimpleUploadedFile(name, content)})

    assert page.status_code == 422 and sentence in page.content.decode()
    assert not ImportSession.objects.exists()


@pytest.mark.parametrize("name", ["orders.xls", "orders.xlsx.exe", "orders", "orders.csv"])
def test_a_workbook_whose_name_says_that_it_is_something_else_is_refused(name: str, importer: Client) -> None:
    content = sheets.workbook("Orders", ["订单号", "产品", "数量"], [["A1", "盒", 5]])

    page = importer.post(reverse("import_orders"), {"file": SimpleUploadedFile(name, content)})

    assert page.status_code == 422 and "its name does not end in .xlsx" in page.text
    assert not ImportSession.objects.exists()
    importer.post(reverse("import_orders"), {"file": SimpleUploadedFile("ORDERS.XLSX", content)})
    assert ImportSession.objects.count() == 1


def too_much(kind: str) -> dict[str, Any]:
    if kind == "fields":
        return {f"f{n}": "" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    if kind == "files":
        return {f"f{n}": BytesIO(b"x") for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1)}
    return {"reason": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}


@pytest.mark.parametrize("url", ["/login/", "/orders/import/"])
@pytest.mark.parametrize("kind", ["fields", "files", "memory"])
def test_too_many_fields_or_files_or_bytes_get_a_sentence_and_no_traceback(
    kind: str, url: str, importer: Client
) -> None:
    importer.raise_request_exception = False
    importer.handler.enforce_csrf_checks = True  # as in the product: the body is read before any page sees it
    importer.get(reverse("import_orders"))  # brings the cookie

    page = importer.post(url, too_much(kind))

    assert page.status_code == 413 and "This is too much at once" in page.content.decode()
    assert not told(page)


def told(page: Any) -> list[str]:
    """What a page gives away."""
    return [word for word in SECRETS if word in page.content.decode()]


def send(app: Any, parts: list[bytes], *headers: tuple[bytes, bytes]) -> tuple[int, bytes, int]:
    """Send a request in parts to an ASGI application; its status, its body, and how many parts it took."""
    sent, taken = [], 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": parts[taken - 1], "more_body": taken < len(parts)}

    async def answer(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asyncio.run(app(scope, receive, answer))
    return sent[0]["status"], sent[1]["body"], taken


async def greedy(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads everything before it answers, as Django does."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


def test_a_body_of_any_length_is_never_kept(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PAIDAN_MOST_BODY = 1000
    app = bounded.bounded(greedy)

    assert send(app, [b"x" * 500] * 2) == (200, b"done", 2)
    stated = send(app, [b"x" * 500] * 9, (b"content-length", b"4500"), (b"cookie", b"django_language=en"))
    streamed = send(app, [b"x" * 500] * 9, (b"transfer-encoding", b"chunked"))

    assert (stated[0], stated[2]) == (413, 0) and b"This is too much at once" in stated[1]
    assert (streamed[0], streamed[2]) == (413, 3) and b'lang="zh-hans"' in streamed[1]


def test_the_served_application_is_bounded() -> None:
    from config import asgi

    assert "bounded" in asgi.application.__closure__[0].cell_contents.application_mapping["http"].__qualname__


# --- pages that say no ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "english", "chinese"),
    [
        (400, "This cannot be understood", "无法识别这个请求"),
        (403, "You may not do this", "你没有这个权限"),
        (404, "There is nothing here", "这里什么都没有"),
        (500, "Something went wrong", "出错了"),
    ],
)
def test_errors_have_a_page_in_the_readers_language_that_gives_nothing_away(
    status: int, english: str, chinese: str, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.exceptions import BadRequest, PermissionDenied
    from django.http import Http404

    problem = {
        400: BadRequest("secret words"),
        403: PermissionDenied("secret words"),
        404: Http404("secret words"),
        500: RuntimeError("secret words"),
    }[status]

    def fail(*_args: Any, **_more: Any) -> Any:
        raise problem

    monkeypatch.setattr("paidan.console.dashboard.context", fail)
    for language, sentence in (("en", english), ("zh-hans", chinese)):
        client = signed_in(ann)
        client.raise_request_exception = False
        client.cookies["django_language"] = language

        page = client.get("/")

        assert page.status_code == status
        assert sentence in page.content.decode() and f'lang="{language}"' in page.content.decode()
        assert not told(page) and b"secret words" not in page.content


def test_a_form_without_its_token_is_refused_in_a_sentence(ann: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["django_language"] = "en"

    for page in (client.post("/login/", {"username": "ann"}), client.post("/i18n/setlang/", {"language": "en"})):
        assert page.status_code == 403 and "This page was too old" in page.content.decode()
        assert not told(page)


@pytest.mark.parametrize("path", ["/.git/config", "/static/../manage.py", "/static/%2e%2e/var/secret_key", "/admin.py"])
def test_no_file_of_the_installation_is_served(path: str, ann: User) -> None:
    assert signed_in(ann).get(path).status_code == 404


# --- headers and settings -------------------------------------------------------------------------
def test_every_page_carries_the_headers_that_bind_browsers(ann: User) -> None:
    for page in (browser().get("/login/"), signed_in(ann).get("/"), signed_in(ann).get("/nothing/")):
        policy = page.headers["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval'" in policy and "object-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy and "form-action 'self'" in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Access-Control-Allow-Origin" not in page.headers


def in_production(*command: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the settings of a production server, in a process of its own."""
    env = {
        **os.environ,
        "SECURE": "1",
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "paidan.example.cn",
    }
    return subprocess.run(
        [sys.executable, *command],
        check=False, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_production_settings_pass_djangos_own_check() -> None:
    done = in_production("manage.py", "check", "--deploy", "--fail-level=WARNING")

    assert (done.returncode, done.stdout.strip()) == (
        0,
        "System check identified no issues (1 silenced).",
    ), done.stderr


PROGRAM = """
import django; django.setup()
from django.test import Client
c = Client(raise_request_exception=False)
said = c.get("/login/", headers={"host": "paidan.example.cn"})
print(said.status_code, said.headers["Location"])
page = c.get("/login/", headers={"host": "paidan.example.cn", "x-forwarded-proto": "https"})
print(page.status_code, page.headers["Strict-Transport-Security"])
c.post("/i18n/setlang/", {"language": "en"}, headers={"host": "paidan.example.cn", "x-forwarded-proto": "https"})
for cookie in c.cookies.values():
    print(cookie.key, bool(cookie["secure"]), cookie["samesite"], cookie["path"], repr(cookie["domain"]))
from django.conf import settings
print(settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY)
print(c.get("/login/", headers={"host": "evil.example", "x-forwarded-proto": "https"}).status_code)
"""


def test_production_speaks_https_only_with_cookies_bound_to_this_host() -> None:
    done = in_production("-c", PROGRAM)

    assert done.stdout.splitlines() == [
        "301 https://paidan.example.cn/login/",
        "200 max-age=31536000; includeSubDomains; preload",
        "__Host-csrftoken True Lax / ''",
        "__Host-django_language True Lax / ''",
        "__Host-sessionid True True",
        "400",
    ], done.stderr


def test_a_production_server_tells_nothing_of_itself_when_it_breaks() -> None:
    program = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "from django.contrib.auth.views import LoginView\n"
        "def fail(*a, **k): raise RuntimeError('secret words')\n"
        "LoginView.get_context_data = fail\n"
        "c = Client(raise_request_exception=False)\n"
        "p = c.get('/login/', headers={'host': 'paidan.example.cn', 'x-forwarded-proto': 'https'})\n"
        "print(p.status_code, p.content.decode())"
    )

    done = in_production("-c", program)

    assert done.stdout.startswith("500 <!doctype html>"), done.stderr
    assert not [word for word in (*SECRETS, "secret words") if word in done.stdout]


def test_no_default_password_hasher_is_weak() -> None:
    from django.conf import global_settings

    assert "PASSWORD_HASHERS" not in Path(settings.BASE_DIR, "config/settings.py").read_text()
    assert not [name for name in global_settings.PASSWORD_HASHERS if "MD5" in name or name == "SHA1PasswordHasher"]


# --- what is written is shown as it was written, and only that ------------------------------------
HOSTILE = """<script>alert('x')</script>"><img src=x onerror=alert(1)>{{ 7*7 }}"""


def test_text_that_looks_like_code_is_shown_as_text(
    approver: User, draft_order: Callable[..., Any], customer: Any, product: Any, maker: User
) -> None:
    customer.name = product.name = HOSTILE
    customer.save()
    product.save()
    order = life.submit(save(None, draft_order("VAN", notes=HOSTILE), by=maker), by=maker)
    life.approve(order, by=approver)
    (task,) = tasks_of(order)
    client = signed_in(approver)

    pages = [reverse("admin:orders_workorder_changelist"), change(order), change(task), reverse("import_orders")]
    for url in (*pages, f"{change(order).removesuffix('change/')}history/", f"/orders/workorder/?q={quote(HOSTILE)}"):
        text = client.get(url, follow=True).content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text and "49}}" not in text, url
        assert "javascript:" not in text, url


def test_looking_at_a_dialog_changes_nothing(
    hire: Callable[..., User], submitted: Callable[..., Any], pooled_task: Any
) -> None:
    """Every verb acts on POST only."""
    order = submitted("PACK")
    client = signed_in(hire("root", is_superuser=True))
    verbs = 0

    with unchanged():
        for row in (order, pooled_task.order, pooled_task):
            page = client.get(change(row)).content.decode()
            root = change(row).removesuffix("change/")
            for url in set(re.findall(rf"{root}[a-z-]+/", page)) - {change(row)}:
                verbs += 1
                assert client.get(url, headers={"HX-Request": "true"}).status_code in (200, 302, 405), url

    assert verbs > 8


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Our own code, but for the kit with which plugins are tried."""
    root = Path(settings.BASE_DIR, "platform/paidan")
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith("testing/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


DANGEROUS = frozenset(
    [
        "eval",
        "exec",
        "system",
        "popen",
        "Popen",
        "check_output",
        "mark_safe",
        "SafeString",
        "md5",
        "sha1",
        "extra",
        "RawSQL",
    ]  # called by any name
)


def test_no_code_evaluates_text_runs_commands_trusts_markup_or_hashes_weakly() -> None:
    calls = {
        (name, getattr(node.func, "id", getattr(node.func, "attr", "")))
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    imported = {
        alias.name.split(".")[0]
        for _name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in (node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")])
    }

    assert {(name, call) for name, call in calls if call in DANGEROUS} == set()
    assert not imported & {"subprocess", "pickle", "marshal", "shelve", "yaml", "lxml"}
    assert not [path for path in Path(settings.BASE_DIR, "platform").rglob("*.html") if "|safe" in path.read_text()]


def test_raw_sql_stands_in_known_files_and_takes_its_values_as_parameters() -> None:
    calls = [
        (name, node)
        for name, tree in modules()
        for node in ast.walk(tree)
        if is_execute(node) and not name.startswith("fairsqlite/")
    ]

    assert {name for name, _call in calls} <= {
        "audited.py",
        "insight/audit.py",
        "insight/invariants.py",
        "insight/trail.py",
        "prepared.py",
    }
    assert all(len(call.args) == 2 or isinstance(call.args[0], ast.Constant) for _name, call in calls)


def is_execute(node: Any) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("execute", "executemany", "raw")


def test_a_workbook_with_entities_in_its_xml_is_refused() -> None:
    """Neither a file of the server nor a billion laughs is read."""
    import openpyxl.xml

    plain = sheets.workbook("Orders", ["订单号", "产品", "数量"], [["A1", "盒", 5]])
    bad = BytesIO()
    with zipfile.ZipFile(BytesIO(plain)) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + part.replace(b"A1</", b"&e;</")
            new.writestr(name, part)

    assert openpyxl.xml.DEFUSEDXML
    with pytest.raises(Refused) as refusal:
        workbook.read(bad.getvalue(), lambda heading: heading in ("订单号", "产品", "数量"))
    assert refusal.value.code == "damaged"


def test_nothing_personal_is_in_an_address(ann: User) -> None:
    """A session is known by its cookie, never by an address."""
    client = browser()
    sign_in(client, "ann")

    page = client.get("/").content.decode()

    assert client.session.session_key not in page
    assert settings.SESSION_COOKIE_HTTPONLY


def test_behind_https_no_demo_account_is_made(db: None, settings: Any) -> None:
    """The demo's password is known to everybody."""
    settings.SECURE = True

    call_command("prepare", stdout=StringIO())

    assert not User.objects.exists()
