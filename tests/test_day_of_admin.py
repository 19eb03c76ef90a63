"""An administrator's day: a shop is set up from nothing; people, rules, notices, plugins; and who did what can be read."""

import re

from django.core.management import call_command
from playwright.sync_api import Page, expect

from paidan.catalog.models import Process
from paidan.dispatch.models import DispatchRule
from paidan.notices.models import Rule
from paidan.orders.actions import task as work
from paidan.people.models import Department, User
from paidan.registry.models import Plugin
from tests.conftest import Hire, MakeOrder, assert_recorded, tasks_of
from tests.days import Come, act, come, menu
from tests.test_browser import browser, errors, pytestmark

__all__ = ["browser", "come", "errors", "pytestmark"]  # fixtures, and where they run


def step(page: Page, name: str) -> None:
    """Go to a step of the guide, and to its form."""
    menu(page, "Home")
    page.get_by_role("region", name="Set the shop up").get_by_role("link", name=name).click()
    page.get_by_role("link", name="add", exact=True).click()


def save(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()


def test_a_shop_is_set_up_from_nothing_along_the_guide(come: Come) -> None:
    call_command("flush", interactive=False)
    call_command("sync_roles")
    root = User.objects.create(username="root", name="root", is_staff=True, is_superuser=True)
    page = come(root)
    guide = page.get_by_role("region", name="Set the shop up")
    expect(guide.get_by_role("heading")).to_contain_text("0/6")

    step(page, "Departments")
    page.get_by_label("Name").fill("装订车间")
    page.get_by_label("Code").fill("binding")
    save(page)
    step(page, "Processes")
    page.get_by_label("Code").fill("SEW")
    page.get_by_label("Name").first.fill("锁线")
    page.get_by_label("Synonyms").fill("穿线")
    save(page)
    step(page, "Dispatch rules")
    page.goto("/dispatch/?process=SEW")
    page.get_by_label("Add a department").select_option(label="装订车间")
    page.get_by_role("button", name=re.compile("^Save the rules")).click()
    expect(page.get_by_text("The rules are saved.")).to_be_visible()
    step(page, "People")
    page.get_by_label("Username").fill("wang")
    page.get_by_label("Full name").fill("王芳")
    page.get_by_label("Order maker").check()
    page.get_by_label("装订车间 · Operator").check()
    save(page)
    expect(page.get_by_text(re.compile(r"\w{4}-\w{4}-\w{4}-\w{4}"))).to_be_visible()  # read here, and nowhere else
    menu(page, "Home")
    expect(guide.get_by_role("heading")).to_contain_text("4/6")

    rule = DispatchRule.objects.get()
    wang = User.objects.get(username="wang")
    assert (rule.process.code, rule.department.code, rule.enabled) == ("SEW", "binding", True)
    assert sorted(group.name for group in wang.groups.all()) == ["binding:operator", "maker"]
    assert (wang.must_change_password, wang.has_perm("orders.claim_task")) == (True, True)
    for model in (Department, Process, DispatchRule, User):
        assert_recorded(model)


def test_people_notices_and_plugins_are_kept_and_all_of_it_can_be_read_afterwards(
    come: Come, hire: Hire, approved: MakeOrder
) -> None:
    ann, boss = hire("ann"), hire("boss", role="admin")
    (task,) = tasks_of(approved("VAN"))
    work.start(work.claim(task, by=ann).task, by=ann)
    page = come(boss)

    # Ann becomes a supervisor as well: what she would see is shown, and her history says it
    page.goto(f"/people/user/{ann.pk}/place/")
    page.get_by_label("印刷车间 · Department supervisor").or_(
        page.get_by_label("印刷车间: Department supervisor")
    ).check()
    page.get_by_role("button", name="Show what would be seen").click()
    expect(page.get_by_role("region", name="What this person would see")).to_contain_text("印刷车间")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"/people/user/{ann.pk}/history/")
    expect(page.get_by_text("Now: 印刷车间 · Department supervisor")).to_be_visible()

    # whoever is late hears it: a rule, tried on what has been before it is switched on
    page.goto("/notices/rule/add/")
    page.get_by_label("Name").fill("开工就告诉我")
    page.get_by_label("Event").select_option(label="Task started")
    page.get_by_label("The system administrators").check()
    save(page)
    rule = Rule.objects.get(name="开工就告诉我")
    page.goto(f"/notices/rule/{rule.pk}/change/")
    page.get_by_role("link", name="Who would have been told?").click()
    expect(page.get_by_text("过油 礼品盒").first).to_be_visible()

    # a plugin off and on again
    page.goto("/registry/plugin/")
    page.get_by_role("link", name="Due date").click()
    act(page, "Switch off", reason="试一试默认策略")
    expect(page.get_by_role("link", name="Switch on")).to_be_visible()
    menu(page, "Home")
    expect(page.get_by_role("link", name=re.compile("^1 plugins switched off"))).to_be_visible()
    page.goto(f"/registry/plugin/{Plugin.objects.get(name='due-date').pk}/change/")
    act(page, "Switch on")

    # who did all this
    menu(page, "All changes")
    trail = page.locator("#content-main")
    for said in ("Now: 印刷车间 · Department supervisor", "开工就告诉我", "试一试默认策略"):
        expect(trail).to_contain_text(said)

    assert sorted(group.name for group in ann.groups.all()) == ["printing:operator", "printing:supervisor"]
    assert Plugin.objects.get(name="due-date").enabled is True
    assert list(Plugin.history.filter(name="due-date").order_by("history_id").values_list("enabled", flat=True))[-2:] == [
        False, True,
    ]  # fmt: skip
    for model in (User, Rule, Plugin):
        assert_recorded(model)
