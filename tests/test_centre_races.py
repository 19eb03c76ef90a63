"""What happens when the line, or several people, send at the same moment: real threads, both databases."""

import uuid

import pytest

from paidan.orders.actions import task as work
from paidan.orders.models import Deed, Task
from paidan.people.models import User
from tests.conftest import Hire, assert_history_complete, reload, together
from tests.tablets import act

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(hire: Hire) -> User:
    return hire("ann")


@pytest.fixture
def held(pooled_task: Task, ann: User) -> Task:
    """A task of 1,000 pieces that Ann holds."""
    return work.claim(pooled_task, by=ann).task


def test_the_same_key_sent_many_times_at_once_does_it_once(held: Task, ann: User) -> None:
    """CONS-01."""
    key = uuid.uuid4()

    answers = together([lambda: act(ann, "report", held, key, good=100, version=held.version)] * 8)

    assert answers == [answers[0]] * 8 and answers[0]["ok"]
    assert (reload(held).good, held.reports.count(), Deed.objects.count()) == (100, 1, 1)
    assert_history_complete("orders")


def test_different_keys_on_one_version_at_once_end_with_one_report(held: Task, ann: User) -> None:
    answers = together([lambda: act(ann, "report", held, good=100, version=held.version)] * 4)

    assert sorted(answer.get("code", "") for answer in answers) == ["", "stale", "stale", "stale"]
    assert (reload(held).good, Deed.objects.count()) == (100, 4)


def test_of_simultaneous_claims_from_tablets_one_wins(pooled_task: Task, hire: Hire) -> None:
    """OP-05."""
    people = [hire(f"ann{n}") for n in range(6)]

    answers = together([lambda who=who: act(who, "claim", pooled_task) for who in people])

    assert [answer["ok"] for answer in answers].count(True) == 1
    assert {answer["code"] for answer in answers if not answer["ok"]} <= {"already_taken", "gone"}
    assert reload(pooled_task).operator in people
