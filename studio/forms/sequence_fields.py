"""What the forms of a sequence are made of: waits, hours, events, conditions, and how their fields are laid out.

Fields that belong to one choice only are hidden by the page's sheet while another is chosen; what they say is dropped.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.models import GoalKind
from newsletter.sequences.plan.document import MOST_DAYS, Condition, Event, EventKind, Hours
from newsletter.sequences.schedule import Wait
from studio.forms.segments import Choosing
from studio.queries.sequences import Known, clicks

Choices = Sequence[tuple[Any, Any]]

DEFAULT = Hours()
LONGEST_VALUE = 200
EVENTS = {
    EventKind.CLICKED: _("clicks in a mail"),
    EventKind.BOOKED: _("books"),
    EventKind.ATTENDED: _("comes to the call"),
    EventKind.REPLIED: _("replies or asks a question"),
    EventKind.TAG: _("gets a tag"),
}


VALUES = {EventKind.TAG: "tag", EventKind.CLICKED: "mail", EventKind.BOOKED: "booked"}
"""The field that says an event's value."""
DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


class Clock(forms.TimeField):
    """A time of day to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        errors = {"invalid": _("Write it like 09:30.")}
        super().__init__(input_formats=["%H:%M"], widget=widget, error_messages=errors, **kwargs)


class Amount(forms.IntegerField):
    """A whole number; nothing is the least."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(min_value=least, max_value=most, required=False, **kwargs)
        self.least = least

    def clean(self, value: Any) -> int:
        found = super().clean(value)
        return self.least if found is None else found


class Laid(forms.Form):
    """A form with its fields in rows, those behind “more” apart. `reshapes`: what it asks depends on this field."""

    laid: ClassVar[Sequence[Sequence[str]]] = ()
    behind: ClassVar[Sequence[Sequence[str]]] = ()
    lists: Mapping[str, Sequence[str]] = {}

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        return [[self[name] for name in row] for row in self.laid]

    @property
    def more(self) -> list[list[forms.BoundField]]:
        return [[self[name] for name in row] for row in self.behind]

    @property
    def is_more_open(self) -> bool:
        """Whether something stands behind “more” that is not as usual."""
        return any(self[name].errors for row in self.behind for name in row)

    def choose(self, name: str, choices: Choices) -> None:
        self.fields[name].choices = [("", _("Choose…")), *choices]  # type: ignore[attr-defined]

    def suggest(self, name: str, words: Sequence[str]) -> None:
        """Words to choose from, and to type others."""
        self.lists = {**self.lists, f"list_{name}": words}
        self.fields[name].widget.attrs["list"] = f"list_{name}"


class WaitFields(forms.Form):
    days = Amount(label=_("Days"), least=0, most=MOST_DAYS)
    hours = Amount(label=_("Hours"), least=0, most=23)
    minutes = Amount(label=_("Minutes"), least=0, most=59)
    at = Clock(label=_("At this time of day"), required=False)

    @staticmethod
    def said_of(wait: Wait) -> dict[str, Any]:
        return {"days": wait.days, "hours": wait.hours, "minutes": wait.minutes, "at": wait.at}

    @property
    def wait(self) -> Wait:
        said = self.cleaned_data
        return Wait(said["days"], said["hours"], said["minutes"], said["at"])


class HoursFields(forms.Form):
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On these days"),
        choices=list(enumerate(DAYS)),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    opens = Clock(label=_("From"), required=False)
    closes = Clock(label=_("Until"), required=False)

    @staticmethod
    def said_of_hours(hours: Hours) -> dict[str, Any]:
        return {"weekdays": sorted(hours.weekdays), "opens": hours.opens, "closes": hours.closes}

    @property
    def hours_said(self) -> Hours:
        said = self.cleaned_data
        opens, closes = said["opens"] or DEFAULT.opens, said["closes"] or DEFAULT.closes
        return Hours(frozenset(said["weekdays"]), opens, closes)


class EventFields(forms.Form):
    """Something that happens. Of the fields for its value only the one counts that belongs to what was chosen."""

    event = forms.ChoiceField(label=_("Until somebody"), choices=[("", _("Choose…")), *EVENTS.items()], required=False)
    tag = forms.CharField(label=_("Which tag"), max_length=60, required=False)
    mail = forms.ChoiceField(label=_("Which mail, and which link in it"), required=False)
    booked = forms.ChoiceField(
        label=_("Which booking"), choices=[("", _("Any booking")), *GoalKind.choices], required=False
    )

    @staticmethod
    def said_of_event(event: Event | None) -> dict[str, Any]:
        if event is None:
            return {}
        return {"event": event.kind.value, VALUES.get(event.kind, ""): event.value}

    def offer_events(self, known: Known) -> None:
        offered = [("", _("Any mail of this sequence")), *clicks(known)]
        chosen = self.initial.get("mail", "") if self.initial.get("event") == EventKind.CLICKED else ""
        if " " in chosen and chosen not in {value for _mail, links in offered[1:] for value, _said in links}:
            offered.append((chosen, _("%(link)s (not in its mail any more)") % {"link": chosen.partition(" ")[2]}))
        self.fields["mail"].choices = offered  # type: ignore[attr-defined]

    @property
    def event_said(self) -> Event | None:
        said = self.cleaned_data
        if not said["event"]:
            return None
        kind = EventKind(said["event"])
        return Event(kind, said.get(VALUES.get(kind, ""), ""))


def conditions_of(data: Any, choosing: Choosing) -> list[Condition]:
    """The conditions of a form as it stands; rows in which nothing is chosen are none."""
    known = {name for name, _label in choosing.menu}
    pairs = zip(data.getlist("condition"), data.getlist("value"), strict=False)
    return [choosing.only(chosen, value[:LONGEST_VALUE]) for chosen, value in pairs if chosen in known]
