"""An administrator says on one page where a person works, as what, with which skills and how much."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from paidan.catalog.models import Process, Skill
from paidan.console import placing
from paidan.console.placing import Placement
from paidan.orders.actions import task as work
from paidan.orders.models import Task, Workload, WorkOrder
from paidan.people.models import Department, User
from tests.conftest import Hire, MakeOrder, Shop, assert_history_complete, refuses, reload, snapshot, tasks_of
from tests.visitors import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(hire: Hire) -> User:
    return hire("root", role="admin")


@pytest.fixture
def ann(hire: Hire) -> User:
    """An operator in printing."""
    return hire("ann")


@pytest.fixture
def client(boss: User) -> Client:
    client = browser()
    client.force_login(User.objects.get(pk=boss.pk))
    return client


def path(person: User) -> str:
    return reverse("place_person", args=[person.pk])


def asked(person: User, **changes: Any) -> dict[str, Any]:
    """The form as the page sends it, with these changes."""
    now = placing.placement(reload(person))
    form: dict[str, Any] = {
        "seen": now.fingerprint, "roles": list(now.roles), "posts": [f"{d}:{r}" for d, r in now.posts],
        "skills": list(now.skills), "limit": now.limit, "save": "1",
    }  # fmt: skip
    if now.is_active:
        form["is_active"] = "1"
    form |= changes
    return {name: value for name, value in form.items() if value is not None}


def post_in(shop: Shop, code: str, role: str = "operator") -> str:
    return f"{shop.department(code).pk}:{role}"


# --- one submit -----------------------------------------------------------------------------------
def test_one_submit_places_a_person_and_every_change_is_in_a_history(
    client: Client, ann: User, boss: User, shop: Shop
) -> None:
    skills = [shop.process("VAN").pk, shop.process("PRT").pk]
    posts = [post_in(shop, "packaging"), post_in(shop, "cutting", "supervisor")]

    answer = client.post(path(ann), asked(ann, roles=["maker"], posts=posts, skills=skills, limit=7))

    assert (answer.status_code, answer.get("Location")) == (302, path(ann))
    assert sorted(map(str, ann.groups.all())) == ["制单员", "包装车间 · 操作员", "裁切车间 · 部门主管"]
    assert set(Skill.objects.filter(person=ann).values_list("process", flat=True)) == set(skills)
    assert Workload.objects.get(operator=ann).limit == 7
    latest = ann.history.latest()
    assert latest.history_user == boss
    assert latest.history_change_reason == (
        "Now: Order maker, 包装车间 · Operator, 裁切车间 · Department supervisor; no longer: 印刷车间 · Operator"
    )
    assert_history_complete("people", "catalog", "orders")


def test_saving_the_page_as_it_stands_writes_nothing(client: Client, ann: User) -> None:
    before = snapshot("people", "catalog", "orders")

    client.post(path(ann), asked(ann))

    assert snapshot("people", "catalog", "orders") == before


def test_a_group_made_by_hand_stays(client: Client, ann: User, shop: Shop) -> None:
    by_hand = Group.objects.create(name="早班")
    ann.groups.add(by_hand)

    client.post(path(ann), asked(ann, posts=[]))

    assert list(ann.groups.all()) == [by_hand]


def test_a_department_without_posts_gets_one_that_allows_what_its_like_elsewhere_does(
    client: Client, ann: User, shop: Shop
) -> None:
    new = Department.objects.create(code="silk", name="丝印车间")

    client.post(path(ann), asked(ann, posts=[post_in(shop, "silk")]))

    group, model = ann.groups.get(), Group.objects.get(name="printing:operator")
    assert set(group.permissions.all()) == set(model.permissions.all()) != set()
    assert reload(ann).has_perm("people.claim_tasks", new)


def test_who_is_switched_off_is_out_at_once(client: Client, ann: User) -> None:
    hers = browser()
    hers.force_login(ann)

    client.post(path(ann), asked(ann, is_active=None))

    assert hers.get("/").status_code == 302
    assert ann.history.latest().history_change_reason == "Switched off"


# --- refusals -------------------------------------------------------------------------------------
def test_a_limit_below_what_is_held_is_refused_and_nothing_is_lost_or_saved(
    client: Client, ann: User, approved: MakeOrder, shop: Shop
) -> None:
    for order in (approved("VAN"), approved("VAN")):
        work.claim(tasks_of(order)[0], by=ann)
    before = snapshot("people", "catalog", "orders")

    answer = client.post(path(ann), asked(ann, roles=["sales"], skills=[shop.process("VAN").pk], limit=1))

    assert answer.status_code == 409
    assert "ann holds 2 open tasks, so the limit cannot be 1. Have some given back first." in answer.text
    assert snapshot("people", "catalog", "orders") == before
    form = answer.context["form"]
    assert (form["limit"].value(), form["roles"].value(), len(form["skills"].value())) == ("1", ["sales"], 1)
    assert answer.text.count('value="sales" checked') == 1


@pytest.mark.parametrize("limit", ["", "0", "x", "99999"])
def test_a_limit_that_is_none_is_refused_and_the_rest_stays_as_typed(limit: str, client: Client, ann: User) -> None:
    answer = client.post(path(ann), asked(ann, roles=["approver"], limit=limit))

    assert answer.status_code == 422 and "Open tasks at the same time:" in answer.text
    assert 'value="approver" checked' in answer.text
    assert not ann.groups.filter(name="approver").exists()


def test_two_who_place_one_person_do_not_overwrite_each_other(client: Client, ann: User, boss: User) -> None:
    mine, theirs = asked(ann, roles=["maker"]), asked(ann, roles=["sales"])
    client.post(path(ann), theirs)

    answer = client.post(path(ann), mine)

    assert answer.status_code == 409 and "Somebody else placed ann meanwhile." in answer.text
    assert set(placing.placement(reload(ann)).roles) == {"sales"}
    assert 'value="maker" checked' in answer.text


def test_what_is_gone_meanwhile_is_refused_as_a_whole(ann: User, boss: User, shop: Shop) -> None:
    now = placing.placement(ann)

    for wanted in (
        Placement(True, now.roles, frozenset({(987654, "operator")}), now.skills, 5),
        Placement(True, frozenset({"sales"}), now.posts, frozenset({987654}), 5),
    ):
        with refuses("gone"):
            placing.place(ann, wanted, by=boss, seen=now.fingerprint)
    assert placing.placement(reload(ann)) == now


@pytest.mark.parametrize("wrong", [{"roles": ["root"]}, {"posts": ["1:admin"]}, {"skills": ["987654"]}])
def test_what_the_page_does_not_offer_is_not_taken(wrong: dict[str, Any], client: Client, ann: User) -> None:
    before = placing.placement(reload(ann))

    assert client.post(path(ann), asked(ann, **wrong)).status_code == 422
    assert placing.placement(reload(ann)) == before


# --- what would be lost, and seen -----------------------------------------------------------------
def test_leaving_a_department_with_open_tasks_is_said_before_it_is_done(
    client: Client, ann: User, pooled_task: Task, shop: Shop
) -> None:
    work.claim(pooled_task, by=ann)
    moving = asked(ann, posts=[post_in(shop, "packaging")])

    warned = client.post(path(ann), moving)

    assert warned.status_code == 200 and "1 open task stays with this person in 印刷车间" in warned.text
    link = f"/orders/task/?operator__id__exact={ann.pk}&amp;department__id__exact={shop.department('printing').pk}"
    assert link in warned.text
    assert "1 " in client.get(link.replace("&amp;", "&")).context["cl"].queryset.count().__str__() + " "
    assert str(ann.groups.get()) == "印刷车间 · 操作员", "nothing is done before it is confirmed"

    client.post(path(ann), moving | {"anyway": "1"})

    assert str(ann.groups.get()) == "包装车间 · 操作员"


def test_switching_off_who_holds_tasks_is_said_too_and_a_parents_post_loses_nothing(
    client: Client, ann: User, pooled_task: Task, shop: Shop
) -> None:
    work.claim(pooled_task, by=ann)

    off = client.post(path(ann), asked(ann, is_active=None))
    wider = client.post(path(ann), asked(ann, posts=[post_in(shop, "production")]))

    assert "1 open task stays with this person" in off.text and reload(ann).is_active
    assert wider.status_code == 302, "the production department covers printing"


WISHES: list[tuple[list[str], list[tuple[str, str]]]] = [
    ([], []),
    (["maker"], []),
    (["sales"], [("printing", "operator")]),
    ([], [("production", "supervisor")]),
    ([], [("packaging", "operator"), ("printing", "supervisor")]),
    (["approver"], []),
]


@pytest.mark.parametrize(("roles", "posts"), WISHES)
def test_what_would_be_seen_is_exactly_what_is_seen_afterwards(
    roles: list[str],
    posts: list[tuple[str, str]],
    client: Client,
    ann: User,
    boss: User,
    approved: MakeOrder,
    shop: Shop,
) -> None:
    work.claim(tasks_of(approved("VAN", "PACK"), "VAN")[0], by=ann)
    approved("PACK")
    wish = asked(ann, roles=roles, posts=[post_in(shop, *post) for post in posts], save=None)

    shown = client.post(path(ann), wish | {"preview": "1"})

    assert placing.placement(reload(ann)).fingerprint == wish["seen"], "a preview writes nothing"
    client.post(path(ann), wish | {"save": "1", "anyway": "1"})
    after = reload(ann)
    assert shown.context["sees"]["tasks"] == Task.objects.visible_to(after).count()
    assert shown.context["sees"]["orders"] == WorkOrder.objects.visible_to(after).count()
    assert shown.context["sees"] == client.get(path(ann)).context["sees"]


def test_the_page_of_a_person_says_what_is_seen_now(client: Client, ann: User, pooled_task: Task) -> None:
    page = client.get(path(ann))

    seen = page.context["sees"]
    assert [names for _right, names in seen["departments"]] == [["印刷车间"]]
    assert (seen["tasks"], seen["orders"]) == (1, 1) and "Works in" in page.text
    assert "What this person sees" in page.text and "1 task · 1 order" in page.text


# --- who, and from where --------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["maker", "sales", "approver", "supervisor", "operator"])
def test_only_administrators_place_people(role: str, hire: Hire, ann: User) -> None:
    post = {"post": ("printing", role)} if role in ("supervisor", "operator") else {"role": role}
    client, before = browser(), snapshot("people")
    client.force_login(hire("pat", **post))
    before = snapshot("people")

    answers = [client.get(path(ann)), client.post(path(ann), asked(ann, roles=["admin"]))]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert [row for row in snapshot("people")["people.User"] if row["username"] == "ann"] == [
        row for row in before["people.User"] if row["username"] == "ann"
    ]
    assert not ann.groups.filter(name="admin").exists()


def test_nobody_places_oneself_or_a_superuser(client: Client, boss: User, hire: Hire) -> None:
    root = hire("super", is_superuser=True)

    assert [client.get(path(row)).status_code for row in (boss, root)] == [404, 404]
    answer = client.get(reverse("admin:people_user_place", args=[boss.pk]), follow=True)
    assert "Nobody places oneself" in answer.text


def test_the_list_and_the_persons_page_lead_there_and_it_leads_to_the_persons_console(
    client: Client, ann: User
) -> None:
    way = reverse("admin:people_user_place", args=[ann.pk])

    assert way in client.get(reverse("admin:people_user_changelist")).text
    assert way in client.get(reverse("admin:people_user_change", args=[ann.pk])).text
    assert client.get(way)["Location"] == path(ann)
    view_as = reverse("admin:people_user_view_as", args=[ann.pk])
    assert f'action="{view_as}"' in client.get(path(ann)).text
    answer = client.post(view_as, {"_form_submitted": "1"}, follow=True)
    assert "You see the console of <b>ann</b>." in answer.text


def test_a_shop_without_departments_and_processes_says_what_to_do(client: Client, ann: User, hire: Hire) -> None:
    ann.groups.clear()
    Process.objects.all().delete()
    Department.objects.update(parent=None)
    Department.objects.all().delete()

    page = client.get(path(ann)).text

    assert "There are no departments yet." in page and "There are no processes yet." in page
    assert reverse("admin:people_department_add") in page


def test_the_page_asks_as_much_for_many_departments_and_skills_as_for_few(
    client: Client, ann: User, shop: Shop
) -> None:
    client.get(path(ann))
    asked_for = [_asked(client, ann)]
    for n in range(20):
        Department.objects.create(code=f"d{n}", name=f"车间{n}", parent=shop.department("production"))
        Skill.objects.create(person=ann, process=Process.objects.create(code=f"P{n}", name=f"工序{n}"))

    asked_for.append(_asked(client, ann))

    assert asked_for[0] == asked_for[1] <= 40


def _asked(client: Client, person: User) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(path(person))
    return len(queries)
