"""The console's pages: what each role may open, what an edit shows before it is applied, what a refusal says."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from paidan.dispatch.models import DispatchRule
from paidan.orders.actions import adding
from paidan.orders.actions import order as life
from paidan.orders.actions import task as work
from paidan.orders.actions.saving import save
from paidan.orders.drafts import draft_of
from paidan.orders.models import Task, WorkOrder
from paidan.orders.models.order import Approval
from paidan.people.models import User
from tests.conftest import Hire, reload, tasks_of, unchanged

pytestmark = pytest.mark.django_db

BACKEND = "paidan.people.backends.PeopleBackend"


def signed_in(user: User) -> Client:
    """A browser in which this person is signed in, speaking English."""
    client = Client(headers={"accept-language": "zh"})
    client.force_login(user, backend=BACKEND)
    client.cookies["django_language"] = "en"
    return client


def form_of(client: Client, order: WorkOrder | None) -> dict[str, Any]:
    """What the browser would send if the order's form were saved as it is shown."""
    url = change(order) if order else reverse("admin:orders_workorder_add")
    page = client.get(url)
    form = page.context["adminform"].form
    sent = {form.add_prefix(name): form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        for each in [formset.management_form, *formset.forms]:
            for name, field in each.fields.items():
                sent[each.add_prefix(name)] = each.get_initial_for_field(field, name)
    return {name: "" if value is None else value for name, value in sent.items() if value is not False}


def change(row: Any) -> str:
    """The page of a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def act(client: Client, row: Any, verb: str, **values: Any) -> Any:
    """Press a verb's button and send its dialog."""
    url = change(row).removesuffix("change/") + f"{verb}/"
    sent = {"_form_submitted": "true", **values}
    return client.post(url, sent, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{change(row)}"})


# --- roles ----------------------------------------------------------------------------------------
LISTS = {
    "orders_workorder": {"maker", "sales", "approver", "supervisor", "operator", "admin"},
    "orders_task": {"maker", "sales", "approver", "supervisor", "operator", "admin"},
    "notices_notification": {"maker", "sales", "approver", "supervisor", "operator", "admin"},
    "catalog_product": {"maker", "sales", "approver", "supervisor", "admin"},
    "catalog_process": {"maker", "sales", "approver", "supervisor", "admin"},
    "dispatch_dispatchrule": {"approver", "supervisor", "admin"},
    "people_user": {"approver", "admin"},
    "auth_group": {"admin"},
}


@pytest.fixture
def by_role(hire: Callable[..., User]) -> dict[str, User]:
    """One person for each role."""
    return {
        "maker": hire("maker1", role="maker"),
        "sales": hire("sales1", role="sales"),
        "approver": hire("approver1", role="approver"),
        "supervisor": hire("supervisor1", post=("printing", "supervisor")),
        "operator": hire("operator1"),
        "admin": hire("admin1", role="admin"),
    }


@pytest.mark.parametrize("name", LISTS)
def test_each_role_opens_exactly_its_lists(name: str, by_role: dict[str, User]) -> None:
    opened = {
        role
        for role, user in by_role.items()
        if signed_in(user).get(reverse(f"admin:{name}_changelist")).status_code == 200
    }

    assert opened == LISTS[name]


@pytest.mark.parametrize("role", ["maker", "sales", "approver", "supervisor", "operator", "admin"])
def test_the_start_page_counts_what_the_list_behind_it_shows(
    role: str, by_role: dict[str, User], approved: Callable[..., WorkOrder], submitted: Callable[..., WorkOrder]
) -> None:
    approved()
    submitted()
    client = signed_in(by_role[role])

    tiles = [tile for group in client.get("/").context["groups"] for tile in group["tiles"]]

    assert tiles
    for tile in tiles:
        if tile.url:
            assert client.get(tile.url).context["cl"].queryset.count() == tile.count, tile


def test_a_foreign_order_looks_exactly_like_a_missing_one(
    by_role: dict[str, User], created: Callable[..., WorkOrder]
) -> None:
    order = created()
    client = signed_in(by_role["operator"])

    for view in ("change", "history"):
        foreign = client.get(reverse(f"admin:orders_workorder_{view}", args=[order.pk]))
        missing = client.get(reverse(f"admin:orders_workorder_{view}", args=[999_999]))
        assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content) or (
            foreign.status_code == missing.status_code == 404
        )


@pytest.mark.parametrize("verb", ["approve", "submit", "cancel-order", "delete-order"])
def test_a_verb_without_the_right_is_refused_and_changes_nothing(
    verb: str, by_role: dict[str, User], approved: Callable[..., WorkOrder]
) -> None:
    order = approved("PRT")

    with unchanged():
        assert act(signed_in(by_role["operator"]), order, verb, reason="x").status_code == 403


def test_prices_are_on_no_page_of_a_role_that_may_not_see_them(
    by_role: dict[str, User], approved: Callable[..., WorkOrder], draft_order: Callable[..., Any]
) -> None:
    order = approved("PRT", quantity=1009)  # 1,009 × 3.2 = 3,228.80
    pages = ["/", reverse("admin:orders_workorder_changelist"), change(order)]

    for role in ("supervisor", "operator"):
        client = signed_in(by_role[role])
        for page in pages:
            text = client.get(page).content.decode()
            assert not re.search(r"3,?228\.8|3\.20\b", text), (role, page)
    assert "¥3,228.80" in signed_in(by_role["approver"]).get(change(order)).content.decode()


# --- the order form -------------------------------------------------------------------------------
def test_a_maker_creates_an_order_in_the_form_and_its_tasks_are_there_as_drafts(
    maker: User, draft_order: Callable[..., Any], customer: Any, product: Any, shop: Any
) -> None:
    client = signed_in(maker)
    sent = form_of(client, None)
    sent |= {
        "customer": customer.pk,
        "order_date": "2030-01-02",
        "due_date": "2030-01-09",
        "print_run": 500,
        "lines-TOTAL_FORMS": 1,
        "lines-0-product": product.pk,
        "lines-0-quantity": 500,
        "lines-0-unit_price": "1.25",
        "steps-TOTAL_FORMS": 2,
        "steps-0-process": shop.process("VAN").pk,
        "steps-0-sequence": 10,
        "steps-1-process": shop.process("PACK").pk,
        "steps-1-sequence": 20,
    }

    response = client.post(reverse("admin:orders_workorder_add"), sent)

    order = WorkOrder.objects.get()
    assert response.headers["Location"] == change(order)
    assert (order.maker, order.total_amount) == (maker, 625)
    assert [(task.step.process.code, task.planned, task.status) for task in tasks_of(order)] == [
        ("VAN", 500, "draft"),
        ("PACK", 500, "draft"),
    ]


def test_an_edit_that_changes_tasks_shows_its_plan_and_applies_exactly_that(
    maker: User, created: Callable[..., WorkOrder]
) -> None:
    """TASK-03"""
    order = created("VAN", "PACK")
    client = signed_in(maker)
    sent = form_of(client, order) | {"print_run": 1200}

    with unchanged():
        plan = client.post(change(order), sent)
    assert "Nothing is saved yet" in plan.content.decode()
    (fingerprint,) = re.findall(r'name="fingerprint" value="([^"]+)"', plan.content.decode())
    response = client.post(change(order), sent | {"fingerprint": fingerprint})

    assert response.status_code == 302
    assert [task.planned for task in tasks_of(order)] == [1200, 1000]


def test_a_plan_that_is_no_longer_true_is_refused_and_what_was_typed_stays(
    maker: User, created: Callable[..., WorkOrder]
) -> None:
    order = created("VAN")
    client = signed_in(maker)
    sent = form_of(client, order) | {"print_run": 1200}
    plan = client.post(change(order), sent)
    (fingerprint,) = re.findall(r'name="fingerprint" value="([^"]+)"', plan.content.decode())
    adding.add(order.steps.get(), by=maker, content="另加", planned=7)

    with unchanged():
        page = client.post(change(order), sent | {"fingerprint": fingerprint})

    text = page.content.decode()
    assert "is no longer how it is: its tasks changed meanwhile" in text
    assert 'value="1200"' in text


def test_an_edit_of_a_page_that_somebody_else_saved_meanwhile_is_refused(
    maker: User, created: Callable[..., WorkOrder]
) -> None:
    order = created("VAN")
    client = signed_in(maker)
    sent = form_of(client, order) | {"notes": "mine"}
    save(order, draft_of(order), by=maker)

    with unchanged():
        page = client.post(change(order), sent)

    assert "the order changed meanwhile" in page.content.decode()


def test_an_approved_order_is_changed_only_with_a_reason(approver: User, approved: Callable[..., WorkOrder]) -> None:
    order = approved("VAN")
    client = signed_in(approver)
    sent = form_of(client, order) | {"notes": "rush"}

    with unchanged():
        assert "Say why it is changed" in client.post(change(order), sent).content.decode()
    client.post(change(order), sent | {"reason": "customer called"})

    assert reload(order).notes == "rush"
    assert order.approvals.first().reason == "customer called"


def test_a_maker_can_look_at_a_submitted_order_but_not_change_it(
    maker: User, submitted: Callable[..., WorkOrder]
) -> None:
    order = submitted("VAN")
    client = signed_in(maker)

    with unchanged():
        assert client.get(change(order)).status_code == 200
        assert client.post(change(order), {"print_run": 5}).status_code == 403


def test_a_broken_form_keeps_its_input_and_changes_nothing(maker: User, created: Callable[..., WorkOrder]) -> None:
    order = created("VAN")
    client = signed_in(maker)
    sent = form_of(client, order)

    for field, value, sentence in [
        ("print_run", "0", "greater than or equal to 1"),
        ("print_run", "1000000000000", "less than or equal to 100000000"),
        ("due_date", "2026-02-30", "Enter a valid date"),
        ("due_date", "2000-01-01", "The due date lies before the order date"),
        ("cmyk", "CMX", "is none of C, M, Y, K"),
        ("notes", "a\0b", "Null characters are not allowed"),
    ]:
        with unchanged():
            page = client.post(change(order), sent | {field: value})
        assert sentence in page.content.decode(), (field, value)


# --- verbs ----------------------------------------------------------------------------------------
def test_submitting_a_faulty_order_shows_all_faults_in_the_dialog(
    maker: User, created: Callable[..., WorkOrder]
) -> None:
    order = created("VAN", customer_id=None, due_date=None, lines=0)

    with unchanged():
        dialog = act(signed_in(maker), order, "submit").content.decode()

    for sentence in ("The customer is missing", "The due date is missing", "There is no order line"):
        assert sentence in dialog


def test_approving_twice_says_who_approved_and_makes_no_second_set(
    approver: User, submitted: Callable[..., WorkOrder], hire: Callable[..., User]
) -> None:
    order = submitted("VAN", "PACK")
    client = signed_in(approver)
    assert act(client, order, "approve").headers["HX-Redirect"].endswith(change(order))

    with unchanged():
        dialog = act(signed_in(hire("second", role="approver")), order, "approve").content.decode()

    assert "already approved by abe" in dialog
    assert Task.objects.filter(step__order=order).count() == 2


def test_the_whole_life_of_an_order_goes_through_the_buttons(
    maker: User, approver: User, created: Callable[..., WorkOrder], hire: Callable[..., User]
) -> None:
    order = created("VAN")
    ann = signed_in(hire("ann"))

    act(signed_in(maker), order, "submit")
    act(signed_in(approver), order, "approve")
    (task,) = tasks_of(order)
    act(ann, task, "claim")
    act(ann, task, "start")
    act(ann, task, "report", good=400, waste=0, version=reload(task).version)
    act(ann, task, "complete", good="", waste=0, version=reload(task).version)

    assert (reload(task).status, reload(task).good) == ("completed", 1000)
    assert (reload(order).approval, reload(order).progress) == ("approved", "completed")


def test_a_report_from_an_old_page_is_refused_in_the_dialog(pooled_task: Task, hire: Callable[..., User]) -> None:
    ann = hire("ann")
    work.claim(pooled_task, by=ann)
    work.report(pooled_task, by=ann, good=100)

    with unchanged():
        dialog = act(signed_in(ann), pooled_task, "report", good=50, waste=0, version=2)

    assert "100 good and 0 waste are reported now" in dialog.content.decode()


def test_a_supervisor_cannot_assign_a_task_to_a_foreign_department_or_operator(
    pooled_task: Task, hire: Callable[..., User], shop: Any
) -> None:
    boss, foreign = hire("boss", post=("printing", "supervisor")), hire("cutter", post=("cutting", "operator"))
    client = signed_in(boss)

    with unchanged():
        act(client, pooled_task, "assign", department=shop.department("cutting").pk)
        act(client, pooled_task, "assign", department=shop.department("printing").pk, to=foreign.pk)


def test_an_operator_cannot_act_on_the_task_of_a_colleague(pooled_task: Task, hire: Callable[..., User]) -> None:
    ann, ben = hire("ann"), hire("ben")
    work.claim(pooled_task, by=ann)

    with unchanged():
        for verb in ("start", "report", "complete", "release"):
            assert act(signed_in(ben), pooled_task, verb, good=1, waste=0).status_code in (403, 404)


# --- drafts in the order page ---------------------------------------------------------------------
def test_drafts_are_edited_in_the_order_page_and_keep_the_edit(maker: User, created: Callable[..., WorkOrder]) -> None:
    """WO-02"""
    order = created("VAN", "PACK")
    first, second = tasks_of(order)
    sent: dict[str, Any] = {"task": [first.pk, second.pk], "save": ""}
    for task, planned in ((first, 900), (second, 1000)):
        sent |= {f"content-{task.pk}": task.content, f"planned-{task.pk}": planned, f"priority-{task.pk}": 2}

    signed_in(maker).post(reverse("admin:orders_workorder_drafts", args=[order.pk]), sent)

    assert (reload(first).planned, reload(first).edited_fields) == (900, ["planned"])
    assert reload(second).edited_fields == []


@pytest.mark.parametrize("planned", ["0", "-3", "x", "99999999999", ""])
def test_an_impossible_quantity_in_the_section_is_refused_with_a_sentence(
    planned: str, maker: User, created: Callable[..., WorkOrder]
) -> None:
    order = created("VAN")
    (task,) = tasks_of(order)
    sent = {"task": task.pk, f"content-{task.pk}": "x", f"planned-{task.pk}": planned, f"priority-{task.pk}": 2}

    with unchanged():
        page = (
            signed_in(maker)
            .post(reverse("admin:orders_workorder_drafts", args=[order.pk]), sent, follow=True)
            .content.decode()
        )

    assert task.content in page and "paidan" in page


def test_drafts_of_another_order_cannot_be_smuggled_into_the_section(
    maker: User, created: Callable[..., WorkOrder]
) -> None:
    order, other = created("VAN"), created("VAN")
    (foreign,) = tasks_of(other)

    with unchanged():
        signed_in(maker).post(
            reverse("admin:orders_workorder_drafts", args=[order.pk]), {"chosen": foreign.pk, "delete": ""}
        )


def test_deleted_drafts_can_be_brought_back(maker: User, created: Callable[..., WorkOrder]) -> None:
    order = created("VAN", "PACK")
    (first, _second) = tasks_of(order)
    client = signed_in(maker)

    client.post(reverse("admin:orders_workorder_drafts", args=[order.pk]), {"chosen": first.pk, "delete": ""})
    assert len(tasks_of(order)) == 1
    act(client, order, "restore")

    assert [task.step.process.code for task in tasks_of(order)] == ["VAN", "PACK"]


def test_a_step_with_nothing_to_do_is_a_warning_on_the_order(maker: User, created: Callable[..., WorkOrder]) -> None:
    order = created("PRT", toolings=())

    page = signed_in(maker).get(change(order)).content.decode()

    assert "makes no task: there is nothing on the order for it" in page


# --- language and ceilings ------------------------------------------------------------------------
def test_the_console_speaks_chinese_until_a_person_chooses_english(maker: User) -> None:
    client = Client(headers={"accept-language": "en-US,en"})
    client.force_login(maker, backend=BACKEND)

    assert client.get("/").headers["Content-Language"] == "zh-hans"
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert client.get("/").headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("url", "ceiling"),
    [
        ("admin:index", 10),
        ("admin:orders_workorder_changelist", 12),
        ("admin:orders_workorder_add", 10),
        ("admin:orders_task_changelist", 12),
        ("admin:catalog_product_changelist", 8),
        ("admin:dispatch_dispatchrule_changelist", 10),
        ("admin:orders_dispatchdecision_changelist", 10),
        ("admin:people_user_changelist", 10),
        ("admin:notices_notification_changelist", 8),
    ],
)
def test_no_list_asks_more_than_its_ceiling(
    url: str, ceiling: int, approver: User, approved: Callable[..., WorkOrder], hire: Callable[..., User]
) -> None:
    """PERF-01"""
    for _n in range(3):
        approved()
    client = signed_in(hire("root", is_superuser=True) if "user" in url or "add" in url else approver)
    client.get(reverse(url))

    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(url)).status_code == 200

    assert len(queries) <= ceiling


def test_an_order_form_asks_as_often_for_twenty_lines_as_for_two(
    maker: User, created: Callable[..., WorkOrder]
) -> None:
    small, large = created("VAN", "PACK", lines=2), created(*["VAN"] * 10, "PACK", lines=20)
    client = signed_in(maker)
    counts = []

    for order in (small, large):
        client.get(change(order))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(change(order)).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 28


def test_a_rejected_order_tells_its_maker_why(maker: User, approver: User, submitted: Callable[..., WorkOrder]) -> None:
    order = submitted("VAN")
    act(signed_in(approver), order, "reject", reason="stock is wrong")

    page = signed_in(maker).get(change(order)).content.decode()

    assert "Rejected by abe: stock is wrong" in page
    assert reload(order).approval == Approval.REJECTED


def test_a_supervisor_sees_only_the_rules_of_own_departments(hire: Callable[..., User]) -> None:
    client = signed_in(hire("boss", post=("printing", "supervisor")))

    shown = client.get(reverse("admin:dispatch_dispatchrule_changelist")).context["cl"].queryset

    assert set(shown.values_list("department__code", flat=True)) == {"printing"}
    assert DispatchRule.objects.count() > shown.count()


def test_sentences_come_in_the_readers_language(maker: User, submitted: Callable[..., WorkOrder]) -> None:
    order = submitted("VAN")

    with translation.override("en"), pytest.raises(Exception, match="waits for approval"):
        life.submit(order, by=maker)


def test_the_language_is_chosen_before_anybody_signs_in(shop: Any) -> None:
    client = Client()
    where = "/login/?next=/orders/task/"
    offered = client.get(where).text

    chosen = client.post("/i18n/setlang/", {"language": "en", "next": where})

    assert 'lang="zh-hans" aria-current="true">简体中文<' in offered and 'lang="en">English<' in offered
    assert chosen.url == where
    assert "Log in" in client.get(where).text and "登录" not in client.get(where).text


def test_a_list_says_how_many_it_found_only_when_somebody_looked_for_something(
    maker: User, created: Callable[..., WorkOrder]
) -> None:
    order = created("VAN")
    client = signed_in(maker)

    whole, found = (client.get(f"/orders/workorder/{query}").text for query in ("", f"?q={order.number}"))

    assert ["paidan-results" in page for page in (whole, found)] == [False, True]


@pytest.mark.parametrize("role", ["admin", "supervisor"])
def test_every_list_counts_what_each_filter_would_leave(
    role: str, by_role: dict[str, User], approved: Callable[..., WorkOrder], hire: Hire
) -> None:
    """What the button below the filters asks for; a filter may not only know the words that stand in an address."""
    (task,) = tasks_of(approved("VAN"))
    work.claim(task, by=hire("ann"))
    client = signed_in(by_role[role])
    lists = [f"/{model._meta.app_label}/{model._meta.model_name}/?_facets=True" for model in admin.site._registry]

    answers = {page: client.get(page).status_code for page in lists}

    assert {page: code for page, code in answers.items() if code not in (200, 403)} == {
        page: 302 for page in lists if "dispatchswitch" in page and role == "admin"
    }
    assert answers["/orders/task/?_facets=True"] == 200
