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
    PAUSE: _("Hold them where they are. A mail that is about to leave is taken back, and does not come again."),
    RESUME: _("Let them go on."),
    SKIP: _("Skip the next step."),
    MOVE: _("Put them before another step."),
    LEAVE: _("Take them out. Other sequences go on."),
}
NOT_FOR = {EnrolmentState.ACTIVE: RESUME, EnrolmentState.PAUSED: PAUSE}


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
        fits = [pair for pair in ACTS.items() if pair[0] != NOT_FOR.get(EnrolmentState(of.state))]
        self._choose("act", fits if steps else [pair for pair in fits if pair[0] != MOVE])
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
