"""Stopping mail, and letting it go again."""

from collections.abc import Sequence
from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.deliveries.standing.models import Hold, HoldScope
from newsletter.deliveries.standing.release import SPREAD, Choice, careful

NEVER = "never"
HOUR = 3600
AGES = (
    (NEVER, _("Nothing is skipped: everything leaves late")),
    ("0", _("Everything that is overdue is skipped")),
    (str(HOUR), _("What is overdue for more than an hour is skipped")),
    (str(6 * HOUR), _("What is overdue for more than 6 hours is skipped")),
    (str(24 * HOUR), _("What is overdue for more than a day is skipped")),
    (str(72 * HOUR), _("What is overdue for more than 3 days is skipped")),
)
SPANS = (
    (str(HOUR), _("one hour")),
    (str(2 * HOUR), _("2 hours")),
    (str(6 * HOUR), _("6 hours")),
    (str(24 * HOUR), _("one day")),
)


class HoldForm(forms.Form):
    reason = forms.CharField(
        label=_("Why?"),
        max_length=200,
        error_messages={"required": _("Say in one sentence why.")},
        help_text=_("One sentence. Your colleagues read it on every page until the hold is released."),
    )
    scope = forms.ChoiceField(
        label=_("What stops?"),
        choices=(
            (HoldScope.MARKETING, _("The course and all campaigns; confirmations, reminders and answers still leave")),
            (HoldScope.ALL, _("Everything, confirmations and reminders too")),
        ),
        widget=forms.RadioSelect,
        initial=HoldScope.MARKETING,
    )


class ReleaseForm(forms.Form):
    skip = forms.ChoiceField(
        label=_("What becomes of the mail that is overdue?"),
        choices=AGES,
        widget=forms.RadioSelect,
        help_text=_("What is skipped never leaves. People in the course go on with the mail after it."),
    )
    over = forms.ChoiceField(
        label=_("Late marketing mail leaves spread over"),
        choices=SPANS,
        help_text=_(
            "One by one, the longest waiting first; more than 20,000 go in parcels of up to 1,000. Campaigns that have"
            " not begun begin one after another, and each leaves evenly over its part of that time, if that is an hour"
            " or more. Confirmations and reminders leave at once."
        ),
    )

    seen = forms.ModelMultipleChoiceField(Hold.objects.all(), required=False)
    """The holds that the page showed; the page itself writes them down."""

    def choice(self) -> Choice:
        skip = self.cleaned_data["skip"]
        return Choice(
            skip_after=None if skip == NEVER else timedelta(seconds=int(skip)),
            over=timedelta(seconds=int(self.cleaned_data["over"])),
        )


def release_form(unreleased: Sequence[Hold]) -> ReleaseForm:
    """The form as it is first shown: the careful choice for these holds is made."""
    usual = careful(unreleased)
    skip = NEVER if usual.skip_after is None else str(int(usual.skip_after.total_seconds()))
    return ReleaseForm(initial={"skip": skip, "over": str(int(SPREAD.total_seconds()))})
