"""What staff do to one person's way through a sequence, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletter.models import Enrolment
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.one import LONGEST_REASON

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


class WhyForm(forms.Form):
    """Why everything ends for somebody."""

    reason = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)


class WayForm(forms.Form):
    """`steps` are those before which somebody can be put: key and words."""

    way = forms.IntegerField(widget=forms.HiddenInput)
    act = forms.ChoiceField(label=_("What is to be done"), widget=forms.RadioSelect)
    step = forms.ChoiceField(label=_("Before which step"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)

    def __init__(
        self, data: Mapping[str, Any] | None, *, of: Enrolment, steps: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(data, initial={"way": of.pk}, auto_id=f"way-{of.pk}-%s", **kwargs)
        fits = [act for act in FOR[EnrolmentState(of.state)] if steps or act != MOVE]
        self._choose("act", [(act, ACTS[act]) for act in fits])
        self._choose("step", [("", _("Choose a step")), *steps])
        if not steps:
            del self.fields["step"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("act") == MOVE and not cleaned.get("step"):
            self.add_error("step", ValidationError(_("Choose the step.")))
        return cleaned

    def _choose(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)
