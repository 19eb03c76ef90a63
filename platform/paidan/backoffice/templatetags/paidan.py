"""The small pieces of `backoffice.display`, for templates."""

from django import template

from paidan.backoffice import display

register = template.Library()

register.simple_tag(display.bar, name="bar")
register.simple_tag(display.state, name="state")
register.simple_tag(display.priority, name="priority")
