"""Sign-in, step by step, and the page on which a person turns the second step on and off."""

from base64 import b32encode
from collections.abc import Sequence
from typing import Any, cast

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as remember_device
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from paidan.backoffice import qr
from paidan.backoffice.errors import plain
from paidan.errors import Refused
from paidan.people import actions, security
from paidan.people.forms import CodeForm, OwnPasswordForm, SecondStepForm, SignInForm
from paidan.people.models import User

KEY = "paidan_totp_key"


class SignIn(LoginView):
    """Name and password; the steps that a person still owes follow before the session is theirs."""

    template_name = "admin/login.html"
    authentication_form = SignInForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if admin.site.has_permission(request):
            return redirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user, target = form.get_user(), self.get_success_url()
        security.begin(self.request, user, home(user) if target == reverse("admin:index") else target)
        return go_on(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = {"title": _("Log in"), "app_path": self.request.get_full_path()}
        return super().get_context_data(**kwargs) | admin.site.each_context(self.request) | page


def home(user: User) -> str:
    """Where a person who wishes nothing else begins: who only works at a machine, in the operator centre."""
    at_a_machine = user.has_perm("orders.claim_task") and not user.has_perm("orders.assign_task")
    return reverse("centre" if at_a_machine else "admin:index")


def go_on(request: HttpRequest) -> HttpResponse:
    """To the step that comes next, or in."""
    waiting = security.pending(request.session)
    if waiting is None:
        return expired(request)
    step = security.next_step(waiting)
    return redirect(step or security.finish(request, waiting))


def expired(request: HttpRequest) -> HttpResponse:
    """Back to the beginning."""
    request.session.pop(security.PENDING, None)
    messages.warning(request, _("That took too long. Sign in again."))
    return redirect("admin:login")


def locked_out(request: HttpRequest, *_more: Any) -> HttpResponse:
    """Too many wrong passwords; the same page whether or not there is such a person."""
    minutes = round(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    response = plain(
        request,
        429,
        _("Too many failed sign-ins"),
        _("Wait %(minutes)s minutes, then try again. If it is urgent, ask an administrator.") % {"minutes": minutes},
    )
    response.headers["Retry-After"] = str(minutes * 60)
    return response


# --- the steps after the password -----------------------------------------------------------------
@sensitive_post_parameters()
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The code of a person whose second step is on."""
    waiting = security.pending(request.session)
    if waiting is None or security.next_step(waiting) != "sign_in_code":
        return go_on(request)
    name = waiting.user.get_username()
    form = CodeForm(request.POST or None)
    if request.method == "POST" and not AxesProxyHandler.is_allowed(request, {"username": name}):
        return locked_out(request)
    if form.is_valid():
        try:
            device = actions.check_code(waiting.user, form.cleaned_data["code"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            if device:
                security.note(request.session, waiting.user, device=device)
                return go_on(request)
            user_login_failed.send(__name__, credentials={"username": name}, request=request)
            form.add_error(None, _("This code is not right, or was used already. Wait for the next one."))
    return _page(request, "people/code.html", title=_("Second step"), form=form)


@sensitive_post_parameters()
@never_cache
def password(request: HttpRequest) -> HttpResponse:
    """A password of one's own, for a person who was given one."""
    waiting = security.pending(request.session)
    if waiting is None or security.next_step(waiting) != "sign_in_password":
        return go_on(request)
    form = OwnPasswordForm(waiting.user, request.POST or None)
    if form.is_valid():
        form.save()
        security.note(request.session, waiting.user)
        return go_on(request)
    return _page(request, "people/password.html", title=_("Choose a password of your own"), form=form)


@sensitive_post_parameters()
@never_cache
def turn_on(request: HttpRequest) -> HttpResponse:
    """Show a QR code, check that the phone understood it, and show the recovery codes once."""
    signed_in = request.user.is_authenticated
    waiting = None if signed_in else security.pending(request.session)
    if not signed_in and (waiting is None or security.next_step(waiting) != "second_step_on"):
        return go_on(request)
    user = cast(User, waiting.user if waiting else request.user)
    key = request.session.setdefault(KEY, default_key())
    form = SecondStepForm(user, request.POST or None, ask_password=signed_in, new=True)
    if form.is_valid():
        try:
            device, codes = actions.turn_on_second_step(user, key=key, code=form.cleaned_data["code"], by=user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _turned_on(request, user, device, codes, waiting)
    link = TOTPDevice(user=user, key=key).config_url
    picture = qr.drawn(link)
    shown = _key_in_words(key)
    return _page(request, "people/turn_on.html", title=_("Turn the second step on"), form=form, qr=picture, key=shown)


def _turned_on(
    request: HttpRequest, user: User, device: str, codes: Sequence[str], waiting: security.Pending | None
) -> HttpResponse:
    """This session goes on, or begins, with the new device; the others have ended."""
    del request.session[KEY]
    if waiting:
        security.note(request.session, user, device=device)
        target = security.finish(request, security.pending(request.session) or waiting)
    else:
        update_session_auth_hash(request, user)
        remember_device(request, Device.from_persistent_id(device))
        target = reverse("second_step")
    return _codes(request, codes, target)


@sensitive_post_parameters()
@never_cache
def second_step(request: HttpRequest) -> HttpResponse:
    """Whether the second step is on; new recovery codes, or off again, for a password and a code."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('admin:login')}?next={request.path}")
    user = request.user
    device = TOTPDevice.objects.devices_for_user(user, confirmed=True).first()
    if device is None:
        return redirect("second_step_on")
    form = SecondStepForm(user, request.POST or None)
    if form.is_valid():
        try:
            if not actions.check_code(user, form.cleaned_data["code"]):
                raise Refused(_("This code is not right, or was used already. Wait for the next one."), "wrong_code")
            if "off" not in request.POST:
                return _codes(request, actions.renew_recovery_codes(user, by=user), request.path)
            actions.turn_off_second_step(user, by=user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("The second step is off."))
            return redirect("admin:index")
    left = StaticToken.objects.filter(device__user=user).count()
    needed = security.must_have_second_step(user)
    return _page(
        request, "people/second_step.html", title=_("Second step at sign-in"), form=form, left=left, needed=needed
    )


def _codes(request: HttpRequest, codes: Sequence[str], target: str) -> HttpResponse:
    words = [f"{code[:4]}-{code[4:]}" for code in codes]
    return _page(request, "people/recovery.html", title=_("Your recovery codes"), codes=words, target=target)


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, template, admin.site.each_context(request) | context)


def _key_in_words(key: str) -> str:
    """The key as apps take it, in groups of four to type."""
    text = b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
