"""What only boards write."""

from django import template
from django.utils.translation import gettext as _

from paidan.backoffice import display

register = template.Library()
register.filter("due", lambda day: display.due(day, is_open=True))


@register.filter
def hours(minutes: int | None) -> str:
    """Minutes as people say them: 45 min, 3 h 20 min."""
    if minutes is None:
        return "—"
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    return _("%(h)s h %(n)s min") % {"h": minutes // 60, "n": minutes % 60}


@register.filter
def percent_of(n: int, most: int) -> int:
    """How long a bar is."""
    return round(100 * n / most) if most else 0
