"""A key for another program."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey


class KeyForm(forms.ModelForm):
    class Meta:
        model = ApiKey
        fields = ["name"]
        labels = {"name": _("Which program is it for?")}
        help_texts = {"name": _("By this name you find its key again, and what it asked for says who asked.")}
        error_messages = {"name": {"required": _("Write which program the key is for.")}}
