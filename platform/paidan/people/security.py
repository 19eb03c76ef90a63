"""Signing in goes in steps: the password, the second step, a password of one's own; then the session is somebody's."""

import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user, login
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django_otp import login as remember_device
from django_otp import user_has_device
from django_otp.middleware import OTPMiddleware
from django_otp.models import Device

from paidan.people.models import Role, User

PENDING = "paidan_sign_in"
CLOCK = "paidan_clock"
SIGN_IN_SECONDS = 600
BACKGROUND = "X-Paidan-Background"
"""What a page asks by itself says so in this header; it does not count as use."""
LOOK_EVERY = 60
"""Seconds between two notes of when a session was last used: not every page is a write."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in under way: who gave the right password, with which device if any, and where to go afterwards."""

    user: User
    device: str
    target: str


# --- the steps ------------------------------------------------------------------------------------
def begin(request: HttpRequest, user: User, target: str) -> None:
    """Remember that this browser gave the right password; the session stays nobody's."""
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": user.pk,
        "backend": user.backend,  # type: ignore[attr-defined]  # set by `authenticate`
        "stamp": user.get_session_auth_hash(),
        "at": time.time(),
        "device": "",
        "target": target,
    }


def pending(session: SessionBase) -> Pending | None:
    """The sign-in under way in this session, unless it took too long or the person changed meanwhile."""
    kept: dict[str, Any] | None = session.get(PENDING)
    if kept is None:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or time.time() - kept["at"] > SIGN_IN_SECONDS:
        return None
    if not constant_time_compare(kept["stamp"], user.get_session_auth_hash()):
        return None
    return Pending(user, kept["device"], kept["target"])


def note(session: SessionBase, user: User, *, device: str = "") -> None:
    """Record a step that was done: the device that proved it, or the person's new password."""
    kept = session[PENDING]
    session[PENDING] = {**kept, "device": device or kept["device"], "stamp": user.get_session_auth_hash()}


def next_step(waiting: Pending) -> str:
    """The name of the page that has to come next; none when the person may be signed in."""
    if not waiting.device and user_has_device(waiting.user):
        return "sign_in_code"
    if waiting.user.must_change_password:
        return "sign_in_password"
    if not waiting.device and must_have_second_step(waiting.user):
        return "second_step_on"
    return ""


def finish(request: HttpRequest, waiting: Pending) -> str:
    """Sign the person in, in a session with a new key; returns where to go."""
    kept = request.session.pop(PENDING)
    waiting.user.skip_history_when_saving = True  # type: ignore[attr-defined]  # the access log tells of sign-ins
    login(request, waiting.user, backend=kept["backend"])
    del waiting.user.skip_history_when_saving  # type: ignore[attr-defined]
    device = Device.from_persistent_id(waiting.device) if waiting.device else None
    if device:
        remember_device(request, device)
    now = time.time()
    request.session[CLOCK] = [now, now]
    return waiting.target


# --- who cannot get in ------------------------------------------------------------------------------
def locked_out() -> Q:
    """The people whose name was tried with so many wrong passwords that some address cannot sign in with it now."""
    tried = AccessAttempt.objects.filter(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
        attempt_time__gte=timezone.now() - settings.AXES_COOLOFF_TIME,
    )
    return Q(username__in=tried.values("username"))


# --- who needs what -------------------------------------------------------------------------------
def must_have_second_step(user: User) -> bool:
    """Whether the shop demands a second step of one of this person's roles; a superuser counts as an administrator."""
    roles = settings.PAIDAN_REQUIRE_TOTP
    if not roles:
        return False
    if user.is_superuser and Role.ADMIN in roles:
        return True
    return user.groups.filter(Q(name__in=roles) | Q(post__role__in=roles)).exists()


def asks_by_itself(request: HttpRequest) -> bool:
    """Whether no person asks, but a page or the browser: polls say so, and a browser that looks for a worker's script."""
    return bool(request.headers.get(BACKGROUND) or request.headers.get("Service-Worker"))


def over(request: HttpRequest, user: User) -> str:
    """Why this person's session has to end now, in a sentence; empty when it goes on. Notes that it is in use."""
    now = time.time()
    began, seen = request.session.get(CLOCK, (now, 0.0))
    if now - began > settings.PAIDAN_SESSION_HOURS * 3600:
        return _("A session lasts %(hours)s hours at most. Sign in again.") % {"hours": settings.PAIDAN_SESSION_HOURS}
    if seen and now - seen > settings.PAIDAN_IDLE_MINUTES * 60:
        return _("Nothing was done here for %(minutes)s minutes. Sign in again.") % {
            "minutes": settings.PAIDAN_IDLE_MINUTES
        }
    if settings.PAIDAN_REQUIRE_TOTP and not user.is_verified() and must_have_second_step(user):  # type: ignore[attr-defined]
        return _("Your role needs a second step at sign-in. Sign in again to set it up.")
    if now - seen > LOOK_EVERY and not asks_by_itself(request):
        request.session[CLOCK] = [began, now]
    return ""


def signed_in(session_key: str) -> int | None:
    """The id of the person whose session this is, if the session is good now. It does not count as use."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    request.user = get_user(request)  # type: ignore[assignment]
    if not request.user.is_authenticated:
        return None
    OTPMiddleware(lambda request: HttpResponse())(request)
    request.META["HTTP_X_PAIDAN_BACKGROUND"] = "1"
    return None if over(request, request.user) else request.user.pk
