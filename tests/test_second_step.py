"""The second step at sign-in: codes from a phone, recovery codes, roles that need it, a lost phone."""

import re
import time
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from paidan.errors import Refused
from paidan.people import actions, security
from paidan.people.models import User
from tests.conftest import Hire, reload
from tests.test_pages import act, change, signed_in
from tests.visitors import (
    OWN,
    PASSWORD,
    ann,
    browser,
    count_anew,
    is_in,
    own,
    sign_in,
    with_password,
)

__all__ = ["ann", "count_anew"]  # fixtures

pytestmark = pytest.mark.django_db


def code_of(key: str, *, after: int = 0) -> str:
    """What an authenticator app shows for this key; `after` steps from now."""
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time() + 30 * after
    return f"{totp.token():06d}"


def with_second_step(user: User) -> tuple[str, list[str]]:
    """Turn the second step on as of a minute ago; the key and the recovery codes."""
    key = "31" * 20
    _device, codes = actions.turn_on_second_step(user, key=key, code=code_of(key, after=-1), by=user)
    user.refresh_from_db()
    return key, list(codes)


def shows_code_page(response: Any) -> bool:
    return bool(response.status_code == 302 and response.headers["Location"] == reverse("sign_in_code"))


# --- the second step ------------------------------------------------------------------------------
def test_a_person_turns_the_second_step_on_and_signs_in_with_it(ann: User) -> None:
    client, other = browser(), browser()
    sign_in(client, "ann")
    sign_in(other, "ann")
    page = client.get(reverse("second_step_on"))
    key = client.session["paidan_totp_key"]
    assert 'src="data:image/svg+xml' in page.content.decode()
    sent = {"password": PASSWORD, "code": code_of(key, after=-1)}

    shown = client.post(reverse("second_step_on"), sent).content.decode()

    assert len(re.findall(r"<code>\w{4}-\w{4}</code>", shown)) == actions.RECOVERY_CODES
    assert is_in(client) and not is_in(other)
    assert shows_code_page(sign_in(other, "ann")) and not is_in(other)
    other.post(reverse("sign_in_code"), {"code": code_of(key)})
    assert is_in(other)


@pytest.mark.parametrize(("password", "code"), [(PASSWORD, "000000"), ("wrong one here", None), ("", None)])
def test_a_wrong_code_or_password_turns_nothing_on(password: str, code: str | None, ann: User) -> None:
    client = signed_in(ann)
    client.get(reverse("second_step_on"))
    sent = {"password": password, "code": code or code_of(client.session["paidan_totp_key"])}

    page = client.post(reverse("second_step_on"), sent)

    assert page.status_code == 200
    assert not TOTPDevice.objects.exists() and not StaticToken.objects.exists()


def test_the_password_alone_opens_nothing_when_the_second_step_is_on(ann: User) -> None:
    with_second_step(ann)
    client = browser()

    assert shows_code_page(sign_in(client, "ann"))

    for url in ("/", "/orders/task/", "/password_change/", reverse("second_step"), "/orders/import/"):
        assert client.get(url).status_code == 302, url
    assert "_auth_user_id" not in client.session


def test_a_code_works_once(ann: User) -> None:
    key, _codes = with_second_step(ann)
    code = code_of(key)
    first, second = browser(), browser()
    sign_in(first, "ann")
    first.post(reverse("sign_in_code"), {"code": code})
    sign_in(second, "ann")

    page = second.post(reverse("sign_in_code"), {"code": code})

    assert is_in(first) and not is_in(second)
    assert "was used already" in page.content.decode()


def test_a_recovery_code_works_once_however_it_is_written(ann: User) -> None:
    _key, codes = with_second_step(ann)
    first, second = browser(), browser()
    sign_in(first, "ann")
    first.post(reverse("sign_in_code"), {"code": f" {codes[0][:4].upper()} - {codes[0][4:]}"})
    sign_in(second, "ann")
    second.post(reverse("sign_in_code"), {"code": codes[0]})

    assert is_in(first) and not is_in(second)
    assert "9 recovery codes are left" in first.get(reverse("second_step")).content.decode()


def test_guessing_codes_is_slowed_down_and_then_locked_out(ann: User) -> None:
    key, _codes = with_second_step(ann)
    client = browser()
    sign_in(client, "ann")

    first = client.post(reverse("sign_in_code"), {"code": "000000"})
    at_once = client.post(reverse("sign_in_code"), {"code": code_of(key)})
    for _n in range(settings.AXES_FAILURE_LIMIT - 1):
        TOTPDevice.objects.update(throttling_failure_timestamp=None)
        last = client.post(reverse("sign_in_code"), {"code": "000000"})

    assert "not right" in first.content.decode()
    assert "Too many wrong codes" in at_once.content.decode() and not is_in(client)
    assert last.status_code == 429
    TOTPDevice.objects.update(throttling_failure_timestamp=None)
    assert client.post(reverse("sign_in_code"), {"code": code_of(key)}).status_code == 429


@pytest.mark.parametrize("what", ["time", "password", "inactive", "nothing"])
def test_a_sign_in_that_was_not_finished_in_time_or_changed_meanwhile_begins_anew(what: str, ann: User) -> None:
    key, _codes = with_second_step(ann)
    client = browser()
    if what != "nothing":
        sign_in(client, "ann")
    if what == "time":
        session = client.session
        session[security.PENDING] = {**session[security.PENDING], "at": time.time() - security.SIGN_IN_SECONDS - 1}
        session.save()
    elif what == "password":
        ann.set_password(OWN)
        ann.save()
    elif what == "inactive":
        User.objects.update(is_active=False)

    response = client.post(reverse("sign_in_code"), {"code": code_of(key)}, follow=True)

    assert response.redirect_chain[0][0] == "/login/" and "Sign in again" in response.content.decode()
    assert not is_in(client)


@pytest.mark.parametrize("step", ["sign_in_code", "sign_in_password", "second_step_on"])
def test_no_step_of_the_sign_in_can_be_had_without_the_one_before(step: str, ann: User) -> None:
    client = browser()

    assert client.get(reverse(step)).headers["Location"] == "/login/"
    with_second_step(ann)
    User.objects.update(must_change_password=True)
    sign_in(client, "ann")

    if step != "sign_in_code":
        assert client.get(reverse(step)).headers["Location"] == reverse("sign_in_code")
        assert client.post(reverse(step), own(PASSWORD, OWN)).headers["Location"] == reverse("sign_in_code")
    assert reload(ann).check_password(PASSWORD)


def test_a_role_that_needs_the_second_step_sets_it_up_before_it_is_in(hire: Hire, settings: Any) -> None:
    settings.PAIDAN_REQUIRE_TOTP = ["approver", "supervisor", "admin"]
    for user in (
        hire("abe", role="approver"),
        hire("sue", post=("printing", "supervisor")),
        hire("root", is_superuser=True),
    ):
        with_password(user)
        client = browser()
        asked = sign_in(client, user.username)
        assert asked.headers["Location"] == reverse("second_step_on") and not is_in(client)
        client.get(asked.headers["Location"])
        key = client.session["paidan_totp_key"]

        shown = client.post(asked.headers["Location"], {"code": code_of(key, after=-1)})

        assert "Your recovery codes" in shown.content.decode()
        assert is_in(client)
        page = client.post(reverse("second_step"), {"password": PASSWORD, "code": code_of(key), "off": "1"})
        assert "Your role needs" in page.content.decode() and TOTPDevice.objects.filter(user=user).exists()


def test_other_roles_need_no_second_step(ann: User, settings: Any) -> None:
    settings.PAIDAN_REQUIRE_TOTP = ["approver"]
    client = browser()

    sign_in(client, "ann")

    assert is_in(client)


def test_a_session_without_the_second_step_ends_when_the_role_needs_it(approver: User, settings: Any) -> None:
    client = signed_in(approver)
    assert is_in(client)

    settings.PAIDAN_REQUIRE_TOTP = ["approver"]

    assert "Your role needs a second step" in client.get("/", follow=True).content.decode()


def test_an_unknown_role_in_the_setting_stops_the_start(settings: Any) -> None:
    from django.apps import apps

    settings.PAIDAN_REQUIRE_TOTP = ["aprover"]

    with pytest.raises(ImproperlyConfigured, match="aprover"):
        apps.get_app_config("people").ready()


def test_the_second_step_is_turned_off_with_password_and_code(ann: User) -> None:
    key, codes = with_second_step(ann)
    client = browser()
    sign_in(client, "ann")
    client.post(reverse("sign_in_code"), {"code": codes[0]})

    client.post(reverse("second_step"), {"password": "wrong one here", "code": code_of(key), "off": "1"})
    assert TOTPDevice.objects.exists()
    client.post(reverse("second_step"), {"password": PASSWORD, "code": code_of(key), "off": "1"})

    assert not TOTPDevice.objects.exists() and not StaticToken.objects.exists()
    assert is_in(client)


def test_new_recovery_codes_replace_the_old_ones(ann: User) -> None:
    key, codes = with_second_step(ann)
    client = browser()
    sign_in(client, "ann")
    client.post(reverse("sign_in_code"), {"code": codes[0]})

    client.post(reverse("second_step"), {"password": PASSWORD, "code": code_of(key), "codes": "1"})

    now = set(StaticToken.objects.values_list("token", flat=True))
    assert len(now) == actions.RECOVERY_CODES and not now & set(codes)


def test_an_administrator_resets_a_lost_phone_with_a_reason(ann: User, hire: Hire) -> None:
    with_second_step(ann)
    boss = signed_in(hire("boss", is_superuser=True))
    page = boss.get(change(ann)).content.decode()
    assert "Reset second step" in page and TOTPDevice.objects.get().key not in page

    act(boss, ann, "reset-second-step", reason="")
    assert TOTPDevice.objects.exists()
    act(boss, ann, "reset-second-step", reason="phone fell into the ink")
    client = browser()
    sign_in(client, "ann")

    assert is_in(client)
    latest = ann.history.latest()
    assert "phone fell into the ink" in latest.history_change_reason and latest.history_user.username == "boss"
    with pytest.raises(Refused) as refusal:
        actions.reset_second_step(ann, by=ann, reason="again")
    assert refusal.value.code == "no_second_step"


def test_the_keys_of_second_steps_are_on_no_page(hire: Hire) -> None:
    boss = signed_in(hire("boss", is_superuser=True))

    for path in ("/otp_totp/totpdevice/", "/otp_static/staticdevice/"):
        assert boss.get(path).status_code == 404
