"""Pictures of tooling: what is taken, what is kept of it, who is shown it, and that nothing of the rest is stored."""

import random
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw

from paidan.catalog import pictures
from paidan.catalog.models import Tooling
from paidan.exchange import demo_pictures
from paidan.orders.actions import task as work
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, assert_recorded, reload, tasks_of
from tests.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where this test's pictures are kept."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **more: Any) -> bytes:
    file = BytesIO()
    Image.new(mode, size, "red" if mode != "1" else 0).save(file, kind, **more)
    return file.getvalue()


@pytest.fixture
def die(tooling: Callable[..., Tooling]) -> Tooling:
    return tooling("die")


def page_of(die: Tooling) -> str:
    return reverse("admin:catalog_tooling_change", args=[die.pk])


def send(client: Client, die: Tooling, content: bytes | None, called: str = "die.png", **more: Any) -> Any:
    values: dict[str, Any] = {"kind": die.kind, "code": die.code, "version": die.version, "name": die.name, **more}
    if content is not None:
        values["picture"] = SimpleUploadedFile(called, content)
    return client.post(page_of(die), values)


@pytest.fixture
def pictured(die: Tooling, maker: User) -> Tooling:
    """A die with a picture."""
    assert send(signed_in(maker), die, picture()).status_code == 302
    return reload(die)


# --- what is kept -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_as_a_small_webp_under_a_name_of_its_own(
    kind: str, die: Tooling, maker: User, folder: Path
) -> None:
    answer = send(signed_in(maker), die, picture(kind, (3200, 400)), "../../刀模.exe")

    assert answer.status_code == 302
    name = reload(die).picture.name
    assert stored(folder) == [name] and name.startswith("tooling/") and name.endswith(".webp") and len(name) == 45
    with Image.open(folder / name) as kept:
        assert (kept.format, kept.size) == ("WEBP", (1600, 200))
    assert [entry.picture for entry in Tooling.history.filter(id=die.pk).order_by("history_id")] == ["", name]


def test_a_picture_stands_upright_and_says_nothing_of_who_took_it_where() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x9286] = 6, "SECRETCAM", "SECRET PLACE"
    image = Image.new("RGB", (40, 20), "red")
    ImageDraw.Draw(image).rectangle((0, 0, 10, 20), fill="blue")
    sent = BytesIO()
    image.save(sent, "JPEG", exif=exif, icc_profile=b"SECRETICC" * 30, comment=b"SECRET", quality=95)
    assert b"SECRETCAM" in sent.getvalue()

    kept = pictures.webp(sent.getvalue())

    assert b"SECRET" not in kept and b"EXIF" not in kept and b"ICCP" not in kept
    with Image.open(BytesIO(kept)) as upright:
        red, _green, blue = upright.convert("RGB").getpixel((10, 3))  # type: ignore[misc]
        assert upright.size == (20, 40) and blue > 150 > red


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_way_to_write_colours_is_understood(mode: str) -> None:
    file = BytesIO()
    Image.new(mode, (20, 10)).save(file, "PNG")

    with Image.open(BytesIO(pictures.webp(file.getvalue()))) as kept:
        assert kept.size == (20, 10)


def test_what_hangs_behind_a_picture_is_not_kept(die: Tooling, maker: User, folder: Path) -> None:
    send(signed_in(maker), die, picture("JPEG") + b"<script>alert(1)</script>PK\x03\x04")

    [name] = stored(folder)
    assert b"script" not in (folder / name).read_bytes()


# --- what is refused --------------------------------------------------------------------------------
def head_of_png(width: int, height: int) -> bytes:
    """A picture that says to be this large, and is not."""
    png = bytearray(picture("PNG", (1, 1)))
    png[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    import zlib

    png[29:33] = zlib.crc32(bytes(png[12:29])).to_bytes(4, "big")
    return bytes(png)


NO_PICTURE = "This is no JPEG, PNG or WebP picture, whatever it is called. Save it as one of these and try again."
DAMAGED = "The picture is damaged or incomplete. See whether it opens on your machine, save it anew and try again."
TOO_MANY = "The picture has more than 40 million pixels. Make it smaller, e.g. 1600 pixels wide, and try again."
noise = random.Random(1).randbytes
HOSTILE: dict[str, tuple[bytes, str]] = {
    "an SVG with a script": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', NO_PICTURE),
    "a program with another name": (b"MZ\x90\x00" + noise(4000), NO_PICTURE),
    "a page that begins like nothing": (b"<!DOCTYPE html><script>alert(1)</script>", NO_PICTURE),
    "an animation": (picture("GIF"), NO_PICTURE),
    "a bitmap": (picture("BMP"), NO_PICTURE),
    "a TIFF": (picture("TIFF"), NO_PICTURE),
    "a page that ends in a picture": (b"<script>alert(1)</script>" + picture("JPEG"), NO_PICTURE),
    "an animation that is a program, too": (b"GIF89a/*" + noise(40) + b"*/=alert(1);//" + picture("PNG"), NO_PICTURE),
    "half a PNG": (picture("PNG", (400, 400), mode="RGB")[:200], DAMAGED),
    "half a JPEG": (picture("JPEG", (400, 400))[:700], DAMAGED),
    "half a WebP": (picture("WEBP", (400, 400), lossless=True)[:40], DAMAGED),
    "50 million pixels": (picture("PNG", (10_000, 5_000), mode="1"), TOO_MANY),
    "a head that says 100 million pixels": (head_of_png(10_000, 10_000), TOO_MANY),
    "a head that says 4,000 million pixels": (head_of_png(65_000, 65_000), TOO_MANY),
    "more than 8 MB": (
        picture("PNG") + bytes(8 * 2**20),
        "The file has 8.0 MB; at most 8 MB are possible. Save the picture smaller and try again.",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_fair_picture_is_refused_in_a_sentence_and_nothing_is_stored(
    what: str, pictured: Tooling, maker: User, folder: Path
) -> None:
    content, sentence = HOSTILE[what]
    before, known = stored(folder), Tooling.history.count()

    answer = send(signed_in(maker), pictured, content, "die.png", name="renamed")

    assert (answer.status_code, answer.context["adminform"].form.errors["picture"]) == (200, [sentence])
    assert sentence in answer.text
    assert stored(folder) == before and Tooling.history.count() == known
    assert (reload(pictured).picture, reload(pictured).name) == (pictured.picture, pictured.name)


def test_a_fair_picture_is_not_stored_when_something_else_is_wrong(
    pictured: Tooling, maker: User, folder: Path
) -> None:
    before = stored(folder)

    answer = send(signed_in(maker), pictured, picture("PNG", (10, 10)), version="0")

    assert answer.status_code == 200 and "version" in answer.context["adminform"].form.errors
    assert stored(folder) == before and reload(pictured).picture.name == pictured.picture.name


def test_a_refusal_is_said_in_chinese(pictured: Tooling, maker: User) -> None:
    client = signed_in(maker)
    client.cookies["django_language"] = "zh-hans"

    answer = send(client, pictured, b"MZ")

    assert "这不是 JPEG、PNG 或 WebP 图片" in answer.text


# --- written with the row, or not at all ------------------------------------------------------------
def test_a_picture_goes_again_when_its_row_is_not_saved(
    pictured: Tooling, maker: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(folder)

    def fails(*args: Any, **more: Any) -> Any:
        assert len(stored(folder)) == 2, "it was written"
        raise RuntimeError("the database is full")

    monkeypatch.setattr(LogEntry.objects, "log_actions", fails)
    with pytest.raises(RuntimeError, match="the database is full"):
        send(signed_in(maker), pictured, picture("PNG", (10, 10)))

    assert stored(folder) == before and reload(pictured).picture.name == before[0]


@pytest.mark.django_db(transaction=True)
def test_the_former_picture_goes_when_it_is_replaced_or_cleared_and_not_before_that_is_sure(
    pictured: Tooling, maker: User, folder: Path
) -> None:
    client = signed_in(maker)
    first = pictured.picture.name

    send(client, pictured, picture("JPEG"))
    second = reload(pictured).picture.name
    assert stored(folder) == [second] != [first]

    with transaction.atomic():
        pictures.forget(second)
        transaction.set_rollback(True)
    assert stored(folder) == [second]

    send(client, pictured, None, **{"picture-clear": "on"})
    assert (stored(folder), reload(pictured).picture.name) == ([], "")
    told = [entry.picture for entry in Tooling.history.filter(id=pictured.pk).order_by("history_id")]
    assert told == ["", first, second, ""]


@pytest.mark.django_db(transaction=True)
def test_a_picture_goes_with_its_tooling(pictured: Tooling, hire: Hire, folder: Path) -> None:
    root = signed_in(hire("root", is_superuser=True))

    root.post(reverse("admin:catalog_tooling_delete", args=[pictured.pk]), {"post": "yes"})

    assert not Tooling.objects.filter(pk=pictured.pk).exists() and stored(folder) == []


def test_saving_something_else_leaves_the_picture(pictured: Tooling, maker: User, folder: Path) -> None:
    send(signed_in(maker), pictured, None, name="other")

    assert (reload(pictured).name, stored(folder)) == ("other", [pictured.picture.name])


def test_the_history_keeps_that_the_picture_changed_and_by_whom(pictured: Tooling, maker: User, hire: Hire) -> None:
    first = pictured.picture.name
    send(signed_in(maker), pictured, picture("JPEG"))
    second = reload(pictured).picture.name

    told = signed_in(hire("abe2", role="approver")).get(reverse("admin:catalog_tooling_history", args=[pictured.pk]))

    assert told.status_code == 200 and first in told.text and second in told.text
    assert [entry.history_user for entry in pictured.history.all()[:2]] == [maker, maker]
    assert_recorded(Tooling)


# --- who is shown it --------------------------------------------------------------------------------
@pytest.fixture
def cutting(approved: MakeOrder, maker: User) -> Iterator[Any]:
    """A task of die-cutting whose die has a picture."""
    task = tasks_of(approved("DIE"), "DIE")[0]
    tooling = Tooling.objects.get(pk=task.tooling.tooling_id)  # type: ignore[union-attr]
    send(signed_in(maker), tooling, picture())
    return task


def picture_of(task: Any) -> str:
    return Tooling.objects.get(pk=task.tooling.tooling_id).picture_url


def test_a_picture_is_shown_to_who_keeps_tooling_or_may_see_a_task_that_uses_it_and_to_nobody_else(
    cutting: Any, maker: User, hire: Hire
) -> None:
    ann, ben = hire("ann", post=("die_cutting", "operator")), hire("ben", post=("printing", "operator"))
    url = picture_of(cutting)

    asked = {who.username: signed_in(who).get(url).status_code for who in (maker, ann, ben)}
    missing = signed_in(ben).get("/pictures/tooling/0123456789abcdef.webp/")

    assert (asked, missing.status_code) == ({"mia": 200, "ann": 200, "ben": 404}, 404)
    assert Client().get(url).status_code == 302
    work.claim(cutting, by=hire("cat", post=("die_cutting", "operator")))
    assert signed_in(ann).get(url).status_code == 404, "it is nobody's business any more"


def test_a_picture_is_nothing_but_a_picture_and_is_asked_for_each_time(cutting: Any, maker: User) -> None:
    client, url = signed_in(maker), picture_of(cutting)

    answer = client.get(url)
    again = client.get(url, headers={"If-None-Match": answer["ETag"]})

    assert answer.content[:4] == b"RIFF"
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert answer["Cache-Control"] == again["Cache-Control"] == "private, no-cache"
    assert "img-src 'self' data:;" in answer["Content-Security-Policy"]
    assert (again.status_code, again.content) == (304, b"")
    assert client.post(url).status_code == 405


def test_the_folder_of_pictures_has_no_address(cutting: Any, maker: User) -> None:
    name = Tooling.objects.get(pk=cutting.tooling.tooling_id).picture.name

    for path in (f"/media/{name}", f"/static/{name}", f"/{name}", "/pictures/tooling/..%2F..%2Fsecret_key/"):
        assert signed_in(maker).get(path).status_code == 404, path


def test_a_picture_whose_file_is_lost_is_missing(cutting: Any, maker: User, folder: Path) -> None:
    [name] = stored(folder)
    (folder / name).unlink()

    assert signed_in(maker).get(picture_of(cutting)).status_code == 404


def test_a_picture_stands_on_the_card_the_task_page_and_the_tooling_pages(
    cutting: Any, maker: User, hire: Hire
) -> None:
    ann, shown = hire("ann", post=("die_cutting", "operator")), f'<img src="{picture_of(cutting)}" alt="die-1"'
    tooling = Tooling.objects.get(pk=cutting.tooling.tooling_id)

    for page in ("/centre/", f"/centre/task/{cutting.pk}/", f"/orders/task/{cutting.pk}/change/"):
        assert f'{shown} loading="lazy"' in signed_in(ann).get(page).text, page
    assert shown in signed_in(maker).get("/catalog/tooling/").text
    form = signed_in(maker).get(page_of(tooling)).text
    assert f'src="{tooling.picture_url}"' in form and "Remove the picture" in form and "at most 8 MB" in form


def test_a_task_without_tooling_has_no_line_for_it(pooled_task: Any, maker: User) -> None:
    page = signed_in(maker).get(reverse("admin:orders_task_change", args=[pooled_task.pk]))

    assert page.status_code == 200 and "field-plate" not in page.text


# --- the demo shop ----------------------------------------------------------------------------------
def test_the_demo_shop_draws_its_own_pictures() -> None:
    for kind in demo_pictures.DRAWN:
        drawn = demo_pictures.picture_of(kind)
        with Image.open(BytesIO(drawn)) as kept:
            assert (kept.format, kept.size, len(drawn) < 60_000) == ("WEBP", (1200, 800), True)
