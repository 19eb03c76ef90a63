"""What a person wants to hear: a page of one's own."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget, UnfoldAdminTimeWidget

from paidan.contracts import NOTIFIERS
from paidan.notices.actions import prefer
from paidan.notices.models import Kind, Preference
from paidan.people.access import person
from paidan.people.models import User
from paidan.registry import engine as registry

ADDRESSES = {"email": gettext_lazy("E-mail"), "mobile": gettext_lazy("Mobile phone")}


class PreferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Kinds that make no noise, channels that are not wanted, quiet hours, and where one can be reached."""

    muted = forms.MultipleChoiceField(
        label=gettext_lazy("Without sound and message"),
        choices=Kind.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("They still come into the inbox."),
    )
    declined = forms.MultipleChoiceField(
        label=gettext_lazy("Not through these channels"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    email = forms.EmailField(label=ADDRESSES["email"], required=False, widget=UnfoldAdminTextInputWidget)
    mobile = forms.RegexField(
        r"^\+?[0-9 -]{5,20}$", label=ADDRESSES["mobile"], required=False, widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = Preference
        fields = ("quiet_from", "quiet_until", "muted", "declined")
        widgets = {name: UnfoldAdminTimeWidget(attrs={"type": "time"}) for name in ("quiet_from", "quiet_until")}
        help_texts = {
            "quiet_from": gettext_lazy("From then on nothing rings and no message goes out, unless it is urgent."),
            "quiet_until": gettext_lazy("What waited goes out then. It may be on the next day."),
        }

    def __init__(self, sent: Any, *, instance: Preference) -> None:
        super().__init__(sent, instance=instance, initial=dict(instance.addresses))
        channels = [(name, title) for name, title in registry.choices(NOTIFIERS) if name != "inbox"]
        self.fields["declined"].choices = channels  # type: ignore[attr-defined]
        if not channels:
            del self.fields["declined"]

    @property
    def wishes(self) -> dict[str, Any]:
        """What the person chose, as the preference keeps it."""
        chosen = dict(self.cleaned_data)
        addresses = {kind: chosen.pop(kind) for kind in ADDRESSES}
        return chosen | {"addresses": {kind: address for kind, address in addresses.items() if address}}


def preferences(request: HttpRequest) -> HttpResponse:
    """Read and change one's own preferences."""
    me: User = person(request)
    row = Preference.objects.filter(person=me).first() or Preference(person=me)
    form = PreferenceForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        prefer(me, **form.wishes)
        messages.success(request, _("Kept. It counts from now on."))
        return redirect("notification_preferences")
    context = {"title": _("My notifications"), "form": form, **admin.site.each_context(request)}
    return TemplateResponse(request, "notices/preferences.html", context)
