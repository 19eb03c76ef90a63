"""Who did what: every history row knows its request, every history is proven, and nobody reads what is not theirs."""

import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from huey.contrib.djhuey import HUEY
from openpyxl import load_workbook

from paidan import audited
from paidan.backoffice.history import last_state
from paidan.catalog.models import Customer, Product
from paidan.dispatch.models import DispatchRule
from paidan.insight import audit
from paidan.orders import timeline as told
from paidan.orders.actions import bulk
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.drafts import OrderDraft, draft_of
from paidan.orders.models import Task, WorkOrder
from paidan.people.models import Department, User
from paidan.registry import actions as plugins
from tests.conftest import Hire, MakeOrder, reload, tasks_of

pytestmark = pytest.mark.django_db

BACKEND = "paidan.people.backends.PeopleBackend"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def signed_in(user: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.cookies["django_language"] = language
    return client


def give(user: User, *names: str) -> User:
    """Let this person do what these permissions say, `app.codename` each."""
    for name in names:
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return User.objects.get(pk=user.pk)


def act(client: Client, row: Any, verb: str, **values: Any) -> Any:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    sent = {"_form_submitted": "true", **values}
    return client.post(url.removesuffix("change/") + f"{verb}/", sent, headers={"HX-Request": "true"})


# --- which request ----------------------------------------------------------------------------------
def test_every_history_knows_its_request() -> None:
    for model in audit.tracked():
        field = model.history.model._meta.get_field("history_request")  # type: ignore[attr-defined]
        assert (field.max_length, field.default) == (36, audited.current_request), model


def test_one_press_of_a_button_is_one_request_in_the_order_its_tasks_and_the_answer(
    submitted: MakeOrder, approver: User
) -> None:
    order = submitted("VAN", "PACK")

    answer = act(signed_in(approver), order, "approve")

    identity = answer.headers["X-Request-ID"]
    assert uuid.UUID(hex=identity).version == 4
    assert WorkOrder.history.filter(id=order.pk).latest("history_id").history_request == identity
    entries = Task.history.filter(id__in=[task.pk for task in tasks_of(order)], history_request=identity)
    assert entries.count() == 2 and {entry.status for entry in entries} == {"pending"}


def test_an_id_from_outside_is_not_taken_and_no_two_requests_share_one(approver: User) -> None:
    client, theirs = signed_in(approver), "0" * 32

    answers = [client.get("/", headers={"X-Request-ID": theirs}).headers["X-Request-ID"] for _n in range(2)]

    assert theirs not in answers and len(set(answers)) == 2


def test_a_form_of_master_data_is_told_with_its_request(maker: User) -> None:
    sent = {"name": "新客户", "is_active": "on", "contact": "", "phone": "", "salesperson": "", "notes": ""}

    answer = signed_in(maker).post(reverse("admin:catalog_customer_add"), sent)

    told = Customer.history.get(name="新客户")
    assert answer.status_code == 302
    assert (told.history_request, told.history_user) == (answer.headers["X-Request-ID"], maker)


def test_outside_of_requests_a_run_of_the_program_has_one_id(maker: User) -> None:
    entries = [
        Customer.objects.create(name="甲").history.get(),
        audited.insert_one(Customer(name="乙"), by=maker).history.get(),
    ]

    assert entries[0].history_request == entries[1].history_request == audited.current_request()
    assert entries[0].history_request.startswith("cmd-") and len(entries[0].history_request) == 36


@pytest.mark.parametrize("fails", [False, True])
def test_a_job_has_its_own_id_and_leaves_the_one_around_it_as_it_was(fails: bool) -> None:
    seen = []

    def look() -> None:
        seen.append(audited.current_request())
        if fails:
            raise ValueError("on purpose")

    job = HUEY.task(name="look")(look)
    try:
        with audited.request("outer"):
            HUEY.execute(job.s())
            seen.append(audited.current_request())
    finally:
        HUEY._registry.unregister(job.task_class)

    inside, after = seen
    assert (inside[:4], len(inside), after) == ("job-", 36, "outer")


# --- the proof ------------------------------------------------------------------------------------
@pytest.fixture
def worked(approved: MakeOrder, created: MakeOrder, approver: User, maker: User) -> WorkOrder:
    """An order that went its way, beside one whose drafts were deleted; all histories are whole."""
    other = created("VAN", "PACK")
    bulk.delete_drafts([tasks_of(other)[0].pk], by=maker)
    order = approved("CUT", "VAN", "PACK")
    assert audit.problems() == []
    return order


def verified(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """The exit status and the report of the command."""
    capsys.readouterr()
    try:
        call_command("verify_audit", "--json")
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    return status, json.loads(capsys.readouterr().out)


def sql(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_a_whole_history_is_proven_with_its_numbers(worked: WorkOrder, capsys: pytest.CaptureFixture[str]) -> None:
    status, report = verified(capsys)

    assert (status, report["problems"]) == (0, [])
    assert report["models"]["orders.Task"] == {"rows": Task.objects.count(), "entries": Task.history.count()}
    assert set(report["models"]) == {model._meta.label for model in audit.tracked()}
    assert {"orders.Workload", "people.User", "registry.Plugin", "catalog.ProductMaterial"} <= set(report["models"])


def _change(task: Task) -> str:
    sql("UPDATE orders_task SET notes = 'x', planned = planned + 1 WHERE id = %s", task.pk)
    return f"task {task.pk} is not what its newest history entry says: planned, notes."


def _forget(task: Task) -> str:
    sql("DELETE FROM orders_historicaltask WHERE id = %s", task.pk)
    return f"task {task.pk} has no history."


def _vanish(task: Task) -> str:
    sql("DELETE FROM orders_dispatchdecision WHERE task_id = %s", task.pk)
    sql("UPDATE notices_notification SET task_id = NULL WHERE task_id = %s", task.pk)
    sql("DELETE FROM orders_task WHERE id = %s", task.pk)
    return f"task {task.pk} is gone, and its history does not say so."


def _undead(task: Task) -> str:
    newest = Task.history.filter(id=task.pk).latest("history_id").history_id
    sql("UPDATE orders_historicaltask SET history_type = '-' WHERE history_id = %s", newest)
    return f"task {task.pk} is there, but its history says it was deleted."


def _tear(task: Task) -> str:
    oldest = Task.history.filter(id=task.pk).earliest("history_id").history_id
    sql("DELETE FROM orders_historicaltask WHERE history_id = %s", oldest)
    return f"task {task.pk}: its history contradicts itself."


def _unname(task: Task) -> str:
    newest = Task.history.filter(id=task.pk).latest("history_id").history_id
    sql(
        "UPDATE orders_historicaltask SET history_user_id = NULL, history_request = %s WHERE history_id = %s",
        uuid.uuid4().hex, newest,
    )  # fmt: skip
    return f"task {task.pk} was changed, and its history does not say by whom."


def _without_request(task: Task) -> str:
    newest = Task.history.filter(id=task.pk).latest("history_id").history_id
    sql("UPDATE orders_historicaltask SET history_request = '' WHERE history_id = %s", newest)
    return f"task {task.pk} was changed, and its history does not say by whom."


@pytest.mark.parametrize("spoil", [_change, _forget, _vanish, _undead, _tear, _unname, _without_request])
def test_what_was_done_past_the_history_is_found(
    spoil: Callable[[Task], str], worked: WorkOrder, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = spoil(tasks_of(worked)[1])

    status, report = verified(capsys)

    assert (status, report["problems"]) == (1, [sentence])


def test_what_nobody_did_is_no_problem_in_a_job_or_a_command_or_before_signing_in(approver: User) -> None:
    with audited.request(f"job-{uuid.uuid4().hex}"):
        Customer.objects.create(name="夜里来的")
    with audited.request(uuid.uuid4().hex):
        approver.save(update_fields=["last_login"])  # signing in writes that, before it is known who it is

    assert audit.problems() == []


def test_what_the_house_does_in_a_request_by_itself_says_why(worked: WorkOrder) -> None:
    plugin = plugins.sync()[0]
    with audited.request(uuid.uuid4().hex):
        plugins._set(plugin, by=None, why="was found changed", version="9")
        assert audit.problems() == []

        plugins._set(plugin, by=None, why="", version="10")

    assert audit.problems() == [f"plugin {plugin.pk} was changed, and its history does not say by whom."]


def test_the_proof_asks_as_much_for_2_tasks_as_for_1000(created: MakeOrder, django_assert_num_queries: Any) -> None:
    for lines in (2, 1000):
        created("PACK", lines=lines)
        with django_assert_num_queries(6):
            assert [proof.problems for proof in audit.proofs([Task])] == [[]]


def test_a_large_table_is_proven_in_pieces_and_each_piece_is_looked_at(
    created: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = tasks_of(created("PACK", lines=9))
    monkeypatch.setattr(audit, "ROWS_AT_ONCE", 2)

    sentences = [_change(tasks[0]), _forget(tasks[4]), _vanish(tasks[8])]

    assert audit.problems("orders") == sentences


def test_a_day_of_pressed_buttons_names_a_person_and_a_request_in_every_entry(
    created: MakeOrder, maker: User, approver: User, hire: Hire
) -> None:
    boss, ann = hire("bob", post=("printing", "supervisor")), hire("ann")
    order = created("VAN", "PACK")
    made = {model: set(model.history.values_list("history_id", flat=True)) for model in audit.tracked()}  # type: ignore[attr-defined]

    act(signed_in(maker), order, "submit")
    act(signed_in(approver), order, "approve")
    [van] = tasks_of(order, "VAN")
    act(signed_in(boss), van, "assign", department=van.department_id, to=ann.pk)
    act(signed_in(ann), van, "start")
    act(signed_in(ann), van, "report", good=10, waste=1)
    act(signed_in(ann), van, "release")

    assert reload(van).good == 10 and reload(van).operator is None
    assert audit.problems() == []
    new = [
        entry
        for model in made.keys() - {User}  # signing in is told there, outside of these requests
        for entry in model.history.exclude(history_id__in=made[model])  # type: ignore[attr-defined]
    ]
    assert len(new) >= 8 and all(entry.history_user_id and len(entry.history_request) == 32 for entry in new)
    assert len({entry.history_request for entry in new}) == 6


def test_the_command_says_in_words_what_it_found(worked: WorkOrder, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit")
    whole = capsys.readouterr().out
    sentence = _forget(tasks_of(worked)[0])

    with pytest.raises(SystemExit) as end:
        call_command("verify_audit")

    assert "problems: 0" in whole and "orders.Task" in whole
    assert end.value.code == 1 and capsys.readouterr().out.rstrip().endswith(f"problems: 1\n{sentence}")


# --- history pages ----------------------------------------------------------------------------------
def pages_of(row: Any, entry: Any) -> list[str]:
    """The history page of a row and the page of one of its versions."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
    return [
        reverse(f"{name}_history", args=[row.pk]),
        reverse(f"{name}_simple_history", args=[row.pk, entry.history_id]),
    ]


@pytest.fixture
def reader(hire: Hire) -> User:
    """A supervisor of printing who may read histories of rules."""
    return give(
        hire("bob", post=("printing", "supervisor")),
        "dispatch.view_dispatchrule",
        "dispatch.view_historicaldispatchrule",
    )


@pytest.mark.parametrize("gone", [False, True])
def test_the_history_of_a_rule_is_for_those_only_who_see_or_saw_it(gone: bool, reader: User) -> None:
    client = signed_in(reader)
    answers = {}
    for department in ("printing", "packaging"):
        rule = DispatchRule.objects.filter(department__code=department).first()
        assert rule is not None
        pages = pages_of(rule, rule.history.latest("history_id"))
        if gone:
            DispatchRule.objects.get(pk=rule.pk).delete()
        answers[department] = [client.get(page).status_code for page in pages]

    assert answers == {"printing": [200, 200], "packaging": [404, 404]}


def test_a_rule_that_left_for_another_department_takes_its_history_with_it(reader: User) -> None:
    rule = DispatchRule.objects.filter(department__code="printing").first()
    elsewhere = DispatchRule.objects.filter(department__code="packaging").first()
    assert rule and elsewhere
    pages = pages_of(rule, rule.history.latest("history_id"))

    rule.process, rule.department, rule.priority = elsewhere.process, elsewhere.department, 99
    elsewhere.delete()
    rule.save()
    rule.delete()

    assert [signed_in(reader).get(page).status_code for page in pages] == [404, 404]


def test_a_missing_row_and_a_foreign_one_have_the_same_history_page(reader: User) -> None:
    foreign = DispatchRule.objects.filter(department__code="packaging").first()
    client = signed_in(reader)

    answers = [
        client.get(reverse("admin:dispatch_dispatchrule_history", args=[pk]))
        for pk in (foreign.pk, 987654, "x")  # type: ignore[union-attr]
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.content.replace(answer.headers["X-Request-ID"].encode(), b"") for answer in answers}) == 1


def test_an_old_version_cannot_be_sent_back(reader: User) -> None:
    rule = DispatchRule.objects.filter(department__code="printing").first()
    page = pages_of(rule, rule.history.latest("history_id"))[1]  # type: ignore[union-attr]
    before = list(DispatchRule.objects.values()), list(DispatchRule.history.values())

    answer = signed_in(reader).post(page, {"process": rule.process_id, "department": rule.department_id, "priority": 7})  # type: ignore[union-attr]

    assert answer.status_code == 405
    assert (list(DispatchRule.objects.values()), list(DispatchRule.history.values())) == before


@pytest.mark.parametrize("sees_prices", [True, False])
def test_history_pages_show_prices_to_those_only_who_may_see_them(
    sees_prices: bool, product: Product, hire: Hire
) -> None:
    rights = ["catalog.view_product", "catalog.view_historicalproduct"]
    reader = give(hire("cat"), *rights, *["orders.view_prices"] * sees_prices)
    product.unit_price, product.name = "731.37", "礼品盒二号"  # type: ignore[assignment]
    product.save()

    pages = [signed_in(reader).get(page) for page in pages_of(product, product.history.latest("history_id"))]

    assert [page.status_code for page in pages] == [200, 200]
    assert ["礼品盒二号" in page.text for page in pages] == [True, True]
    assert ["8731" in page.text for page in pages] == [sees_prices, sees_prices]
    assert [("unit price" in page.text.lower()) for page in pages] == [sees_prices, sees_prices]


def test_a_deleted_order_is_seen_by_its_own_people_and_those_who_see_everything(
    created: MakeOrder, hire: Hire, maker: User
) -> None:
    sam, sue, boss = hire("sam", role="sales"), hire("sue", role="sales"), hire("bea", role="approver")
    worker = hire("ann")
    order = created("VAN", salesperson_id=sam.pk)
    life.delete(order, by=maker)

    seen = {who.username: last_state(who, WorkOrder, order.pk) is not None for who in (sam, sue, boss, worker)}

    assert seen == {"sam": True, "sue": False, "bea": True, "ann": False}


def test_the_number_of_a_history_entry_is_never_taken_for_that_of_a_row(
    created: MakeOrder, approved: MakeOrder, maker: User, hire: Hire
) -> None:
    """An order is seen through its tasks by `pk`, and an entry's `pk` is another number."""
    gone = created("UV")
    life.delete(gone, by=maker)
    entry = WorkOrder.history.filter(id=gone.pk).latest("history_id")
    visible = approved("VAN")
    for number, becomes in ((entry.history_id, -1), (visible.pk, 900_000), (-1, visible.pk)):
        sql("UPDATE orders_historicalworkorder SET history_id = %s WHERE history_id = %s", becomes, number)
    assert WorkOrder.history.filter(id=gone.pk).latest("history_date").history_id == visible.pk

    assert last_state(hire("ann"), WorkOrder, gone.pk) is None


# --- the timeline -----------------------------------------------------------------------------------
def timeline(order: Any, **query: Any) -> str:
    return reverse("admin:orders_workorder_timeline", args=[order.pk]) + (f"?{urlencode(query)}" if query else "")


def headlines(page: Any) -> list[tuple[str, str]]:
    """Who and what, newest first."""
    return [(moment["person"], moment["headline"]) for moment in page.context["moments"]]


def test_the_life_of_an_order_is_told_newest_first(
    draft_order: Callable[..., OrderDraft], maker: User, approver: User, hire: Hire
) -> None:
    ann = hire("ann")
    with audited.request("1"):
        order = save(None, draft_order("VAN", "PACK"), by=maker)
    with audited.request("2"):
        life.submit(order, by=maker)
    with audited.request("3"):
        life.approve(order, by=approver)
    with audited.request("4"):
        work.claim(tasks_of(order, "VAN")[0], by=ann)
    with audited.request("5"):
        work.report(tasks_of(order, "VAN")[0], by=ann, good=300, waste=2, note="顺利")

    page = signed_in(approver).get(timeline(order))

    assert headlines(page) == [
        ("ann", "300 good, 2 waste, 1 task started · 过油 礼品盒"),
        ("ann", "1 task changed · 过油 礼品盒"),
        ("abe", "approved, 2 tasks dispatched"),
        ("mia", "submitted"),
        ("mia", "order created, 2 tasks added, 3 parts of the order added"),
    ]
    assert [moment["request"] for moment in page.context["moments"]] == ["5", "4", "3", "2", "1"]


def entries_on(page: Any) -> list[dict[str, Any]]:
    return [entry for moment in page.context["moments"] for entry in moment["entries"]]


def test_before_and_after_are_names_and_words_and_never_numbers_of_rows(
    approved: MakeOrder, hire: Hire, approver: User
) -> None:
    ann, order = hire("ann"), approved("VAN")
    work.claim(tasks_of(order)[0], by=ann)

    told = {
        language: [
            entry["differences"]
            for entry in entries_on(signed_in(approver, language).get(timeline(order, kind="task")))
        ]
        for language in ("en", "zh-hans")
    }

    assert told["en"][0] == [("operator", "—", "ann")]
    assert told["en"][1] == [("status", "Draft", "Pending"), ("department", "—", "印刷车间")]
    assert told["zh-hans"][1] == [("状态", "草稿", "待开工"), ("部门", "—", "印刷车间")]
    assert ("content", "—", "过油 礼品盒") in told["en"][2]


def test_deleted_parts_and_tasks_stay_in_the_timeline(created: MakeOrder, maker: User, approver: User) -> None:
    order = created("VAN", "PACK")
    draft = draft_of(order)
    save(order, replace(draft, steps=draft.steps[1:]), by=maker, reason="不过油了")

    page = signed_in(approver).get(timeline(order))

    gone = [(entry["kind"], entry["about"]) for entry in entries_on(page) if entry["act"] == "-"]
    assert gone == [("Task", "过油 礼品盒"), ("Step", "40. 过油")]
    assert {entry["why"] for entry in entries_on(page) if entry["act"] == "-"} == {"不过油了"}


PRICES = re.compile(r"3\.20?\b|3,200|3200|unit price|total amount", re.IGNORECASE)


@pytest.mark.parametrize(("role", "sees"), [("approver", True), ("supervisor", False), ("operator", False)])
def test_money_is_told_to_those_only_who_may_see_prices(role: str, sees: bool, approved: MakeOrder, hire: Hire) -> None:
    order = approved("VAN")
    reader = hire("pat", role=role) if role == "approver" else hire("pat", post=("printing", role))
    boss = hire("bea", role="approver")
    draft = draft_of(order)
    line = replace(draft.lines[0], unit_price=Decimal("731.37"))
    save(order, replace(draft, lines=(line,)), by=boss, reason="涨价")

    page = signed_in(reader).get(timeline(order))

    assert page.status_code == 200
    assert bool(PRICES.search(page.text)) == sees
    assert ("731.37" in page.text) == sees
    changed = [entry for entry in entries_on(page) if entry["kind"] == "Order line" and entry["what"] == "changed"]
    assert len(changed) == sees


@pytest.mark.parametrize("post", ["operator", "supervisor"])
def test_the_workshop_is_told_of_the_order_and_of_its_own_tasks_only(
    post: str, draft_order: Callable[..., OrderDraft], maker: User, approver: User, hire: Hire
) -> None:
    order = life.submit(save(None, draft_order("VAN", "PACK"), by=maker), by=maker)
    life.approve(order, by=approver)
    packer = hire("zed", post=("packaging", "operator"))
    work.claim(tasks_of(order, "PACK")[0], by=packer)
    reader = hire("pat", post=("printing", post))

    page = signed_in(reader).get(timeline(order))

    tasks = {entry["about"] for entry in entries_on(page) if entry["kind"] == "Task"}
    assert tasks == {"过油 礼品盒"}
    assert "包装" not in "".join(entry["about"] for entry in entries_on(page) if entry["kind"] == "Task")
    assert ("abe", "approved, 1 task dispatched · 过油 礼品盒") in headlines(page)
    assert "zed" not in page.text
    assert {"Work order", "Order line", "Step", "Approval"} <= {entry["kind"] for entry in entries_on(page)}
    assert [name for _pk, name in page.context["tasks"]] == ["过油 礼品盒"]


def test_a_task_that_is_gone_is_told_of_to_the_department_that_had_it_last(
    approved: MakeOrder, approver: User, hire: Hire
) -> None:
    order = approved("VAN", "PACK")
    readers = {place: hire(place, post=(place, "supervisor")) for place in ("printing", "packaging", "cutting")}
    gone, stays = tasks_of(order)
    draft = draft_of(order)
    save(order, replace(draft, steps=draft.steps[1:]), by=approver, reason="不过油了")
    work.assign(stays, by=approver, department=Department.objects.get(code="printing"))

    told = {place: signed_in(who).get(timeline(order)) for place, who in readers.items()}

    assert {place: page.status_code for place, page in told.items()} == {
        "printing": 200,
        "packaging": 404,
        "cutting": 404,
    }
    tasks = {entry["about"] for entry in entries_on(told["printing"]) if entry["kind"] == "Task"}
    assert tasks == {gone.content, stays.content}


def test_a_draft_that_was_deleted_never_existed_for_the_workshop(
    created: MakeOrder, maker: User, approver: User, hire: Hire
) -> None:
    order = created("VAN", "UV")
    bulk.delete_drafts([tasks_of(order, "UV")[0].pk], by=maker)
    life.approve(life.submit(order, by=maker), by=approver)

    page = signed_in(hire("pat", post=("printing", "supervisor"))).get(timeline(order))

    assert {entry["about"] for entry in entries_on(page) if entry["kind"] == "Task"} == {"过油 礼品盒"}


def test_a_foreign_order_has_the_same_timeline_as_a_missing_one(created: MakeOrder, hire: Hire) -> None:
    order, client = created("VAN"), signed_in(hire("ann"))

    foreign, missing = client.get(timeline(order)), client.get(timeline(WorkOrder(pk=987654)))

    assert (foreign.status_code, missing.status_code) == (404, 404)
    bodies = {page.content.replace(page.headers["X-Request-ID"].encode(), b"") for page in (foreign, missing)}
    assert len(bodies) == 1


def test_the_timeline_of_a_deleted_order_says_who_deleted_it(created: MakeOrder, maker: User, approver: User) -> None:
    order = created("VAN")
    pk = order.pk
    with audited.request("x"):
        life.delete(order, by=maker, reason="重复")

    page = signed_in(approver).get(timeline(WorkOrder(pk=pk)))

    moment = page.context["moments"][0]
    assert (moment["person"], moment["why"]) == ("mia", "重复")
    assert moment["headline"] == "order deleted, 1 task deleted, 2 parts of the order deleted · 过油 礼品盒"
    assert not page.context["has_order"]


def test_one_sees_only_ones_own_notifications_in_the_timeline(
    submitted: MakeOrder, maker: User, approver: User, hire: Hire
) -> None:
    other = hire("bea", role="approver")
    order = life.reject(submitted("VAN"), by=approver, reason="缺图")

    told = {
        who.username: [entry["what"] for entry in entries_on(signed_in(who).get(timeline(order, kind="notice")))]
        for who in (maker, other)
    }

    assert told == {
        "mia": [f"Order {order} was rejected by abe: 缺图"],
        "bea": [f"Order {order} waits for approval."],
    }


def test_the_filters_take_person_kind_task_and_days(approved: MakeOrder, approver: User, hire: Hire) -> None:
    ann, order = hire("ann"), approved("VAN", "PACK")
    van = tasks_of(order, "VAN")[0]
    work.claim(van, by=ann)
    client, today = signed_in(approver), timezone.localdate()

    def count(**query: Any) -> int:
        return client.get(timeline(order, **query)).context["found"].paginator.count

    everything = count()
    assert count(person=ann.pk) == 1
    assert count(kind="approval") == 2
    assert count(task=van.pk) == 4  # planned, dispatched, claimed, and the decision
    assert count(since=today, until=today) == everything
    assert count(since=today + timedelta(days=1)) == 0 == count(until=today - timedelta(days=1))
    assert count(person="x", kind="y", task="-1", since="2026-13-45", page="z") == everything


def test_a_long_timeline_is_paged_by_100_entries(created: MakeOrder, approver: User) -> None:
    order = created("PACK", lines=120)
    client = signed_in(approver)

    pages = [client.get(timeline(order, page=n)) for n in (1, 2, 3)]

    assert [len(entries_on(page)) for page in pages] == [100, 100, 42]  # order, 120 lines, a step, 120 tasks
    assert [(page.context["found"].has_previous(), page.context["found"].has_next()) for page in pages] == [
        (False, True), (True, True), (True, False),
    ]  # fmt: skip


def busy(
    created: MakeOrder, maker: User, approver: User, *route: str, rounds: int, lines: int = 0, tasks: int = 0
) -> WorkOrder:
    """An approved order whose many tasks were edited in so many rounds."""
    order = created(*(route or ("PACK",)), lines=lines or tasks)
    for planned in range(1, rounds + 1):
        bulk.edit_drafts({task.pk: {"planned": planned} for task in tasks_of(order)}, by=maker)
    return life.approve(life.submit(order, by=maker), by=approver)


def test_reading_a_timeline_asks_as_much_for_2_tasks_as_for_100_with_1000_entries(
    created: MakeOrder, maker: User, approver: User, hire: Hire
) -> None:
    few, many = (busy(created, maker, approver, tasks=n, rounds=rounds) for n, rounds in ((2, 1), (100, 8)))
    assert Task.history.filter(step__order=many).count() >= 1000

    for reader in (
        approver,
        hire("pat", post=("packaging", "supervisor")),
        hire("opi", post=("packaging", "operator")),
    ):
        asked = []
        for order in (few, many):
            reader = User.objects.get(pk=reader.pk)
            with CaptureQueriesContext(connection) as queries:
                told.read(order, to=reader)
            asked.append(len(queries))
        assert asked[0] == asked[1] <= 17, (reader, asked)


@pytest.mark.parametrize("role", ["approver", "supervisor", "operator"])
def test_the_timeline_page_asks_at_most_25_times_whatever_stands_on_it(
    role: str, created: MakeOrder, maker: User, approver: User, hire: Hire
) -> None:
    order = busy(created, maker, approver, "CUT", "PRT", "DIE", "PACK", lines=100, rounds=7)
    assert Task.history.filter(step__order=order).count() + 100 >= 1000
    reader = approver if role == "approver" else hire("pat", post=("production", role))
    client = signed_in(reader)

    for page in (1, 2, 9999):
        client.get(timeline(order))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(timeline(order, page=page)).status_code == 200
        assert len(queries) <= 25


def test_the_history_of_an_order_and_of_a_task_lead_to_the_timeline(pooled_task: Task, approver: User) -> None:
    order, client = pooled_task.order, signed_in(approver)

    of_order = client.get(reverse("admin:orders_workorder_history", args=[order.pk]))
    of_task = client.get(reverse("admin:orders_task_history", args=[pooled_task.pk]))

    assert (of_order.status_code, of_order.headers["Location"]) == (302, timeline(order))
    assert (of_task.status_code, of_task.headers["Location"]) == (302, timeline(order, task=pooled_task.pk))
    assert timeline(order) in client.get(reverse("admin:orders_workorder_change", args=[order.pk])).text


def test_the_page_runs_no_inline_script_and_keeps_what_people_typed_as_text(
    created: MakeOrder, maker: User, approver: User
) -> None:
    order = created("VAN")
    bulk.edit_drafts({tasks_of(order)[0].pk: {"notes": "<script>alert(1)</script>"}}, by=maker)

    page = signed_in(approver).get(timeline(order)).text

    main = page[page.index('id="content-main"') :]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in main
    assert not re.search(r"<script>|\son\w+=|x-data|javascript:", main[: main.index("</details>")])


# --- as a workbook ----------------------------------------------------------------------------------
def workbook(answer: Any) -> list[tuple[Any, ...]]:
    return list(load_workbook(io.BytesIO(answer.content)).active.iter_rows())


def test_approvers_take_the_timeline_along_as_a_workbook_of_text_and_days(
    created: MakeOrder, maker: User, approver: User
) -> None:
    order = created("VAN", notes="=1+1")
    bulk.edit_drafts({tasks_of(order)[0].pk: {"notes": '=HYPERLINK("http://x")'}}, by=maker)

    answer = signed_in(approver).get(timeline(order, format="xlsx"))

    assert answer.status_code == 200 and answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    heading, *rows = workbook(answer)
    assert [cell.value for cell in heading][:5] == ["When", "Who", "Kind", "About", "What"]
    assert all(row[0].is_date for row in rows)
    edited = [row for row in rows if row[7].value == '=HYPERLINK("http://x")']
    assert [(row[1].value, row[5].value, row[6].value, row[7].data_type) for row in edited] == [
        ("mia", "notes", None, "s")
    ]
    assert {row[7].data_type for row in rows if row[5].value == "due date"} == {"d"}
    assert not any(cell.data_type == "f" for row in rows for cell in row)
    assert "¥3.20" in {row[7].value for row in rows if row[5].value == "unit price"}


@pytest.mark.parametrize(
    ("role", "status"), [("approver", 200), ("admin", 200), ("maker", 403), ("supervisor", 403), ("operator", 403)]
)
def test_only_approvers_and_administrators_take_it_along(
    role: str, status: int, approved: MakeOrder, hire: Hire
) -> None:
    order = approved("VAN")
    post = {"post": ("printing", role)} if role in ("supervisor", "operator") else {"role": role}

    answer = signed_in(hire("pat", **post)).get(timeline(order, format="xlsx"))

    assert answer.status_code == status
