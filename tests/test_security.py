"""Accounts and sessions: who comes in, in how many steps, for how long, and what strangers learn while they try."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paidan.people import jobs, security
from paidan.people.models import User
from tests.conftest import Hire, reload, snapshot
from tests.test_pages import BACKEND, act, change, signed_in
from tests.visitors import (
    OWN,
    PASSWORD,
    ann,
    browser,
    count_anew,
    is_in,
    own,
    sign_in,
    text_of,
    with_password,
)

__all__ = ["ann", "count_anew"]  # fixtures

pytestmark = pytest.mark.django_db


# --- the door -------------------------------------------------------------------------------------
def test_the_right_password_opens_the_page_that_was_asked_for(ann: User) -> None:
    client = browser()
    asked = client.get("/orders/task/", follow=True)

    response = client.post(asked.redirect_chain[-1][0], {"username": "ann", "password": PASSWORD})

    assert (response.status_code, response.headers["Location"]) == (302, "/orders/task/")
    assert is_in(client)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_no_link_leads_from_the_sign_in_to_a_foreign_site(target: str, ann: User) -> None:
    response = browser().post(f"/login/?next={target}", {"username": "ann", "password": PASSWORD})

    assert response.headers["Location"] == "/centre/"


def test_a_session_gets_a_new_key_at_sign_in_and_another_one_at_the_next(ann: User) -> None:
    client = browser()
    sign_in(client, "ann", "wrong one here")
    client.session.save()
    keys = [client.session.session_key]

    sign_in(client, "ann")
    keys.append(client.session.session_key)
    client.post("/logout/")
    sign_in(client, "ann")
    keys.append(client.session.session_key)

    assert len(set(keys)) == 3
    assert Session.objects.filter(pk__in=keys[:2]).count() == 0
    assert all(key and len(key) == 32 for key in keys)


@pytest.mark.parametrize("case", ["unknown", "wrong", "inactive", "no password", "not staff"])
def test_a_failed_sign_in_looks_the_same_and_costs_the_same_whoever_it_names(
    case: str, ann: User, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(hire("gone"), is_active=False)
    with_password(hire("guest"), is_staff=False)
    nameless = hire("nameless")
    nameless.set_unusable_password()
    nameless.save()
    name = {"unknown": "nobody", "inactive": "gone", "no password": "nameless", "not staff": "guest"}.get(case, "ann")
    hashed = []
    encode = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(
        hashers.MD5PasswordHasher, "encode", lambda self, *args: hashed.append(1) or encode(self, *args)
    )

    response = sign_in(browser(), name, PASSWORD if case in ("inactive", "not staff") else "not the password")

    usual = sign_in(browser(), "ann", "not the password")
    assert response.status_code == usual.status_code == 200
    assert text_of(response).replace(name, "ann") == text_of(usual)
    assert "The user name or the password is not right." in text_of(usual)
    assert len(hashed) == 2  # one each


def test_failed_sign_ins_offer_no_other_way_in(ann: User) -> None:
    """No hint, no question, no link that would send a password anywhere."""
    page = sign_in(browser(), "ann", "wrong one here").content.decode()

    links = set(re.findall(r'<a [^>]*href="([^"]+)"', page))
    assert not [link for link in links if "password" in link or "reset" in link]
    assert page.count("<form") == 1 or "question" not in page.lower()


def test_five_wrong_passwords_lock_a_name_out_from_that_address_only(ann: User) -> None:
    here, there = browser(REMOTE_ADDR="10.0.0.5"), browser(REMOTE_ADDR="10.0.0.6")
    for _n in range(settings.AXES_FAILURE_LIMIT - 1):
        assert sign_in(here, "ann", "wrong one here").status_code == 200

    assert sign_in(here, "ann", "wrong one here").status_code == 429
    assert sign_in(here, "ann").status_code == 429 and not is_in(here)
    sign_in(there, "ann")

    assert is_in(there)


def test_the_lock_out_page_says_the_same_for_people_who_do_not_exist(ann: User) -> None:
    pages = []
    for name in ("ann", "nobody"):
        for _n in range(settings.AXES_FAILURE_LIMIT):
            page = sign_in(browser(), name, "wrong one here")
        pages.append((page.status_code, page.headers["Retry-After"], text_of(page)))

    assert pages[0] == pages[1]
    assert "Wait 15 minutes" in pages[0][2] and "ann" not in pages[0][2]


def test_the_lock_out_page_speaks_the_readers_language(ann: User) -> None:
    client = Client()
    for _n in range(settings.AXES_FAILURE_LIMIT):
        page = sign_in(client, "ann", "wrong one here")

    assert "登录失败次数太多" in text_of(page)


def test_a_lock_out_ends_by_itself_and_waiting_is_not_prolonged_by_trying(ann: User) -> None:
    client = browser()
    for _n in range(settings.AXES_FAILURE_LIMIT + 3):
        sign_in(client, "ann", "wrong one here")
    assert AccessAttempt.objects.get().failures_since_start == settings.AXES_FAILURE_LIMIT

    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME - timedelta(seconds=1))
    sign_in(client, "ann")

    assert is_in(client)


def test_an_administrator_unlocks_a_person_with_a_reason(ann: User, hire: Hire) -> None:
    client, boss = browser(), signed_in(hire("boss", is_superuser=True))
    for _n in range(settings.AXES_FAILURE_LIMIT):
        sign_in(client, "ann", "wrong one here")
    assert "Unlock" in boss.get(change(ann)).content.decode()

    act(boss, ann, "unlock", reason="gloves on")
    sign_in(client, "ann")

    assert is_in(client)
    assert "gloves on" in ann.history.latest().history_change_reason
    assert "Unlock" not in boss.get(change(ann)).content.decode()


def test_nothing_secret_is_kept_of_a_failed_sign_in(ann: User) -> None:
    sign_in(browser(), "ann", "my other password")

    kept = AccessAttempt.objects.get()

    assert "my other password" not in f"{kept.get_data}{kept.post_data}" and "csrf" not in re.sub(
        r"csrfmiddlewaretoken=\*+", "", kept.post_data
    )


# --- passwords ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("short", "at least 9 characters"),
        ("password123", "too common"),
        ("annannannann", "too similar"),
        ("all small letters", ""),
        ("8302957164", ""),
        ("一二三四五六七八九十", ""),
        ("x" * 100, ""),
    ],
)
def test_a_password_is_judged_by_length_and_popularity_and_by_nothing_else(new: str, sentence: str, ann: User) -> None:
    ann.username = "annannann" if "similar" in sentence else ann.username
    ann.save()
    client = signed_in(ann)

    page = client.post("/password_change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert page.status_code == (200 if sentence else 302)
    assert sentence in page.content.decode()
    assert reload(ann).check_password(new) == (not sentence)


def test_changing_the_password_needs_the_old_one(ann: User) -> None:
    sent = {"old_password": "not this one", "new_password1": OWN, "new_password2": OWN}

    signed_in(ann).post("/password_change/", sent)

    assert reload(ann).check_password(PASSWORD)


def test_changing_the_password_ends_every_other_session(ann: User) -> None:
    here, there = browser(), browser()
    for client in (here, there):
        sign_in(client, "ann")
        assert is_in(client)

    here.post("/password_change/", {"old_password": PASSWORD, "new_password1": OWN, "new_password2": OWN})

    assert is_in(here) and not is_in(there)


@pytest.mark.parametrize("page", ["/login/", "/password_change/"])
def test_password_fields_hide_what_is_typed_and_let_password_managers_work(page: str, ann: User) -> None:
    client = browser() if page == "/login/" else signed_in(ann)

    fields = re.findall(r"<input[^>]*name=\"\w*password\w*\"[^>]*>", client.get(page).content.decode())

    assert fields
    assert re.findall(r"<form[^>]*>", client.get(page).content.decode())[0].count('method="post"') == 1
    for field in fields:
        assert 'type="password"' in field and re.search(r'autocomplete="(current|new)-password"', field), field
        assert "onpaste" not in field


def test_a_password_is_taken_exactly_as_it_is_typed(ann: User) -> None:
    odd = "  Grüße 印 and Pots  "
    signed_in(ann).post("/password_change/", own(PASSWORD, odd))

    for almost in (odd.strip(), odd.lower(), odd[:-1]):
        client = browser(REMOTE_ADDR="10.0.0.7")
        sign_in(client, "ann", almost)
        assert not is_in(client), almost
    client = browser()
    sign_in(client, "ann", odd)
    assert is_in(client)


def test_three_thousand_popular_passwords_of_fitting_length_are_known() -> None:
    (least,) = (
        each["OPTIONS"]["min_length"] for each in settings.AUTH_PASSWORD_VALIDATORS if "MinimumLength" in each["NAME"]
    )

    assert sum(len(word) >= least for word in CommonPasswordValidator().passwords) > 3000


def given_on(page: Any) -> str:
    """The password that a page shows."""
    [password] = re.findall(r'class="paidan-key">([^<]+)<', page.text)
    return str(password)


def test_a_password_given_by_somebody_else_opens_the_door_once(ann: User, hire: Hire) -> None:
    boss, client, hers = signed_in(hire("boss", is_superuser=True)), browser(), browser()
    hers.force_login(ann, backend=BACKEND)
    given = given_on(boss.post(f"/people/user/{ann.pk}/password/"))

    first = sign_in(client, "ann", given)
    assert first.headers["Location"] == reverse("sign_in_password") and not is_in(client)
    same = client.post(first.headers["Location"], own(given, given))
    assert "Choose another password" in same.content.decode() and not is_in(client)
    client.post(first.headers["Location"], own(given, OWN))

    assert is_in(client) and not is_in(hers)
    assert not reload(ann).must_change_password and reload(ann).check_password(OWN)
    assert sign_in(browser(), "ann", given).status_code == 200, "it opened the door once"
    assert "A new password was given" in [entry.history_change_reason for entry in ann.history.all()]


def test_a_given_password_is_random_and_can_be_read_once(ann: User, hire: Hire) -> None:
    """79 bits by the system's generator; nobody makes it up, looking makes none, and no page or row has it later."""
    boss = signed_in(hire("boss", is_superuser=True))
    before = reload(ann).password

    looked = boss.get(f"/people/user/{ann.pk}/password/")
    assert "paidan-key" not in looked.text and reload(ann).password == before
    answers = [boss.post(f"/people/user/{ann.pk}/password/", {"password1": OWN, "password2": OWN}) for _n in range(2)]

    passwords = [given_on(answer) for answer in answers]
    assert len(set(passwords)) == 2 and OWN not in passwords
    assert all(re.fullmatch(r"[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){3}", password) for password in passwords)
    assert "no-store" in answers[0].headers["Cache-Control"]
    assert passwords[1] not in boss.get(change(ann)).text + str(snapshot("people", "sessions"))


def test_a_new_person_gets_a_random_password_and_must_choose_another(hire: Hire) -> None:
    boss = signed_in(hire("boss", is_superuser=True))

    page = boss.post("/people/user/add/", {"username": "new", "name": "New", "is_staff": "on", "password1": OWN})

    new = User.objects.get(username="new")
    assert new.must_change_password and new.check_password(given_on(page)) and not new.check_password(OWN)
    again = boss.post("/people/user/add/", {"username": "NEW", "name": "New"})
    assert again.status_code == 200 and User.objects.filter(username__iexact="new").count() == 1


def test_nobody_changes_the_own_password_without_the_old_one_through_the_people_page(hire: Hire) -> None:
    boss = with_password(hire("boss", is_superuser=True))

    response = signed_in(boss).post(f"/people/user/{boss.pk}/password/", {"password1": OWN, "password2": OWN})

    assert response.headers["Location"] == "/password_change/"
    assert reload(boss).check_password(PASSWORD)


def test_only_a_superuser_touches_the_account_of_a_superuser(hire: Hire) -> None:
    root, clerk = hire("root", is_superuser=True), hire("clerk", role="admin")
    client = signed_in(clerk)
    sent = {"password1": OWN, "password2": OWN, "usable_password": "true"}

    assert client.post(f"/people/user/{root.pk}/password/", sent).status_code == 403
    assert act(client, root, "end-sessions", reason="x").status_code == 403
    client.post(change(clerk), {"username": "clerk", "is_active": "on", "is_staff": "on", "is_superuser": "on"})

    assert not reload(clerk).is_superuser and reload(root).session_stamp == 0


def test_no_account_is_there_before_somebody_makes_one() -> None:
    """The demo shop's logins come with `prepare`, into an empty database, and nowhere else."""
    assert User.objects.count() == 0


# --- sessions -------------------------------------------------------------------------------------
def clock(client: Client, *, began: float = 0, seen: float = 0) -> None:
    """Make the session as old and as idle as this, in seconds."""
    session = client.session
    session[security.CLOCK] = [time.time() - began, time.time() - seen]
    session.save()


@pytest.mark.parametrize(
    ("began", "seen", "sentence"),
    [
        (3600 * 8 + 90, 60 * 480 + 60, "Nothing was done here for 480 minutes"),
        (3600 * 24 + 60, 30, "A session lasts 24 hours at most"),
        (3600 * 23, 60 * 479, ""),
    ],
)
def test_an_idle_or_old_session_ends_with_a_sentence(began: float, seen: float, sentence: str, ann: User) -> None:
    client = browser()
    sign_in(client, "ann")
    clock(client, began=began, seen=seen)
    key = client.session.session_key

    response = client.get("/orders/task/?q=x", follow=True)

    assert bool(response.redirect_chain) == bool(sentence)
    assert sentence in response.content.decode()
    if sentence:
        assert response.redirect_chain[-1][0] == "/login/?next=/orders/task/%3Fq%3Dx"
        assert not Session.objects.filter(pk=key).exists()


def test_a_part_of_a_page_makes_the_page_load_anew_when_the_session_is_over(ann: User) -> None:
    client = browser()
    sign_in(client, "ann")
    clock(client, began=60 * 490, seen=60 * 490)

    response = client.get("/orders/task/", headers={"HX-Request": "true"})

    assert (response.headers["HX-Refresh"], response.content) == ("true", b"")


def test_using_the_console_keeps_a_session_alive_with_one_write_a_minute(ann: User) -> None:
    client = browser()
    sign_in(client, "ann")
    clock(client, began=600, seen=70)

    client.get("/")
    first = client.session[security.CLOCK]
    client.get("/")

    assert time.time() - first[1] < 5
    assert client.session[security.CLOCK] == first


def test_a_session_that_was_left_is_of_no_more_use(ann: User) -> None:
    client, thief = browser(), browser()
    sign_in(client, "ann")
    thief.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert is_in(thief)
    assert client.get("/logout/").status_code == 405

    response = client.post("/logout/")

    assert not is_in(thief) and not is_in(client)
    assert response.headers["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize("end", ["is_active", "deleted", "button"])
def test_a_person_who_left_is_out_at_once_everywhere(end: str, ann: User, hire: Hire) -> None:
    clients = [browser(), browser()]
    for client in clients:
        sign_in(client, "ann")

    if end == "button":
        act(signed_in(hire("boss", is_superuser=True)), ann, "end-sessions", reason="tablet lost")
        assert "tablet lost" in ann.history.latest().history_change_reason
    elif end == "deleted":
        ann.delete()
    else:
        User.objects.filter(pk=ann.pk).update(is_active=False)

    assert not any(map(is_in, clients))


def test_pages_behind_the_sign_in_stay_in_no_cache(ann: User) -> None:
    client = signed_in(ann)

    for url in ("/", "/orders/task/", "/password_change/", reverse("second_step_on"), "/nothing/here/"):
        assert "no-store" in client.get(url).headers["Cache-Control"], url
    assert "no-store" in browser().get("/login/").headers["Cache-Control"]


def test_a_page_that_stays_open_is_gone_when_its_session_is(ann: User) -> None:
    page = signed_in(ann).get("/")

    assert int(page.headers["Refresh"]) == 60 * settings.PAIDAN_IDLE_MINUTES + 30
    assert "Refresh" not in browser().get("/login/").headers


def test_old_traces_of_sign_ins_are_forgotten(ann: User) -> None:
    client = browser()
    sign_in(client, "ann", "wrong one here")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(days=1))
    sign_in(browser(), "ann")
    sign_in(client, "ann")
    first = AccessLog.objects.earliest("pk")
    AccessLog.objects.filter(pk=first.pk).update(attempt_time=timezone.now() - timedelta(days=181))
    Session.objects.filter(pk=client.session.session_key).update(expire_date=timezone.now() - timedelta(hours=1))

    jobs.forget_sign_ins.call_local()

    assert (AccessAttempt.objects.count(), AccessLog.objects.count(), Session.objects.count()) == (0, 1, 1)


# --- the sign-in log ------------------------------------------------------------------------------
LOGS = ("accesslog", "accessfailurelog", "accessattempt")


def test_administrators_read_who_came_in_who_tried_in_vain_and_what_counts_now(ann: User, hire: Hire) -> None:
    assert sign_in(browser(), "ann").status_code == 302
    for _n in range(5):
        sign_in(browser(), "mallory", "a wrong password")
    client = browser()
    client.force_login(hire("root", role="admin"), backend=BACKEND)

    pages = {log: client.get(reverse(f"admin:axes_{log}_changelist")).text for log in LOGS}

    rows = {log: page[page.index('id="result_list"') :] for log, page in pages.items()}
    assert "ann" in rows["accesslog"] and "mallory" not in rows["accesslog"]
    assert rows["accessfailurelog"].count("mallory") == 5 and "locked out" in rows["accessfailurelog"]
    assert "5/5" in rows["accessattempt"] and "ann" not in rows["accessattempt"]
    assert not any("a wrong password" in page for page in pages.values())
    found = client.get(reverse("admin:axes_accessfailurelog_changelist"), {"username__icontains": "nobody"})
    assert found.context["cl"].result_count == 0


@pytest.mark.parametrize("role", ["approver", "maker", "operator"])
def test_nobody_else_reads_the_sign_in_log_and_nobody_changes_it(role: str, ann: User, hire: Hire) -> None:
    sign_in(browser(), "ann")
    row = AccessLog.objects.get()
    reader, admin = browser(), browser()
    reader.force_login(ann if role == "operator" else hire("pat", role=role), backend=BACKEND)
    admin.force_login(hire("root", role="admin"), backend=BACKEND)

    assert [reader.get(reverse(f"admin:axes_{log}_changelist")).status_code for log in LOGS] == [403, 403, 403]
    change, delete = (reverse(f"admin:axes_accesslog_{verb}", args=[row.pk]) for verb in ("change", "delete"))
    assert admin.get(change).status_code == 200
    assert [admin.post(change, {"username": "x"}).status_code, admin.post(delete, {"post": "yes"}).status_code] == [
        403
    ] * 2
    assert AccessLog.objects.get(pk=row.pk).username == "ann"
