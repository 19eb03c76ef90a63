"""Reads who uses a plugin."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.urls import NoReverseMatch, reverse

from paidan.registry.fields import PluginField

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Use:
    """A row that names a plugin, where it can be changed, and what else depends on that row."""

    row: models.Model
    kind: str
    url: str
    affected: tuple[str, ...]


def uses(group: str, name: str) -> list[Use]:
    """Every row that names this plugin. One query for each field of the kind, more where a field says what it affects."""
    found = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, PluginField) and field.group == group and not hasattr(model, "history_object"):
                rows = model._default_manager.filter(**{field.name: name})[:MOST_SHOWN]
                found += [_use(row, field) for row in rows]
    return found


def _use(row: models.Model, field: PluginField) -> Use:
    opts = row._meta
    try:
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        url = ""
    affected: Any = field.affects(row) if field.affects else ()
    return Use(row, str(opts.verbose_name), url, tuple(affected))
