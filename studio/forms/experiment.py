"""The form of a test of two wordings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.campaigns.experiments.models import LEAST_SHARE, WHOLE, Experiment, Judge, Side, What
from newsletter.campaigns.experiments.odds import ENOUGH
from newsletter.campaigns.experiments.services import Setup
from newsletter.content import blocks
from newsletter.content.blocks.schema import LONGEST_SUBJECT
from newsletter.content.models import EmailKind
from studio.forms.lines import LineField

WAITS = [
    (1, _("1 hour")),
    (2, _("2 hours")),
    (4, _("4 hours")),
    (8, _("8 hours")),
    (24, _("1 day")),
    (48, _("2 days")),
    (72, _("3 days")),
    (168, _("7 days")),
]

NOT_IN_A_SENDER = frozenset('@:;,<>"\\()[]{}')
"""What a name beside an address cannot hold, and the signs of a field: a sender is the same for everybody."""


def is_a_name(words: str) -> bool:
    """Whether this can stand as the sender of a mail, to the letter."""
    return words.isprintable() and not NOT_IN_A_SENDER & set(words)


class ExperimentForm(forms.Form):
    what = forms.ChoiceField(
        label=_("What differs in B"), choices=What.choices, widget=forms.RadioSelect, initial=What.SUBJECT
    )
    words = LineField(
        label=_("What B says instead"),
        help_text=_("In square brackets, a name that is filled in for each reader: [first name, or “there”]."),
        max_length=LONGEST_SUBJECT,
        error_messages={"required": _("Write what B says instead.")},
    )
    share = forms.IntegerField(
        label=_("How many get the test, in per cent of everybody"),
        help_text=_("Half of them get A, half get B. The others wait, and get the better one."),
        min_value=LEAST_SHARE,
        max_value=WHOLE,
        initial=50,
    )
    wait_hours = forms.TypedChoiceField(
        label=_("How long to wait for what people do"),
        help_text=_(
            "From when the last mail of the test has left. Most people who click do so within a day."
            " When the wait ends in your clinic's quiet hours, the others get theirs after them."
        ),
        coerce=int,
        choices=WAITS,
        initial=24,
    )
    judged_by = forms.ChoiceField(
        label=_("By what the better one is told"),
        help_text=_("Scanners are not counted, and opens tell nothing: many programs open every mail by themselves."),
        choices=[
            (Judge.CLICKS, _("People who clicked; it takes %(n)d of them") % {"n": ENOUGH[Judge.CLICKS]}),
            (Judge.BOOKINGS, _("Bookings credited to it; it takes %(n)d of them") % {"n": ENOUGH[Judge.BOOKINGS]}),
        ],
        widget=forms.RadioSelect,
        initial=Judge.CLICKS,
    )
    otherwise = forms.ChoiceField(
        label=_("What the others get when too few did anything to tell"),
        choices=Side.choices,
        widget=forms.RadioSelect,
        initial=Side.A,
    )

    @classmethod
    def of(cls, one: Experiment | None, data: Any = None) -> "ExperimentForm":
        """As it is saved, or with what was typed."""
        if one is None:
            return cls(data)
        return cls(data, initial={name: getattr(one, name) for name in cls.base_fields})

    @property
    def seen(self) -> str | None:
        """What the page was made from, as it sent it back: see `queries.mark`."""
        return self.data.get("seen")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        words, what = said.get("words", ""), said.get("what")
        if what == What.BODY:
            self.errors.pop("words", None)
            said["words"] = ""
        elif what in {What.SUBJECT, What.PREHEADER}:
            for problem in blocks.line_problems(words, what, blocks.allowed(EmailKind.CAMPAIGN, None)):
                self.add_error("words", problem.why)
        elif words and not is_a_name(words):
            self.add_error("words", _("Write a name as readers see it: letters, spaces, and no signs such as @ or {."))
        return said

    def setup(self) -> Setup:
        said = self.cleaned_data
        return Setup(
            what=What(said["what"]),
            share=said["share"],
            wait_hours=said["wait_hours"],
            judged_by=Judge(said["judged_by"]),
            words=said["words"].strip(),
            otherwise=Side(said["otherwise"]),
        )
