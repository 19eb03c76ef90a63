"""What the bell asks for: own notifications only, links that open, few queries, and a session that ends all the same."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from paidan.notices.models import Kind, Notification
from paidan.orders.actions import task as work
from paidan.orders.models import Task, WorkOrder
from paidan.people import security
from paidan.people.models import User
from tests.conftest import Hire, reload, unchanged
from tests.test_pages import change, signed_in
from tests.test_security import clock
from tests.visitors import browser, count_anew, sign_in, with_password

__all__ = ["count_anew"]  # a fixture
pytestmark = pytest.mark.django_db

INBOX = "/notices/notification/"
BACKGROUND = {"x-paidan-background": "1"}


def told(user: User, kind: str = Kind.ORDER_SUBMITTED, *, read: bool = False, **more: Any) -> Notification:
    """Something that this person was told."""
    words = {"order": "202611001", "task": "印刷", "person": "Abe", "reason": "too late", "department": "printing"}
    notice = Notification.objects.create(
        recipient=user, kind=kind, values=words | more.pop("values", {}), read_at=timezone.now() if read else None,
        **{name: value for name, value in more.items() if name != "created_at"},
    )  # fmt: skip
    if "created_at" in more:
        Notification.objects.filter(pk=notice.pk).update(created_at=more["created_at"])
    return reload(notice)


def polled(client: Client, **query: Any) -> Any:
    response = client.get("/notifications/poll/", query)
    assert response.status_code == 200
    return response.json()


def say_shown(client: Client, *ids: int) -> int:
    response = client.post("/notifications/shown/", {"ids": ",".join(map(str, ids))}, headers=BACKGROUND)
    assert response.status_code == 200
    return int(response.json()["shown"])


# --- what is new ----------------------------------------------------------------------------------
def test_a_page_hears_what_came_after_the_last_it_knows_in_order(hire: Hire) -> None:
    """NOTIF-03"""
    ann, ben = hire("ann"), hire("ben")
    old, first, second = told(ann, read=True), told(ann), told(ann, Kind.ORDER_COMPLETED)
    told(ben)

    answer = polled(signed_in(ann), after=old.pk)

    assert [notice["id"] for notice in answer["notices"]] == [first.pk, second.pk]
    assert (answer["unread"], answer["last_id"], answer["more"]) == (2, second.pk, False)
    assert answer["notices"][0] == {
        "id": first.pk,
        "kind": "order_submitted",
        "title": "Order submitted",
        "text": "Order 202611001 waits for approval.",
        "priority": 2,
        "url": "",
        "at": first.created_at.isoformat(),
        "read": False,
        "quiet": False,
    }


def test_a_page_that_knows_nothing_yet_hears_what_no_page_has_shown(hire: Hire) -> None:
    ann = hire("ann")
    told(ann, created_at=timezone.now() - timedelta(days=2))
    waiting, shown = told(ann), told(ann, sent_at=timezone.now())

    answer = polled(signed_in(ann))

    assert [notice["id"] for notice in answer["notices"]] == [waiting.pk]
    assert (answer["unread"], answer["last_id"], answer["more"]) == (3, shown.pk, False)
    assert polled(signed_in(hire("ben"))) == {"notices": [], "unread": 0, "last_id": 0, "more": False}


def test_more_than_a_hundred_come_in_portions(hire: Hire) -> None:
    ann = hire("ann")
    rows = Notification.objects.bulk_create(Notification(recipient=ann, kind=Kind.ORDER_COMPLETED) for _n in range(101))
    client, after = signed_in(ann), rows[0].pk - 1

    portion = polled(client, after=after)
    say_shown(client, *(notice["id"] for notice in portion["notices"]))
    rest = polled(client, after=portion["notices"][-1]["id"])

    assert (len(portion["notices"]), portion["more"]) == (100, True)
    assert (len(rest["notices"]), rest["more"]) == (1, False)


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "", "9" * 30, "٣"])
def test_what_is_no_number_is_refused_in_words(after: str, hire: Hire) -> None:
    client = signed_in(hire("ann"))

    answers = [
        client.get("/notifications/poll/", {"after": after}),
        client.post("/notifications/read/", {"ids": after}),
        client.post("/notifications/shown/", {"ids": after}),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_number")
        assert "must be the number of a notification" in answer.json()["message"]


@pytest.mark.parametrize("path", ["panel/", "poll/"])
def test_looking_changes_nothing_and_is_done_by_looking(path: str, hire: Hire) -> None:
    ann = hire("ann")
    told(ann)
    client = signed_in(ann)

    with unchanged():
        assert client.get(f"/notifications/{path}").status_code == 200
        assert client.post(f"/notifications/{path}").status_code == 405
        assert client.get("/notifications/read/").status_code == 405
        assert client.get("/notifications/shown/").status_code == 405


@pytest.mark.parametrize(("path", "ceiling"), [("poll/?after=0", 3), ("panel/", 3)])
def test_news_cost_three_queries_however_many_there_are(path: str, ceiling: int, hire: Hire, pooled_task: Task) -> None:
    """Beyond the session, the person, and his or her rights where something leads somewhere."""
    ann = hire("ann")
    client, counts = signed_in(ann), []
    client.get(f"/notifications/{path}")

    for n in (1, 19):
        for _n in range(n):
            told(ann, Kind.TASK_ASSIGNED, task=pooled_task, order=pooled_task.order)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/notifications/{path}").status_code == 200
        asked = [query["sql"] for query in queries]
        rights = [sql for sql in asked if 'FROM "notices_notification"' not in sql and 'FROM "orders_task"' not in sql]
        counts.append((len(asked), len(asked) - len(rights)))

    assert counts[0] == counts[1]
    assert counts[0][1] <= ceiling and counts[0][0] <= ceiling + 5


def test_a_page_that_asks_in_vain_costs_two_queries(hire: Hire) -> None:
    client = signed_in(hire("ann"))

    with CaptureQueriesContext(connection) as queries:
        assert client.get("/notifications/poll/?after=0", headers=BACKGROUND).json()["notices"] == []

    assert len(queries) == 4, "the session, the person, the rows, the count"


# --- what was shown -------------------------------------------------------------------------------
def test_what_a_page_showed_counts_as_sent_the_first_time(hire: Hire) -> None:
    ann = hire("ann")
    first, second = told(ann), told(ann)
    client = signed_in(ann)

    assert (say_shown(client, first.pk), say_shown(client, first.pk, first.pk)) == (1, 0)

    assert (reload(first).is_sent, reload(second).is_sent) == (True, False)
    assert [notice["id"] for notice in polled(client)["notices"]] == [second.pk]


def test_until_a_page_said_so_it_is_told_again_also_past_its_place(hire: Hire) -> None:
    """A page may be closed between hearing and showing."""
    ann = hire("ann")
    notice, client = told(ann), signed_in(ann)

    assert [polled(client, after=notice.pk)["notices"][0]["id"] for _n in range(2)] == [notice.pk] * 2
    say_shown(client, notice.pk)

    assert polled(client, after=notice.pk)["notices"] == []


def test_nobody_says_that_somebody_elses_was_shown(hire: Hire) -> None:
    """AUTH-01"""
    notice, client = told(hire("ben")), signed_in(hire("ann"))

    with unchanged():
        assert say_shown(client, notice.pk) == 0


@pytest.mark.django_db(transaction=True)
def test_a_smaller_id_that_is_committed_later_is_polled_too(hire: Hire) -> None:
    """PostgreSQL gives ids before the commit, so that what came first may be seen last; SQLite lets one write at a time."""
    ann = hire("ann")
    client, heard = signed_in(ann), []
    written, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            told(ann, values={"order": "early"})
            written.set()
            go_on.wait(20)
        connection.close()

    def at_once() -> None:
        told(ann, values={"order": "late"})
        connection.close()

    slow, fast = threading.Thread(target=slowly), threading.Thread(target=at_once)
    slow.start()
    assert written.wait(20)
    fast.start()
    if connection.vendor == "postgresql":
        fast.join(20)
        heard = polled(client, after=0)["notices"]
        say_shown(client, *(notice["id"] for notice in heard))
        assert [notice["text"] for notice in heard] == ["Order late waits for approval."]
    go_on.set()
    slow.join(20), fast.join(20)

    heard += polled(client, after=max((notice["id"] for notice in heard), default=0))["notices"]
    assert sorted(notice["text"][6:11].strip() for notice in heard) == ["early", "late"]


# --- where it leads -------------------------------------------------------------------------------
def test_a_notification_leads_to_its_task_while_the_person_may_see_it(hire: Hire, pooled_task: Task) -> None:
    """AUTH-01: no link to what is not there for its reader."""
    ann, ben = hire("ann"), hire("ben")
    for user in (ann, ben):
        told(user, Kind.TASK_ASSIGNED, task=pooled_task, order=pooled_task.order)
    assert [polled(signed_in(user), after=0)["notices"][0]["url"] for user in (ann, ben)] == [change(pooled_task)] * 2

    work.claim(pooled_task, by=ben)

    urls = [polled(signed_in(user), after=0)["notices"][-1]["url"] for user in (ann, ben)]
    assert urls == ["", change(pooled_task)]
    for user, shown in ((ann, False), (ben, True)):
        page = (
            signed_in(user).get("/notifications/panel/").content.decode() + signed_in(user).get(INBOX).content.decode()
        )
        assert (page.count(f'href="{change(pooled_task)}"') >= 2) is shown


def test_a_notification_without_its_task_leads_to_the_order(maker: User, created: Callable[..., WorkOrder]) -> None:
    order = created("VAN")
    told(maker, Kind.TASK_CANCELLED, order=order)

    assert polled(signed_in(maker), after=0)["notices"][0]["url"] == change(order)


# --- the panel ------------------------------------------------------------------------------------
def test_the_panel_shows_the_last_twenty_by_day_and_what_is_unread(hire: Hire) -> None:
    ann = hire("ann")
    told(ann, created_at=timezone.now() - timedelta(days=9), values={"order": "the 21st"})
    told(ann, created_at=timezone.now() - timedelta(days=1), values={"order": "yesterday's"}, read=True)
    notices = [told(ann) for _n in range(19)]

    page = signed_in(ann).get("/notifications/panel/").content.decode()

    assert [page.count(words) for words in (">Today<", ">Yesterday<", "the 21st", "yesterday&#x27;s")] == [1, 1, 0, 1]
    assert page.count("data-unread") == 19 and f'data-unread="{notices[0].pk}"' in page
    assert "Mark all as read" in page


def test_what_is_urgent_or_quiet_says_so_and_what_is_old_is_gone(hire: Hire) -> None:
    ann = hire("ann")
    told(ann, priority=4)
    told(ann, priority=3, quiet=True)
    told(ann, expires_at=timezone.now(), values={"order": "an old one"})
    client = signed_in(ann)

    page = client.get("/notifications/panel/").content.decode()
    answer = polled(client, after=0)

    assert [page.count(words) for words in ("Urgent</span>", "High</span>", "an old one")] == [1, 1, 0]
    assert [(notice["priority"], notice["quiet"]) for notice in answer["notices"]] == [(4, False), (3, True)]
    assert answer["unread"] == 2


def test_an_empty_panel_says_so(hire: Hire) -> None:
    page = signed_in(hire("ann")).get("/notifications/panel/").content.decode()

    assert "Nothing new. When something concerns you, it stands here." in page
    assert "Mark all as read" not in page


def test_what_somebody_wrote_is_text_on_every_page(hire: Hire) -> None:
    ann = hire("ann")
    told(ann, Kind.ORDER_REJECTED, values={"reason": "<script>alert(1)</script>"})
    client = signed_in(ann)

    for url in ("/notifications/panel/", INBOX, "/"):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_the_bell_is_once_on_every_page(hire: Hire, pooled_task: Task, customer: Any) -> None:
    root = hire("root", is_superuser=True)
    client = signed_in(root)
    history = change(customer).replace("change", "history")
    urls = ["/", "/orders/task/", change(pooled_task), change(pooled_task.order), history, "/orders/import/", INBOX]

    pages = {url: client.get(url, follow=True).content.decode() for url in [*urls, "/people/user/add/"]}

    bell = f'data-bell data-user="{root.pk}"'
    assert {url: page.count(bell) for url, page in pages.items()} == dict.fromkeys(pages, 1)
    assert all('data-socket=""' in page for page in pages.values()), "this server has no live channel"
    assert "data-bell" not in browser().get("/login/").content.decode()


# --- reading --------------------------------------------------------------------------------------
def test_reading_one_and_all(hire: Hire) -> None:
    ann = hire("ann")
    first, second, third = (told(ann) for _n in range(3))
    client = signed_in(ann)

    one = client.post("/notifications/read/", {"ids": f"{first.pk},{first.pk}"}).json()
    assert one == {"ids": [first.pk, first.pk], "unread": 2}
    assert [reload(notice).read_at is None for notice in (first, second, third)] == [False, True, True]

    assert client.post("/notifications/read/", {"all": "1"}).json() == {"ids": None, "unread": 0}
    assert not Notification.objects.filter(recipient=ann, read_at=None).exists()


def test_nobody_reads_what_is_somebody_elses(hire: Hire) -> None:
    """AUTH-01"""
    notice = told(hire("ben"))
    client = signed_in(hire("ann"))

    with unchanged():
        assert client.post("/notifications/read/", {"ids": str(notice.pk)}).json()["unread"] == 0
        assert client.post("/notifications/read/", {"all": "1"}).json()["unread"] == 0


def test_reading_and_showing_need_the_token_of_the_page(hire: Hire) -> None:
    ann = hire("ann")
    notice = told(ann)
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann, backend="paidan.people.backends.PeopleBackend")

    with unchanged():
        for verb in ("read", "shown"):
            assert client.post(f"/notifications/{verb}/", {"ids": str(notice.pk)}).status_code == 403


# --- the list of 30 days --------------------------------------------------------------------------
def listed(client: Client, query: str = "") -> list[int]:
    return [notice.pk for notice in client.get(f"{INBOX}?{query}").context["cl"].result_list]


def test_the_list_is_filtered_by_read_period_and_kind_and_searched(hire: Hire) -> None:
    """NOTIF-04"""
    ann = hire("ann")
    now = timezone.localtime()
    old = told(ann, Kind.ORDER_REJECTED, priority=4, created_at=now - timedelta(days=8), values={"reason": "刀模错了"})
    yesterday = told(ann, created_at=now - timedelta(days=1), read=True, values={"order": "A-77"})
    today = told(ann, Kind.ORDER_COMPLETED)
    client = signed_in(ann)

    assert listed(client) == [today.pk, yesterday.pk, old.pk]
    assert listed(client, "read=no") == [today.pk, old.pk]
    assert listed(client, "read=yes") == [yesterday.pk]
    assert listed(client, "days=1") == [today.pk]
    assert listed(client, "days=2") == [today.pk, yesterday.pk]
    assert listed(client, "days=7") == [today.pk, yesterday.pk]
    assert listed(client, "kind__exact=order_rejected") == [old.pk]
    assert listed(client, "priority__exact=4") == [old.pk]
    assert listed(client, "q=刀模") == [old.pk]
    assert listed(client, "q=a-77") == [yesterday.pk]
    assert listed(client, "q=a-77 刀模") == []


def test_the_list_says_how_long_it_keeps_what_and_marks_all_as_read(hire: Hire) -> None:
    ann = hire("ann")
    told(ann), told(ann)
    client = signed_in(ann)
    page = client.get(INBOX).content.decode()
    assert "Notifications are kept for 30 days." in page and "2 are unread." in page

    response = client.post("/notifications/read/", {"all": "1", "back": "1"}, follow=True)

    page = response.content.decode()
    assert response.redirect_chain == [(INBOX, 302)]
    assert "2 notifications marked as read." in page and "Mark all as read" not in page


def test_an_empty_list_says_so(hire: Hire) -> None:
    client = signed_in(hire("ann"))

    assert "Nothing here yet" in client.get(INBOX).content.decode()
    assert "Nothing matches" in client.get(f"{INBOX}?q=nothing").content.decode()


# --- a page that asks by itself keeps no session alive --------------------------------------------
def test_what_a_page_asks_by_itself_is_no_use_of_the_session(hire: Hire) -> None:
    with_password(hire("ann"))
    client = browser()
    sign_in(client, "ann")
    clock(client, began=600, seen=300)
    before = client.session[security.CLOCK]

    assert client.get("/notifications/poll/", headers=BACKGROUND).status_code == 200
    assert client.session[security.CLOCK] == before

    client.get("/notifications/poll/")
    assert time.time() - client.session[security.CLOCK][1] < 5


def test_a_page_that_only_asks_by_itself_is_signed_out_in_the_end(hire: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    with_password(hire("ann"))
    client, start = browser(), time.time()
    sign_in(client, "ann")
    answers = []

    for minutes in range(0, 491, 10):
        monkeypatch.setattr(time, "time", lambda now=start + minutes * 60: now)
        answers.append(client.get("/notifications/poll/", headers=BACKGROUND))

    assert [answer.status_code for answer in answers] == [200] * 49 + [401]
    assert answers[-1].content.decode() == "You are signed out. Sign in again."
    again = client.get("/notifications/panel/", headers=BACKGROUND)
    assert again.status_code == 401, "also when there is no session any more"
    assert not any(answer.cookies for answer in (*answers, again)), "nor does it touch a sign-in that is under way"
    assert client.get("/notifications/panel/").status_code == 302
    assert "Nothing was done here for 480 minutes" in client.get("/login/").content.decode()


def test_a_browser_that_looks_for_a_workers_script_ends_no_session(hire: Hire, settings: Any) -> None:
    with_password(hire("ann"))
    client = browser()
    sign_in(client, "ann")
    settings.PAIDAN_IDLE_MINUTES = 0

    answer = client.get("/centre/worker.js", headers={"Service-Worker": "script"})

    assert answer.status_code == 401 and not answer.cookies
    assert "Nothing was done here" in client.get("/", follow=True).content.decode()


def test_a_part_of_a_page_that_asks_by_itself_does_not_load_the_page_anew(hire: Hire) -> None:
    """What is being typed there stays."""
    with_password(hire("ann"))
    client = browser()
    sign_in(client, "ann")
    clock(client, began=60 * 490, seen=60 * 490)

    response = client.get("/orders/task/", headers=BACKGROUND | {"HX-Request": "true"})

    assert response.status_code == 401 and "HX-Refresh" not in response.headers
