"""A sequence's rules in forms: what begins it, for whom, whether again, what it is for, when mail goes.

Each form is made from the draft and says the draft with what was typed in it. What is no part of the plan (its name,
what it is about, how important it is) is `AboutForm`.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.people.models import LeadSource
from newsletter.content.models import Topic
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan.document import Again, Plan, Trigger, TriggerKind
from newsletter.sequences.plan.problems import AGAIN, ENTRY, GOAL, HOURS, TRIGGER
from newsletter.sequences.writing import about
from studio.forms.segments import Choosing
from studio.forms.sequence_fields import Amount, EventFields, HoursFields, Laid, conditions_of
from studio.queries.sequences import PAGES, Known

ABOUT, HOLDOUT = "about", "holdout"
LONGEST_MARK = 12

TRIGGERS = {
    TriggerKind.CONSENT: _("somebody confirms that we may write"),
    TriggerKind.TAG: _("somebody gets a tag"),
    TriggerKind.QUESTION: _("somebody asks a question"),
    TriggerKind.BOOKED: _("somebody books a call"),
    TriggerKind.ATTENDED: _("somebody came to the call"),
    TriggerKind.CANCELLED: _("somebody cancels a call"),
    TriggerKind.MISSED: _("somebody missed a call"),
    TriggerKind.BIRTHDAY: _("it is somebody's birthday"),
    TriggerKind.VISIT: _("somebody's last visit is some months ago"),
    TriggerKind.QUIET: _("nothing was heard of somebody for some days"),
    TriggerKind.SEGMENT: _("somebody comes to belong to a segment"),
    TriggerKind.HAND: _("you choose somebody by hand, or another program does (API)"),
}
VALUES = {TriggerKind.TAG: "tag", TriggerKind.SEGMENT: "segment", TriggerKind.CONSENT: "source"}
NUMBERS = {TriggerKind.VISIT: "months", TriggerKind.QUIET: "silence"}
"""The field that says a trigger's value, or its number."""
SOURCES = [
    ("", _("Any")),
    (_("To this topic and nothing else"), Topic.choices),
    (_("Who first came this way"), LeadSource.choices),
    (_("On this page"), list(PAGES.items())),
]


class NewForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, error_messages={"required": _("Give it a name that says what it is for.")}
    )
    topic = forms.ChoiceField(
        label=_("What it is about"),
        choices=Topic.choices,
        help_text=_("Who declined this topic does not come in."),
        required=False,
    )

    @property
    def topic_said(self) -> str:
        return str(self.cleaned_data["topic"] or Topic.COURSE)


class PresetForm(forms.Form):
    """`preset` is the key of one that is offered, or nothing for an empty plan."""

    preset = forms.ChoiceField(required=False)

    def __init__(self, data: Any = None, *, offered: Collection[Any]) -> None:
        super().__init__(data)
        self.fields["preset"].choices = [("", ""), *((one.key, one.name) for one in offered)]  # type: ignore[attr-defined]


class AboutForm(NewForm):
    """Counts at once: the name, the topic, and who goes first where there is room for one mail only.

    `seen` is a mark of what stood there when the page was shown.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_MARK, required=False)

    priority = forms.TypedChoiceField(
        label=_("Where the clinic allows only one of two mails"),
        choices=[(10, _("this sequence goes first")), (0, _("as usual")), (-10, _("this sequence waits"))],
        coerce=int,
        empty_value="",
        required=False,
    )

    def __init__(self, data: Any = None, *, sequence: Sequence) -> None:
        level = (sequence.priority > 0) - (sequence.priority < 0)
        initial = {"name": sequence.name, "topic": sequence.topic, "priority": level * 10, "seen": about(sequence)}
        super().__init__(data, initial=initial)
        self.sequence = sequence

    def look_again(self, found: Sequence) -> None:
        """Say that a colleague changed it, and to what; the next press is about that."""
        said = _("A colleague has changed this: “%(name)s”, %(topic)s. Yours is below: save it to replace theirs.")
        self.add_error(None, said % {"name": found.name, "topic": found.get_topic_display()})
        self.data = {**{name: self.data[name] for name in self.data}, "seen": about(found)}

    @property
    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"name": said["name"], "topic": said["topic"] or self.sequence.topic, "priority": said["priority"] or 0}


class RuleForm(Laid):
    """The form of one rule; `plan` is the draft with it, once it is valid."""

    def __init__(self, data: Any = None, *, plan: Plan, known: Known) -> None:
        super().__init__(data, initial=self.said(plan))
        self.before = plan
        self.offer(known)

    def said(self, plan: Plan) -> dict[str, Any]:
        return {}

    def offer(self, known: Known) -> None:
        """Fill the menus."""

    @property
    def plan(self) -> Plan:
        return self.before


class TriggerForm(RuleForm):
    laid = (("kind",), ("tag",), ("segment",), ("source",), ("months",), ("silence",))

    kind = forms.ChoiceField(label=_("It begins when"), choices=list(TRIGGERS.items()))
    tag = forms.CharField(label=_("Which tag"), max_length=60, required=False)
    segment = forms.ChoiceField(label=_("Which segment"), required=False)
    source = forms.ChoiceField(
        label=_("Which agreement"), choices=SOURCES, required=False, help_text=_("Where and to what somebody agreed.")
    )
    months = Amount(label=_("Months after the visit"), least=0, most=120)
    silence = Amount(label=_("Days of silence"), least=0, most=3650)

    def said(self, plan: Plan) -> dict[str, Any]:
        trigger = plan.trigger
        return {
            "kind": trigger.kind.value,
            VALUES.get(trigger.kind, ""): trigger.value,
            NUMBERS.get(trigger.kind, ""): trigger.number or None,
        }

    def offer(self, known: Known) -> None:
        self.choose("segment", known.segments)
        self.suggest("tag", known.tags)

    @property
    def plan(self) -> Plan:
        said = self.cleaned_data
        kind = TriggerKind(said["kind"])
        trigger = Trigger(kind, said.get(VALUES.get(kind, ""), ""), said.get(NUMBERS.get(kind, ""), 0))
        return replace(self.before, trigger=trigger)


class EntryForm(RuleForm):
    """Conditions of which all must hold; `add` and `remove` are what was pressed."""

    def __init__(self, data: Any = None, *, plan: Plan, known: Known) -> None:
        super().__init__(data, plan=plan, known=known)
        self.choosing = Choosing()

    @property
    def conditions(self) -> list[Any]:
        return self.choosing.rows(list(self.before.entry))

    @property
    def menu(self) -> Any:
        return self.choosing.menu

    @property
    def plan(self) -> Plan:
        chosen = conditions_of(self.data, self.choosing)
        if "remove" in self.data:
            chosen = [one for number, one in enumerate(chosen, start=1) if str(number) != self.data["remove"]]
        if "add" in self.data:
            chosen.append(self.choosing.first)
        return replace(self.before, entry=tuple(chosen[:12]))


class AgainForm(RuleForm):
    laid = (("again",), ("days",), ("repeats",))

    again = forms.ChoiceField(
        label=_("The same person comes in"),
        choices=[
            (Again.NEVER, _("once ever")),
            (Again.DAYS, _("again, after some days")),
            (Again.OCCASION, _("once per appointment")),
        ],
        widget=forms.RadioSelect,
    )
    days = Amount(label=_("After so many days"), least=0, most=3650)
    repeats = forms.BooleanField(
        label=_("Send the same emails again"),
        help_text=_("Else who comes again after some days gets no email that they had in the last 180 days."),
        required=False,
    )

    def said(self, plan: Plan) -> dict[str, Any]:
        return {"again": plan.again.value, "days": plan.again_days or None, "repeats": plan.again_repeats}

    @property
    def plan(self) -> Plan:
        again = Again(self.cleaned_data["again"])
        days = self.cleaned_data["days"] if again == Again.DAYS else 0
        repeats = again == Again.DAYS and self.cleaned_data["repeats"]
        return replace(self.before, again=again, again_days=days, again_repeats=repeats)


class GoalForm(EventFields, RuleForm):
    laid = (("event",), ("tag",), ("mail",), ("booked",))

    def __init__(self, data: Any = None, *, plan: Plan, known: Known) -> None:
        super().__init__(data, plan=plan, known=known)
        field = self.fields["event"]
        field.label = _("It has reached its goal when somebody")
        field.choices = [("", _("— there is no goal")), *field.choices[1:]]  # type: ignore[attr-defined]

    def said(self, plan: Plan) -> dict[str, Any]:
        return self.said_of_event(plan.goal)

    def offer(self, known: Known) -> None:
        self.offer_events(known)
        self.suggest("tag", known.tags)

    @property
    def plan(self) -> Plan:
        return replace(self.before, goal=self.event_said)


class HoursForm(HoursFields, RuleForm):
    laid = (("weekdays",), ("opens", "closes"), ("holidays",))

    holidays = forms.BooleanField(
        label=_("Not on public holidays, and not on the clinic's days off"),
        help_text=_("They stand in the setup."),
        required=False,
    )

    def __init__(self, data: Any = None, *, plan: Plan, known: Known) -> None:
        super().__init__(data, plan=plan, known=known)
        self.fields["weekdays"].help_text = _("By the reader's clock where we know it, else by the clinic's.")

    def said(self, plan: Plan) -> dict[str, Any]:
        return {**self.said_of_hours(plan.hours), "holidays": plan.keeps_holidays}

    @property
    def plan(self) -> Plan:
        return replace(self.before, hours=self.hours_said, keeps_holidays=self.cleaned_data["holidays"])


class HoldoutForm(RuleForm):
    laid = (("holdout",),)

    holdout = Amount(
        label=_("So many in 100 people get nothing"),
        least=0,
        most=50,
        help_text=_("By lot, to see what the mails really bring. They are counted, and never mailed by this sequence."),
    )

    def said(self, plan: Plan) -> dict[str, Any]:
        return {"holdout": plan.holdout}

    @property
    def plan(self) -> Plan:
        return replace(self.before, holdout=self.cleaned_data["holdout"])


FORMS: Mapping[str, type[RuleForm]] = {
    TRIGGER: TriggerForm,
    ENTRY: EntryForm,
    AGAIN: AgainForm,
    GOAL: GoalForm,
    HOURS: HoursForm,
    HOLDOUT: HoldoutForm,
}
