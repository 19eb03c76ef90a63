"""The menu: what a person may open."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paidan.orders import access
from paidan.people.access import person

type May = Callable[[HttpRequest], bool]


class Entry(NamedTuple):
    """A page: its words, icon and address, who may open it, and below which path one is still there."""

    title: Any
    icon: str
    view: str
    may: May
    below: str = ""

    def shown(self, request: HttpRequest) -> dict[str, Any]:
        """As unfold draws it; `active` where one is now."""
        link, path = reverse(self.view), request.path
        is_here = path.startswith(self.below) if self.below else path == link
        return {"title": self.title, "icon": self.icon, "link": link, "active": is_here}


class Group(NamedTuple):
    """Entries that belong together; the first group has no heading."""

    title: Any
    entries: tuple[Entry, ...]

    def shown(self, request: HttpRequest) -> dict[str, Any]:
        """As unfold draws it, without what this person may not open."""
        items = [entry.shown(request) for entry in self.entries if entry.may(request)]
        heading = {"title": self.title, "separator": True, "collapsible": True} if self.title else {}
        return heading | {"items": items}


def may(permission: str) -> May:
    """Whether the person who asks has this right."""
    return lambda request: request.user.has_perm(permission)


def _anybody(request: HttpRequest) -> bool:
    return True


def _places(request: HttpRequest) -> bool:
    return access.may_place(person(request))


def _leads(request: HttpRequest) -> bool:
    return access.may_lead(person(request))


def _rows(model: str, title: Any, icon: str) -> Entry:
    """The list of a model, and the pages of its rows; `model` as in `orders.task`."""
    app, name = model.split(".")
    return Entry(title, icon, f"admin:{app}_{name}_changelist", may(f"{app}.view_{name}"), f"/{app}/{name}/")


MENU = (
    Group("", (
        Entry(_("Home"), "home", "admin:index", _anybody),
        Entry(_("Operator centre"), "touch_app", "centre", may("orders.claim_task"), "/centre/"),
        _rows("orders.workorder", _("Work orders"), "assignment"),
        _rows("orders.task", _("Tasks"), "checklist"),
        Entry(_("Board"), "view_kanban", "board_choose", _places, "/board/"),
        Entry(_("Wall boards"), "tv", "walls", _leads, "/walls/"),
        _rows("orders.ordermaterial", _("Materials to come"), "inventory_2"),
        _rows("notices.notification", _("Notifications"), "notifications"),
        Entry(_("Import orders"), "upload_file", "import_orders", may("orders.add_workorder"), "/orders/import/"),
    )),
    Group(_("Master data"), (
        _rows("catalog.customer", _("Customers"), "storefront"),
        _rows("catalog.product", _("Products"), "package_2"),
        _rows("catalog.material", _("Materials"), "layers"),
        _rows("catalog.tooling", _("Artwork, dies, plates"), "category"),
        _rows("catalog.process", _("Processes"), "conversion_path"),
    )),
    Group(_("Dispatch"), (
        Entry(_("Dispatch set-up"), "account_tree", "dispatching", may("dispatch.view_dispatchrule")),
        _rows("dispatch.dispatchrule", _("Dispatch rules"), "rule"),
        _rows("dispatch.dispatchswitch", _("Dispatch switch"), "toggle_on"),
        _rows("orders.dispatchdecision", _("Dispatch decisions"), "fact_check"),
        _rows("orders.workload", _("Workloads"), "monitor_weight"),
    )),
    Group(_("People"), (
        _rows("people.user", _("People"), "person"),
        _rows("people.department", _("Departments"), "account_tree"),
        _rows("auth.group", _("Roles and posts"), "badge"),
        _rows("catalog.skill", _("Skills"), "school"),
        _rows("axes.accesslog", _("Sign-ins"), "login")._replace(below="/axes/"),
        _rows("people.viewing", _("Looks as others"), "visibility"),
    )),
    Group(_("Platform"), (
        _rows("registry.plugin", _("Plugins"), "extension"),
        _rows("notices.rule", _("Notification rules"), "campaign"),
        _rows("notices.delivery", _("Messages under way"), "outgoing_mail"),
        Entry(_("All changes"), "history", "all_changes", may("orders.approve_workorder"), "/changes/"),
    )),
)  # fmt: skip


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu's groups; an entry without permission, and a group without entries, is left out."""
    groups = [group.shown(request) for group in MENU]
    return [group for group in groups if group["items"]]
