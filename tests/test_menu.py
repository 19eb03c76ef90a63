"""The menu: everybody finds what they may open, and sees where they are."""

from typing import Any

import pytest
from django.utils import translation

from paidan.orders.models import Task
from paidan.people.models import User
from tests.conftest import Hire
from tests.test_pages import by_role, signed_in

__all__ = ["by_role"]
pytestmark = pytest.mark.django_db


def menu(user: User, path: str = "/") -> list[list[dict[str, Any]]]:
    """The menu's entries as this page shows them, by group."""
    return [group["items"] for group in signed_in(user).get(path).context["sidebar_navigation"]]


def words(user: User) -> list[list[str]]:
    with translation.override("en"):
        return [[str(item["title"]) for item in group] for group in menu(user)]


def test_each_role_finds_what_it_may_open_and_no_more(by_role: dict[str, User]) -> None:
    assert words(by_role["operator"]) == [
        ["Home", "Operator centre", "Work orders", "Tasks", "Materials to come", "Notifications"],
    ]
    assert words(by_role["admin"])[-1] == [
        "Plugins", "Notification rules", "Messages under way", "All changes",
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["maker", "sales", "approver", "supervisor", "operator", "admin"])
def test_every_entry_opens_and_says_that_one_is_there(role: str, by_role: dict[str, User]) -> None:
    client = signed_in(by_role[role])

    for entry in (entry for group in menu(by_role[role]) for entry in group):
        page = client.get(entry["link"], follow=True)

        shown = page.context["sidebar_navigation"]
        here = [item["link"] for group in shown for item in group["items"] if item["active"]]
        assert (page.status_code, here) == (200, [entry["link"]])


def test_the_page_of_a_row_belongs_to_its_list(pooled_task: Task, hire: Hire) -> None:
    entries = menu(hire("ann"), f"/orders/task/{pooled_task.pk}/change/")

    assert [item["link"] for group in entries for item in group if item["active"]] == ["/orders/task/"]
