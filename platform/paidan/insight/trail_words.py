"""Changes in the reader's words: what a row was called, of which order it was, where its page is."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from paidan.backoffice.differences import ACTS, Difference, Mention, Moved, Names, mentioned, moved, told_fields
from paidan.insight.trail import Change
from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.people.models import User


class Words:
    """Names all that these changes mention; a few queries for each kind of row, whatever their number."""

    def __init__(self, changes: Sequence[Change], request: HttpRequest) -> None:
        self.request = request
        self.moves: dict[int, list[Moved]] = {id(change): _moves(change) for change in changes}
        self.names = Names(mention for change in changes for mention in self._mentions(change))
        self._orders = _orders_of(changes)
        self._numbers = dict(WorkOrder.history.filter(id__in=set(self._orders.values())).values_list("id", "number"))
        self._there = _still_there(changes, self._orders)

    def _mentions(self, change: Change) -> Iterator[Mention]:
        yield User, change.by
        yield from mentioned(self.moves[id(change)])
        yield from ((f.related_model, change.row[f.attname]) for f in _pointers(change))

    def person(self, change: Change) -> str:
        return self.names.name(User, change.by) or _("the house")

    def kind(self, change: Change) -> str:
        return capfirst(str(change.model._meta.verbose_name))

    def what(self, change: Change) -> str:
        return str(ACTS[change.act])

    def about(self, change: Change) -> str:
        """Which row it is about, as it was called then."""
        known = {field.attname for field in change.model._meta.concrete_fields}
        row = change.model(**{name: value for name, value in change.row.items() if name in known})
        for field in _pointers(change):
            there = self.names.rows.get(field.related_model, {}).get(change.row[field.attname])
            setattr(row, field.name, there or field.related_model(pk=change.row[field.attname]))
        return str(row)

    def order(self, change: Change) -> str:
        """The number of the order that it belongs to, if it is not the order itself."""
        pk = self._orders.get(_key(change))
        return self._numbers.get(pk, "") if pk and change.model is not WorkOrder else ""

    def link(self, change: Change) -> str:
        """The page of the row, or of its order where it has none; empty when that is gone, or not for this reader."""
        for model, pk in ((change.model, change.pk), (WorkOrder, self._orders.get(_key(change)))):
            page = admin.site._registry.get(model)
            if page and pk in self._there[model] and page.has_view_permission(self.request):
                return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
        return ""

    def differences(self, change: Change) -> list[Difference]:
        return self.names.differences(self.moves[id(change)])


def _moves(change: Change) -> list[Moved]:
    return list(moved(change.model, change.act, change.row, change.before))


def _pointers(change: Change) -> list[Any]:
    """What the row points at and is called by."""
    return [field for field in told_fields(change.model) if field.is_relation and change.row.get(field.attname)]


def _key(change: Change) -> tuple[Any, Any]:
    return change.model, change.pk


def _orders_of(changes: Sequence[Change]) -> dict[tuple[Any, Any], Any]:
    """Of which order each row is; of a task, by its step, which may be gone."""
    steps = {change.row["step_id"] for change in changes if change.model is Task}
    of_step = dict(OrderStep.history.filter(id__in=steps).values_list("id", "order_id")) if steps else {}
    found: dict[tuple[Any, Any], Any] = {}
    for change in changes:
        own = change.pk if change.model is WorkOrder else change.row.get("order_id")
        order = of_step.get(change.row["step_id"]) if change.model is Task else own
        if order:
            found[_key(change)] = order
    return found


def _still_there(changes: Sequence[Change], orders: dict[tuple[Any, Any], Any]) -> dict[Any, set[Any]]:
    """Which of these rows exist; one query for each model."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set, {WorkOrder: set(orders.values())})
    for change in changes:
        wanted[change.model].add(change.pk)
    there: dict[Any, set[Any]] = defaultdict(set)
    for model, pks in wanted.items():
        if pks and model in admin.site._registry:
            there[model] = set(model._base_manager.filter(pk__in=pks).values_list("pk", flat=True))
    return there
