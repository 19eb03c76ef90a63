"""Turns a verb of an app's `actions` into a button with a dialog: one domain call, `Refused` shown in place."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urldefrag

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from paidan.backoffice.admin import ScopedModelAdmin
from paidan.errors import Refused


class VerbForm(BaseDialogForm):
    """What a verb asks before it acts; a refusal is shown above the fields, and what was typed stays."""

    form_before_template = "backoffice/dialog_errors.html"

    @property
    def row(self) -> Any:
        """The row that the dialog is about, for forms that offer choices of it."""
        return self.request.__dict__.get("_paidan_row")

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> dict[str, Any]:
        return {"form": self}

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "_form_submitted"}


class ReasonForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class verb:  # noqa: N801  reads like a decorator in the class body
    """A button for one verb on one row: `approve = verb(actions.approve, label=…, may=…, offered=…)`.

    `may(user, row)` says who may, and is asked again with the row in hand when the dialog is sent;
    `offered(row)` says when the button makes sense; `opens` shows the row that the verb made;
    `after(request, result)` is told what the verb returned.
    """

    def __init__(
        self,
        act: Callable[..., Any],
        *,
        label: Any,
        may: Callable[[Any, Any], bool],
        offered: Callable[[Any], bool] = lambda row: True,
        done: Any = "",
        form: type[VerbForm] = VerbForm,
        icon: str = "",
        ask: Any = "",
        variant: ActionVariant = ActionVariant.DEFAULT,
        then: str = "",
        opens: bool = False,
        after: Callable[[HttpRequest, Any], None] = lambda request, result: None,
    ) -> None:
        self.act, self.label, self.may, self.offered = act, label, may, offered
        self.done, self.form, self.icon, self.ask, self.variant = done, form, icon, ask, variant
        self.then, self.opens, self.after = then, opens, after

    def __set_name__(self, owner: type, name: str) -> None:
        dialog: Mapping[str, Any] = {
            "title": self.label,
            "description": self.ask,
            "form_class": self.form,
            "form_submit_text": self.label,
        }

        def may(admin: ScopedModelAdmin, request: HttpRequest, pk: Any = None) -> bool:
            if pk is None:
                return True
            request.__dict__["_paidan_row"] = row = admin.must_exist(request, str(getattr(pk, "pk", pk)))
            return self.may(request.user, row)

        def run(admin: ScopedModelAdmin, request: HttpRequest, form: VerbForm, object_id: str) -> HttpResponse:
            row = admin.must_exist(request, object_id)
            try:
                made = self.act(row, by=request.user, **form.arguments())
                self.after(request, made)
            except Refused as refused:
                for fault in refused.faults:
                    form.add_error(None, fault.message)
                return render(request, "unfold/helpers/dialog.html", {"dialog": dialog, "form": form})
            shown = made if self.opens else row
            messages.success(request, (self.done or _("%(row)s: done.")) % {"row": shown})
            return back(request, admin, shown, "change" if self.opens else self.then)

        run.__name__ = name
        button = action(
            description=self.label,
            permissions=[name],
            dialog=dialog,  # type: ignore[arg-type]
            icon=self.icon or None,
            variant=self.variant,
            url_path=name.replace("_", "-"),
        )(run)
        button.offered = self.offered
        setattr(owner, name, button)
        setattr(owner, f"has_{name}_permission", may)


def back(request: HttpRequest, admin: ScopedModelAdmin, row: Any, then: str = "") -> HttpResponse:
    """To where the dialog was opened; HTMX follows a header, everybody else a redirect."""
    opts = admin.model._meta
    url = urldefrag(request.headers.get("HX-Current-URL", "")).url  # with a fragment the browser would stay where it is
    if ":" in then:
        url = reverse(then)
    elif then:
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_{then}", args=[row.pk] if then == "change" else [])
    elif not url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
