"""Browsers that come to the door, and what they send there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from paidan.backoffice import limits
from paidan.people.models import User
from tests.conftest import Hire

PASSWORD = "nine pots of ink"
OWN = "a door of my own"


@pytest.fixture(autouse=True)
def count_anew() -> Iterator[None]:
    """No test is refused for what another one asked."""
    cache.clear()
    limits.forget()
    yield
    cache.clear()
    limits.forget()


@pytest.fixture
def ann(hire: Hire) -> User:
    """An operator with a password."""
    return with_password(hire("ann"))


def with_password(user: User, **changes: Any) -> User:
    """The person, who can sign in now."""
    user.set_password(PASSWORD)
    for name, value in changes.items():
        setattr(user, name, value)
    user.save()
    return user


def browser(**more: Any) -> Client:
    """A browser that speaks English and has never been here."""
    client = Client(**more)
    client.cookies["django_language"] = "en"
    return client


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: Any) -> Any:
    """Send the sign-in form."""
    return client.post("/login/", {"username": name, "password": password}, **more)


def is_in(client: Client) -> bool:
    """Whether the start page opens."""
    return bool(client.get("/").status_code == 200)


def text_of(response: Any) -> str:
    """What a page says, without the tokens that differ each time."""
    return re.sub(r'(csrfmiddlewaretoken" value="|nonce=")[^"]+', "", response.content.decode())


def own(old: str, new: str) -> dict[str, str]:
    """The form in which a given password becomes one's own."""
    return {"old_password": old, "new_password1": new, "new_password2": new}
