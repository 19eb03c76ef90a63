"""An administrator sees the console as another person does: exactly that, nothing more, and without a trace of work."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paidan.errors import Refused
from paidan.notices.models import Notification
from paidan.orders.models import Task
from paidan.people.models import User, Viewing
from paidan.people.viewing import may_view_as, nothing_written
from tests.conftest import Hire, MakeOrder, snapshot, tasks_of
from tests.test_scope_matrix import addresses
from tests.visitors import browser

pytestmark = pytest.mark.django_db
EVERYTHING = ("orders", "notices", "catalog", "dispatch", "registry", "exchange")


@pytest.fixture
def boss(hire: Hire) -> User:
    return hire("root", role="admin")


@pytest.fixture
def ann(hire: Hire) -> User:
    return hire("ann")


def signed_in(user: User) -> Client:
    client = browser()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def look_as(client: Client, person: User) -> Any:
    """Send the dialog on the person's page."""
    return client.post(reverse("admin:people_user_view_as", args=[person.pk]), {"_form_submitted": "1"})


@pytest.fixture
def looking(boss: User, ann: User) -> Client:
    """The administrator's browser, which shows the operator's console."""
    client = signed_in(boss)
    assert look_as(client, ann).status_code == 302
    client.get("/")  # the greeting is read
    return client


def shown(client: Client, path: str) -> str:
    """What a page says, without the banner and without the tokens that differ each time."""
    page = client.get(path)
    assert page.status_code == 200, path
    body = re.sub(r"<link[^>]+viewing.css\">\s*<form.+?paidan-viewing.+?</form>", "", page.text, flags=re.S)
    body = re.sub(r'data-(state|socket|poll)="[^"]*"', "", body)  # the bell of who only looks is silent
    return re.sub(r"\s+", " ", re.sub(r'(csrfmiddlewaretoken" value=|nonce=)"[^"]+"', "", body))


# --- what is shown --------------------------------------------------------------------------------
def test_every_page_is_the_one_that_the_person_would_see(looking: Client, ann: User, approved: MakeOrder) -> None:
    """Start page with its menu and numbers, lists, the order and the task."""
    order = approved("VAN")
    task = tasks_of(order)[0]
    hers = signed_in(ann)
    pages = [
        "/",
        reverse("admin:orders_task_changelist"),
        reverse("admin:orders_workorder_changelist"),
        reverse("admin:orders_workorder_change", args=[order.pk]),
        reverse("admin:orders_task_change", args=[task.pk]),
    ]

    assert [shown(looking, page) == shown(hers, page) for page in pages] == [True] * len(pages)
    assert "3.2" not in shown(looking, pages[3]), "an operator sees no prices, whoever looks with her"


def test_what_does_not_exist_for_the_person_does_not_exist_meanwhile(looking: Client, created: MakeOrder) -> None:
    draft = created("VAN")

    page = looking.get(reverse("admin:orders_workorder_change", args=[draft.pk]))

    assert page.status_code == looking.get("/people/user/").status_code + 1 == 404


@pytest.mark.parametrize("path", ["/", "/orders/task/", "/orders/workorder/987654321/change/", "/people/user/"])
def test_a_banner_with_a_way_out_stands_on_every_page(looking: Client, path: str) -> None:
    page = looking.get(path).text

    assert "You see the console of <b>ann</b>." in page
    assert f'action="{reverse("stop_viewing")}"' in page


# --- nothing is written ---------------------------------------------------------------------------
def test_what_is_sent_changes_nothing_and_is_refused_in_a_sentence(
    looking: Client, ann: User, pooled_task: Task, maker: User
) -> None:
    """A verb, a form, a list action, a chosen language, an import, a password: in nobody's name."""
    claim = reverse("admin:orders_task_claim", args=[pooled_task.pk])
    before = snapshot(*EVERYTHING, "people")

    answers = [
        looking.post(claim, {"_form_submitted": "1"}),
        looking.post(reverse("admin:orders_workorder_add"), {"notes": "x"}),
        looking.post(reverse("admin:orders_task_changelist"), {"action": "delete_selected"}),
        looking.post(reverse("set_language"), {"language": "zh-hans"}),
        looking.post(reverse("import_orders")),
        looking.post(reverse("admin:password_change"), {"old_password": "x"}),
        looking.put(claim),
        looking.delete(claim),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert all("Nothing was changed. Stop looking to work yourself." in answer.text for answer in answers)
    assert snapshot(*EVERYTHING, "people") == before


def test_a_dialog_that_is_sent_loads_its_page_anew_with_the_sentence_on_top(looking: Client, pooled_task: Task) -> None:
    claim = reverse("admin:orders_task_claim", args=[pooled_task.pk])

    answer = looking.post(claim, {"_form_submitted": "1"}, headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Refresh"]) == (403, "true")
    assert "Nothing was changed." in looking.get("/").text


def test_looking_at_every_page_there_is_writes_nothing(
    looking: Client, ann: User, approved: MakeOrder, maker: User
) -> None:
    """Also what a page would do by itself: marking as read, exporting, remembering."""
    order = approved("VAN")
    Notification.objects.create(recipient=ann, kind="order_submitted", values={"order": order.number}, order=order)
    before = snapshot(*EVERYTHING, "people", "auth", "axes")

    for address in addresses():
        looking.get(address.path(order.pk))
        looking.get(address.path(order.pk) + "?format=xlsx")

    assert snapshot(*EVERYTHING, "people", "auth", "axes") == before


def test_a_statement_that_would_write_is_stopped_before_it_reaches_the_database(
    looking: Client, ann: User, pooled_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when a page forgets that a look changes nothing."""
    from paidan.console import numbers

    monkeypatch.setattr(numbers, "task_tiles", lambda request: Task.objects.update(notes="looked at"))

    page = looking.get("/")

    connection.set_rollback(False)  # the test's own transaction goes on
    assert page.status_code == 403 and "Nothing was changed." in page.text
    assert not Task.objects.filter(notes="looked at").exists()
    with pytest.raises(Refused), nothing_written(Viewing(person=ann)):
        Task.objects.all().delete()


@pytest.mark.parametrize("path", ["/account/second-step/", "/account/second-step/on/", "/password_change/"])
def test_keys_and_passwords_are_nobody_elses_to_look_at(looking: Client, path: str) -> None:
    assert looking.get(path).status_code == 403


# --- it is written down, and ends -----------------------------------------------------------------
def test_who_looked_at_whom_and_when_is_written_down(looking: Client, boss: User, ann: User) -> None:
    [row] = Viewing.objects.all()
    assert (row.by, row.person, row.ended_at) == (boss, ann, None)

    answer = looking.post(reverse("stop_viewing"), follow=True)

    row.refresh_from_db()
    assert row.ended_at is not None
    assert "This is your own console again." in answer.text and "paidan-viewing" not in answer.text
    assert "ann" in looking.get(reverse("admin:people_viewing_changelist")).text


def test_it_ends_with_the_sign_out(looking: Client) -> None:
    looking.post(reverse("admin:logout"))

    assert Viewing.objects.get().ended_at is not None
    assert looking.get("/").status_code == 302


def test_it_ends_with_the_session(looking: Client, settings: Any) -> None:
    settings.PAIDAN_SESSION_HOURS = 0

    looking.get("/")

    assert Viewing.objects.get().ended_at is not None


def test_it_ends_after_half_an_hour(looking: Client) -> None:
    Viewing.objects.update(started_at=timezone.now() - timedelta(minutes=31))

    page = looking.get("/orders/task/", follow=True)

    assert "The time to look as ann is over." in page.text and "paidan-viewing" not in page.text
    assert Viewing.objects.get().ended_at is not None


def lose_the_right(boss: User, ann: User) -> None:
    boss.groups.get().permissions.remove(Permission.objects.get(codename="view_as"))


def leave(boss: User, ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(is_active=False)


def promote(boss: User, ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(is_superuser=True)


@pytest.mark.parametrize("happens", [lose_the_right, leave, promote])
def test_it_ends_when_it_would_not_be_allowed_any_more(
    happens: Callable[[User, User], None], looking: Client, boss: User, ann: User
) -> None:
    happens(boss, ann)

    page = looking.get("/", follow=True)

    assert "You may no longer look as ann." in page.text and "paidan-viewing" not in page.text


def test_what_is_sent_from_a_page_that_is_over_is_not_done_in_ones_own_name(looking: Client, pooled_task: Task) -> None:
    Viewing.objects.update(started_at=timezone.now() - timedelta(minutes=31))

    answer = looking.post(reverse("admin:orders_task_claim", args=[pooled_task.pk]), {"_form_submitted": "1"})

    assert answer.status_code == 403 and Task.objects.get(pk=pooled_task.pk).operator is None


# --- who may, at whom -----------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["maker", "sales", "approver", "supervisor", "operator"])
def test_nobody_but_administrators_looks_through_anybodys_eyes(role: str, hire: Hire, ann: User) -> None:
    posts = {role: ("printing", role)} if role in ("supervisor", "operator") else {}
    viewer = hire("vic", role=None if posts else role, post=posts.get(role))

    answer = look_as(signed_in(viewer), ann)

    assert answer.status_code in (403, 404) and not Viewing.objects.exists()
    assert signed_in(viewer).get(reverse("admin:people_viewing_changelist")).status_code == 403


def test_nobody_looks_at_oneself_at_administrators_or_at_who_left(boss: User, hire: Hire, ann: User) -> None:
    root = hire("super", is_superuser=True)
    others = [
        boss,
        root,
        hire("second", role="admin"),
        hire("gone", is_active=False),
        User.objects.create(username="kiosk", is_staff=False),
    ]

    assert [look_as(signed_in(boss), other).status_code for other in others] == [403] * len(others)
    assert not Viewing.objects.exists()
    assert may_view_as(boss, ann) and may_view_as(root, ann) and not may_view_as(root, boss)


@pytest.mark.parametrize(("role", "operators"), [("sales", False), ("maker", False), ("approver", True)])
def test_a_right_to_look_never_shows_more_than_one_sees_oneself(
    role: str, operators: bool, hire: Hire, ann: User
) -> None:
    """A group made by hand with this right alone opens no console of who may more, or sees other orders."""
    clerk = hire("clerk", role=role)
    for right in Permission.objects.filter(codename__in=["view_as", "view_user"]):
        clerk.user_permissions.add(right)
    if operators:
        clerk.user_permissions.add(*ann.groups.get().permissions.all())
    clerk = User.objects.get(pk=clerk.pk)

    assert not may_view_as(clerk, hire("max", role="approver")) or role == "approver"
    assert may_view_as(clerk, User.objects.get(pk=ann.pk)) is operators


def test_the_button_stands_on_the_pages_of_those_who_can_be_looked_at(boss: User, ann: User, hire: Hire) -> None:
    client, other = signed_in(boss), hire("second", role="admin")

    offered = [
        reverse("admin:people_user_view_as", args=[row.pk])
        in client.get(reverse("admin:people_user_change", args=[row.pk])).text
        for row in (ann, other, boss)
    ]

    assert offered == [True, False, False]
