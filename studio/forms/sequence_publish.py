"""Publishing a sequence, and going on after a pause: what becomes of those inside, over how long they are mailed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.sequences.publishing import Choice, Inside, Seen

LONGEST_MARK = 12
MOST_HOURS = 14 * 24
USUAL_HOURS = 4.0


class PublishForm(forms.Form):
    """What becomes of the people inside. `number` is the draft that was looked at, `mails` a mark of what they said."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    mails = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_MARK)
    inside = forms.ChoiceField(choices=[(one.value, one.value) for one in Inside], required=False)
    also_finished = forms.BooleanField(required=False)
    hours = forms.FloatField(min_value=0, max_value=MOST_HOURS, required=False)

    @property
    def seen(self) -> Seen:
        return Seen(self.cleaned_data["number"], self.cleaned_data["mails"])

    @property
    def choice(self) -> Choice:
        said = self.cleaned_data
        hours = USUAL_HOURS if said["hours"] is None else said["hours"]
        return Choice(Inside(said["inside"] or Inside.STAY), also_finished=said["also_finished"], hours=hours)


class OverForm(forms.Form):
    """Over how long those leave who are brought to now by what is published; none is at once."""

    hours = forms.FloatField(
        label=_("Hours"),
        min_value=0,
        max_value=MOST_HOURS,
        help_text=_("They leave evenly over so long a time in which the sequence mails; 0 is all at once."),
    )

    @property
    def said(self) -> float:
        """What was said; the usual where it makes no sense."""
        return float(self.cleaned_data["hours"]) if self.is_valid() else USUAL_HOURS


class ResumeForm(forms.Form):
    hours = forms.FloatField(
        label=_("Hours"),
        min_value=0.25,
        max_value=MOST_HOURS,
        help_text=_("What is overdue leaves evenly over so long a time."),
    )


def over(data: Any) -> OverForm:
    """As asked for by an address or by a button; the usual where nothing is said."""
    return OverForm({"hours": data.get("hours", USUAL_HOURS)})
