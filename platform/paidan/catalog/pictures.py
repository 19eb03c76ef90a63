"""Pictures of tooling: whatever is sent, what is kept is a new WebP of known size that the house drew itself."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.urls import reverse
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from paidan.errors import Refused

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 8 * 2**20
MOST_PIXELS = 40_000_000
LONGEST = 1600
"""Pixels of the longer side of what is kept."""
FOLDER = "tooling"

_written: ContextVar[list[str] | None] = ContextVar("paidan_pictures", default=None)


def webp(content: bytes) -> bytes:
    """The picture as it is kept: upright, no larger than is looked at, without anything that is not picture.

    What counts is the content, never the name. The size is read from the head, before anything is decoded.
    """
    try:
        picture = Image.open(BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many() from None
    except UnidentifiedImageError:
        sentence = _(
            "This is no JPEG, PNG or WebP picture, whatever it is called. Save it as one of these and try again."
        )
        raise Refused(sentence, "no_picture") from None
    except Exception:  # what a head that is made to hurt raises is nowhere promised
        raise _damaged() from None
    with picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise _too_many()
        try:
            return _drawn_anew(picture)
        except Exception:  # nor what a body raises
            raise _damaged() from None


def _drawn_anew(picture: Image.Image) -> bytes:
    picture.draft("RGB", (LONGEST, LONGEST))  # a JPEG is decoded no larger than it is kept
    upright = ImageOps.exif_transpose(picture)
    upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    upright.thumbnail((LONGEST, LONGEST))
    kept = BytesIO()
    upright.save(kept, "WEBP", quality=82)
    return kept.getvalue()


def _too_many() -> Refused:
    return Refused(
        _("The picture has more than %(most)s million pixels. Make it smaller, e.g. 1600 pixels wide, and try again.")
        % {"most": MOST_PIXELS // 1_000_000},
        "too_many_pixels",
    )


def _damaged() -> Refused:
    return Refused(
        _("The picture is damaged or incomplete. See whether it opens on your machine, save it anew and try again."),
        "damaged_picture",
    )


def must_not_be_large(size: int) -> None:
    """Refuse a file before it is read when it has too many bytes."""
    if size > MOST_BYTES:
        raise Refused(
            _("The file has %(size)s MB; at most %(most)s MB are possible. Save the picture smaller and try again.")
            % {"size": f"{size / 2**20:.1f}", "most": MOST_BYTES // 2**20},
            "large_picture",
        )


def new_name(row: Any, name: str) -> str:
    """A name that nobody can guess and that never stands for another picture; nothing of the name it came with."""
    return f"{FOLDER}/{secrets.token_hex(16)}.webp"


@deconstructible(path="paidan.catalog.pictures.Pictures")
class Pictures(FileSystemStorage):
    """The folder of the pictures; they are served by a page that asks who may see them, never as files."""

    def url(self, name: str | None) -> str:
        return reverse("tooling_picture", args=[PurePosixPath(str(name)).name])

    def _save(self, name: str, content: Any) -> str:
        kept: str = super()._save(name, content)  # type: ignore[misc]
        if (written := _written.get()) is not None:
            written.append(kept)
        return kept


KEPT = Pictures()


@contextmanager
def undone_with_the_row() -> Iterator[None]:
    """A picture is written before its row: what was written inside goes again when the rest fails."""
    written: list[str] = []
    token = _written.set(written)
    try:
        yield
    except BaseException:
        for name in written:
            KEPT.delete(name)
        raise
    finally:
        _written.reset(token)


def forget(name: str) -> None:
    """Delete a picture that no row names any more, once that is committed."""
    if name:
        transaction.on_commit(lambda: KEPT.delete(name), robust=True)
