"""Who sees which rows and which fields."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.core.management import call_command

from paidan.backoffice.seeing import hidden
from paidan.catalog.models import Product
from paidan.exchange.facts import known_for
from paidan.orders import timeline
from paidan.orders.actions import task as work
from paidan.orders.models import OrderLine, OrderStep, Task, TaskProgress, WorkOrder
from paidan.people import access
from paidan.people.actions import place, sync_roles
from paidan.people.backends import PeopleBackend
from paidan.people.models import Department, User
from paidan.people.role_file import role_rights
from tests.conftest import Hire, MakeOrder, Shop, reload, tasks_of


def seen(user: User) -> tuple[set[WorkOrder], set[Task]]:
    """What exists for this person, asked afresh."""
    user = reload(user)
    return set(WorkOrder.objects.visible_to(user)), set(Task.objects.visible_to(user))


@pytest.fixture
def mixed(approved: MakeOrder) -> WorkOrder:
    """An approved order with work in printing and in packaging."""
    return approved("VAN", "PACK")


@pytest.mark.parametrize("role", ["maker", "approver", "admin"])
def test_makers_approvers_and_admins_see_everything(
    role: str, created: MakeOrder, mixed: WorkOrder, hire: Hire
) -> None:
    """AUTH-02, VIS-01."""
    draft = created("UV")

    orders, tasks = seen(hire("ann", role=role))

    assert orders == {draft, mixed}
    assert tasks == {*tasks_of(draft), *tasks_of(mixed)}


def test_sales_see_the_orders_that_they_made_or_sold(created: MakeOrder, mixed: WorkOrder, hire: Hire) -> None:
    """AUTH-01."""
    sam = hire("sam", role="sales")
    sold = created("VAN", salesperson_id=sam.pk)

    assert seen(sam) == ({sold}, set(tasks_of(sold)))

    sold.maker, sold.salesperson = sam, None
    sold.save()
    assert seen(sam) == ({sold}, set(tasks_of(sold)))


def test_a_supervisor_sees_the_tasks_of_the_department_and_their_orders(
    mixed: WorkOrder, approved: MakeOrder, hire: Hire
) -> None:
    """AUTH-01, SUP-01."""
    elsewhere = approved("UV")
    ann = hire("ann")
    work.claim(tasks_of(mixed, "VAN")[0], by=ann)

    assert seen(hire("bob", post=("printing", "supervisor"))) == ({mixed}, set(tasks_of(mixed, "VAN")))
    assert seen(hire("eve", post=("outsourcing", "supervisor"))) == ({elsewhere}, set(tasks_of(elsewhere)))


def test_a_right_on_a_parent_covers_its_children_and_not_the_other_way_round(
    mixed: WorkOrder, approved: MakeOrder, hire: Hire
) -> None:
    plates = approved("PRT")
    design = set(tasks_of(plates, "CTP"))

    orders, tasks = seen(hire("pat", post=("production", "supervisor")))

    assert orders == {mixed, plates}
    assert tasks == {*tasks_of(mixed), *tasks_of(plates)} - design


def test_an_operator_sees_own_tasks_and_the_pool_and_nobody_elses(
    mixed: WorkOrder, approved: MakeOrder, hire: Hire
) -> None:
    """OP-01, DISP-04."""
    ann, ben = hire("ann"), hire("ben")
    pool = approved("VAN")
    mine = tasks_of(mixed, "VAN")[0]
    work.claim(mine, by=ann)

    assert seen(ann) == ({mixed, pool}, {mine, *tasks_of(pool)})
    assert seen(ben) == ({pool}, set(tasks_of(pool)))


def test_an_operator_keeps_seeing_what_is_completed(pooled_task: Task, hire: Hire) -> None:
    ann, ben = hire("ann"), hire("ben")
    work.claim(pooled_task, by=ann)
    work.complete(pooled_task, by=ann)

    assert seen(ann)[1] == {pooled_task}
    assert seen(ben)[1] == set()


@pytest.mark.parametrize("post", ["operator", "supervisor"])
def test_drafts_do_not_exist_for_the_workshop(post: str, created: MakeOrder, submitted: MakeOrder, hire: Hire) -> None:
    """TASK-02, AUTH-01."""
    created("VAN")
    submitted("VAN")

    assert seen(hire("ann", post=("printing", post))) == (set(), set())


def test_a_person_in_two_departments_sees_both(mixed: WorkOrder, hire: Hire, shop: Shop) -> None:
    ann = hire("ann")
    place(ann, role="operator", department=shop.department("packaging"))

    assert seen(ann) == ({mixed}, set(tasks_of(mixed)))


def test_parts_and_reports_are_seen_with_their_order_and_task(mixed: WorkOrder, hire: Hire) -> None:
    ann, far = hire("ann"), hire("far", post=("outsourcing", "operator"))
    [van] = tasks_of(mixed, "VAN")
    work.claim(van, by=ann)
    work.report(van, by=ann, good=5)
    ann = reload(ann)

    assert OrderLine.objects.visible_to(ann).count() == 1
    assert OrderStep.objects.visible_to(ann).count() == 2
    assert TaskProgress.objects.visible_to(ann).count() == 1
    assert [model.objects.visible_to(far).count() for model in (OrderLine, OrderStep, TaskProgress)] == [0, 0, 0]


def test_nobody_and_those_who_left_see_nothing(mixed: WorkOrder, hire: Hire) -> None:
    ann = hire("ann")
    work.claim(tasks_of(mixed, "VAN")[0], by=ann)
    ann.is_active = False
    ann.save()

    assert seen(ann) == (set(), set())
    assert not WorkOrder.objects.visible_to(AnonymousUser()).exists()
    assert not Task.objects.visible_to(AnonymousUser()).exists()


def test_a_superuser_sees_everything(mixed: WorkOrder, created: MakeOrder, hire: Hire) -> None:
    created("VAN")

    orders, tasks = seen(hire("root", is_superuser=True))

    assert (len(orders), len(tasks)) == (2, 3)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ({"role": "maker"}, True),
        ({"role": "sales"}, True),
        ({"role": "approver"}, True),
        ({"role": "admin"}, True),
        ({"post": ("printing", "supervisor")}, False),
        ({"post": ("printing", "operator")}, False),
    ],
)
def test_prices_are_for_the_office_only(who: dict[str, object], sees: bool, hire: Hire) -> None:
    """AUTH-03."""
    assert hire("ann", **who).has_perm("orders.view_prices") is sees


def test_rights_in_a_department_are_by_post(hire: Hire, shop: Shop) -> None:
    printing, packaging = shop.department("printing").pk, shop.department("packaging").pk
    boss, ann = hire("bob", post=("printing", "supervisor")), hire("ann")

    assert access.may_in(boss, access.DISPATCH, printing) and access.may_in(boss, access.VIEW, printing)
    assert not access.may_in(boss, access.DISPATCH, packaging) and not access.may_in(boss, access.CLAIM, printing)
    assert access.may_in(ann, access.CLAIM, printing)
    assert not access.may_in(ann, access.DISPATCH, printing) and not access.may_in(ann, access.CLAIM, None)


def test_holders_count_grants_on_a_parent_and_leave_out_those_who_left(hire: Hire, shop: Shop) -> None:
    boss, chief = hire("bob", post=("printing", "supervisor")), hire("pat", post=("production", "supervisor"))
    hire("old", post=("printing", "supervisor"), is_active=False)

    holders = access.holders(access.DISPATCH)

    assert holders[shop.department("printing").pk] == {boss.pk, chief.pk}
    assert holders[shop.department("packaging").pk] == {chief.pk}
    assert holders[shop.department("design").pk] == set()


def test_a_department_tree_that_bites_its_tail_ends(hire: Hire, shop: Shop) -> None:
    production, printing = shop.department("production"), shop.department("printing")
    Department.objects.filter(pk=production.pk).update(parent=printing)

    assert access.may_in(hire("ann"), access.CLAIM, production.pk)


def test_making_the_roles_again_changes_nothing(shop: Shop, hire: Hire) -> None:
    def held() -> set[tuple[int, int]]:
        return set(Group.permissions.through.objects.values_list("group", "permission"))

    before = held()

    sync_roles(role_rights())

    assert held() == before


@pytest.mark.parametrize("post", ["operator", "supervisor"])
def test_looking_asks_a_constant_number_of_queries(
    post: str, approved: MakeOrder, hire: Hire, django_assert_max_num_queries: object
) -> None:
    """PERF-05."""
    approved("PACK", lines=30)
    ann = reload(hire("ann", post=("packaging", post)))

    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(Task.objects.visible_to(ann)) == 30
        assert len(WorkOrder.objects.visible_to(ann)) == 1


def test_syncing_roles_mends_what_somebody_changed_and_changes_nothing_twice(shop: Shop) -> None:
    maker = Group.objects.get(name="maker")
    usual = set(maker.permissions.values_list("codename", flat=True))
    maker.permissions.clear()

    call_command("sync_roles", stdout=StringIO())
    once = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    call_command("sync_roles", stdout=StringIO())

    assert set(maker.permissions.values_list("codename", flat=True)) == usual
    assert {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()} == once


@pytest.mark.parametrize(("role", "dropped"), [("maker", frozenset()), ("supervisor", frozenset({"unit_price"}))])
def test_one_place_says_which_fields_are_hidden_and_everybody_asks_it(
    role: str, dropped: frozenset[str], hire: Hire, created: MakeOrder
) -> None:
    """AUTH-03: what a model names is dropped by lists, forms, histories, the timeline and the import alike."""
    created("VAN")
    who = hire("ann", post=("printing", role)) if role == "supervisor" else hire("ann", role=role)

    told = list(timeline._without_hidden(timeline._told("line", OrderLine.history.all()), who))

    assert access.hidden_fields(who, Product) == hidden(who, Product) == dropped
    assert access.shows(who, OrderLine, "unit_price") is known_for([], who).sees_prices is (not dropped)
    assert ["unit_price" in entry.row for entry in told] == [not dropped]
    assert access.hidden_fields(who, Task) == hidden(who, Task) == frozenset()
    assert access.hidden_fields(AnonymousUser(), Product) == {"unit_price"}


def test_what_a_person_may_do_is_asked_once_and_is_what_django_says(
    hire: Hire, maker: User, django_assert_num_queries: Any
) -> None:
    ann = hire("ann", post=("printing", "supervisor"))
    extra = Permission.objects.get(codename="view_plugin")
    ann.user_permissions.add(extra)

    for person in (ann, maker):
        fresh = User.objects.get(pk=person.pk)
        with django_assert_num_queries(1):
            held = PeopleBackend().get_all_permissions(fresh)
            assert PeopleBackend().get_all_permissions(fresh) is held
        assert held == ModelBackend().get_all_permissions(User.objects.get(pk=person.pk)) and held

    assert "registry.view_plugin" in PeopleBackend().get_all_permissions(User.objects.get(pk=ann.pk))
    ann.is_active = False
    assert PeopleBackend().get_all_permissions(ann) == set()
