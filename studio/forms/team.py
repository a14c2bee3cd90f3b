"""Inviting a colleague and changing a role."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role


class InviteForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, error_messages={"required": _("Write the name that colleagues know them by.")}
    )
    email = forms.EmailField(
        label=_("Email"),
        help_text=_("They sign in with it. The invitation goes there."),
        error_messages={"required": _("Write the address that the invitation shall go to.")},
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        initial=Role.FRONT_DESK,
        help_text=_("Owners and managers also manage the team and erase people; owners make keys for other programs."),
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
