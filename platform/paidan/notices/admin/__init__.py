"""The inbox, the rules that fill it, and what is on its way out of the house."""

from paidan.notices.admin import inbox, outbox, rules  # noqa: F401  Django registers what this module imports
