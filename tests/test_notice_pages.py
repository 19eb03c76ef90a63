"""The pages on which a shop says whom it tells of what, and a person what to hear."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from paidan.notices.models import Kind, Preference, Rule
from paidan.orders.actions import task as work
from paidan.orders.models import Task
from paidan.people.models import User
from tests.conftest import Hire, unchanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(hire: Hire) -> Callable[..., Client]:
    """`signed_in("zoe", role="admin")` is the browser of a new person of this role."""

    def signed_in(name: str, **more: Any) -> Client:
        client = Client()
        client.force_login(User.objects.filter(username=name).first() or hire(name, **more))
        return client

    return signed_in


def filled(**more: Any) -> dict[str, Any]:
    """A rule as the form sends it."""
    usual = {
        "name": "急件完工", "kind": Kind.TASK_COMPLETED, "condition": "after.priority >= 3", "audience": ["approvers"],
        "title": "急件", "text": "%(order)s 完成了 %(task)s", "channels": ["log"], "priority": "4",
    }  # fmt: skip
    return usual | more


def test_a_shop_writes_a_rule_and_it_works(
    signed_in: Callable[..., Client], pooled_task: Task, hire: Hire, approver: User
) -> None:
    response = signed_in("zoe", role="admin").post("/notices/rule/add/", filled(enabled="on"))
    Task.objects.filter(pk=pooled_task.pk).update(priority=3)
    ann = hire("ann")
    work.claim(pooled_task, by=ann)

    work.complete(pooled_task, by=ann)

    assert response.status_code == 302, response.context["adminform"].form.errors
    notice = approver.notifications.get(kind=Kind.TASK_COMPLETED)
    assert (notice.title, notice.priority) == ("急件", 4)
    assert str(notice) == f"{pooled_task.order.number} 完成了 过油 礼品盒"
    assert [delivery.channel for delivery in notice.deliveries.all()] == ["log"]
    assert Rule.history.filter(name="急件完工").count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"condition": "after.total_amount > 5"}, "after.total_amount"),
        ({"condition": "after.good >"}, "字符"),
        ({"text": "%(price)s"}, "price"),
        ({"text": "100%"}, "%"),
        ({"audience": [], "enabled": "on"}, "停用"),
        ({"audience": ["everybody"]}, "everybody"),
        ({"channels": ["smoke"]}, "smoke"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words_and_nothing_typed_is_lost(
    signed_in: Callable[..., Client], wrong: dict[str, Any], sentence: str
) -> None:
    with unchanged():
        response = signed_in("zoe", role="admin").post("/notices/rule/add/", filled(**wrong))

    page = response.content.decode()
    assert response.status_code == 200 and sentence in page
    assert "急件完工" in page


def test_a_rule_is_tried_on_the_past_before_it_is_switched_on(
    signed_in: Callable[..., Client], pooled_task: Task, hire: Hire, approver: User
) -> None:
    ann = hire("ann")
    work.claim(pooled_task, by=ann)
    work.complete(pooled_task, by=ann)
    client = signed_in("zoe", role="admin")
    rule = Rule.objects.create(
        name="x",
        kind=Kind.TASK_COMPLETED,
        audience=["approvers"],
        condition="after.process == 'VAN'",
        text="好了 %(task)s",
    )

    with unchanged():
        page = client.get(f"/notices/rule/{rule.pk}/trial/").content.decode()

    assert "好了 过油 礼品盒" in page and "abe" in page
    assert "after.process == &#x27;VAN&#x27;" in page and "True" in page
    assert approver.notifications.filter(kind=Kind.TASK_COMPLETED).count() == 0


def test_a_rule_of_the_house_is_switched_off_but_not_deleted(signed_in: Callable[..., Client]) -> None:
    rule = Rule.objects.get(built_in=Kind.TASK_ASSIGNED)

    response = signed_in("zoe", role="admin").post(f"/notices/rule/{rule.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403 and Rule.objects.filter(pk=rule.pk).exists()


@pytest.mark.parametrize("role", ["maker", "sales", "approver"])
def test_rules_and_the_outbox_are_the_administrators(signed_in: Callable[..., Client], role: str) -> None:
    client = signed_in("ann", role=role)

    assert [client.get(f"/notices/{page}/").status_code for page in ("rule", "delivery", "rule/1/trial")] == [403] * 3


def test_a_person_says_what_to_hear(signed_in: Callable[..., Client], pooled_task: Task, approver: User) -> None:
    client = signed_in("ann")
    ann = User.objects.get(username="ann")

    client.post(
        "/account/notifications/",
        {"quiet_from": "22:00", "quiet_until": "07:00", "muted": [Kind.TASK_ASSIGNED], "email": "ann@example.cn"},
    )
    client.post("/account/notifications/", {"muted": [Kind.TASK_ASSIGNED], "mobile": "13800138000"})
    work.assign(pooled_task, by=approver, to=ann)

    wish = Preference.objects.get(person=ann)
    assert (wish.muted, wish.quiet_from, wish.addresses) == ([Kind.TASK_ASSIGNED], None, {"mobile": "13800138000"})
    assert Preference.history.count() == 2
    assert ann.notifications.get().quiet


@pytest.mark.parametrize(
    "wrong", [{"quiet_from": "22:00"}, {"muted": ["weather"]}, {"email": "nobody"}, {"mobile": "x"}]
)
def test_wishes_that_cannot_be_are_refused_in_words(signed_in: Callable[..., Client], wrong: dict[str, Any]) -> None:
    client = signed_in("ann")

    with unchanged():
        response = client.post("/account/notifications/", {"mobile": "13800138000"} | wrong)

    assert response.status_code == 200
    for faults in response.context["form"].errors.values():
        assert all(str(fault) in response.content.decode() for fault in faults)
    assert response.context["form"].errors
