"""The order form and its parts, and how they become an `OrderDraft`."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from paidan.backoffice.forms import KnownChoicesMixin
from paidan.errors import Refused
from paidan.orders.drafts import HEADER, PARTS, OrderDraft, Part
from paidan.orders.models import WorkOrder
from paidan.orders.models.order import Approval


class OrderForm(KnownChoicesMixin, forms.ModelForm):  # type: ignore[type-arg]
    """The order's own fields; `version` is the state that the person saw."""

    version_seen = forms.IntegerField(label="", widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Reason for the change"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("The order is approved: say why it is changed. Everybody concerned is told."),
    )

    refused: Refused | None = None

    class Meta:
        model = WorkOrder
        fields = [name.removesuffix("_id") for name in HEADER]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version_seen"].initial = self.instance.version if self.instance.pk else None
        if self.instance.approval != Approval.APPROVED:
            self.fields.pop("reason", None)

    def clean_cmyk(self) -> str:
        """Colours in the trade's order, whatever order they were typed in."""
        typed = self.cleaned_data["cmyk"].upper()
        if strange := set(typed) - set("CMYK"):
            raise forms.ValidationError(
                _("“%(letter)s” is none of C, M, Y, K. Spot colours have a field of their own.")
                % {"letter": sorted(strange)[0]}
            )
        return "".join(letter for letter in "CMYK" if letter in typed)

    def clean(self) -> Any:
        if self.refused:
            for fault in self.refused.faults:
                self.add_error(None, fault.message)
        return super().clean()


def draft_from(form: OrderForm, formsets: Iterable[Any]) -> OrderDraft:
    """What the person entered, as one frozen value."""
    order = form.instance  # a valid ModelForm has written what was entered into its instance
    parts = {_name_of(formset): _parts(formset) for formset in formsets if _name_of(formset) in PARTS}
    return OrderDraft(number=order.number, **{name: getattr(order, name) for name in HEADER}, **parts)  # type: ignore[arg-type]


def _name_of(formset: Any) -> str:
    return str(formset.fk.remote_field.related_name)


def _parts(formset: Any) -> tuple[Part, ...]:
    kind = PARTS[_name_of(formset)]
    parts = []
    for form in formset.forms:
        gone = formset.can_delete and formset._should_delete_form(form)
        if gone or (not form.instance.pk and not form.has_changed()):
            continue
        row = form.instance
        values = {f.name: getattr(row, f.name) for f in fields(kind) if f.name != "ref"}
        parts.append(kind(ref=row.ref or 0, **values))
    return tuple(parts)


def typed_again(request: HttpRequest) -> list[tuple[str, str]]:
    """Everything that was sent, for a page that sends it once more after it was confirmed."""
    skip = ("csrfmiddlewaretoken", "fingerprint")
    return [(name, value) for name, values in request.POST.lists() if name not in skip for value in values]
