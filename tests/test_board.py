"""The supervisor board: what it shows is so, and what is given by hand is given once (SUP-01 … SUP-05)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from paidan.console.board import facts, figures, giving
from paidan.console.board.giving import Move
from paidan.console.board.wish import Wish
from paidan.errors import Refused
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.models import OrderStep, Task, TaskProgress, Workload, WorkOrder
from paidan.orders.models.order import Approval, Priority
from paidan.people import access
from paidan.people.actions import place
from paidan.people.models import Department, User
from tests.conftest import Hire, MakeOrder, Shop, refuses, reload, tasks_of, together, unchanged
from tests.test_pages import signed_in

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


@pytest.fixture
def printing(shop: Shop) -> Department:
    return shop.department("printing")


@pytest.fixture
def sue(hire: Hire) -> User:
    """The supervisor of printing."""
    return hire("sue", post=("printing", "supervisor"))


@pytest.fixture
def ann(hire: Hire) -> User:
    return hire("ann")


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


def board_of(user: User, *places: Department, wish: Wish = Wish()) -> facts.Board:  # noqa: B008  frozen
    return facts.board(user, {place.pk: place for place in places}, wish, TODAY())


def column(board: facts.Board, title: str) -> facts.Column:
    return next(each for each in board.columns if each.title == title)


def move(task: Task, to: User | None = None, department: Department | None = None, **more: Any) -> Move:
    """The task as it was when it was read, to somebody or into a pool."""
    return Move(task.pk, task.version, to.pk if to else None, department.pk if department else None, **more)


def post(client: Client, *moves: Any) -> Any:
    sent = [
        {name: getattr(each, name) for name in each.__dataclass_fields__} if isinstance(each, Move) else each
        for each in moves
    ]
    return client.post("/board/give/", json.dumps({"moves": sent}), content_type="application/json")


def numbered(tasks: list[Task], **values: Any) -> list[Task]:
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(**values)
    return [reload(task) for task in tasks]


# --- what is shown --------------------------------------------------------------------------------
def test_a_department_has_a_pool_and_a_column_for_each_of_its_operators(
    approved: MakeOrder, sue: User, ann: User, hire: Hire, printing: Department
) -> None:
    """SUP-01."""
    hire("ben")
    order = approved("VAN", quantity=2000)
    held, pooled = tasks_of(order)[0], tasks_of(approved("VAN"))[0]
    work.start(work.claim(held, by=ann).task, by=ann)
    work.report(held, by=ann, good=500, waste=10)

    board = board_of(sue, printing)

    assert [(each.kind, each.title, each.total) for each in board.columns] == [
        ("pool", f"Pool of {printing}", 1),
        ("hand", "ann", 1),
        ("hand", "ben", 0),
    ]
    pool, hands, _ben = board.columns
    assert (hands.held, hands.limit, hands.share, hands.minutes) == (1, 10, 10, round(held.minutes * 0.75))
    assert (pool.minutes, pool.department, pool.person) == (pooled.minutes, printing.pk, None)
    [card] = hands.cards
    assert (card.number, card.product, card.process) == (order.number, "礼品盒", "过油")
    assert (card.good, card.planned, card.waste, card.running, card.waits) == (500, 2000, 10, True, "")
    assert (card.due, card.priority, card.movable, card.version) == (held.due, 2, True, reload(held).version)


def test_the_overdue_and_the_urgent_come_first(approved: MakeOrder, sue: User, printing: Department) -> None:
    normal, late, urgent, high, later = (tasks_of(approved("VAN"))[0] for _n in range(5))
    numbered([late], due=TODAY() - timedelta(days=1), priority=Priority.LOW)
    numbered([urgent], priority=Priority.URGENT)
    numbered([high], priority=Priority.HIGH)
    numbered([later], due=TODAY() + timedelta(days=9))

    [pool] = board_of(sue, printing).columns

    assert [card.pk for card in pool.cards] == [task.pk for task in (urgent, late, high, normal, later)]


def test_a_card_says_what_it_waits_for(approved: MakeOrder, submitted: MakeOrder, approver: User, hire: Hire) -> None:
    order = life.approve(submitted("CUT", "VAN"), by=approver)
    paused = approved("VAN")
    life.pause(paused, by=approver, reason="纸未到")

    board = board_of(approver, *Department.objects.filter(code__in=["cutting", "printing"]))

    waits = {card.process: card.waits for each in board.columns for card in each.cards if card.order == order.pk}
    assert waits == {"开料": "waits for 白卡纸 350g", "过油": "waits for 开料"}
    [waiting] = [card.waits for each in board.columns for card in each.cards if card.order == paused.pk]
    assert waiting == "the order is paused"


def test_what_found_no_department_has_a_column_for_those_who_may_see_it(
    approved: MakeOrder, approver: User, sue: User, printing: Department
) -> None:
    [task] = tasks_of(approved("VAN"))
    numbered([task], department=None, undispatched="no_rule")

    seen, unseen = board_of(approver, printing), board_of(sue, printing)

    assert (seen.columns[0].kind, seen.columns[0].total, seen.columns[0].accepts) == ("lost", 1, False)
    assert seen.columns[0].cards[0].undispatched.startswith("No dispatch rule")
    assert [each.kind for each in unseen.columns] == ["pool"]


def test_who_left_the_department_is_shown_with_what_he_or_she_still_holds(
    pooled_task: Task, sue: User, ann: User, printing: Department
) -> None:
    work.claim(pooled_task, by=ann)
    ann.groups.clear()

    board = board_of(sue, printing)

    assert [(each.kind, each.title, each.total, each.accepts) for each in board.columns] == [
        ("pool", f"Pool of {printing}", 0, True),
        ("former", "ann", 1, False),
    ]


def test_a_person_in_two_departments_has_one_column_that_counts_both(
    approved: MakeOrder, sue: User, ann: User, printing: Department, shop: Shop, approver: User
) -> None:
    packaging = shop.department("packaging")
    place(ann, role="operator", department=packaging)
    for task in tasks_of(approved("VAN", "PACK")):
        work.claim(task, by=User.objects.get(pk=ann.pk))

    alone, both = column(board_of(sue, printing), "ann"), column(board_of(approver, printing, packaging), "ann")

    assert (alone.total, alone.held, alone.elsewhere, alone.department) == (1, 2, 1, printing.pk)
    assert (both.total, both.held, both.elsewhere, both.department) == (2, 2, 0, None)


def test_filters_narrow_the_cards_and_not_the_loads(
    approved: MakeOrder, sue: User, ann: User, printing: Department
) -> None:
    first, second = approved("VAN"), approved("VAN", priority=4)
    [task] = tasks_of(first)
    work.claim(task, by=ann)
    numbered([task], due=TODAY())

    def found(**wanted: Any) -> list[str]:
        board = board_of(sue, printing, wish=Wish(**wanted))
        assert sum(each.total for each in board.columns) == 2
        return [card.number for each in board.columns for card in each.cards]

    assert found(priority=4) == [second.number]
    assert found(due="today") == found(order=first.number) == [first.number]
    assert found(q="礼品 过油") == [second.number, first.number]
    assert found(q="nothing") == found(process=printing.pk + 9999) == found(due="late") == []


def test_an_address_with_junk_in_it_filters_nothing() -> None:
    assert not Wish.of({"process": "x", "priority": "9", "due": "soon", "q": "\0 ", "order": ""})
    assert Wish.of({"priority": "4", "q": " a b "}).query == "priority=4&q=a+b"


def test_figures_count_what_was_done_and_reported(
    approved: MakeOrder, sue: User, ann: User, hire: Hire, printing: Department
) -> None:
    """SUP-04."""
    ben, today = hire("ben"), TODAY()
    for _n in range(2):
        task = work.claim(tasks_of(approved("VAN", spoilage=100))[0], by=ann).task
        work.report(task, by=ann, good=200, waste=50)
        work.complete(task, by=ann)
    begun = timezone.now() - timedelta(minutes=90)
    Task.objects.filter(status="completed").update(started_at=begun, completed_at=begun + timedelta(minutes=30))
    work.claim(tasks_of(approved("VAN"))[0], by=ann)
    tasks_of(approved("VAN"))
    done_today = 2 if timezone.localdate(begun + timedelta(minutes=30)) == today else 0

    shown = figures.figures(sue, [printing.pk], {ann.pk: "ann", ben.pk: "ben"}, today)

    assert (shown.total, shown.pending, shown.running, shown.done, shown.rate) == (4, 2, 0, 2, 50)
    assert (shown.done_today, sum(n for _day, n in shown.days), len(shown.days)) == (done_today, 2, 7)
    [first, second] = shown.people
    if done_today:
        assert (first.name, first.today, first.week, first.minutes) == ("ann", 2, 2, 30)
    assert (first.good, first.waste, first.waste_share) == (2000, 100, 4.8)
    assert (second.today, second.week, second.good, second.waste_share, second.minutes) == (0, 0, 0, None, None)


def test_pieces_count_for_who_reported_them(
    pooled_task: Task, sue: User, ann: User, hire: Hire, printing: Department
) -> None:
    ben = hire("ben")
    task = work.claim(pooled_task, by=ann).task
    work.report(task, by=ann, good=300)
    work.assign(task, by=sue, to=ben)

    people = figures.figures(sue, [printing.pk], {ann.pk: "ann", ben.pk: "ben"}, TODAY()).people

    assert [(one.name, one.good) for one in people] == [("ann", 300), ("ben", 0)]
    assert TaskProgress.objects.count() == 1


# --- the pages ------------------------------------------------------------------------------------
def test_the_department_that_was_looked_at_last_opens_again(hire: Hire, shop: Shop) -> None:
    client = signed_in(hire("boss", post=("production", "supervisor")))
    printing = shop.department("printing")

    assert client.get("/board/").headers["Location"] == "/board/all/"
    client.get(f"/board/{printing.pk}/")

    assert client.get("/board/?q=a").headers["Location"] == f"/board/{printing.pk}/?q=a"


def test_the_only_department_opens_at_once(sue: User, printing: Department) -> None:
    assert signed_in(sue).get("/board/").headers["Location"] == f"/board/{printing.pk}/"


@pytest.mark.parametrize("who", ["operator", "sales"])
def test_who_has_nothing_to_give_finds_no_board_and_no_way_to_it(who: str, hire: Hire) -> None:
    client = signed_in(hire("x", post=("printing", "operator")) if who == "operator" else hire("x", role=who))

    assert [client.get(path).status_code for path in ("/board/", "/board/all/", "/board/all/cards/")] == [404] * 3
    assert post(client).status_code == 404
    assert "/board/" not in client.get("/").text


def test_a_strangers_browser_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/board/all/").headers["Location"].startswith("/login/")


def test_a_foreign_department_is_a_missing_page(sue: User, shop: Shop) -> None:
    client, foreign = signed_in(sue), shop.department("packaging")

    answers = [client.get(f"/board/{pk}/{end}") for pk in (foreign.pk, 987654) for end in ("", "cards/")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_the_fragment_is_sent_only_when_a_word_of_it_changed(
    pooled_task: Task, sue: User, ann: User, printing: Department
) -> None:
    client, url = signed_in(sue), f"/board/{printing.pk}/cards/"
    first = client.get(url)

    same = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    work.claim(pooled_task, by=ann)
    other = client.get(url, headers={"If-None-Match": first.headers["ETag"]})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert other.status_code == 200 and other.headers["ETag"] != first.headers["ETag"]
    assert client.get(f"/board/{printing.pk}/").text.count(f'data-etag="{other.headers["ETag"][1:-1]}') == 0
    assert other.headers["ETag"].strip('"') in client.get(f"/board/{printing.pk}/").text


def test_an_empty_board_says_why_and_what_to_do(hire: Hire, shop: Shop, sue: User, printing: Department) -> None:
    admin = signed_in(hire("adi", role="admin"))

    page = admin.get(f"/board/{printing.pk}/").text
    seen = signed_in(sue).get(f"/board/{printing.pk}/?q=x").text

    assert "Nobody works here yet" in page and "/people/user/" in page.split("Nobody works here yet")[1]
    assert "There are no open tasks here." in page
    assert "An administrator places people." in seen


def test_no_price_is_on_the_board(approved: MakeOrder, sue: User, printing: Department) -> None:
    order = approved("VAN")
    order.lines.update(unit_price="731.37")

    page = signed_in(sue).get(f"/board/{printing.pk}/").text

    assert order.number in page and "731.37" not in page


# --- giving ---------------------------------------------------------------------------------------
def test_a_task_from_the_pool_is_given_to_an_operator(
    pooled_task: Task, sue: User, ann: User, printing: Department
) -> None:
    """SUP-02, DISP-03."""
    answer = post(signed_in(sue), move(pooled_task, ann)).json()

    task = reload(pooled_task)
    assert answer == {"moves": [{
        "task": task.pk, "ok": True, "sentence": f"“{task}” is with ann.", "version": task.version,
        "was": {"to": None, "department": printing.pk, "start": False},
    }]}  # fmt: skip
    assert (task.operator_id, task.status, task.version) == (ann.pk, "pending", pooled_task.version + 1)
    assert Workload.objects.get(operator=ann).open == 1
    assert Task.history.filter(id=task.pk).latest("history_id").history_user == sue
    assert ann.notifications.filter(kind="task_assigned", task=task).exists()


def test_what_somebody_took_meanwhile_stays_there_and_the_answer_says_who_and_when(
    pooled_task: Task, sue: User, ann: User, hire: Hire
) -> None:
    """SUP-03."""
    ben = hire("ben")
    work.claim(pooled_task, by=ann)

    with unchanged():
        [answer] = post(signed_in(sue), move(pooled_task, ben)).json()["moves"]

    assert (answer["ok"], answer["code"]) == (False, "stale")
    assert answer["sentence"] == f"ann has “{pooled_task}” now."
    assert answer["trace"].startswith("ann, ") and answer["trace"].endswith(" ago")
    assert reload(pooled_task).operator == ann


def test_a_verb_with_the_version_that_was_seen_refuses_one_that_changed(
    pooled_task: Task, sue: User, ann: User, hire: Hire
) -> None:
    seen = pooled_task.version
    task = work.assign(pooled_task, by=sue, to=ann, version=seen)
    assert task.operator == ann

    with refuses("stale") as refusal:
        work.assign(pooled_task, by=sue, to=hire("ben"), version=seen)
    assert refusal.value.detail == {"version": task.version, "operator": ann.pk}
    assert work.assign(pooled_task, by=sue, to=ann, version=seen).version == task.version  # it is as was wished

    work.release(task, by=ann)
    with refuses("stale") as refusal:
        work.assign(pooled_task, by=sue, to=ann, version=task.version)
    assert str(refusal.value) == f"“{task}” changed meanwhile and is in the pool of {task.department}."


def test_several_are_given_as_far_as_possible_and_each_answer_says_why(
    approved: MakeOrder, sue: User, ann: User, hire: Hire, approver: User, printing: Department
) -> None:
    ben = hire("ben")
    tasks = [tasks_of(approved("VAN"))[0] for _n in range(4)]
    Workload.objects.create(operator=ann, limit=1)
    work.claim(tasks[1], by=ben)
    life.pause(tasks[2].order, by=approver, reason="x")

    answers = post(signed_in(sue), *(move(task, ann) for task in tasks)).json()["moves"]

    assert [(each["task"], each["ok"], each.get("code")) for each in answers] == [
        (tasks[0].pk, True, None),
        (tasks[1].pk, False, "stale"),
        (tasks[2].pk, False, "order_paused"),
        (tasks[3].pk, False, "limit_reached"),
    ]
    assert answers[3]["sentence"].startswith("ann holds 1 open tasks, and 1 is the limit.")
    assert [reload(task).operator_id for task in tasks] == [ann.pk, ben.pk, None, None]


def test_a_move_is_taken_back(pooled_task: Task, sue: User, ann: User, hire: Hire, printing: Department) -> None:
    client, ben = signed_in(sue), hire("ben")
    work.claim(pooled_task, by=ann)
    task = reload(pooled_task)
    [given] = post(client, move(task, ben)).json()["moves"]

    back = Move(task.pk, given["version"], **given["was"])
    [answer] = post(client, back).json()["moves"]

    assert answer["ok"] and reload(task).operator == ann
    assert [Workload.objects.get(operator=who).open for who in (ann, ben)] == [1, 0]


def test_taking_back_starts_again_what_was_in_progress(
    pooled_task: Task, sue: User, ann: User, printing: Department
) -> None:
    client = signed_in(sue)
    work.start(work.claim(pooled_task, by=ann).task, by=ann)
    [given] = post(client, move(reload(pooled_task), None, printing)).json()["moves"]
    assert (
        given["sentence"]
        == f"“{pooled_task}” is in the pool of {printing}. It was in progress and has to be started again."
    )
    assert reload(pooled_task).status == "pending"

    [answer] = post(client, Move(pooled_task.pk, given["version"], **given["was"])).json()["moves"]

    task = reload(pooled_task)
    assert (answer["ok"], task.status, task.operator_id, answer["version"]) == (
        True,
        "in_progress",
        ann.pk,
        task.version,
    )


def test_taking_back_does_not_undo_what_others_did_since(
    pooled_task: Task, sue: User, ann: User, printing: Department
) -> None:
    client = signed_in(sue)
    [given] = post(client, move(pooled_task, ann)).json()["moves"]
    work.start(reload(pooled_task), by=ann)

    with unchanged():
        [answer] = post(client, Move(pooled_task.pk, given["version"], **given["was"])).json()["moves"]

    assert (answer["code"], reload(pooled_task).status) == ("stale", "in_progress")


def test_a_foreign_task_looks_like_a_missing_one(approved: MakeOrder, sue: User, ann: User) -> None:
    """AUTH-01."""
    [foreign] = tasks_of(approved("PACK"))

    with unchanged():
        answers = post(signed_in(sue), move(foreign, ann), Move(987654, 1, ann.pk, None)).json()["moves"]

    assert [{**each, "task": 0} for each in answers] == [
        {"task": 0, "ok": False, "sentence": "This task is not here any more."}
    ] * 2


def test_foreign_people_and_departments_look_like_missing_ones(
    pooled_task: Task, sue: User, hire: Hire, shop: Shop
) -> None:
    stranger, foreign = hire("zed", post=("packaging", "operator")), shop.department("packaging")

    with unchanged():
        answers = post(
            signed_in(sue), move(pooled_task, stranger), move(pooled_task, None, foreign),
            Move(pooled_task.pk, pooled_task.version, 987654, None), Move(pooled_task.pk, pooled_task.version, None, 987654),
        ).json()["moves"]  # fmt: skip

    assert {each["sentence"] for each in answers} == {"This place is not on your board any more. Choose another one."}


def test_a_maker_gives_the_tasks_of_own_orders_only(
    pooled_task: Task, maker: User, ann: User, hire: Hire, printing: Department
) -> None:
    """DOMAIN: superuser > approver > the maker of the order > the supervisor of the department."""
    other = hire("mo", role="maker")

    with unchanged():
        [refused] = post(signed_in(other), move(pooled_task, ann)).json()["moves"]
    assert refused == {"task": pooled_task.pk, "ok": False, "sentence": f"“{pooled_task}” is not yours to give."}
    assert not column(board_of(other, printing), f"Pool of {printing}").cards[0].movable

    [given] = post(signed_in(maker), move(pooled_task, ann)).json()["moves"]
    assert given["ok"] and reload(pooled_task).operator == ann


def test_an_approver_brings_what_found_no_department_into_one(
    pooled_task: Task, approver: User, ann: User, printing: Department
) -> None:
    [task] = numbered([pooled_task], department=None, undispatched="no_rule")
    client = signed_in(approver)

    [nowhere] = post(client, move(task, ann)).json()["moves"]
    [given] = post(client, move(task, ann, printing)).json()["moves"]

    assert nowhere["code"] == "no_department"
    assert (given["ok"], given["was"]) == (True, None)  # it cannot be put back where it was
    assert (reload(task).operator, reload(task).undispatched) == (ann, "")


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"moves": 3}', '{"moves": [3]}', '{"moves": [{"task": "1", "version": 1}]}', '{"moves": [{"task": 1}]}',
     '{"moves": [{"task": 1, "version": true}]}', '{"moves": [{"task": 99999999999999999999, "version": 1}]}', "[" * 100_000],
)  # fmt: skip
def test_junk_is_refused_in_a_sentence(body: str, sue: User) -> None:
    answer = signed_in(sue).post("/board/give/", body, content_type="application/json")

    assert (answer.status_code, answer.json()) == (400, {"sentence": "This cannot be understood. Load the page again."})


def test_too_many_at_once_are_refused_before_the_first(pooled_task: Task, sue: User, ann: User) -> None:
    with unchanged():
        answer = post(signed_in(sue), *[move(pooled_task, ann)] * (giving.MOST_MOVES + 1))

    assert answer.status_code == 422 and "At most 50" in answer.json()["sentence"]


def test_moves_need_the_token_of_the_session(pooled_task: Task, sue: User, ann: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(sue, backend="paidan.people.backends.PeopleBackend")

    with unchanged():
        assert post(client, move(pooled_task, ann)).status_code == 403
    assert signed_in(sue).get("/board/give/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_of_two_supervisors_who_give_one_task_at_once_one_is_refused(approved: MakeOrder, hire: Hire) -> None:
    sue, sam = (hire(name, post=("printing", "supervisor")) for name in ("sue", "sam"))
    ann, ben = hire("ann"), hire("ben")
    [task] = tasks_of(approved("VAN"))

    answers = together([
        lambda: giving.give([move(task, ann)], by=User.objects.get(pk=sue.pk))[0],
        lambda: giving.give([move(task, ben)], by=User.objects.get(pk=sam.pk))[0],
    ])  # fmt: skip

    assert sorted(answer["ok"] for answer in answers) == [False, True]
    winner = (ann, ben)[[answer["ok"] for answer in answers].index(True)]
    assert reload(task).operator == winner
    assert sum(Workload.objects.values_list("open", flat=True)) == 1
    assert not any(isinstance(answer, Refused) for answer in answers)


# --- ceilings -------------------------------------------------------------------------------------
def crowd(order: WorkOrder, printing: Department, hire: Hire, *, tasks: int, operators: int) -> None:
    """So many open tasks of as many orders in one department, two of three in somebody's hands."""
    people = [hire(f"op{n:02}") for n in range(operators)]
    today = timezone.localdate()
    orders = WorkOrder.objects.bulk_create(
        WorkOrder(number=f"X{n:05}", customer=order.customer, maker=order.maker, order_date=today, due_date=today,
                  print_run=1000, approval=Approval.APPROVED, approved_by=order.approved_by, approved_at=timezone.now())
        for n in range(tasks)
    )  # fmt: skip
    process = order.steps.get().process
    steps = OrderStep.objects.bulk_create(
        OrderStep(order=each, ref=ref, process=process, sequence=ref) for each in orders for ref in (1, 2)
    )
    Task.objects.bulk_create(
        Task(step=step, key="order", content="过油", planned=1000, status="pending", department=printing, minutes=30,
             operator=people[n % operators] if n % 3 else None, due=today, priority=1 + n % 4)
        for n, step in enumerate(steps[::2])
    )  # fmt: skip


@pytest.mark.parametrize("size", [(20, 3), (200, 20)])
def test_a_board_of_any_size_asks_fifteen_questions(
    size: tuple[int, int], approved: MakeOrder, sue: User, printing: Department, hire: Hire
) -> None:
    """PERF: the session, the person, the rights and the menu included."""
    crowd(approved("VAN"), printing, hire, tasks=size[0], operators=size[1])
    client = signed_in(sue)
    client.get(f"/board/{printing.pk}/")

    with CaptureQueriesContext(connection) as page:
        assert client.get(f"/board/{printing.pk}/").text.count("data-task=") == size[0] + 1
    with CaptureQueriesContext(connection) as part:
        client.get(f"/board/{printing.pk}/cards/?q=过油")

    assert len(page) <= 15 and len(part) <= 15


def test_of_more_cards_than_fit_the_board_keeps_the_held_and_says_so(
    approved: MakeOrder, sue: User, printing: Department, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(approved("VAN"), printing, hire, tasks=30, operators=2)
    monkeypatch.setattr(facts, "MOST_CARDS", 25)

    board = board_of(sue, printing)

    assert (board.cut, board.shown, [len(each.cards) for each in board.columns]) == (True, 25, [5, 10, 10])
    assert [each.hidden for each in board.columns] == [6, 0, 0]
    assert "Only 25 cards are shown" in signed_in(sue).get(f"/board/{printing.pk}/").text


def test_the_menu_leads_to_the_board_whoever_may_give(sue: User, maker: User, approver: User) -> None:
    for user in (sue, maker, approver):
        assert 'href="/board/"' in signed_in(user).get("/").text
    assert access.sight(sue).departments[access.DISPATCH]
