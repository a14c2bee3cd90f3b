"""A step of a sequence in a form: one form for each kind, from the step and back. A draft may be unfinished."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.sequences.plan.document import MOST_DAYS, Plan, Scarce, Step, StepKind
from newsletter.sequences.schedule import Wait
from studio.forms.segments import Choosing
from studio.forms.sequence_fields import (
    DEFAULT,
    Amount,
    Choices,
    EventFields,
    HoursFields,
    Laid,
    WaitFields,
    conditions_of,
)
from studio.queries.sequences import Known


class StepForm(Laid):
    """The form of one kind of step; `step` is what it says once it is valid."""

    def __init__(self, data: Any = None, *, step: Step, known: Known) -> None:
        super().__init__(data, initial=self.said(step))
        self.before = step
        self.offer(known)

    def said(self, step: Step) -> dict[str, Any]:
        return {}

    def offer(self, known: Known) -> None:
        """Fill the menus."""

    @property
    def step(self) -> Step:
        return self.before


class EmailForm(WaitFields, HoursFields, StepForm):
    """`fewer`, `ahead` and `other`: what an invitation does while few free calls are left."""

    laid = (("email",), ("days", "hours", "minutes", "at"))
    behind = (("own",), ("weekdays",), ("opens", "closes"), ("days_off",), ("fewer", "ahead"), ("other",))

    email = forms.TypedChoiceField(label=_("Mail"), coerce=int, empty_value=None, required=False)
    own = forms.BooleanField(
        label=_("It has hours of its own"),
        help_text=_("Else it goes in the hours of the whole sequence."),
        required=False,
    )
    days_off = forms.TypedChoiceField(
        label=_("On public holidays, and on the clinic's days off"),
        choices=[("", _("as the whole sequence")), ("1", _("it does not go")), ("0", _("it goes too"))],
        coerce=lambda said: said == "1",
        empty_value=None,
        required=False,
    )
    fewer = forms.IntegerField(
        label=_("Fewer free calls than"),
        min_value=1,
        max_value=100,
        required=False,
        help_text=_("For an invitation: what becomes of it while few times are free. Empty: it goes in any case."),
    )
    ahead = Amount(label=_("In the next days"), least=1, most=60, initial=7)
    other = forms.TypedChoiceField(
        label=_("Then this mail instead"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Without one it waits until times are free again, two weeks at most."),
    )

    def said(self, step: Step) -> dict[str, Any]:
        scarce = step.scarce
        return {
            "email": step.email,
            "own": step.hours is not None,
            "days_off": {None: "", True: "1", False: "0"}[step.hours.keeps_holidays if step.hours else None],
            "fewer": scarce and scarce.fewer,
            "ahead": scarce.days if scarce else 7,
            "other": scarce and scarce.email,
            **self.said_of(step.wait),
            **self.said_of_hours(step.hours or DEFAULT),
        }

    def offer(self, known: Known) -> None:
        self.choose("email", known.emails)
        self.choose("other", known.emails)

    @property
    def is_more_open(self) -> bool:
        return super().is_more_open or self.before.hours is not None or self.before.scarce is not None

    @property
    def step(self) -> Step:
        said = self.cleaned_data
        scarce = Scarce(said["fewer"], said["ahead"], said["other"]) if said["fewer"] else None
        hours = replace(self.hours_said, keeps_holidays=said["days_off"]) if said["own"] else None
        return replace(self.before, email=said["email"], wait=self.wait, hours=hours, scarce=scarce)


class WaitForm(WaitFields, StepForm):
    laid = (("days", "hours", "minutes", "at"),)

    def said(self, step: Step) -> dict[str, Any]:
        return self.said_of(step.wait)

    @property
    def step(self) -> Step:
        return replace(self.before, wait=self.wait)


class UntilForm(EventFields, StepForm):
    laid = (("event",), ("tag",), ("mail",), ("booked",), ("days",))

    days = Amount(
        label=_("Days at most"),
        least=0,
        most=MOST_DAYS,
        help_text=_("After so many days the way goes on, whether it happened or not."),
    )

    def said(self, step: Step) -> dict[str, Any]:
        return {"days": step.days or None, **self.said_of_event(step.event)}

    def offer(self, known: Known) -> None:
        self.offer_events(known)
        self.suggest("tag", known.tags)

    @property
    def step(self) -> Step:
        return replace(self.before, event=self.event_said, days=self.cleaned_data["days"])


class SplitForm(StepForm):
    """Its condition is chosen from the same menus as a segment's."""

    def __init__(self, data: Any = None, *, step: Step, known: Known) -> None:
        super().__init__(data, step=step, known=known)
        self.choosing = Choosing()

    @property
    def conditions(self) -> list[Any]:
        return self.choosing.rows([self.before.condition] if self.before.condition else [])

    @property
    def menu(self) -> Choices:
        return self.choosing.menu

    @property
    def step(self) -> Step:
        chosen = conditions_of(self.data, self.choosing)
        return replace(self.before, condition=chosen[0] if chosen else None)


class LotForm(StepForm):
    laid = (("share",),)

    share = forms.IntegerField(
        label=_("So many in 100 people go the first way"),
        min_value=1,
        max_value=99,
        help_text=_("By lot; the same person always goes the same way."),
    )

    def said(self, step: Step) -> dict[str, Any]:
        return {"share": step.share}

    @property
    def step(self) -> Step:
        return replace(self.before, share=self.cleaned_data["share"])


class TagForm(StepForm):
    laid = (("adds",), ("tag",))

    adds = forms.TypedChoiceField(
        label=_("What it does"),
        choices=[("1", _("Put the tag on")), ("", _("Take the tag off"))],
        coerce=bool,
        empty_value="",
        required=False,
        widget=forms.RadioSelect,
    )
    tag = forms.CharField(label=_("Tag"), max_length=60, required=False)

    def said(self, step: Step) -> dict[str, Any]:
        return {"adds": "1" if step.adds else "", "tag": step.tag}

    def offer(self, known: Known) -> None:
        self.suggest("tag", known.tags)

    @property
    def step(self) -> Step:
        return replace(self.before, adds=bool(self.cleaned_data["adds"]), tag=self.cleaned_data["tag"])


class NotifyForm(StepForm):
    laid = (("text",),)

    text = forms.CharField(
        label=_("What the person is to do"),
        max_length=500,
        required=False,
        help_text=_("It stands on the list of calls, with the name of the lead."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def said(self, step: Step) -> dict[str, Any]:
        return {"text": step.text}

    @property
    def step(self) -> Step:
        return replace(self.before, text=self.cleaned_data["text"])


class HandoverForm(StepForm):
    laid = (("sequence",),)

    sequence = forms.TypedChoiceField(label=_("Go on with"), coerce=int, empty_value=None, required=False)

    def said(self, step: Step) -> dict[str, Any]:
        return {"sequence": step.sequence}

    def offer(self, known: Known) -> None:
        self.choose("sequence", known.sequences)

    @property
    def step(self) -> Step:
        return replace(self.before, sequence=self.cleaned_data["sequence"])


FORMS: Mapping[StepKind, type[StepForm]] = {
    StepKind.EMAIL: EmailForm,
    StepKind.WAIT: WaitForm,
    StepKind.UNTIL: UntilForm,
    StepKind.SPLIT: SplitForm,
    StepKind.LOT: LotForm,
    StepKind.TAG: TagForm,
    StepKind.NOTIFY: NotifyForm,
    StepKind.HANDOVER: HandoverForm,
    StepKind.END: StepForm,
}


def new_step(key: int, kind: StepKind, plan: Plan) -> Step:
    """A step as it begins: a mail two days after the one before, a wait of a day, anything else empty."""
    if kind == StepKind.EMAIL:
        return Step(key, kind, wait=Wait(days=2) if plan.emails else Wait())
    if kind == StepKind.UNTIL:
        return Step(key, kind, days=3)
    return Step(key, kind, wait=Wait(days=1)) if kind == StepKind.WAIT else Step(key, kind)
