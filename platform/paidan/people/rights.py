"""Roles, posts and rights as tables to choose from, in the reader's words."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model, Q, QuerySet
from django.forms.models import ModelChoiceIterator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from paidan.backoffice.forms import CheckboxTable
from paidan.people.models import EVERYWHERE, Role, called, post_of, right_name

type Choices = list[tuple[Any, list[tuple[int, Any]]]]


def group_choices() -> Choices:
    """Every group by what it stands for: a role in the whole shop, a post in a department, or neither. One query."""
    groups = list(Group.objects.select_related("post__department").order_by("post__department__position", "pk"))
    roles = [group for group in groups if group.name in Role.values]
    posts = [group for group in groups if post_of(group)]
    others = [group for group in groups if group not in roles and group not in posts]
    titled = ((_("In the whole shop"), roles), (_("In a department"), posts), (_("Made by hand"), others))
    return [(title, [(group.pk, called(group)) for group in found]) for title, found in titled if found]


class GroupTable(ModelChoiceIterator):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        yield from group_choices()


class GroupsField(forms.ModelMultipleChoiceField):
    """Which roles and posts a person has."""

    iterator = GroupTable

    def __init__(self) -> None:
        super().__init__(
            Group.objects.all(), required=False, widget=CheckboxTable, label=_("Roles and posts"),
            help_text=_("What this person may do and see follows from these."),
        )  # fmt: skip


def offered_rights() -> Choices:
    """The rights on everything that has a page, by what they are about. One query."""
    models = _with_a_page()
    rights: dict[type[Model], list[Permission]] = {model: [] for model in models}
    for right in Permission.objects.select_related("content_type").order_by("pk"):
        if (model := right.content_type.model_class()) in rights:
            rights[model].append(right)
    return [
        (
            capfirst(model._meta.verbose_name),
            [(right.pk, right_name(right, model)) for right in sorted(held, key=_usual)],
        )
        for model, held in rights.items()
        if held
    ]


def _with_a_page() -> list[type[Model]]:
    """Models that a person meets: those with a page, each followed by its parts."""
    found: dict[type[Model], None] = {}
    for model, page in admin.site._registry.items():
        for met in (model, *(inline.model for inline in page.inlines)):
            found.setdefault(met)
    return list(found)


def _usual(right: Permission) -> tuple[int, int]:
    """To look comes first, then the rest of the usual four, then what only this model has."""
    usual = [f"{verb}_{right.content_type.model}" for verb in EVERYWHERE]
    return (usual.index(right.codename) if right.codename in usual else len(usual)), right.pk


class RightTable(ModelChoiceIterator):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        yield from offered_rights()


class RightsField(forms.ModelMultipleChoiceField):
    """What a group allows, as a table."""

    iterator = RightTable

    def __init__(self) -> None:
        super().__init__(Permission.objects.all(), required=False, widget=CheckboxTable, label=_("Rights"))


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """A group; rights that the table does not offer, and that it has, stay."""

    permissions = RightsField()

    def clean_permissions(self) -> QuerySet[Permission]:
        chosen: QuerySet[Permission] = self.cleaned_data["permissions"]
        if not self.instance.pk:
            return chosen
        offered = [pk for _title, options in offered_rights() for pk, _name in options]
        kept = self.instance.permissions.exclude(pk__in=offered)
        return Permission.objects.filter(Q(pk__in=chosen.values("pk")) | Q(pk__in=kept.values("pk")))
