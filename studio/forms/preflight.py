"""The form of an override: why words that a rule forbids are right where they stand."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from newsletter.content import utm
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


def _tellable(value: str) -> None:
    why = utm.problem(value.strip())
    if why:
        raise ValidationError(why)


class Tag(forms.CharField):
    """A value that can be put on links; empty for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=utm.LONGEST, validators=[_tellable], **kwargs)


class TagsForm(forms.Form):
    """What other websites are told about a click, as web statistics call it; every field may be empty."""

    utm_source = Tag(label=_("Where the visitor comes from (utm_source)"), help_text=_("For example: newsletter"))
    utm_medium = Tag(label=_("By which way (utm_medium)"), help_text=_("For example: email"))
    utm_campaign = Tag(
        label=_("By which mail (utm_campaign)"),
        help_text=_("For example: winter-hours. Never what a reader has."),
    )
