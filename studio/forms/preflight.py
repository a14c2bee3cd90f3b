"""The form of an override: why words that a rule forbids are right where they stand."""

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.content.overrides import SHORTEST_REASON


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why are these words right here?"),
        help_text=_("Your name, the time and this reason are kept for whoever asks."),
        min_length=SHORTEST_REASON,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={
            "required": _("Write why."),
            "min_length": _("Write a whole sentence, so that somebody else understands it."),
        },
    )
