"""Tablets at machines, and what they send."""

import uuid
from typing import Any

from django.test import Client
from django.urls import reverse

from paidan.orders.models import Task
from paidan.people.models import User


def as_person(user: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(User.objects.get(pk=user.pk))
    return client


def send(client: Client, user: User, verb: str, task: Task | int, key: Any = None, **more: Any) -> Any:
    """What a tablet sends."""
    number = task if isinstance(task, int) else task.pk
    wish = {"key": str(key or uuid.uuid4()), "person": user.pk, "verb": verb, "task": number, **more}
    return client.post(reverse("centre_do"), wish, content_type="application/json")


def act(user: User, verb: str, task: Task | int, key: Any = None, **more: Any) -> dict[str, Any]:
    """What the tablet of this person is answered."""
    answer: dict[str, Any] = send(as_person(user), user, verb, task, key, **more).json()
    return answer
