"""The menu: what a person may open, with what waits there."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from paidan.orders import access
from paidan.people.access import person


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu's groups; an entry without permission, and a group without entries, is left out."""
    groups: list[dict[str, Any]] = [
        {
            "items": [
                {"title": _("Home"), "icon": "home", "link": reverse_lazy("admin:index"), "active": _exactly("/")},
                _entry("orders", "workorder", _("Work orders"), "assignment"),
                _entry("orders", "task", _("Tasks"), "checklist"),
                {
                    "title": _("Board"),
                    "icon": "view_kanban",
                    "link": reverse_lazy("board_choose"),
                    "permission": lambda request: access.may_place(person(request)),
                    "active": _below("/board/"),
                },
                {
                    "title": _("Wall boards"),
                    "icon": "tv",
                    "link": reverse_lazy("walls"),
                    "permission": lambda request: access.may_lead(person(request)),
                    "active": _below("/walls/"),
                },
                _entry("orders", "ordermaterial", _("Materials to come"), "inventory_2"),
                _entry("notices", "notification", _("Notifications"), "notifications"),
                {
                    "title": _("Import orders"),
                    "icon": "upload_file",
                    "link": reverse_lazy("import_orders"),
                    "permission": may("orders.add_workorder"),
                },
            ],
        },
        {
            "title": _("Master data"),
            "separator": True,
            "collapsible": True,
            "items": [
                _entry("catalog", "customer", _("Customers"), "storefront"),
                _entry("catalog", "product", _("Products"), "package_2"),
                _entry("catalog", "material", _("Materials"), "layers"),
                _entry("catalog", "tooling", _("Artwork, dies, plates"), "category"),
                _entry("catalog", "process", _("Processes"), "conversion_path"),
            ],
        },
        {
            "title": _("Dispatch"),
            "separator": True,
            "collapsible": True,
            "items": [
                {
                    "title": _("Dispatch set-up"),
                    "icon": "account_tree",
                    "link": reverse_lazy("dispatching"),
                    "permission": may("dispatch.view_dispatchrule"),
                    "active": _exactly("/dispatch/"),
                },
                _entry("dispatch", "dispatchrule", _("Dispatch rules"), "rule"),
                _entry("dispatch", "dispatchswitch", _("Dispatch switch"), "toggle_on"),
                _entry("orders", "dispatchdecision", _("Dispatch decisions"), "fact_check"),
                _entry("orders", "workload", _("Workloads"), "monitor_weight"),
            ],
        },
        {
            "title": _("People"),
            "separator": True,
            "collapsible": True,
            "items": [
                _entry("people", "user", _("People"), "person"),
                _entry("people", "department", _("Departments"), "account_tree"),
                _entry("auth", "group", _("Roles and posts"), "badge"),
                _entry("catalog", "skill", _("Skills"), "school"),
            ],
        },
        {
            "title": _("Platform"),
            "separator": True,
            "collapsible": True,
            "items": [
                _entry("registry", "plugin", _("Plugins"), "extension"),
                _entry("notices", "rule", _("Notification rules"), "campaign"),
                _entry("notices", "delivery", _("Messages under way"), "outgoing_mail"),
            ],
        },
    ]
    for group in groups:
        group["items"] = [item for item in group["items"] if item.get("permission", _anybody)(request)]
    return [group for group in groups if group["items"]]


def _entry(app: str, model: str, title: Any, icon: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": may(f"{app}.view_{model}"),
        "active": _below(f"/{app}/{model}/"),
    }


def may(permission: str) -> Callable[[HttpRequest], bool]:
    """Whether the person who asks has this right."""
    return lambda request: request.user.has_perm(permission)


def _anybody(request: HttpRequest) -> bool:
    return True


def _exactly(path: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.path == path


def _below(path: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.path.startswith(path)
