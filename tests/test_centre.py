"""The operator centre: what it shows, what it does, and that a line which repeats itself does nothing twice."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from paidan.catalog.models import Tooling
from paidan.console.centre import facts
from paidan.orders import floor
from paidan.orders.actions import deed
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import Deed, OrderMaterial, Task, TaskProgress, Workload
from paidan.orders.models.order import Priority
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, Shop, assert_history_complete, reload, tasks_of, unchanged
from tests.tablets import act, as_person, send
from tests.visitors import browser, sign_in, with_password

pytestmark = pytest.mark.django_db
MOST_QUERIES = 10


@pytest.fixture
def ann(hire: Hire) -> User:
    return hire("ann")


@pytest.fixture
def held(pooled_task: Task, ann: User) -> Task:
    """A task of 1,000 pieces that Ann holds."""
    return work.claim(pooled_task, by=ann).task


@contextmanager
def unchanged_tasks() -> Iterator[None]:
    """What happens inside leaves tasks, reports and counters as they were; that it was tried may be noted."""
    models = (Task, Task.history.model, TaskProgress, Workload)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    yield
    assert before == [list(model.objects.order_by("pk").values()) for model in models]


# --- the page -------------------------------------------------------------------------------------
def test_own_tasks_stand_ready_first_then_by_due_date_then_by_priority(approved: MakeOrder, ann: User) -> None:
    """OP-01."""
    today = timezone.localdate()
    blocked = tasks_of(approved("CUT", "PRT", due_date=today), "PRT")[0]
    urgent = tasks_of(approved("VAN", due_date=today + timedelta(days=3), priority=Priority.URGENT))[0]
    usual = tasks_of(approved("VAN", due_date=today + timedelta(days=3)))[0]
    soon = tasks_of(approved("VAN", due_date=today + timedelta(days=1)))[0]
    for task in (blocked, urgent, usual, soon):
        work.claim(task, by=ann)

    mine = facts.floor_of(User.objects.get(pk=ann.pk)).mine

    assert [card.id for card in mine] == [soon.pk, urgent.pk, usual.pk, blocked.pk]
    assert [bool(card.waits) for card in mine] == [False, False, False, True]
    offered = [as_person(ann).get(reverse("centre_task", args=[task.pk])).content.decode() for task in (soon, blocked)]
    assert ['data-verb="start"' in page for page in offered] == [True, False]


def test_the_pool_has_the_free_tasks_of_own_departments_only(approved: MakeOrder, ann: User, hire: Hire) -> None:
    """OP-02."""
    free = tasks_of(approved("VAN"))[0]
    taken = tasks_of(approved("VAN"))[0]
    work.claim(taken, by=hire("ben"))
    approved("PACK")

    found = facts.floor_of(User.objects.get(pk=ann.pk))

    assert ([card.id for card in found.pool], found.pool_size, found.mine) == ([free.pk], 1, ())
    assert found.pool[0].verbs == ("claim",)
    assert found.topics.split() == [f"user:{ann.pk}", f"department:{free.department_id}"]


def test_a_card_says_what_the_task_is_done_with_and_what_it_waits_for(
    approved: MakeOrder, ann: User, tooling: Callable[..., Tooling]
) -> None:
    order = approved("CUT", "PRT")
    task = tasks_of(order, "PRT")[0]
    work.claim(task, by=ann)

    card = facts.card_of(User.objects.get(pk=ann.pk), task.pk)

    assert card is not None and card.plate is not None and task.tooling is not None
    assert (card.plate.name, card.plate.confirmed) == (str(task.tooling.tooling), True)
    assert (card.product, card.order, card.ready, card.rest) == ("礼品盒", order.number, 0, 0)
    assert "制版" in card.waits


def test_what_was_handed_over_is_what_can_be_reported(approved: MakeOrder, ann: User, hire: Hire) -> None:
    order = approved("CUT", "VAN")
    cut, varnish = tasks_of(order)
    cutter = hire("cid", post=("cutting", "operator"))
    work.claim(varnish, by=ann)
    work.claim(cut, by=cutter)
    work.report(cut, by=cutter, good=cut.planned // 2)

    card = facts.card_of(User.objects.get(pk=ann.pk), varnish.pk)

    assert card is not None
    assert (card.waits, card.rest) == ("", 500)
    assert "500" in card.only


def test_a_task_that_waits_for_material_or_a_paused_order_says_so(
    approved: MakeOrder, approver: User, hire: Hire
) -> None:
    cutter = hire("cid", post=("cutting", "operator"))
    order = approved("CUT")
    task = tasks_of(order)[0]
    OrderMaterial.objects.filter(order=order).update(supply="ordered")

    with translation.override("en"):
        waits = [facts.card_of(User.objects.get(pk=cutter.pk), task.pk)]
        OrderMaterial.objects.filter(order=order).update(supply="in")
        life.pause(order, by=approver, reason="停电")
        waits.append(facts.card_of(User.objects.get(pk=cutter.pk), task.pk))

    assert [card and card.waits for card in waits] == ["Waits for 白卡纸 350g: Ordered.", "The order is paused."]


def test_todays_numbers_are_what_this_person_did_today(held: Task, ann: User, hire: Hire, approved: MakeOrder) -> None:
    """OP-04."""
    done = work.claim(tasks_of(approved("VAN"))[0], by=ann).task
    work.report(done, by=ann, good=1000, waste=0)
    work.report(held, by=ann, good=30, waste=4)
    work.report(held, by=hire("sue", post=("printing", "supervisor")), good=500)
    yesterday = timezone.now() - timedelta(days=1)
    old = TaskProgress.objects.create(task=held, by=ann, good=7)
    TaskProgress.objects.filter(pk=old.pk).update(at=yesterday)

    today = facts.today(ann)

    assert (today.done, today.good, today.waste, today.limit) == (1, 1030, 4, 10)


def test_an_empty_centre_says_what_to_do_next(ann: User, approved: MakeOrder) -> None:
    nothing = as_person(ann).get(reverse("centre")).content.decode()
    approved("VAN")
    pool = as_person(ann).get(reverse("centre")).content.decode()

    assert "Nothing to do, and the pool is empty." in nothing
    assert "Nothing to do: take one from the pool." in pool and "Show the 1 task in the pool" in pool


@pytest.mark.parametrize("tasks", [5, 200])
def test_the_page_asks_as_little_for_many_tasks_as_for_few(
    tasks: int, approved: MakeOrder, ann: User, shop: Shop
) -> None:
    """PERF-01."""
    for task in tasks_of(approved("VAN", *["VAN"] * (tasks - 1)))[:3]:
        work.claim(task, by=ann)
    assert facts.floor_of(User.objects.get(pk=ann.pk)).pool_size == tasks - 3
    client = as_person(ann)
    client.get(reverse("centre"))

    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("centre"))

    assert page.content.decode().count("<article") == tasks
    assert len(queries) <= MOST_QUERIES, "\n".join(query["sql"] for query in queries)


def test_a_very_large_pool_is_counted_and_its_most_urgent_tasks_are_shown(
    approved: MakeOrder, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MOST", 3)
    today = timezone.localdate()
    for days in (4, 2, 9, 5):
        approved("VAN", due_date=today + timedelta(days=days))

    found = facts.floor_of(User.objects.get(pk=ann.pk))

    assert ([(card.due - today).days for card in found.pool if card.due], found.pool_size) == ([2, 4, 5], 4)


def test_whoever_does_not_claim_has_no_centre(maker: User, ann: User) -> None:
    assert as_person(maker).get(reverse("centre")).status_code == 404
    assert reverse("centre") not in as_person(maker).get("/").content.decode()
    assert f'href="{reverse("centre")}"' in as_person(ann).get("/").content.decode()


def test_an_operator_begins_in_the_centre_and_everybody_else_at_home(ann: User, maker: User, hire: Hire) -> None:
    sue = hire("sue", post=("printing", "supervisor"))

    begins = {user.username: sign_in(browser(), with_password(user).username).url for user in (ann, maker, sue)}

    assert begins == {"ann": "/centre/", "mia": "/", "sue": "/"}


def test_the_code_on_the_traveller_leads_to_the_task_also_through_the_sign_in(held: Task, ann: User) -> None:
    url, client = reverse("centre_task", args=[held.pk]), browser()
    with_password(ann)

    first = client.get(url)
    signed_in = client.post(first.url, {"username": "ann", "password": "nine pots of ink"})

    assert (first.status_code, signed_in.url) == (302, url)
    assert held.content in client.get(url).content.decode()


def test_a_foreign_task_looks_like_a_missing_one(approved: MakeOrder, ann: User) -> None:
    foreign, client = tasks_of(approved("PACK"))[0], as_person(ann)

    pages = [client.get(reverse("centre_task", args=[pk])).status_code for pk in (foreign.pk, 987_654)]
    with unchanged():
        sent = [send(client, ann, verb, pk, good=1) for verb in ("claim", "report") for pk in (foreign.pk, 987_654)]

    assert pages == [404, 404]
    assert {(answer.status_code, answer.content) for answer in sent} == {(404, sent[0].content)}


def test_a_maker_who_scans_the_code_sees_the_task_without_verbs(held: Task, maker: User) -> None:
    page = as_person(maker).get(reverse("centre_task", args=[held.pk]))

    assert page.status_code == 200
    assert "data-verb" not in page.content.decode()


def test_what_makes_it_an_app_holds_nothing_of_the_shop() -> None:
    worker, manifest = (Client().get(reverse(name)) for name in ("centre_worker", "centre_manifest"))

    assert worker.headers["Content-Type"] == "text/javascript" and b"/centre/" in worker.content
    assert (manifest.json()["scope"], manifest.json()["start_url"]) == ("/centre/", "/centre/")


# --- verbs ----------------------------------------------------------------------------------------
def test_a_task_is_claimed_started_reported_and_completed(pooled_task: Task, ann: User) -> None:
    """OP-03."""
    claimed = act(ann, "claim", pooled_task)
    started = act(ann, "start", pooled_task)
    reported = act(ann, "report", pooled_task, good=300, waste=5, version=started["version"])
    ended = act(ann, "complete", pooled_task, good=695, version=reported["version"], note="Too much spoilage")

    task = reload(pooled_task)
    assert [answer["ok"] for answer in (claimed, started, reported, ended)] == [True] * 4
    assert (task.status, task.good, task.waste, task.operator) == ("completed", 995, 5, ann)
    assert (claimed["before"], started["before"]) == (pooled_task.version, claimed["version"])
    assert claimed["message"] == f"“{task.content}” is yours."
    assert_history_complete("orders")


def test_a_task_is_given_back_with_its_reason(held: Task, ann: User) -> None:
    answer = act(ann, "release", held, reason="Shift ends")

    task = reload(held)
    assert (answer["ok"], task.operator, task.status) == (True, None, "pending")
    assert Task.history.filter(id=task.pk).latest().history_change_reason == "Shift ends"
    assert Workload.objects.get(operator=ann).open == 0


def test_whoever_saw_a_task_in_the_pool_hears_who_was_faster(pooled_task: Task, ann: User, hire: Hire) -> None:
    """CONS-01: and nobody else hears anything of it."""
    ben, cid = hire("ben"), hire("cid")
    slip = floor.shown(ann, pooled_task)
    work.claim(pooled_task, by=ben)

    with unchanged():
        slow = act(ann, "claim", pooled_task, shown=slip)
        strangers = [send(as_person(cid), cid, "claim", pooled_task, shown=given) for given in (slip, "", "x:y:z")]

    assert (slow["code"], slow["message"]) == ("already_taken", "ben was faster. Choose another one.")
    assert {(answer.status_code, answer.json()["code"]) for answer in strangers} == {(404, "gone")}


def test_two_tablets_cannot_overwrite_each_other_and_the_second_hears_of_the_first(held: Task, ann: User) -> None:
    work.report(held, by=ann, good=300)
    seen = reload(held).version
    act(ann, "report", held, good=150, version=seen)

    answer = act(ann, "report", held, good=20, version=seen)

    since = answer["since"]
    assert (answer["ok"], answer["code"], answer["good"]) == (False, "stale", 450)
    assert (since["person"], since["mine"], since["good"], since["waste"]) == ("ann", True, [300, 450], [0, 0])
    assert reload(held).good == 450
    assert act(ann, "report", held, good=20, version=answer["version"])["good"] == 470


def test_a_supervisor_reports_for_an_operator_who_then_hears_by_whom(held: Task, ann: User, hire: Hire) -> None:
    sue = hire("sue", post=("printing", "supervisor"))
    act(sue, "report", held, good=10, version=held.version)

    answer = act(ann, "report", held, good=20, version=held.version)

    assert (answer["since"]["person"], answer["since"]["mine"], answer["since"]["good"]) == ("sue", False, [0, 10])


@pytest.mark.parametrize("verb", ["start", "report", "complete", "release"])
def test_what_one_may_not_do_is_refused_in_a_sentence(verb: str, held: Task, maker: User) -> None:
    """A maker sees the task and does not work on it: the same right as in the console's dialogs."""
    with unchanged_tasks():
        answer = act(maker, verb, held, good=1)

    assert (answer["ok"], answer["code"]) == (False, "not_yours")
    assert answer["message"] == f"You may not do this with “{held.content}”."


@pytest.mark.parametrize("wish", [{"good": -1}, {"good": 10**12}, {"version": 0}, {"note": "x" * 301}, {"task": "x"},
                                  {"key": "x"}, {"verb": "cancel"}, {"verb": "assign"}])  # fmt: skip
def test_what_cannot_be_read_is_refused_and_changes_nothing(wish: dict[str, Any], held: Task, ann: User) -> None:
    usual = {"key": str(uuid.uuid4()), "person": ann.pk, "verb": "report", "task": held.pk, "good": 1}
    with unchanged():
        answer = as_person(ann).post(reverse("centre_do"), {**usual, **wish}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff"])
def test_junk_is_refused_and_changes_nothing(body: bytes, ann: User) -> None:
    with unchanged():
        assert as_person(ann).post(reverse("centre_do"), body, content_type="application/json").status_code == 400


def test_a_tablet_that_is_signed_out_or_somebody_elses_gets_no_outcome(held: Task, ann: User, hire: Hire) -> None:
    with unchanged():
        out = send(Client(), ann, "report", held, good=1)
        other = send(as_person(hire("ben")), ann, "report", held, good=1)

    assert (out.status_code, out.json()["code"]) == (401, "signed_out")
    assert (other.status_code, other.json()["code"]) == (409, "other_person")


def test_a_deed_needs_the_token_of_the_page(held: Task, ann: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)

    with unchanged():
        assert send(client, ann, "report", held, good=1).status_code == 403


# --- once -----------------------------------------------------------------------------------------
def test_a_repeated_key_is_answered_again_and_nothing_is_done_twice(held: Task, ann: User) -> None:
    key = uuid.uuid4()
    first = act(ann, "report", held, key, good=100, version=held.version)

    with unchanged():
        again = act(ann, "report", held, key, good=100, version=held.version)

    assert (again, first["ok"], reload(held).good, held.reports.count()) == (first, True, 100, 1)


def test_a_refusal_is_an_outcome_like_any_other(held: Task, ann: User) -> None:
    key = uuid.uuid4()
    with unchanged_tasks():
        first = act(ann, "report", held, key, good=5000)
    work.report(held, by=ann, good=1)

    assert (first["ok"], first["code"]) == (False, "too_many")
    assert act(ann, "report", held, key, good=5000) == first


def test_what_was_done_is_answered_also_when_the_task_is_out_of_sight_by_then(
    held: Task, ann: User, hire: Hire
) -> None:
    """The answer to giving it back was lost, and Ben was quick."""
    key = uuid.uuid4()
    first = act(ann, "release", held, key, reason="Shift ends")
    work.claim(held, by=hire("ben"))

    assert (act(ann, "release", held, key, reason="Shift ends"), first["ok"]) == (first, True)


def test_a_key_is_good_for_one_deed_of_one_person(held: Task, ann: User, hire: Hire, approver: User) -> None:
    key = uuid.uuid4()
    act(ann, "report", held, key, good=1)
    sue = hire("sue", post=("printing", "supervisor"))

    with unchanged():
        answers = [
            act(ann, "report", held, key, good=2),
            act(ann, "complete", held, key, good=1),
            act(sue, "report", held, key, good=1),
        ]

    assert [(answer["ok"], answer["code"]) for answer in answers] == [(False, "bad_key")] * 3


def test_a_foreign_task_leaves_no_deed(approved: MakeOrder, ann: User) -> None:
    key, foreign = uuid.uuid4(), tasks_of(approved("PACK"))[0]

    act(ann, "claim", foreign, key)

    assert not Deed.objects.filter(key=key).exists()


def test_old_keys_are_forgotten(held: Task, ann: User) -> None:
    old, new = uuid.uuid4(), uuid.uuid4()
    for key in (old, new):
        act(ann, "report", held, key, good=1)
    Deed.objects.filter(key=old).update(at=timezone.now() - timedelta(days=31))

    assert deed.forget(days=30) == 1
    assert list(Deed.objects.values_list("key", flat=True)) == [new]
