"""The history page of master data says who changed what, when and why, in the reader's words."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from paidan.catalog.models import Customer, Process, Product
from paidan.people.models import Department, User
from tests.test_pages import BACKEND, change
from tests.test_people_pages import admin, words

pytestmark = pytest.mark.django_db
__all__ = ["admin"]  # a fixture


def history(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk])


def saved(row: Any, by: User, why: str = "", **changes: Any) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    row._history_user, row._change_reason = by, why
    row.save()


def test_changes_are_told_in_the_readers_words(admin: Client, maker: User, customer: Customer) -> None:
    saved(customer, maker, "搬家了", is_active=False, salesperson=maker, notes="旧地址")

    text = words(admin.get(history(customer)))

    assert "mia" in text and "搬家了" in text
    for told in ("启用: 是 → 否", "业务员: — → mia", "备注: — → 旧地址"):
        assert told in text, told


def test_what_nobody_did_was_the_system(admin: Client, shop: Any) -> None:
    text = words(admin.get(history(Department.objects.get(code="printing"))))

    assert "系统" in text and "None" not in text


def test_a_price_is_told_to_those_who_may_see_prices(
    admin: Client, maker: User, product: Product, hire: Callable[..., User]
) -> None:
    saved(product, maker, unit_price="9.87", name="新盒")

    assert "9.87" in words(admin.get(history(product)))


def test_the_way_to_a_history_is_offered_to_those_who_may_take_it(
    admin: Client, maker: User, customer: Customer
) -> None:
    office = Client()
    office.force_login(maker, backend=BACKEND)

    assert history(customer) in admin.get(change(customer)).content.decode()
    assert history(customer) not in office.get(change(customer)).content.decode()
    assert office.get(history(customer)).status_code == 403


def test_the_page_asks_the_same_number_of_questions_for_any_history(
    admin: Client, maker: User, shop: Any, django_assert_max_num_queries: Any
) -> None:
    process = Process.objects.get(code="VAN")
    for minutes in range(1, 20):
        saved(process, maker, setup_minutes=minutes)

    admin.get(history(process))  # the first request of a session also writes it, and of a process learns the types
    with django_assert_max_num_queries(8):
        admin.get(history(process))
