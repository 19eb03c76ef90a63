"""Questions whose statement is written once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from paidan.dispatch.facts import rules_for
from paidan.dispatch.models import DispatchRule
from paidan.people.models import Department, User
from paidan.prepared import Given, OneOf, Prepared

pytestmark = pytest.mark.django_db


def test_it_answers_what_django_would_answer_whoever_asks_next(shop):
    by_code = Prepared(
        lambda: Department.objects.filter(code__in=OneOf("codes", CharField())).order_by("code").values_list("code")
    )

    for codes in ({"printing"}, {"printing", "cutting", "nowhere"}, set()):
        plain = Department.objects.filter(code__in=codes).order_by("code").values_list("code")
        assert by_code.ask(codes=codes) == list(plain)


def test_the_statement_is_written_once(hire, django_assert_num_queries):
    people = sorted(hire(name).pk for name in ("ann", "bob", "cai"))
    written = []

    def question():
        written.append(1)
        return User.objects.filter(pk__in=OneOf("people")).order_by("pk").values_list("pk")

    of_people = Prepared(question)
    with django_assert_num_queries(3):
        assert [of_people.ask(people=[pk]) for pk in people] == [[(pk,)] for pk in people]
    assert written == [1]


def test_values_come_back_as_python_has_them(shop):
    rule = DispatchRule.objects.select_related("process", "department").filter(time_factor=1).first()
    rule.time_factor = Decimal("1.25")
    rule.save()
    values = Prepared(lambda: DispatchRule.objects.filter(pk__in=OneOf("rules")).values_list("time_factor", "enabled"))

    [(factor, enabled)] = values.ask(rules=[rule.pk])

    assert (factor, enabled) == (Decimal("1.25"), True)
    assert isinstance(enabled, bool)
    assert [each.time_factor for each in rules_for([rule.process.code]) if each.department == rule.department_id] == [
        1.25
    ]


def test_a_moment_is_compared_as_a_moment(maker):
    late = Prepared(
        lambda: User.objects.filter(date_joined__gt=Given("since", DateTimeField())).order_by("pk").values_list("pk")
    )
    now = timezone.now()

    assert late.ask(since=now + timedelta(days=1)) == []
    assert (maker.pk,) in late.ask(since=now - timedelta(days=1))


def test_what_was_not_given_is_said(shop):
    of_people = Prepared(lambda: User.objects.filter(pk__in=OneOf("people")).values_list("pk"))

    with pytest.raises(KeyError, match="people"):
        of_people.ask()
