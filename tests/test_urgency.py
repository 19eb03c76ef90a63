"""Who hears that work became urgent, how loudly, and who hears of any other priority."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from paidan.notices.actions import prefer
from paidan.notices.models import Event, Kind, Notification, Rule
from paidan.orders.actions import bulk
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.drafts import draft_of
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Priority
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, refuses, reload, tasks_of

pytestmark = pytest.mark.django_db
KINDS = (Kind.BECAME_URGENT, Kind.PRIORITY_CHANGED)


def told() -> dict[str, list[str]]:
    """Who was told of a priority, and of what kind, in order."""
    found: dict[str, list[str]] = {}
    for notice in Notification.objects.filter(kind__in=KINDS).select_related("recipient").order_by("pk"):
        found.setdefault(notice.recipient.username, []).append(notice.kind)
    return found


def make(order: WorkOrder, priority: int, *, by: User) -> WorkOrder:
    """Edit an order so that it has this priority."""
    order = reload(order)
    return save(order, replace(draft_of(order), priority=priority), by=by, reason="客户催货")


@pytest.fixture
def floor(hire: Hire) -> dict[str, User]:
    """Two operators of printing, one of packaging, and their supervisors."""
    return {
        "ann": hire("ann"), "ben": hire("ben"), "pia": hire("pia", post=("packaging", "operator")),
        "cid": hire("cid", post=("cutting", "operator")), "bob": hire("bob", post=("printing", "supervisor")),
    }  # fmt: skip


def test_an_urgent_order_is_told_to_holders_the_pool_and_its_maker(
    floor: dict[str, User], approved: MakeOrder, approver: User
) -> None:
    order = approved("VAN", "PACK")
    varnish, _pack = tasks_of(order)
    work.claim(varnish, by=floor["ann"])

    make(order, Priority.URGENT, by=approver)

    assert told() == {name: [Kind.BECAME_URGENT] for name in ("mia", "ann", "pia")}
    event = Event.objects.get(kind=Kind.BECAME_URGENT)
    assert (event.before["priority"], event.after["priority"]) == (2, 4)
    for notice in Notification.objects.filter(kind=Kind.BECAME_URGENT):
        assert (notice.priority, notice.quiet, notice.order_id) == (4, False, order.pk)
        with translation.override("en"):
            assert str(notice) == f"Urgent now: 2 open tasks of order {order.number} (abe)."


def test_who_made_it_urgent_is_not_told(floor: dict[str, User], approved: MakeOrder, maker: User) -> None:
    order = approved("VAN")

    make(order, Priority.URGENT, by=maker)

    assert told() == {"ann": [Kind.BECAME_URGENT], "ben": [Kind.BECAME_URGENT]}


def test_urgent_is_loud_also_in_quiet_hours(floor: dict[str, User], approved: MakeOrder, approver: User) -> None:
    order = approved("VAN")
    prefer(floor["ann"], quiet_from=time(0), quiet_until=time(23, 59, 59))
    prefer(floor["ben"], muted=[Kind.BECAME_URGENT])

    make(order, Priority.URGENT, by=approver)

    quiet = dict(Notification.objects.filter(kind=Kind.BECAME_URGENT).values_list("recipient__username", "quiet"))
    assert quiet == {"ann": False, "ben": True, "mia": False}


@pytest.mark.parametrize(("first", "then"), [(2, Priority.HIGH), (2, Priority.LOW), (4, Priority.NORMAL)])
def test_every_other_priority_is_counted_quietly(
    floor: dict[str, User], approved: MakeOrder, approver: User, first: int, then: Priority
) -> None:
    order = approved("VAN", priority=first)

    make(order, then, by=approver)

    assert told() == {name: [Kind.PRIORITY_CHANGED] for name in ("mia", "ann", "ben")}
    notices = Notification.objects.filter(kind=Kind.PRIORITY_CHANGED)
    assert {(notice.quiet, notice.priority) for notice in notices} == {(True, int(then))}
    with translation.override("en"):
        name = str(then.label)
        assert str(notices[0]) == f"Priority “{name}” now: 1 open task of order {order.number} (abe)."


def test_an_order_that_keeps_its_priority_tells_nobody_of_it(
    floor: dict[str, User], approved: MakeOrder, approver: User
) -> None:
    order = approved("VAN", priority=Priority.URGENT)

    save(reload(order), replace(draft_of(reload(order)), notes="x"), by=approver, reason="备注")

    assert told() == {} and not Event.objects.filter(kind__in=KINDS).exists()


def test_nobody_is_told_before_the_order_is_approved(
    floor: dict[str, User], created: MakeOrder, approver: User
) -> None:
    order = created("VAN")

    make(order, Priority.URGENT, by=approver)

    assert told() == {}


def test_what_is_done_concerns_nobody_any_more(floor: dict[str, User], approved: MakeOrder, approver: User) -> None:
    order = approved("VAN", "PACK")
    varnish, _pack = tasks_of(order)
    work.claim(varnish, by=floor["ann"])
    work.complete(varnish, by=floor["ann"])

    make(order, Priority.URGENT, by=approver)

    assert told() == {"mia": [Kind.BECAME_URGENT], "pia": [Kind.BECAME_URGENT]}


def test_an_order_of_which_no_open_task_becomes_urgent_tells_nobody(
    floor: dict[str, User], approved: MakeOrder, approver: User
) -> None:
    order = approved("VAN", "PACK")
    bulk.prioritise([task.pk for task in tasks_of(order)], priority=Priority.HIGH, by=approver)
    Notification.objects.all().delete()

    make(order, Priority.URGENT, by=approver)

    assert {task.priority for task in tasks_of(order)} == {Priority.HIGH}
    assert told() == {}


def test_one_task_that_became_urgent_leads_there_and_its_holder_alone_hears_on_the_floor(
    floor: dict[str, User], pooled_task: Task, approver: User
) -> None:
    work.claim(pooled_task, by=floor["ann"])

    bulk.prioritise([pooled_task.pk], priority=Priority.URGENT, by=approver)

    assert told() == {"mia": [Kind.BECAME_URGENT], "ann": [Kind.BECAME_URGENT]}
    assert set(Notification.objects.filter(kind=Kind.BECAME_URGENT).values_list("task", flat=True)) == {pooled_task.pk}


def test_many_tasks_of_two_orders_are_one_event_each(
    floor: dict[str, User], approved: MakeOrder, approver: User
) -> None:
    first, second = approved("PACK", lines=3), approved("VAN")
    ids = [task.pk for order in (first, second) for task in tasks_of(order)]

    assert bulk.prioritise(ids, priority=Priority.URGENT, by=approver) == 4
    assert bulk.prioritise(ids, priority=Priority.URGENT, by=approver) == 0

    assert told() == {
        "mia": [Kind.BECAME_URGENT] * 2, "pia": [Kind.BECAME_URGENT], "ann": [Kind.BECAME_URGENT],
        "ben": [Kind.BECAME_URGENT],
    }  # fmt: skip
    words = Event.objects.filter(kind=Kind.BECAME_URGENT).order_by("order_id")
    assert [(event.order_id, event.values["tasks"]) for event in words] == [(first.pk, "3"), (second.pk, "1")]


def test_drafts_that_are_given_a_priority_are_nobodys_affair_yet(
    floor: dict[str, User], created: MakeOrder, approver: User
) -> None:
    bulk.prioritise([task.pk for task in tasks_of(created("VAN"))], priority=Priority.URGENT, by=approver)

    assert told() == {}


def test_a_priority_that_is_refused_tells_nobody(pooled_task: Task, approver: User) -> None:
    life.pause(pooled_task.order, by=approver)

    with refuses("order_paused"):
        bulk.prioritise([pooled_task.pk], priority=Priority.URGENT, by=approver)


def test_telling_costs_as_much_for_ten_tasks_as_for_two(
    floor: dict[str, User], approved: MakeOrder, approver: User
) -> None:
    counts = []
    for lines in (2, 10):
        ids = [task.pk for task in tasks_of(approved("PACK", lines=lines))]
        with CaptureQueriesContext(connection) as queries:
            bulk.prioritise(ids, priority=Priority.URGENT, by=approver)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_shop_writes_the_priority_into_its_own_words(
    pooled_task: Task, maker: User, approver: User, set_words: Callable[[str], Any]
) -> None:
    set_words("%(order)s：%(priority)s！")

    bulk.prioritise([pooled_task.pk], priority=Priority.URGENT, by=approver)

    assert (
        str(Notification.objects.get(recipient=maker, kind=Kind.BECAME_URGENT)) == f"{pooled_task.order.number}：紧急！"
    )


@pytest.fixture
def set_words(db: None) -> Callable[[str], Any]:
    def set_words(text: str) -> None:
        rule = Rule.objects.get(built_in=Kind.BECAME_URGENT)
        rule.text = text
        rule.full_clean()
        rule.save()

    return set_words
