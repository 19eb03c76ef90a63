"""The order page beyond its form: the task section by itself, drafts edited in it, a copy, the plan in full."""

import json
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from paidan import audited
from paidan.catalog.models import Product
from paidan.orders.actions import adding, bulk
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.bulk import EDITABLE
from paidan.orders.actions.copying import copy
from paidan.orders.drafts import draft_of
from paidan.orders.models import OrderMaterial, Task, WorkOrder
from paidan.people.models import User
from tests.conftest import Hire, MakeOrder, assert_history_complete, reload, tasks_of, unchanged
from tests.test_pages import act, change, form_of, signed_in

pytestmark = pytest.mark.django_db


def section_of(order: WorkOrder) -> str:
    return change(order).replace("/change/", "/tasks/")


# --- live -------------------------------------------------------------------------------------------
def test_the_section_by_itself_shows_counts_and_progress_as_they_are_now(
    approved: MakeOrder, maker: User, hire: Hire
) -> None:
    """WO-03"""
    order = approved("VAN", "VAN")
    ann, client = hire("ann"), signed_in(maker)
    page = client.get(change(order)).text
    assert f'data-live="order:{order.pk}"' in page and f'data-fragment="{section_of(order)}"' in page

    work.claim(tasks_of(order)[0], by=ann)
    work.complete(tasks_of(order)[0], by=ann)
    fresh = client.get(section_of(order), headers={"X-Paidan-Background": "1"}).text

    assert 'data-count="1/2"' in fresh and "Completed <b>1</b>" in fresh
    assert "nav-sidebar" not in fresh


def test_the_section_shows_only_the_tasks_that_exist_for_the_reader(approved: MakeOrder, hire: Hire) -> None:
    order, foreign = approved("VAN", "PACK"), approved("PACK")
    client = signed_in(hire("boss", post=("printing", "supervisor")))

    shown = client.get(section_of(order)).text

    assert "1 / 1" not in shown and 'data-count="0/1"' in shown
    assert (
        client.get(section_of(foreign)).status_code == client.get(section_of(WorkOrder(pk=987_654))).status_code == 404
    )


def test_what_is_wrong_is_read_by_who_mends_it_and_by_who_decides_and_by_nobody_else(
    created: MakeOrder, maker: User, approver: User, hire: Hire
) -> None:
    order = created("VAN", "PACK", due_date=None)
    fault = "The due date is missing. Enter one."
    pages = {who: signed_in(who).get(change(order)).text for who in (maker, approver)}
    assert all(fault in page and "1 thing is wrong with this order" in page for page in pages.values())

    WorkOrder.objects.filter(pk=order.pk).update(approval="submitted")
    assert "This is wrong with the order now:" in signed_in(approver).get(section_of(order)).text
    assert fault not in signed_in(maker).get(section_of(order)).text  # cannot mend it before it is withdrawn
    WorkOrder.objects.filter(pk=order.pk).update(approval="approved", approved_by=approver, approved_at=timezone.now())
    assert fault not in signed_in(approver).get(section_of(order)).text


# --- drafts -----------------------------------------------------------------------------------------
def test_a_drafts_due_date_is_edited_and_taken_away_in_the_section(created: MakeOrder, maker: User) -> None:
    """WO-02"""
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    sent: dict[str, object] = {"task": [first.pk, second.pk], "save": ""}
    for task, day in ((first, "2030-05-06"), (second, "")):
        sent |= {f"content-{task.pk}": task.content, f"planned-{task.pk}": task.planned, f"priority-{task.pk}": 2}
        sent |= {f"due-{task.pk}": day}
    client = signed_in(maker)

    client.post(change(order).replace("change/", "drafts/"), sent)

    assert [(reload(task).due, reload(task).edited_fields) for task in (first, second)] == [
        (date(2030, 5, 6), ["due"]),
        (None, ["due"]),
    ]
    with unchanged():
        page = client.post(
            change(order).replace("change/", "drafts/"), sent | {f"due-{first.pk}": "2030-02-31"}, follow=True
        )
    assert "“2030-02-31” is no date." in page.text


IN_PLACE = {"X-Paidan-Part": "1"}


def typed(client: Client, order: WorkOrder, **over: object) -> dict[str, object]:
    """What the section would send as it is shown, with this typed over it: `planned_0="7"` is the first draft's."""
    tasks = client.get(change(order)).context["task_section"]["tasks"]
    sent: dict[str, object] = {"task": [task.pk for task in tasks], "save": ""}
    for place, task in enumerate(tasks):
        for name, text in zip(EDITABLE, json.loads(task.seen), strict=True):
            sent[f"{name}-{task.pk}"] = over.pop(f"{name}_{place}", text)
        sent[f"seen-{task.pk}"] = task.seen
    return sent | over


def drafts_of(order: WorkOrder) -> str:
    return change(order).replace("/change/", "/drafts/")


def test_saving_in_place_answers_with_head_section_and_a_sentence(created: MakeOrder, maker: User) -> None:
    """WO-02, WO-03"""
    order = created("VAN", "PACK")
    client = signed_in(maker)
    first, second = tasks_of(order)

    answer = client.post(drafts_of(order), typed(client, order, planned_1="70", notes_1="gloss"), headers=IN_PLACE)

    assert answer.status_code == 200 and "nav-sidebar" not in answer.text
    assert 'data-outcome="done"' in answer.text and "1 draft was changed." in answer.text
    assert "data-order-head" in answer.text and f'name="planned-{second.pk}" value="70"' in answer.text
    assert (reload(second).planned, reload(second).notes, reload(second).edited_fields) == (
        70,
        "gloss",
        ["notes", "planned"],
    )
    assert reload(first).version == first.version
    assert "1 draft was changed." not in client.get(change(order)).text, "it was said already"
    assert_history_complete()


def test_fields_that_different_people_changed_are_both_kept(created: MakeOrder, maker: User, hire: Hire) -> None:
    order = created("VAN")
    (task,) = tasks_of(order)
    client = signed_in(maker)
    sent = typed(client, order, notes_0="mine")
    bulk.edit_drafts({task.pk: {"planned": 1200}}, by=hire("ben", role="maker"))

    client.post(drafts_of(order), sent, headers=IN_PLACE)

    assert (reload(task).planned, reload(task).notes) == (1200, "mine")


@pytest.mark.parametrize(("name", "theirs", "mine", "shown"), [
    ("planned", 1200, "70", "1,200"), ("priority", 4, "3", "Urgent"), ("due", date(2030, 5, 6), "2030-05-07", "2030-05-06"),
    ("notes", "gloss", "matt", "gloss"), ("content", "Varnish", "Coat", "Varnish"),
])  # fmt: skip
@pytest.mark.parametrize("in_place", [True, False])
def test_a_field_that_somebody_else_changed_meanwhile_is_not_overwritten_unseen(
    in_place: bool, name: str, theirs: object, mine: str, shown: str, created: MakeOrder, maker: User, hire: Hire
) -> None:
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    client = signed_in(maker)
    sent = typed(client, order, notes_1="also typed", **{f"{name}_0": mine})
    bulk.edit_drafts({first.pk: {name: theirs}}, by=hire("ben", role="maker"))

    with unchanged():
        answer = client.post(drafts_of(order), sent, headers=IN_PLACE if in_place else {}, follow=not in_place)

    sentence = f"ben changed this to “{shown}” meanwhile. Save again if yours is to stay."
    assert sentence in answer.text
    assert (f'id="fault-{name}-{first.pk}"' in answer.text) is in_place
    assert getattr(reload(first), name) == theirs and reload(second).notes == ""


def test_many_fields_that_others_changed_cost_as_many_queries_as_one(
    created: MakeOrder, maker: User, hire: Hire
) -> None:
    ben, client, asked = hire("ben", role="maker"), signed_in(maker), []
    for route in (["VAN"], ["VAN"] * 12):
        order = created(*route)
        sent = typed(client, order, **{f"notes_{place}": "mine" for place in range(len(route))})
        bulk.edit_drafts({task.pk: {"notes": "theirs"} for task in tasks_of(order)}, by=ben)
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(drafts_of(order), sent, headers=IN_PLACE)
        assert answer.text.count("ben changed this to “theirs” meanwhile.") == len(route)
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_what_is_impossible_is_said_at_its_field(created: MakeOrder, maker: User) -> None:
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    client = signed_in(maker)

    with unchanged():
        sent = typed(client, order, due_0="2030-02-31", planned_1="0")
        dates = client.post(drafts_of(order), sent, headers=IN_PLACE)
        numbers = client.post(drafts_of(order), sent | {f"due-{first.pk}": ""}, headers=IN_PLACE)

    assert f'id="fault-due-{first.pk}">“2030-02-31” is no date.' in dates.text
    assert f'id="fault-planned-{second.pk}"' in numbers.text and 'data-outcome="refused"' in numbers.text


def test_what_was_typed_for_a_draft_that_is_gone_is_told_and_nothing_is_saved(
    created: MakeOrder, maker: User, hire: Hire
) -> None:
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    client = signed_in(maker)
    sent = typed(client, order, planned_0="70", notes_0="gloss", notes_1="matt")
    bulk.delete_drafts([first.pk], by=hire("ben", role="maker"))

    with unchanged():
        answer = client.post(drafts_of(order), sent, headers=IN_PLACE)

    assert f"“{first.content}” no longer exists. What you typed for it was not saved: 70, gloss" in answer.text
    del sent[f"notes-{first.pk}"], sent[f"planned-{first.pk}"]
    client.post(drafts_of(order), sent, headers=IN_PLACE)
    assert reload(second).notes == "matt"


@pytest.mark.parametrize("seen", ["", "{}", "[1]", '["a"]', "null", "[" * 5000, "\x00"])
def test_a_memory_that_makes_no_sense_is_none(seen: str, created: MakeOrder, maker: User) -> None:
    order = created("VAN")
    (task,) = tasks_of(order)
    client = signed_in(maker)

    client.post(drafts_of(order), typed(client, order, notes_0="gloss") | {f"seen-{task.pk}": seen}, headers=IN_PLACE)

    assert (reload(task).notes, reload(task).edited_fields) == ("gloss", ["notes"])


@pytest.mark.parametrize("junk", ["²", "-1", "x", "9" * 30, "１"])
def test_numbers_that_are_none_name_no_draft(junk: str, created: MakeOrder, maker: User) -> None:
    order, client = created("VAN"), signed_in(maker)

    with unchanged():
        sent = {"task": junk, "chosen": junk, f"notes-{junk}": "x", f"seen-{junk}": "x"}
        answers = [
            client.post(drafts_of(order), sent | {button: ""}, headers=IN_PLACE) for button in ("save", "delete")
        ]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_saving_in_place_is_refused_like_any_other_way(
    created: MakeOrder, submitted: MakeOrder, maker: User, hire: Hire
) -> None:
    waits = submitted("VAN")
    supervisor, foreign = hire("boss", post=("printing", "supervisor")), created("PACK")

    with unchanged():
        late = signed_in(maker).post(drafts_of(waits), {"task": [1], "save": ""}, headers=IN_PLACE)
        answers = [
            signed_in(supervisor).post(drafts_of(row), {"task": [1], "save": ""}, headers=IN_PLACE)
            for row in (foreign, WorkOrder(pk=987_654))
        ]

    assert late.status_code == 200 and "You cannot change the tasks of this order now." in late.text
    assert 'data-outcome="refused"' in late.text and "paidan-input" not in late.text
    assert [answer.status_code for answer in answers] == [404, 404]


# --- the head ---------------------------------------------------------------------------------------
def marks(text: str) -> tuple[str, ...]:
    """By what an open page knows whether its form and its section are still so."""
    return tuple(re.findall(r'data-(?:form|state)="([0-9a-f]{8})"', text))


def test_the_form_is_old_when_the_order_changed_and_not_when_its_drafts_did(
    created: MakeOrder, maker: User, hire: Hire
) -> None:
    order = created("VAN")
    (task,) = tasks_of(order)
    client = signed_in(maker)
    opened = marks(client.get(change(order)).text)

    bulk.edit_drafts({task.pk: {"notes": "gloss"}}, by=hire("ben", role="maker"))
    edited = client.get(section_of(order)).text
    life.submit(reload(order), by=User.objects.get(username="ben"))
    handed_in = client.get(section_of(order)).text

    assert len(opened) == 2
    assert marks(edited)[0] == opened[0] and marks(edited)[1] != opened[1]
    assert marks(handed_in)[0] != opened[0] and 'data-changed-by="ben"' in handed_in
    assert "Waiting for approval" in handed_in


def test_two_people_see_the_same_order_as_unchanged_each_for_themselves(created: MakeOrder, maker: User) -> None:
    order = created("VAN")
    client = signed_in(maker)

    assert marks(client.get(change(order)).text) == marks(client.get(section_of(order)).text)


# --- copy -------------------------------------------------------------------------------------------
def test_a_copy_is_a_new_draft_with_the_same_parts_and_fresh_dates(
    approved: MakeOrder, maker: User, approver: User, product: Product
) -> None:
    order = approved("CUT", "PRT", "DIE", notes="样", priority=4)
    early = timezone.localdate() - timedelta(days=40)
    audited.update(WorkOrder, [order.pk], by=approver, order_date=early, due_date=early + timedelta(days=9))

    made = copy(reload(order), by=maker)

    before, after = draft_of(reload(order)), draft_of(made)
    today = timezone.localdate()
    assert (made.number != order.number, made.approval, made.progress, made.maker) == (True, "draft", "pending", maker)
    assert (after.order_date, after.due_date) == (today, today + timedelta(days=9))
    for name in ("customer_id", "print_run", "priority", "notes", "cmyk", "total_amount"):
        assert getattr(after, name) == getattr(before, name), name
    assert [(line.product_id, line.quantity, line.unit_price) for line in after.lines] == [
        (line.product_id, line.quantity, line.unit_price) for line in before.lines
    ]
    assert [step.process_id for step in after.steps] == [step.process_id for step in before.steps]
    assert [tool.tooling_id for tool in after.toolings] == [tool.tooling_id for tool in before.toolings]
    assert {material.supply for material in made.materials.all()} == {OrderMaterial.Supply.WAITING}
    assert [(task.content, task.status) for task in tasks_of(made)] == [
        (task.content, "draft") for task in tasks_of(order)
    ]
    assert_history_complete("orders")


def test_copying_by_the_button_opens_the_copy(approved: MakeOrder, maker: User, hire: Hire) -> None:
    order = approved("VAN")

    answer = act(signed_in(maker), order, "copy")

    made = WorkOrder.objects.exclude(pk=order.pk).get()
    assert answer.headers["HX-Redirect"] == change(made)
    with unchanged():
        assert act(signed_in(hire("ann")), order, "copy").status_code in (403, 404)


def test_a_manual_or_edited_task_is_not_copied_but_planned_anew(created: MakeOrder, maker: User) -> None:
    order = created("VAN")
    adding.add(order.steps.get(), by=maker, content="另加", planned=7)

    made = copy(order, by=maker)

    assert [task.planned for task in tasks_of(made)] == [1000]


# --- plan -------------------------------------------------------------------------------------------
def test_the_plan_names_what_is_added_changed_removed_and_kept_and_why(
    created: MakeOrder, maker: User, shop: object
) -> None:
    """TASK-03, TASK-04"""
    order = created("VAN", "PACK", "GLUE")
    client = signed_in(maker)
    Task.objects.filter(step__order=order, step__process__code="GLUE").update(edited_fields=["planned"])
    sent = form_of(client, order) | {"print_run": 1500, "steps-2-DELETE": "on"}

    with unchanged():
        page = client.post(change(order), sent)

    groups = {group["kind"]: group for group in page.context["groups"]}
    assert {kind: len(group["rows"]) for kind, group in groups.items()} == {"change": 1, "remove": 1, "keep": 1}
    assert re.search(r"planned: <del>1,000</del> → <ins>1,500</ins>", page.text)
    assert "its step was removed" in page.text and "edited by hand: it keeps its own values" in page.text
    assert "Show what stays as it is, and why" in page.text
