"""People, roles, posts and rights are shown in the shop's words, and what is in use is not deleted."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from paidan.catalog.models import Customer
from paidan.notices.models import Notification
from paidan.orders.models import WorkOrder
from paidan.people.actions import place
from paidan.people.models import User
from tests.conftest import assert_recorded, unchanged
from tests.test_pages import BACKEND, change

pytestmark = pytest.mark.django_db

RAW = re.compile(r"Can (add|change|delete|view)|\b(printing|packaging|cutting):(operator|supervisor)\b")


@pytest.fixture
def admin(hire: Callable[..., User]) -> Client:
    """A Chinese browser in which a superuser signed in."""
    client = Client()
    client.force_login(hire("root", is_superuser=True), backend=BACKEND)
    return client


def words(page: Any) -> str:
    """What stands on the page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


@pytest.mark.parametrize("where", ["user_changelist", "user_add", "group_changelist", "group_add"])
def test_groups_and_rights_are_named_in_chinese(where: str, admin: Client, hire: Callable[..., User]) -> None:
    hire("ann")
    app = "people" if "user" in where else "auth"

    text = words(admin.get(reverse(f"admin:{app}_{where}")))

    assert not RAW.search(text)
    assert "印刷车间 · 操作员" in text or where == "group_add"


def test_the_page_of_a_post_says_in_its_title_what_it_is(admin: Client, shop: Any) -> None:
    post = Group.objects.get(name="printing:operator")

    text = words(admin.get(change(post)))

    assert "角色和岗位 chevron_right 印刷车间 · 操作员" in text
    assert not RAW.search(text)


def test_the_name_of_a_role_or_post_is_a_key_and_stays(admin: Client, shop: Any) -> None:
    for name in ("maker", "printing:operator"):
        group = Group.objects.get(name=name)

        admin.post(change(group), {"name": "other", "permissions": []})

        assert Group.objects.get(pk=group.pk).name == name
        assert admin.post(change(group).replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_saving_a_group_keeps_the_rights_that_the_table_does_not_offer(admin: Client) -> None:
    group = Group.objects.create(name="hand-made")
    hidden = Permission.objects.get(codename="view_historicalworkorder")
    shown = Permission.objects.get(codename="view_customer")
    group.permissions.set([hidden, shown])
    wanted = Permission.objects.get(codename="view_product")
    page = admin.get(change(group))
    offered = {
        pk for _title, options in page.context["adminform"].form.fields["permissions"].choices for pk, _n in options
    }
    assert hidden.pk not in offered and {shown.pk, wanted.pk} <= offered

    admin.post(change(group), {"name": "hand-made", "permissions": [wanted.pk]})

    assert set(group.permissions.all()) == {hidden, wanted}


def test_a_person_is_placed_by_ticking_a_post(admin: Client, hire: Callable[..., User], shop: Any) -> None:
    ann = hire("ann")
    place(ann, role="operator", department=shop.department("packaging"))
    chosen = Group.objects.get(name="cutting:supervisor")
    form = admin.get(change(ann)).context["adminform"].form
    sent = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items() if name != "password"}

    admin.post(change(ann), {key: value for key, value in sent.items() if value} | {"groups": [chosen.pk]})

    assert [str(group) for group in ann.groups.all()] == ["裁切车间 · 部门主管"]


def test_roles_ticked_in_a_persons_form_stand_in_the_history(admin: Client, hire: Callable[..., User]) -> None:
    ann = hire("ann")
    maker = Group.objects.get(name="maker")
    page = {"username": "ann", "name": "ann", "is_active": "on", "is_staff": "on"}

    for groups in ([maker.pk], [maker.pk]):
        admin.post(change(ann), page | {"groups": groups})

    told = [why for why in User.history.filter(id=ann.pk).values_list("history_change_reason", flat=True) if why]
    assert told == ["新增：制单员；取消：印刷车间 · 操作员"]  # once: the second time nothing changed
    assert User.history.filter(id=ann.pk).latest().history_user.username == "root"
    assert set(ann.groups.all()) == {maker}
    assert_recorded(User)


def test_rights_given_to_a_role_stand_in_the_history_of_everybody_who_has_it(
    admin: Client, hire: Callable[..., User]
) -> None:
    mia, ann = hire("mia", role="maker"), hire("ann")
    maker = Group.objects.get(name="maker")
    kept = maker.permissions.exclude(codename__in=["submit_workorder", "view_workorder"])
    approve = Permission.objects.get(codename="approve_workorder")

    admin.post(change(maker), {"permissions": [*kept.values_list("pk", flat=True), approve.pk]})

    entry = User.history.filter(id=mia.pk).latest()
    assert entry.history_change_reason == "制单员 新增权限：审核、驳回施工单；取消：提交施工单、查看 · 施工单"
    assert entry.history_user.username == "root"
    assert User.history.filter(id=ann.pk).count() == 1
    assert_recorded(User)


def test_who_is_added_here_may_sign_in(admin: Client, shop: Any) -> None:
    form = admin.get(reverse("admin:people_user_add")).context["adminform"].form

    assert form.get_initial_for_field(form.fields["is_staff"], "is_staff") is True


def test_nobody_reads_what_is_stored_of_a_password(admin: Client, hire: Callable[..., User]) -> None:
    ann = hire("ann")
    ann.set_password("paidan-demo")
    ann.save()
    approver = Client()
    approver.force_login(hire("abe", role="approver"), backend=BACKEND)

    for client in (admin, approver):
        page = client.get(change(ann))
        assert page.status_code == 200
        assert ann.password[:12] not in page.content.decode() and "md5" not in page.content.decode()


# --- deleting -------------------------------------------------------------------------------------
def test_what_is_in_use_is_not_deleted_and_the_page_says_where_it_is_used(
    admin: Client, customer: Customer, created: Callable[..., WorkOrder]
) -> None:
    order = created("VAN")
    url = change(customer).replace("change", "delete")

    page = admin.get(url)
    with unchanged():
        admin.post(url, {"post": "yes"})

    text = words(page)
    assert "正在使用，不能删除" in text and "可以改为停用" in text and order.number in text
    assert "没有权限" not in text
    assert Customer.objects.filter(pk=customer.pk).exists()


def test_only_some_of_many_uses_are_named(admin: Client, customer: Customer, created: Callable[..., WorkOrder]) -> None:
    for _n in range(23):
        created("VAN")

    page = admin.get(change(customer).replace("change", "delete"))

    assert len(page.context["protected"]) == 21
    assert "另有 3 个" in words(page)


def test_what_nobody_uses_is_deleted_after_a_question(admin: Client, customer: Customer) -> None:
    url = change(customer).replace("change", "delete")

    assert "删除“华美日化”？" in words(admin.get(url))
    admin.post(url, {"post": "yes"})

    assert not Customer.objects.exists()


def test_a_person_who_was_only_told_things_can_be_deleted(admin: Client, hire: Callable[..., User]) -> None:
    ann = hire("ann")
    Notification.objects.create(recipient=ann, kind="order_completed", values={"order": "A1"})
    url = change(ann).replace("change", "delete")

    text = words(admin.get(url))
    admin.post(url, {"post": "yes"})

    assert "删除“ann”？" in text and "通知: 1" in text
    assert "User_groups" not in text and "User-group" not in text
    assert not User.objects.filter(pk=ann.pk).exists()


# --- choosers -------------------------------------------------------------------------------------
def test_a_maker_chooses_the_salesperson_from_a_list(maker: User, hire: Callable[..., User]) -> None:
    sam, ann = hire("sam", role="sales"), hire("ann")
    client = Client()
    client.force_login(maker, backend=BACKEND)

    page = client.get(reverse("admin:orders_workorder_add")).content.decode()

    assert f'<option value="{sam.pk}">sam</option>' in page
    assert f'<option value="{ann.pk}">ann</option>' not in page


def test_the_chooser_is_loaded_once(maker: User) -> None:
    """A second copy of the script forgets that it speaks Chinese."""
    client = Client()
    client.force_login(maker, backend=BACKEND)

    for page in ("add", "changelist"):
        text = client.get(reverse(f"admin:orders_workorder_{page}")).content.decode()
        assert len(re.findall(r"select2\.full[\w.]*js", text)) == 1
