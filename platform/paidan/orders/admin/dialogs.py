"""What the verbs on orders and tasks ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from paidan.backoffice.verb import VerbForm
from paidan.orders import access
from paidan.orders.actions import adding
from paidan.orders.models import OrderStep, Task, WorkOrder
from paidan.orders.models.order import MOST_PIECES, Priority
from paidan.people.access import person
from paidan.people.models import Department, User


def pieces(label: Any, *, initial: int | None = None, least: int = 1, required: bool = True) -> forms.IntegerField:
    """A number of pieces, typed on a tablet."""
    widget = UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"})
    return forms.IntegerField(
        label=label, initial=initial, min_value=least, max_value=MOST_PIECES, required=required, widget=widget
    )


class AddTaskForm(VerbForm):
    step = forms.ModelChoiceField(OrderStep.objects.none(), label=_("Step"), widget=UnfoldAdminSelectWidget)
    content = forms.CharField(label=_("Content"), max_length=200, widget=UnfoldAdminTextInputWidget)
    planned = pieces(_("Quantity"))
    notes = forms.CharField(label=_("Notes"), max_length=300, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.fields["step"].queryset = self.row.steps.select_related("process")  # type: ignore[attr-defined]
            self.fields["planned"].initial = self.row.print_run


def add_task(order: WorkOrder, *, by: User, step: OrderStep, **values: Any) -> Task:
    """Add a task by hand to one step of this order."""
    step.order = order
    return adding.add(step, by=by, **values)


class AssignForm(VerbForm):
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("Department"), widget=UnfoldAdminSelectWidget
    )
    to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Operator"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label=_("nobody: into the pool"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        departments = access.places(person(self.request))
        operators = access.hands(departments.values_list("pk", flat=True)).order_by("name")
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]
        self.fields["to"].queryset = operators  # type: ignore[attr-defined]
        if self.row is not None:
            self.fields["department"].initial = self.row.department_id
            self.fields["to"].initial = self.row.operator_id


class AssignSeveralForm(AssignForm):
    """As for one task; each keeps its department unless another is chosen."""

    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("Department"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label=_("as it is"),
    )


class PriorityForm(VerbForm):
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, widget=UnfoldAdminSelectWidget
    )


class ReleaseForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False, widget=UnfoldAdminTextInputWidget)


class VersionedForm(VerbForm):
    """Carries the version that the person saw, so that two tablets cannot overwrite each other."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.fields["version"].initial = self.row.version


class ReportForm(VersionedForm):
    good = pieces(_("Good pieces"), initial=0, least=0)
    waste = pieces(_("Waste pieces"), initial=0, least=0)
    note = forms.CharField(label=_("Note"), max_length=300, required=False, widget=UnfoldAdminTextInputWidget)


class CompleteForm(VersionedForm):
    good = pieces(_("Good pieces since the last report"), least=0, required=False)
    waste = pieces(_("Waste pieces"), initial=0, least=0)
    note = forms.CharField(
        label=_("Note"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Needed when fewer pieces are made than planned."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.fields["good"].initial = min(self.row.remaining, self.row.still_allowed)


class SplitForm(VerbForm):
    pieces = pieces(_("Pieces for the new task"))
