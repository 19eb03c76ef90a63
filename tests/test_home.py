"""The start page: each number is the number of rows behind its link, for every role, at the same cost however much there is."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from paidan.catalog.models import Process
from paidan.console import dashboard, health
from paidan.dispatch.models import DispatchRule
from paidan.notices.consumers import MOST_MESSAGES
from paidan.notices.models import Delivery, Notification
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import OrderMaterial, Task, WorkOrder
from paidan.people.actions import place
from paidan.people.models import Department, User
from paidan.registry.actions import sync
from paidan.registry.models import Plugin
from tests.conftest import Hire, MakeOrder, tasks_of
from tests.test_pages import by_role, signed_in

__all__ = ["by_role"]
pytestmark = pytest.mark.django_db


def tiles_of(page: Any) -> list[Any]:
    return [tile for group in page.context["groups"] for tile in group["tiles"]]


def a_full_shop(created: MakeOrder, submitted: MakeOrder, approved: MakeOrder, people: dict[str, User]) -> None:
    """Orders and tasks in every state, near and past their due dates."""
    today, boss, ann = timezone.localdate(), people["approver"], people["operator"]
    created("VAN")
    life.reject(submitted("VAN"), by=boss, reason="x")
    WorkOrder.objects.filter(pk=submitted("VAN").pk).update(due_date=today + timedelta(days=2))
    for days, route in ((-1, ("VAN", "PACK")), (0, ("VAN", "GLUE")), (1, ("CUT", "PRT", "DIE")), (30, ("VAN",))):
        order = approved(*route, priority=4 if days == 1 else 2)
        day = today + timedelta(days=days)
        WorkOrder.objects.filter(pk=order.pk).update(due_date=day, order_date=day - timedelta(days=3))
        Task.objects.filter(step__order=order).update(due=day)
        mine = [task for task in tasks_of(order) if task.department and task.department.code == "printing"]
        work.claim(mine[0], by=ann)
        if days == 0:
            work.report(mine[0], by=ann, good=400)
    done = tasks_of(approved("VAN"))[0]
    work.complete(work.claim(done, by=ann).task, by=ann)
    Task.objects.filter(pk=done.pk).update(completed_at=timezone.now() - timedelta(days=3))
    work.complete(work.claim(tasks_of(approved("VAN"))[0], by=ann).task, by=ann)
    OrderMaterial.objects.update(supply="ordered")
    DispatchRule.objects.filter(process__code="FOLD").delete()
    approved("FOLD")
    sync()
    Plugin.objects.filter(name="random").update(failures_in_row=1)
    Plugin.objects.filter(name="round_robin").update(enabled=False, switched_off_because="x")
    AccessAttempt.objects.create(
        username=people["maker"].username, ip_address="1.2.3.4", failures_since_start=settings.AXES_FAILURE_LIMIT,
        attempt_time=timezone.now(),
    )  # fmt: skip
    notices = Notification.objects.order_by("pk")[:3]
    Delivery.objects.bulk_create(
        Delivery(notification=notice, channel="apprise", state=state)
        for notice, state in zip(notices, ("waiting", "gave_up", "gave_up"), strict=True)
    )


ROLES = ["maker", "sales", "approver", "supervisor", "operator", "admin"]


@pytest.mark.parametrize("role", ROLES)
def test_every_number_and_every_bar_is_the_number_of_rows_behind_it(
    role: str, by_role: dict[str, User], created: MakeOrder, submitted: MakeOrder, approved: MakeOrder
) -> None:  # fmt: skip
    """One definition for each number: the filters of its list."""
    a_full_shop(created, submitted, approved, by_role)
    client = signed_in(by_role[role])

    page = client.get("/")

    numbers = [tile for tile in tiles_of(page) if tile.url] + [
        bar for chart in page.context["charts"] for bar in chart.bars
    ]
    assert len(numbers) >= 4
    for number in numbers:
        rows = client.get(number.url).context["cl"].queryset
        assert rows.count() == number.count, number
        if getattr(number, "late", 0):
            late = rows.filter(due__lt=timezone.localdate()).count()
            assert late == number.late, number


def test_each_role_finds_what_it_has_to_do_and_it_is_counted(
    by_role: dict[str, User], created: MakeOrder, submitted: MakeOrder, approved: MakeOrder
) -> None:
    a_full_shop(created, submitted, approved, by_role)
    WorkOrder.objects.update(maker=by_role["maker"])

    def numbers(role: str) -> dict[str, int]:
        page = signed_in(by_role[role]).get("/")
        with translation.override("en"):
            return {str(tile.title): tile.count for tile in tiles_of(page)}

    maker = numbers("maker")
    assert [maker[name] for name in ("drafts", "waiting for approval", "rejected")] == [1, 1, 1]
    approver = numbers("approver")
    assert approver["unapproved, due within 3 days"] == 1
    assert (approver["orders with a task without a department"], approver["without a department"]) == (1, 1)
    operator = numbers("operator")
    assert [operator[name] for name in ("mine", "mine, due today", "mine, late")] == [4, 1, 1]
    assert 0 < operator["mine, ready to start or go on"] < 4
    admin = numbers("admin")
    assert [admin[name] for name in ("plugins switched off", "people locked out at sign-in")] == [1, 1]
    assert admin["plugins that fail"] >= 1
    assert [admin[name] for name in ("messages under way", "messages given up")] == [1, 2]


def test_a_desk_is_ones_own_and_the_news_lead_to_what_they_are_about(
    by_role: dict[str, User], created: MakeOrder, submitted: MakeOrder, hire: Hire, maker: User
) -> None:
    created("VAN")
    order = submitted("VAN")
    life.reject(order, by=by_role["approver"], reason="x")
    other = signed_in(hire("mo", role="maker")).get("/")
    own = signed_in(maker).get("/")

    with translation.override("en"):
        desks = [{str(tile.title): tile.count for tile in page.context["groups"][0]["tiles"]} for page in (own, other)]
    assert [(desk["drafts"], desk["rejected"]) for desk in desks] == [(1, 1), (0, 0)]
    WorkOrder.objects.filter(pk=order.pk).update(salesperson=User.objects.get(username="mo"))
    assert signed_in(User.objects.get(username="mo")).get("/").context["groups"][0]["tiles"][2].count == 1
    assert f'href="/orders/workorder/{order.pk}/change/"' in own.text


CEILINGS = [("maker", 14), ("approver", 14), ("supervisor", 14), ("operator", 12), ("admin", 17)]


@pytest.mark.parametrize(("role", "ceiling"), CEILINGS)
def test_the_start_page_costs_the_same_however_much_there_is(
    role: str, ceiling: int, by_role: dict[str, User], created: MakeOrder, submitted: MakeOrder, approved: MakeOrder
) -> None:
    """PERF-01"""
    client, counts = signed_in(by_role[role]), []

    for _round in range(2):
        a_full_shop(created, submitted, approved, by_role) if not counts else [
            approved("VAN", "PACK") for _n in range(4)
        ]
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= ceiling


def test_bars_show_where_the_work_is_and_say_it_in_words(
    by_role: dict[str, User], approved: MakeOrder, hire: Hire
) -> None:
    task = tasks_of(approved("VAN"))[0]
    approved("PACK", "VAN")
    Task.objects.filter(pk=task.pk).update(due=timezone.localdate() - timedelta(days=1))

    page = signed_in(by_role["approver"]).get("/")

    (chart,) = [chart for chart in page.context["charts"] if chart.name == "department"]
    assert [(bar.title, bar.count, bar.late) for bar in chart.bars] == [("印刷车间", 2, 1), ("包装车间", 1, 0)]
    with translation.override("en"):
        drawn = json.loads(chart.data)
    assert drawn["labels"] == ["印刷车间 · 2, 1 late", "包装车间 · 1"]
    assert [series["data"] for series in drawn["datasets"]] == [[1, 0], [1, 1]]
    assert drawn["urls"] == [bar.url for bar in chart.bars]
    assert 'role="img" aria-label="Load by department; 印刷车间: 2, 1 late; 包装车间: 1"' in page.text
    boss = signed_in(by_role["supervisor"]).get("/")
    assert [bar.title for chart in boss.context["charts"] if chart.name == "department" for bar in chart.bars] == [
        "印刷车间"
    ]
    assert not [
        chart for chart in signed_in(by_role["operator"]).get("/").context["charts"] if chart.name == "operator"
    ]


def test_the_tasks_done_on_each_of_the_last_days_are_shown_to_whom_they_concern(
    by_role: dict[str, User], created: MakeOrder, submitted: MakeOrder, approved: MakeOrder
) -> None:
    a_full_shop(created, submitted, approved, by_role)

    def done(role: str) -> list[int]:
        charts = signed_in(by_role[role]).get("/").context["charts"]
        return [bar.count for chart in charts if chart.name == "done" for bar in chart.bars]

    fortnight = [0] * 10 + [1, 0, 0, 1]
    assert {role: done(role) for role in ROLES} == {
        "maker": fortnight, "sales": [], "approver": fortnight, "supervisor": fortnight, "operator": fortnight,
        "admin": fortnight,
    }  # fmt: skip


# --- the part that an open page asks for again -----------------------------------------------------
@pytest.mark.parametrize("role", ROLES)
def test_what_an_open_page_asks_for_again_is_what_the_page_shows(
    role: str, by_role: dict[str, User], created: MakeOrder, submitted: MakeOrder, approved: MakeOrder
) -> None:
    a_full_shop(created, submitted, approved, by_role)
    client = signed_in(by_role[role])

    page, part = client.get("/"), client.get("/home/now/")

    assert part.text.strip() in page.text
    assert part.text.count("data-part") == len(part.context["groups"]) + len(part.context["charts"]) + 1


def test_an_open_page_is_sent_nothing_while_nothing_changed(by_role: dict[str, User], approved: MakeOrder) -> None:
    order, client = approved("VAN"), signed_in(by_role["supervisor"])
    first = client.get("/home/now/")
    mark = {"If-None-Match": first.headers["ETag"]}

    same = client.get("/home/now/", headers=mark)
    work.claim(tasks_of(order)[0], by=by_role["operator"])
    other = client.get("/home/now/", headers=mark)

    assert (same.status_code, same.content) == (304, b"")
    assert (other.status_code, "no-store" in other.headers["Cache-Control"]) == (200, True)


def test_who_is_not_signed_in_is_told_no_number(client: Client) -> None:
    answer = client.get("/home/now/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/home/now/")
    assert client.post("/home/now/").status_code == 302


def test_a_page_listens_to_what_its_numbers_are_made_of(by_role: dict[str, User]) -> None:
    printing = Department.objects.get(code="printing").pk
    me = {role: f"user:{user.pk}" for role, user in by_role.items()}

    heard = {role: signed_in(user).get("/").context["topics"] for role, user in by_role.items()}

    assert heard == {
        "maker": f"{me['maker']} shop:0", "sales": me["sales"], "approver": f"{me['approver']} shop:0",
        "supervisor": f"{me['supervisor']} department:{printing}", "admin": f"{me['admin']} shop:0",
        "operator": f"{me['operator']} department:{printing}",
    }  # fmt: skip


def test_no_page_listens_to_more_than_a_line_takes(by_role: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    assert dashboard.MOST_PLACES < MOST_MESSAGES
    sue = by_role["supervisor"]
    place(sue, role="supervisor", department=Department.objects.get(code="outsourcing"))
    monkeypatch.setattr(dashboard, "MOST_PLACES", 1)

    heard = signed_in(sue).get("/").context["topics"].split()

    first = Department.objects.filter(code__in=("printing", "outsourcing")).order_by("pk")[0]
    assert heard == [f"user:{sue.pk}", f"department:{first.pk}"]


def test_a_dead_job_queue_is_said_and_the_page_still_opens(
    by_role: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead() -> int:
        raise ConnectionError

    monkeypatch.setattr(health.HUEY, "pending_count", dead)

    page = signed_in(by_role["admin"]).get("/")

    assert "the job queue does not answer" in page.text


def test_an_empty_shop_is_led_through_its_first_steps_until_the_first_order(
    hire: Hire, created: Callable[..., WorkOrder], shop: Any
) -> None:
    client = signed_in(hire("root", is_superuser=True))

    first = client.get("/").context["steps"]
    DispatchRule.objects.all().delete()
    without_rules = client.get("/").context["steps"]

    assert [step.done for step in first] == [True, True, True, True, True, False] or [step.done for step in first][
        :3
    ] == [True] * 3
    assert [step.done for step in without_rules][2] is False
    assert all(client.get(step.url).status_code == 200 for step in first)
    created("VAN")
    assert client.get("/").context["steps"] == []


def test_nobody_but_administrators_is_asked_to_set_the_shop_up(by_role: dict[str, User]) -> None:
    shown = {role for role, user in by_role.items() if signed_in(user).get("/").context["steps"]}

    assert shown == {"admin"}


def test_an_empty_list_says_what_to_do(by_role: dict[str, User]) -> None:
    client = signed_in(by_role["maker"])

    assert "Nothing here yet" in client.get("/orders/workorder/").text
    assert "Nothing matches" in client.get("/orders/task/?standing=late").text
    assert Department.objects.exists() and Process.objects.exists()
