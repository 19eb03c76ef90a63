"""The same order book twice: page and command know of each other, and no order is made twice by mistake."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paidan.catalog.models import Customer, Product
from paidan.errors import Refused
from paidan.exchange import actions
from paidan.exchange.models import ImportSession
from paidan.orders.models import WorkOrder
from paidan.people.models import User
from tests.conftest import together, unchanged
from tests.test_import import ROW, book
from tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
UNNUMBERED = {name: value for name, value in ROW.items() if name != "number"}


@pytest.fixture(autouse=True)
def masters(customer: Customer, product: Product) -> None:
    """The shop knows one customer and one product."""


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def file(*rows: dict[str, Any]) -> str:
        path = tmp_path / "orders.xlsx"
        path.write_bytes(book(*rows))
        return str(path)

    return file


def command(*arguments: str) -> None:
    call_command("import_orders", *arguments, verbosity=0)


def uploaded(client: Client, path: str) -> Any:
    """The review page of an uploaded file."""
    sent = {"file": SimpleUploadedFile("other name.xlsx", Path(path).read_bytes())}
    return client.post(reverse("import_orders"), sent, follow=True)


def confirmed(client: Client, review: Any) -> int:
    """The answer to confirming what the review page shows."""
    (address, _status) = review.redirect_chain[-1]
    return client.post(address, {"fingerprint": review.context["plan"].fingerprint}).status_code


def test_the_command_refuses_a_file_that_would_make_orders_twice(
    maker: User, file: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = file(ROW, UNNUMBERED)
    command(path)
    kept = list(ImportSession.objects.values())

    with unchanged(), pytest.raises(CommandError, match="--again") as refusal:
        command(path)

    assert "mia" in str(refusal.value) and "\n" not in str(refusal.value)
    assert refusal.value.returncode == 1
    assert list(ImportSession.objects.values()) == kept


def test_the_command_makes_them_twice_when_that_is_said(maker: User, file: Callable[..., str]) -> None:
    path = file(ROW, UNNUMBERED)

    command(path)
    command(path, "--again")

    assert WorkOrder.objects.count() == 3
    assert ImportSession.objects.exclude(applied_at=None).count() == 2


def test_a_file_whose_orders_all_have_numbers_may_come_again(maker: User, file: Callable[..., str]) -> None:
    path = file(ROW)
    command(path)

    with unchanged():
        command(path)


def test_another_file_with_orders_without_a_number_is_new(maker: User, file: Callable[..., str]) -> None:
    command(file(UNNUMBERED))
    command(file(UNNUMBERED | {"quantity": 7}))

    assert WorkOrder.objects.count() == 2


def test_a_dry_run_says_that_the_file_was_here_and_remembers_nothing(
    maker: User, file: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = file(UNNUMBERED)
    command(path, "--dry-run")
    assert not ImportSession.objects.exists()
    command(path)
    capsys.readouterr()

    with unchanged():
        command(path, "--dry-run")

    assert "mia" in capsys.readouterr().out


def test_the_command_knows_what_the_page_imported(maker: User, file: Callable[..., str]) -> None:
    path = file(UNNUMBERED)
    client = signed_in(maker)
    assert confirmed(client, uploaded(client, path)) == 302

    with unchanged(), pytest.raises(CommandError):
        command(path)


def test_the_page_warns_of_what_the_command_imported_and_imports_it_when_confirmed(
    maker: User, hire: Callable[..., User], file: Callable[..., str]
) -> None:
    path = file(UNNUMBERED)
    command(path)
    client = signed_in(hire("max", role="maker"))

    review = uploaded(client, path)

    assert "mia imported this very file" in review.content.decode()
    assert confirmed(client, review) == 302
    assert WorkOrder.objects.count() == 2


def test_an_import_between_looking_and_confirming_is_not_confirmed_blindly(
    maker: User, file: Callable[..., str]
) -> None:
    path = file(UNNUMBERED)
    client = signed_in(maker)
    review = uploaded(client, path)
    command(path)

    with unchanged():
        assert confirmed(client, review) == 409


def test_a_file_is_known_again_after_its_content_was_forgotten(maker: User, file: Callable[..., str]) -> None:
    path = file(UNNUMBERED)
    client = signed_in(maker)
    review = uploaded(client, path)
    confirmed(client, review)
    ImportSession.objects.update(created_at=timezone.now() - timedelta(days=8))
    same = Path(path).read_bytes()

    uploaded(client, file(ROW))
    Path(path).write_bytes(same)

    assert ImportSession.objects.exclude(applied_at=None).get().content == b""
    assert client.get(review.redirect_chain[-1][0]).status_code == 404
    with unchanged(), pytest.raises(CommandError):
        command(path)


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_of_one_file_at_the_same_moment_one_is_refused(
    maker: User, hire: Callable[..., User], file: Callable[..., str]
) -> None:
    other = hire("max", role="maker")
    content = Path(file(UNNUMBERED)).read_bytes()
    plan = actions.read_orders(content, by=maker)

    answers = together([lambda: actions.apply(plan, by=maker), lambda: actions.apply(plan, by=other)])

    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [answer.code for answer in refused] in (["stale"], ["again"])
    assert WorkOrder.objects.count() == 1
