"""What sign-in and the account page ask, and the pages on which administrators make accounts."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import (
    AdminOwnPasswordChangeForm,
    AuthenticationForm,
    UserChangeForm,
)
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminPasswordWidget

from paidan.people.actions import new_password
from paidan.people.models import User


class SignInForm(AuthenticationForm):
    """Name and password; one sentence for everything that can be wrong with them."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("The user name or the password is not right."),
    }


class PersonForm(UserChangeForm):
    """A person; of the password it is only said that it can be set anew."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if password := self.fields.get("password"):
            password.widget.template_name = "backoffice/password.html"
            password.help_text = ""


class NewcomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new person; the first password is made up by the house, and `given` is where it can be read once."""

    class Meta:
        model = User
        fields = ("username", "name", "is_staff", "groups")

    def clean_username(self) -> str:
        """Two names that differ in capitals only would be mistaken for each other."""
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(User._meta.get_field("username").error_messages["unique"])
        return name

    def save(self, commit: bool = True) -> Any:
        self.instance.given = new_password(self.instance)
        return super().save(commit)


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """A password of one's own in place of a given one; another one than that."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        new = self.cleaned_data.get("new_password1")
        if new and new == self.cleaned_data.get("old_password"):
            self.add_error("new_password1", ValidationError(_("Choose another password than the one you were given.")))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        self.user.must_change_password = False
        return super().save(commit)


class CodeForm(forms.Form):
    """A code from the phone, or a recovery code."""

    code = forms.CharField(
        label=_("Verification code"),
        max_length=40,
        help_text=_("The six digits that your authenticator app shows, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={"class": " ".join(BASE_INPUT_CLASSES), "autocomplete": "one-time-code", "autofocus": True}
        ),
    )

    def clean_code(self) -> str:
        """As it was meant: full-width digits, spaces and dashes are how people copy."""
        code = unicodedata.normalize("NFKC", self.cleaned_data["code"])
        return "".join(code.split()).replace("-", "").lower()


class SecondStepForm(CodeForm):
    """A code, and the password again when the page is opened by somebody who signed in a while ago."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("password", "code")

    def __init__(self, user: User, *args: Any, ask_password: bool = True, new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if new:
            self.fields["code"].help_text = _("The six digits that your authenticator app shows.")
        if not ask_password:
            del self.fields["password"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your password."))
        return password
