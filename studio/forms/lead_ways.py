"""What staff do to one person's way through a sequence, and why."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.one import LONGEST_REASON
from studio.queries.lead_ways import OneWay

PAUSE, RESUME, SKIP, MOVE, LEAVE = "pause", "resume", "skip", "move", "leave"
ACTS: Mapping[str, Promise] = {
    PAUSE: _("Hold them where they are. A mail that is about to leave is taken back, and comes when they go on."),
    RESUME: _("Let them go on. A mail that was taken back leaves first."),
    SKIP: _("Skip the next step. What follows waits from now on."),
    MOVE: _("Put them before another step. Its wait begins now."),
    LEAVE: _("Take them out. A mail that is about to leave is taken back; other sequences go on."),
}
FOR = {
    EnrolmentState.ACTIVE: (PAUSE, SKIP, MOVE, LEAVE),
    EnrolmentState.PAUSED: (RESUME, SKIP, MOVE, LEAVE),
    EnrolmentState.FINISHED: (PAUSE, LEAVE),
}
"""What can be done about somebody; who has finished but for their last mail can only be kept from it."""

ABOUT_A_STEP = (SKIP, MOVE)
"""These mean the place at which somebody was seen; the others mean the person, wherever they stand."""
OVERTAKEN = "overtaken"


class WhyForm(forms.Form):
    """Why everything ends for somebody."""

    reason = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)


class WayForm(forms.Form):
    """What is to be done about one way. `next` is the key of the step that came next when the page was shown."""

    way = forms.IntegerField(widget=forms.HiddenInput)
    next = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, required=False)
    act = forms.ChoiceField(label=_("What is to be done"), widget=forms.RadioSelect)
    step = forms.ChoiceField(label=_("Before which step"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)

    def __init__(self, data: Mapping[str, Any] | None, *, of: OneWay) -> None:
        super().__init__(data, initial={"way": of.way.pk, "next": of.next}, auto_id=f"way-{of.way.pk}-%s")
        self.of, steps = of, of.steps
        fits = [act for act in FOR[EnrolmentState(of.way.state)] if steps or act != MOVE]
        self._choose("act", [(act, ACTS[act]) for act in fits])
        self._choose("step", [("", _("Choose a step")), *steps])
        if not steps:
            del self.fields["step"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("act") == MOVE and not cleaned.get("step"):
            self.add_error("step", ValidationError(_("Choose the step.")))
        if not self.errors and cleaned.get("act") in ABOUT_A_STEP and cleaned.get("next") != self.of.next:
            self._look_again()
        return cleaned

    @property
    def is_overtaken(self) -> bool:
        """Whether they stand elsewhere by now than where the page showed them."""
        return self.has_error(NON_FIELD_ERRORS, OVERTAKEN)

    def _look_again(self) -> None:
        """Carry what comes next now: the next press is about that."""
        self.data = {**{name: self.data[name] for name in self.data}, "next": self.of.next}
        said = _("They have gone on since you looked: what comes next now stands above. Nothing was done.")
        self.add_error(None, ValidationError(said, code=OVERTAKEN))

    def _choose(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)
