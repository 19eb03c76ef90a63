"""The console's pages for orders and tasks."""

from paidan.orders.admin import log, order, task

__all__ = ["log", "order", "task"]
