"""Signing in, and choosing a password."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, User

PASSWORD_HELP = _("12 characters or more. Three or four words that only you would put together are easy to keep.")

NO_ADDRESS = {"required": _("Write the address that you sign in with.")}


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("Email and password do not go together. Check both, or ask for a new password."),
        "inactive": _("Nobody can sign in with this account any more."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = forms.EmailField(
            label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "username"}), error_messages=NO_ADDRESS
        )
        self.fields["password"].label = _("Password")
        self.fields["password"].error_messages["required"] = _("Type your password.")

    def clean_username(self) -> str:
        """One spelling, so that the lockout counts one person once."""
        return self.cleaned_data["username"].strip().lower()


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "username"}), error_messages=NO_ADDRESS
    )


class NewPasswordForm(SetPasswordForm):
    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = PASSWORD_HELP
        self.fields["new_password2"].label = _("The same again")
        self.fields["new_password2"].help_text = ""


class OwnPasswordForm(PasswordChangeForm):
    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["old_password"].label = _("Password until now")
        self.fields["new_password1"].help_text = PASSWORD_HELP
        self.fields["new_password2"].label = _("The same again")
        self.fields["new_password2"].help_text = ""


class WelcomeForm(forms.Form):
    """An invited colleague's name and first password."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        help_text=PASSWORD_HELP,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = invitation.name
        self.invitation = invitation

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if "password" in found:
            person = User(email=self.invitation.email, name=found.get("name", ""))
            try:
                validate_password(found["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return found


class AccountForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=120)
