"""Keeping the words of a campaign to begin others with."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.campaigns.models import Campaign
from newsletter.content.presets.offered import LONGEST_NAME
from studio.queries import mails


class KeepForm(forms.Form):
    campaign = forms.ModelChoiceField(
        label=_("Out of which campaign"),
        queryset=Campaign.objects.none(),
        empty_label=None,
        help_text=_("Its words are copied as they are saved now; the campaign itself does not change."),
    )
    name = forms.CharField(
        label=_("What it is called"),
        max_length=LONGEST_NAME,
        error_messages={"required": _("Give it a name that you find it by, such as “Spring letter”.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = mails.worth_keeping()  # type: ignore[attr-defined]
