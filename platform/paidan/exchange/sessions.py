"""Files that were uploaded or imported: what is kept of each, and whether one was here before."""

import hashlib
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from paidan.errors import Refused
from paidan.exchange.models import ImportSession
from paidan.people.models import User

KEPT_FOR = timedelta(days=7)
KEPT_EACH = 20
"""So many uploads a person keeps; older ones make room."""


def digest_of(content: bytes) -> str:
    """By what the same file is known again, whatever it is called."""
    return hashlib.sha256(content).hexdigest()


def store(content: bytes, *, name: str, by: User, create_missing: bool) -> ImportSession:
    """Keep an upload, which was opened and is a workbook, until it was looked at; refused when its name says otherwise."""
    if not name.lower().endswith(".xlsx"):
        raise Refused(
            _("This is an Excel workbook, but its name does not end in .xlsx. Rename it, or choose the right file."),
            "wrong_name",
        )
    _forget(ImportSession.objects.filter(created_at__lt=timezone.now() - KEPT_FOR))
    mine = ImportSession.objects.filter(user=by).exclude(content=b"")
    _forget(mine.exclude(pk__in=list(mine.values_list("pk", flat=True)[: KEPT_EACH - 1])))
    return ImportSession.objects.create(
        user=by, name=name[-200:], content=content, digest=digest_of(content), create_missing=create_missing
    )


def _forget(sessions: QuerySet[ImportSession]) -> None:
    """Of a file that was imported its digest stays, so that it is known again; of another nothing does."""
    sessions.filter(applied_at=None).delete()
    sessions.exclude(content=b"").update(content=b"")


def last_import_of(digest: str, *, but: ImportSession | None = None) -> ImportSession | None:
    """When this very file was imported last, by page or command, and by whom; `but` is the import that asks."""
    imported = (
        ImportSession.objects.filter(digest=digest).exclude(applied_at=None).exclude(pk__in=[but.pk] if but else [])
    )
    return imported.select_related("user").defer("content").order_by("-applied_at", "-pk").first()


def told(session: ImportSession) -> str:
    """Who imported the file, when, and what importing it again would do."""
    at = session.applied_at and date_format(timezone.localtime(session.applied_at), "Y-m-d H:i")
    return _("%(person)s imported this very file on %(at)s. Its orders without a number would be made once more.") % {
        "person": session.user,
        "at": at,
    }


def note(digest: str, *, name: str, by: User) -> ImportSession:
    """Remember an import that needed no upload; the file itself is not kept."""
    return ImportSession.objects.create(user=by, name=name[-200:], content=b"", digest=digest)


def use_up(session: ImportSession) -> None:
    """An upload is imported once."""
    if not ImportSession.objects.filter(pk=session.pk, applied_at=None).update(applied_at=timezone.now()):
        raise Refused(_("This file was imported already. Upload it again to import it once more."), "applied")
