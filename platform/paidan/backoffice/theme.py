"""How the console looks: names, colours, scripts, the account menu."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Paidan"),
    "SITE_HEADER": _("Paidan"),
    "SITE_SUBHEADER": _("Create and it is assigned, approve and work starts"),
    "SITE_SYMBOL": "assignment_turned_in",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("paidan/favicon.svg")},
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,  # on a phone, where the path to the page has no room
    "STYLES": [lambda request: static("paidan/paidan.css"), lambda request: static("paidan/bell.css")],
    "SCRIPTS": [lambda request: static("paidan/paidan.js")],
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": _("Second step at sign-in"), "link": reverse_lazy("second_step")},
        ],
    },
    "DASHBOARD_CALLBACK": "paidan.console.dashboard.context",
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 240)",
            "100": "oklch(93.6% .032 240)",
            "200": "oklch(88.5% .062 242)",
            "300": "oklch(80.8% .105 244)",
            "400": "oklch(70.7% .145 247)",
            "500": "oklch(61% .165 250)",
            "600": "oklch(52% .17 253)",
            "700": "oklch(45.5% .155 255)",
            "800": "oklch(39.5% .13 257)",
            "900": "oklch(35% .1 258)",
            "950": "oklch(26% .07 260)",
        },
    },
    "SIDEBAR": {"show_search": False, "navigation": "paidan.console.sidebar.navigation"},
    "TABS": [
        {
            "models": [f"axes.{model}" for model in ("accesslog", "accessfailurelog", "accessattempt")],
            "items": [
                {"title": _("Came in"), "link": reverse_lazy("admin:axes_accesslog_changelist")},
                {"title": _("Tried in vain"), "link": reverse_lazy("admin:axes_accessfailurelog_changelist")},
                {"title": _("Counted now"), "link": reverse_lazy("admin:axes_accessattempt_changelist")},
            ],
        }
    ],
    "COMMAND": {"search_models": False, "show_history": False},
}
