"""Who is told what: rules, conditions, recipients, what a person wants to hear, and the way out of the house."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from paidan.contracts import NOTIFIERS
from paidan.contracts import Delivery as Answer
from paidan.notices import sending
from paidan.notices.actions import announce, forget_old, mark_read, mark_shown
from paidan.notices.conditions import FACTS, check
from paidan.notices.models import Delivery, Event, Kind, Notification, Preference, Rule
from paidan.notices.models.events import sentence
from paidan.notices.planning import Note, RuleFacts, Telling, Wishes, is_quiet, notes
from paidan.notices.standard import USUAL, make_rules
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.dates import tell_of_dates
from paidan.orders.models import Task, WorkOrder
from paidan.people import access
from paidan.people.access import CLAIM, DISPATCH, VIEW
from paidan.people.models import User
from paidan.people.staff import Staff
from tests.conftest import Hire, Install, MakeOrder, Shop, tasks_of

NOON = datetime(2026, 11, 25, 12, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


def told(person: User) -> list[str]:
    return list(Notification.objects.filter(recipient=person).order_by("pk").values_list("kind", flat=True))


def printing(order: WorkOrder) -> list[Task]:
    """The order's tasks that lie in printing."""
    return [task for task in tasks_of(order) if task.department and task.department.code == "printing"]


# --- conditions -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("after.priority >= 3", True),
        ("after.priority >= 3 and before.priority < 3", True),
        ("after.due != before.due", False),
        ("after.status in ['completed', 'cancelled']", False),
        ("not after.operator", True),
        ("after.planned - after.good > 500", True),
        ("after.planned * 2 == 2000", True),
        ("after.waste > 5", False),  # not known: does not hold
        ("after.due < '2026-12-01'", True),
        ("after.planned / 0 > 1", False),
        ("1 < after.priority <= 4", True),
    ],
)
def test_a_condition_is_asked_of_before_and_after(text: str, holds: bool) -> None:
    before = {"priority": 2, "due": "2026-11-27"}
    after = {"priority": 4, "due": "2026-11-27", "planned": 1000, "good": 0, "status": "pending", "operator": None}

    assert check(text).ask(before, after).holds is holds


def test_a_condition_says_how_it_came_out() -> None:
    answer = check("after.priority >= 3 and after.good == 0").ask({}, {"priority": 4, "good": 7})

    assert answer.trace == (
        ("after.priority", 4),
        ("after.priority >= 3", True),
        ("after.good", 7),
        ("after.good == 0", False),
        ("after.priority >= 3 and after.good == 0", False),
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("__import__('os')", "__import__('os')"),
        ("after.__class__", "after.__class__"),
        ("after.total_amount > 1", "after.total_amount"),
        ("after.priority.real", "after.priority.real"),
        ("priority > 3", "priority"),
        ("[x for x in after]", "[x for x in after]"),
        ("after.good ** 99", "after.good ** 99"),
        ("lambda: 1", "lambda: 1"),
        ("f'{after}'", "f'{after}'"),
        ("b'x' == 1", "b'x'"),
        ("after['good']", "after['good']"),
        ("after.good is None", "after.good is None"),
    ],
)
def test_a_condition_with_anything_else_is_refused_in_words(text: str, part: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        check(text)

    assert part in refusal.value.messages[0]


@pytest.mark.parametrize("text", ["after.good >", "(", "1 +* 2", "after.good = 3", "\x00"])
def test_a_condition_that_cannot_be_read_says_where(text: str) -> None:
    with pytest.raises(ValidationError, match=r"\d"):
        check(text)


def test_a_condition_is_short() -> None:
    with pytest.raises(ValidationError):
        check("after.good == 1 or " * 40 + "1")
    with pytest.raises(ValidationError):
        check("-" * 400 + "1")


@given(st.text(max_size=60))
def test_whatever_somebody_types_is_a_condition_or_refused(text: str) -> None:
    try:
        answer = check(text).ask({}, {"good": 1})
    except ValidationError:
        return
    assert answer.holds in (True, False)


@given(
    st.sampled_from(sorted(FACTS)),
    st.one_of(st.none(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2)),
)
def test_no_fact_makes_a_condition_fail(name: str, value: Any) -> None:
    for text in (
        f"after.{name} > 3",
        f"after.{name} * 3 in before.{name}",
        f"-after.{name} < 'a'",
        f"not after.{name}",
    ):
        assert check(text).ask({}, {name: value}).holds in (True, False)


# --- who is told: the plan is pure ----------------------------------------------------------------
def a_rule(*audience: str, **more: Any) -> RuleFacts:
    usual: dict[str, Any] = {
        "id": 1, "kind": Kind.TASK_COMPLETED, "condition": None, "audience": audience, "people": (), "channels": (),
        "title": "", "text": "", "priority": None, "digest": False,
    }  # fmt: skip
    return RuleFacts(**usual | more)


def a_staff(people: Sequence[int] = range(1, 20), **rights: Sequence[int]) -> Staff:
    held = {name.replace("__", ":"): frozenset(ids) for name, ids in rights.items()}
    usual = {"everything": frozenset(), "own": frozenset()}
    departments = {VIEW: {7: frozenset({3})}, DISPATCH: {7: frozenset({3})}, CLAIM: {7: frozenset({4, 5})}}
    return Staff(frozenset(people), usual | held, departments)


def done(**more: Any) -> Telling:
    usual: dict[str, Any] = {
        "kind": Kind.TASK_COMPLETED, "values": {"order": "202611001", "task": "过油", "person": "安"}, "departments": [7],
        "people": {"operator": [4], "maker": [1], "salesperson": [2]}, "order_id": 50, "task_id": 60,
    }  # fmt: skip
    return Telling(**usual | more)


def planned(rules: Sequence[RuleFacts], staff: Staff, telling: Telling | None = None, **more: Any) -> list[Note]:
    usual: dict[str, Any] = {"wishes": {}, "by": 4, "now": NOON, "most": 60}
    return notes([telling or done()], rules, staff, **usual | more)


def people(found: Sequence[Note]) -> list[int]:
    return [note.person for note in found]


def test_each_part_is_found_and_each_person_told_once() -> None:
    rules = [a_rule("supervisors", "maker"), a_rule("salesperson", "department", "maker")]

    found = planned(rules, a_staff(everything=[1], own=[2]))

    assert people(found) == [1, 2, 3]  # 4 did it; 5 may only see what lies in the pool


def test_nobody_is_told_of_what_he_or_she_may_not_see() -> None:
    rules = [a_rule("maker", "salesperson", "role:operator", people=(9,))]

    assert people(planned(rules, a_staff(role__operator=[5, 6]))) == []
    assert people(planned(rules, a_staff(role__operator=[5, 6], everything=[9], own=[1]))) == [1, 9]


def test_the_pool_is_known_to_those_who_may_claim_there() -> None:
    rules = [a_rule("department")]

    assert people(planned(rules, a_staff(), done(people={"operator": []}))) == [3, 5]


def test_who_lost_a_task_is_told_although_it_is_out_of_sight() -> None:
    rules = [a_rule("former_operator")]

    assert people(planned(rules, a_staff(), done(people={"former_operator": [8]}))) == [8]


def test_who_has_left_is_told_nothing() -> None:
    assert people(planned([a_rule("maker")], a_staff([2, 3], everything=[1, 2]))) == []


def test_a_condition_chooses_the_events() -> None:
    rules = [a_rule("supervisors", condition=check("after.good < after.planned"))]

    assert people(planned(rules, a_staff(), done(after={"good": 900, "planned": 1000}))) == [3]
    assert people(planned(rules, a_staff(), done(after={"good": 1000, "planned": 1000}))) == []


def test_a_shops_own_words_and_priority_win() -> None:
    rules = [a_rule("supervisors"), a_rule("supervisors", title="完工", text="%(order)s 的 %(task)s 好了", priority=4)]

    [note] = planned(rules, a_staff())

    assert (note.title, note.text, note.priority) == ("完工", "202611001 的 过油 好了", 4)


def test_channels_wait_for_the_end_of_quiet_hours_over_midnight() -> None:
    rules = [a_rule("supervisors", channels=("mail", "wecom"))]
    wishes = {3: Wishes(quiet_from=time(22), quiet_until=time(7), declined=("wecom",))}

    late = NOON.replace(hour=23)
    [night] = planned(rules, a_staff(), wishes=wishes, now=late)
    [day] = planned(rules, a_staff(), wishes=wishes)
    [urgent] = planned(rules, a_staff(), done(priority=4), wishes=wishes, now=late)

    assert (night.quiet, night.channels) == (True, {"mail": datetime(2026, 11, 26, 7, tzinfo=NOON.tzinfo)})
    assert (day.quiet, day.channels) == (False, {"mail": NOON})
    assert (urgent.quiet, urgent.channels) == (False, {"mail": late})


def test_a_digest_waits_for_the_full_hour() -> None:
    [note] = planned([a_rule("supervisors", channels=("mail",), digest=True)], a_staff())

    assert note.channels == {"mail": NOON.replace(hour=13, minute=0)} and not note.quiet


def test_what_is_muted_stays_in_the_inbox_without_a_sound_and_goes_nowhere_else() -> None:
    wishes = {3: Wishes(muted=(Kind.TASK_COMPLETED,))}

    [note] = planned([a_rule("supervisors", channels=("mail",))], a_staff(), wishes=wishes)

    assert (note.quiet, note.channels) == (True, {})


def test_more_than_the_cap_comes_quietly_and_collected() -> None:
    rules = [a_rule("supervisors", channels=("mail",))]

    found = notes([done(), done(), done()], rules, a_staff(), {3: Wishes(heard=1)}, by=None, now=NOON, most=3)

    assert [note.quiet for note in found] == [False, False, True]
    assert found[2].channels == {"mail": NOON.replace(hour=13, minute=0)}


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_a_message_never_goes_out_in_quiet_hours(begin: time, end: time, at: datetime) -> None:
    wish, now = Wishes(quiet_from=begin, quiet_until=end), at.replace(tzinfo=NOON.tzinfo)

    for digest in (False, True):
        [note] = planned(
            [a_rule("supervisors", channels=("mail",), digest=digest)], a_staff(), wishes={3: wish}, now=now
        )
        when = note.channels["mail"]
        assert when >= now and not is_quiet(when, wish)
        assert when - now <= timedelta(days=1, hours=1)


# --- what is written ------------------------------------------------------------------------------
def test_the_rules_of_the_house_exist_once_and_keep_what_a_shop_made_of_them(shop: Shop) -> None:
    rule = Rule.objects.get(built_in=Kind.TASK_STARTED)
    rule.enabled = True
    rule.save()

    make_rules()

    assert Rule.objects.count() == len(USUAL) == len(Kind)
    assert Rule.objects.get(pk=rule.pk).enabled


def test_an_event_is_kept_with_what_was_before_and_after(pooled_task: Task, hire: Hire) -> None:
    ann = hire("ann")

    work.claim(pooled_task, by=ann)

    event = Event.objects.get(kind=Kind.TASK_CLAIMED)
    assert event.before["operator"] is None and event.after["operator"] == "ann"
    assert event.after["process"] == "VAN" and event.after["planned"] == 1000
    assert event.people["operator"] == [ann.pk] and event.departments == [pooled_task.department_id]
    assert (event.by, event.order_id, event.task_id) == (ann, pooled_task.order.pk, pooled_task.pk)


def test_a_claim_tells_nobody_until_the_shop_switches_it_on(approved: MakeOrder, hire: Hire) -> None:
    ann, boss = hire("ann"), hire("bob", post=("printing", "supervisor"))
    first, second = printing(approved("VAN", "VAN"))

    work.claim(first, by=ann)
    Rule.objects.filter(built_in=Kind.TASK_CLAIMED).update(enabled=True)
    work.claim(second, by=ann)

    assert told(boss).count(Kind.TASK_CLAIMED) == 1


def test_giving_back_tells_the_supervisors_why(pooled_task: Task, hire: Hire) -> None:
    ann, boss = hire("ann"), hire("bob", post=("printing", "supervisor"))
    work.claim(pooled_task, by=ann)

    work.release(pooled_task, by=ann, reason="机器坏了")

    notice = Notification.objects.get(recipient=boss, kind=Kind.TASK_RELEASED)
    assert notice.values["reason"] == "机器坏了" and "机器坏了" in str(notice)


def test_a_person_is_told_once_of_an_event_whatever_happens(pooled_task: Task, hire: Hire, approver: User) -> None:
    ann = hire("ann")
    work.assign(pooled_task, by=approver, to=ann)
    notice = Notification.objects.get(recipient=ann)

    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.create(recipient=ann, event=notice.event, kind=notice.kind)


def test_an_approval_of_100_tasks_to_12_departments_tells_with_at_most_6_statements(
    shop: Shop, submitted: MakeOrder, hire: Hire, approver: User
) -> None:
    order = submitted("PACK")
    places = list(access.Department.objects.all()[:12])
    for place in places:
        hire(f"boss-{place.code}", post=(place.code, "supervisor"))
    arrived = [
        Telling(kind=Kind.TASKS_DISPATCHED, values={"tasks": 8, "order": order.number, "department": place.name},
                departments=[place.pk], order_id=order.pk)
        for place in places
    ]  # fmt: skip
    said = Telling(
        kind=Kind.ORDER_APPROVED, values={"order": order.number}, people={"maker": [order.maker_id]}, order_id=order.pk
    )

    with CaptureQueriesContext(connection) as asked:
        ids = announce([*arrived, said], by=approver)

    assert len(places) == 12 and len(asked) <= 6
    assert len(ids) >= 13


def test_an_order_is_told_to_be_due_once_and_late_once(approved: MakeOrder, maker: User, hire: Hire) -> None:
    boss = hire("bob", post=("printing", "supervisor"))
    order = approved("VAN")
    due = order.due_date
    assert due is not None

    counts = [tell_of_dates(due + timedelta(days=days)) for days in (-7, -2, -1, 0, 0, 1, 1, 2)]

    assert counts == [0, 1, 0, 0, 0, 1, 0, 0]
    for person in (maker, boss):
        assert [kind for kind in told(person) if "due" in kind] == [Kind.ORDER_DUE_SOON, Kind.ORDER_OVERDUE]
    assert str(due) in str(Notification.objects.filter(recipient=maker).latest("pk"))


def test_a_completed_order_is_never_late(approved: MakeOrder, hire: Hire, maker: User) -> None:
    order, ann = approved("VAN"), hire("ann")
    [task] = tasks_of(order)
    work.claim(task, by=ann)
    work.complete(task, by=ann)

    assert tell_of_dates(order.due_date + timedelta(days=1)) == 0  # type: ignore[operator]


def test_the_inbox_forgets_after_30_days_before_the_night_as_well(
    pooled_task: Task, hire: Hire, approver: User
) -> None:
    ann = hire("ann")
    work.assign(pooled_task, by=approver, to=ann)
    notice = Notification.objects.get(recipient=ann)
    assert notice.expires_at - notice.created_at == pytest.approx(timedelta(days=30), abs=timedelta(seconds=5))
    Notification.objects.filter(pk=notice.pk).update(expires_at=timezone.now())

    assert not Notification.objects.all().visible_to(ann).exists()
    assert forget_old(timezone.now()) == 1
    assert not Notification.objects.filter(pk=notice.pk).exists()


def test_a_notification_is_read_and_shown_once(pooled_task: Task, hire: Hire, approver: User) -> None:
    ann, ben = hire("ann"), hire("ben")
    work.assign(pooled_task, by=approver, to=ann)
    notice = Notification.objects.get(recipient=ann)

    assert mark_read(ben, [notice.pk]) == 0
    assert mark_shown([notice.pk]) == 1 and mark_shown([notice.pk]) == 0
    assert mark_read(ann) == 1 and mark_read(ann) == 0
    notice.refresh_from_db()
    assert notice.is_sent and notice.read_at is not None


# --- out of the house -----------------------------------------------------------------------------
@pytest.fixture
def mailed(install: Install, pooled_task: Task, hire: Hire, approver: User) -> Any:
    """`mailed(answer, …)` gives ann a task, of which a notifier is told; it answers in turn, and keeps what it got."""

    def mailed(*answers: Any) -> list[Any]:
        got: list[Any] = []
        left = list(answers)

        def notifier(message: Any) -> Answer:
            got.append(message)
            answer = left.pop(0) if left else Answer.delivered()
            if isinstance(answer, Exception):
                raise answer
            return answer

        install(notifier, "mail", group=NOTIFIERS)
        Rule.objects.filter(built_in=Kind.TASK_ASSIGNED).update(channels=["mail"])
        work.assign(pooled_task, by=approver, to=hire("ann", email="ann@example.cn"))
        return got

    return mailed


def later(minutes: int = 0) -> None:
    """Time passes: what waits is due."""
    Delivery.objects.filter(state="waiting").update(next_at=timezone.now() - timedelta(seconds=1))


def test_a_message_goes_out_once_with_the_persons_address(mailed: Any) -> None:
    got = mailed()

    assert (sending.send_due(), sending.send_due()) == (1, 0)

    [message] = got
    delivery = Delivery.objects.get()
    assert message.recipient.addresses == {"email": "ann@example.cn"} and message.attempt == 1
    assert "过油" in message.text and message.title == "任务分派给你"
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("delivered", 1, "")


def test_a_message_that_did_not_arrive_is_tried_again_later_and_later(mailed: Any) -> None:
    got = mailed(Answer.retry_later("忙"), ValueError("broken"), Answer.retry_later("忙", minutes=45))
    waits = []

    for _n in range(4):
        sending.send_due()
        delivery = Delivery.objects.get()
        waits.append(round((delivery.next_at - timezone.now()).total_seconds() / 60))
        later()

    assert waits[:3] == [1, 2, 45]
    assert (delivery.state, delivery.attempts, len(got)) == ("delivered", 4, 4)
    assert len({message.id for message in got}) == 1


def test_a_message_is_given_up_when_it_never_arrives_or_never_can(mailed: Any) -> None:
    mailed(*[Answer.retry_later("忙")] * 20)

    for _n in range(12):
        sending.send_due()
        later()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("gave_up", len(sending.BACK_OFF) + 1, "忙")


def test_a_worker_that_dies_leaves_a_message_to_the_next_one(mailed: Any) -> None:
    got = mailed()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(sending, "deliver", lambda *a, **k: (_ for _ in ()).throw(SystemExit))
        sending.send_due()

    assert sending.send_due() == 0 and got == []  # still claimed
    later()
    assert sending.send_due() == 1
    assert Delivery.objects.get().state == "delivered"


def test_what_was_collected_goes_out_as_one_message(
    install: Install, approved: MakeOrder, hire: Hire, approver: User
) -> None:
    got: list[Any] = []
    install(lambda message: got.append(message) or Answer.delivered(), "mail", group=NOTIFIERS)
    Rule.objects.filter(built_in=Kind.TASK_ASSIGNED).update(channels=["mail"], digest=True)
    ann = hire("ann")
    for task in printing(approved("VAN", "VAN")):
        work.assign(task, by=approver, to=ann)

    assert sending.send_due() == 0
    later()
    assert sending.send_due() == 2

    [message] = got
    assert message.text.count("\n") == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_what_was_tried_together_is_tried_again_together_under_the_same_id(
    install: Install, hire: Hire, shop: Shop
) -> None:
    got: list[Any] = []
    answers = [Answer.retry_later("忙")]
    install(
        lambda message: got.append(message) or (answers.pop() if answers else Answer.delivered()), "mail",
        group=NOTIFIERS,
    )  # fmt: skip
    Rule.objects.filter(built_in=Kind.PLUGIN_SWITCHED_OFF).update(channels=["mail"])
    hire("zoe", role="admin")
    first, second = (_tell_of_a_plugin(name) for name in ("one", "two"))
    assert sending.send_due() == 2

    late = _tell_of_a_plugin("three")
    later()
    assert sending.send_due() == 3

    said = sorted((message.id, message.attempt, message.text.count("\n")) for message in got)
    both = f"notice-{first}-{second}"
    assert said == sorted([(both, 1, 1), (both, 2, 1), (f"notice-{late}", 1, 0)])
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_message_is_claimed_when_it_is_its_turn(install: Install, hire: Hire, shop: Shop) -> None:
    """However slow the channel is for those before, nobody else finds this claim run out."""
    claimed: list[int] = []
    install(lambda message: Answer.delivered(), "mail", group=NOTIFIERS)
    Rule.objects.filter(built_in=Kind.PLUGIN_SWITCHED_OFF).update(channels=["mail"])
    for name in ("zoe", "yan", "xia"):
        hire(name, role="admin")
    _tell_of_a_plugin("one")

    def slow(channel: str, message: Any) -> Answer:
        claimed.append(Delivery.objects.filter(next_at__gt=timezone.now(), state="waiting").count())
        return Answer.delivered()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "deliver", slow)
        assert sending.send_due() == 3

    assert claimed == [1, 1, 1]


def test_a_worker_that_comes_too_late_puts_nothing_off_that_another_one_tries(mailed: Any) -> None:
    mailed()

    def overtaken(channel: str, message: Any) -> Answer:
        Delivery.objects.update(attempts=2, next_at=soon)
        return Answer.retry_later("忙", minutes=45)

    soon = timezone.now() + sending.CLAIM
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "deliver", overtaken)
        sending.send_due()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.next_at, delivery.last_error) == ("waiting", soon, "")


def _tell_of_a_plugin(name: str) -> int:
    """Tell the administrators of something that has nothing to do with an order."""
    return announce([Telling(kind=Kind.PLUGIN_SWITCHED_OFF, values={"plugin": name, "reason": "x"})], by=None)[0]


def test_a_notification_never_names_a_price(approved: MakeOrder, hire: Hire) -> None:
    order = approved("VAN")
    WorkOrder.objects.filter(pk=order.pk).update(total_amount="731.37")

    life.pause(WorkOrder.objects.get(pk=order.pk), by=hire("zoe", role="approver"))

    for model in (Event, Notification):
        assert "731.37" not in str(list(model.objects.values())) and "3.2" not in str(
            list(model.objects.values("values"))
        )


def test_quiet_hours_have_both_ends(hire: Hire) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Preference.objects.create(person=hire("ann"), quiet_from=time(22))


@pytest.mark.parametrize(
    ("language", "tasks", "read"),
    [
        ("en", "1", "1 task of order A7 came to printing."),
        ("en", "2", "2 tasks of order A7 came to printing."),
        ("zh-hans", "1", "施工单 A7 的 1 个任务分派到了printing。"),
    ],
)
def test_one_task_is_spoken_of_as_one(language: str, tasks: str, read: str) -> None:
    values = {"tasks": tasks, "order": "A7", "department": "printing"}

    with translation.override(language):
        assert sentence(Kind.TASKS_DISPATCHED, values) == read
