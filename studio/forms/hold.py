"""Stopping marketing mail."""

from django import forms
from django.utils.translation import gettext_lazy as _


class HoldForm(forms.Form):
    reason = forms.CharField(
        label=_("Why?"),
        max_length=200,
        error_messages={"required": _("Say in one sentence why.")},
        help_text=_("One sentence. Your colleagues read it on every page until the hold is released."),
    )
