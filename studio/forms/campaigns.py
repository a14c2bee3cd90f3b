"""Forms of the campaigns room: beginning one, whom it is for, when it goes, and what becomes of it afterwards."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.segments import queries as segments
from newsletter.campaigns.models import LAST_DAY, Campaign, Timing
from newsletter.campaigns.moments import When
from newsletter.campaigns.review import Reviewed
from newsletter.campaigns.services import Looked, Readers
from newsletter.content.models import Topic
from newsletter.content.presets.offered import Offer
from studio.forms.lines import LineField

MINUTES = "%Y-%m-%dT%H:%M"
TOMORROW_AT = time(9, 30)
FARTHEST = timedelta(days=366)
MOST_HOURS = 48
LONGEST_MARK = 64
SEPARATORS = re.compile(r"[,.\s]")
MOST_PEOPLE = 10**9
"""More than there are; a number that the database can hold."""


class Figure(forms.IntegerField):
    """A number as people type it: 1204, 1,204 or 1 204."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_value=MOST_PEOPLE, error_messages={"invalid": _("Type the number in figures.")}, **kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def to_python(self, value: Any) -> int | None:
        return super().to_python(SEPARATORS.sub("", str(value)) if value else value)


class BeginForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_(
            "For you and your colleagues; readers never see it. Without one it is named after what it begins with."
        ),
    )
    starter = forms.ChoiceField()

    def __init__(self, *args: Any, offers: Collection[Offer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starter"].choices = [(offer.key, offer.name) for offer in offers]  # type: ignore[attr-defined]


class SegmentsField(forms.ModelMultipleChoiceField):
    """Segments to tick, each with who is in it in plain words."""

    widget = forms.CheckboxSelectMultiple
    said: Mapping[int, str] = {}

    def label_from_instance(self, obj: Any) -> str:
        if obj.pk not in self.said:
            return str(obj)
        return _("%(name)s: people %(said)s") % {"name": obj, "said": self.said[obj.pk]}


class AudienceForm(forms.Form):
    """Whom a draft is for; `readers` is what the service takes."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("Readers never see it."),
        error_messages={"required": _("Give it a name.")},
    )
    topic = forms.ChoiceField(
        label=_("What it is about"),
        choices=Topic.choices,
        help_text=_("Readers who declined this topic are left out."),
    )
    includes_patients = forms.BooleanField(label=_("Also to patients"), required=False)
    included = SegmentsField(
        label=_("Only to people in at least one of these segments"),
        help_text=_("With none of them chosen it is for everybody who agreed."),
        queryset=segments.segments(),
        required=False,
    )
    excluded = SegmentsField(
        label=_("Not to people in any of these"),
        help_text=_("Whoever is in one of these does not get it, whatever is ticked above."),
        queryset=segments.segments(),
        required=False,
    )

    @classmethod
    def of(cls, campaign: Campaign, data: Any = None) -> "AudienceForm":
        initial = {
            "name": campaign.name,
            "topic": campaign.topic,
            "includes_patients": campaign.includes_patients,
            "included": [one.pk for one in campaign.included.all()],
            "excluded": [one.pk for one in campaign.excluded.all()],
        }
        form = cls(data, initial=initial)
        said = segments.sentences(segments.segments())
        for name in ("included", "excluded"):
            form.fields[name].said = said  # type: ignore[attr-defined]
        return form

    @property
    def seen(self) -> str:
        """What the page was made from, as it sent it back: see `review.choice`."""
        return str(self.data.get("seen", ""))

    def readers(self) -> Readers:
        said = self.cleaned_data
        return Readers(said["topic"], said["includes_patients"], list(said["included"]), list(said["excluded"]))


class MomentField(forms.DateTimeField):
    """A date and time by the current zone's clocks: of one that they show twice, the first."""

    default_error_messages = {"skipped": _("The clocks go past %(time)s on that day. Choose another time.")}

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            if error.code != "ambiguous_timezone" or not error.params:
                raise
            return self._first(error.params["datetime"])

    def _first(self, shown: datetime) -> datetime:
        first = shown.replace(tzinfo=timezone.get_current_timezone(), fold=0)
        if first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None, fold=0) != shown:
            raise forms.ValidationError(self.error_messages["skipped"] % {"time": f"{shown:%H:%M}"}, code="skipped")
        return first


class WhenForm(forms.Form):
    """`now` is the database's clock; times are typed in the clinic's zone, which is the current one."""

    when = forms.ChoiceField(
        label=_("When"),
        choices=[("now", _("Now")), ("later", _("At a time of your own"))],
        widget=forms.RadioSelect,
        initial="now",
    )
    at = MomentField(
        label=_("Date and time"),
        error_messages={"required": _("Say on which day and at what time.")},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
    )
    timing = forms.ChoiceField(label=_("How"), choices=Timing.choices, widget=forms.RadioSelect, initial=Timing.CLINIC)
    spread_hours = forms.IntegerField(
        label=_("Over how many hours"), min_value=1, max_value=MOST_HOURS, initial=4, required=False
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        local = timezone.localtime(now)
        at = self.fields["at"]
        at.required = self.data.get("when") != "now"
        at.initial = datetime.combine(local.date() + timedelta(days=1), TOMORROW_AT)
        at.help_text = _("By the clinic's clock: %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
        at.widget.attrs |= {"min": f"{local:{MINUTES}}", "max": f"{local + FARTHEST:{MINUTES}}"}

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        at = said.get("at")
        if said.get("when") == "later" and at is not None:
            self._judge(at)
        if said.get("when") == "now" and said.get("timing") == Timing.LEAD_ZONE:
            self.add_error("timing", _("For a time of day where each reader lives, choose a time of your own above."))
        if said.get("timing") == Timing.SPREAD and not said.get("spread_hours") and "spread_hours" not in self.errors:
            self.add_error("spread_hours", _("Say over how many hours."))
        return said

    def _judge(self, at: datetime) -> None:
        if at <= self.now:
            self.add_error("at", _("That is over. Choose a time to come."))
        elif at > self.now + FARTHEST:
            self.add_error("at", _("That is more than a year away. Choose a nearer day."))

    def chosen(self) -> dict[str, object]:
        """What was chosen, as it stands in the page's address: so it is there again after signing in, or going back."""
        said = {name: self.data.get(name, "") for name in ("when", "timing")}
        if self.cleaned_data["when"] == "later":
            said["at"] = self.data["at"]
        if self.cleaned_data["timing"] == Timing.SPREAD:
            said["spread_hours"] = self.data["spread_hours"]
        return said

    def has_moment(self) -> bool:
        """Whether a time is chosen that makes sense, whatever else is wrong."""
        return not self.errors.keys() & WhenForm.base_fields.keys()

    def moment(self) -> When:
        said = self.cleaned_data
        at = said["at"] if said["when"] == "later" else None
        is_spread = said["timing"] == Timing.SPREAD
        return When(at, Timing(said["timing"]), said["spread_hours"] if is_spread else 0)


class LookedForm(forms.Form):
    """What a page showed: it travels with whatever is asked or pressed there."""

    count = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST_PEOPLE)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST_PEOPLE)
    audience = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_MARK)
    tested = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_MARK, required=False)

    def people(self, there_are: int) -> int:
        """How many the page shows that carries this form."""
        try:
            return self.fields["count"].clean(self["count"].value())
        except forms.ValidationError:
            return there_are

    def reviewed(self) -> Reviewed:
        said = self.cleaned_data
        return Reviewed(said["count"], said["version"], said["audience"], said["tested"])


class ReviewForm(LookedForm, WhenForm):
    """What is pressed carries what was looked at; where far more people than usual get it, their number is typed."""

    typed = Figure(label=_("Type the number of people"), required=False)
    goes_on = forms.BooleanField(
        label=_("Go on by itself after an hour, if nothing bounced and nobody complained"), required=False
    )

    def ask_for(self, number: int) -> None:
        """Have this number typed: far more people than usual get it."""
        self.fields["typed"].required = True
        self.fields["typed"].error_messages["required"] = _("Type %(n)d: so many people would get it.") % {"n": number}

    def look_again(self, shown: Mapping[str, object]) -> None:
        """Carry what the page shows now: the next press is about that."""
        self.data = {**{name: self.data[name] for name in self.data}, **shown}

    def looked(self) -> Looked:
        said = self.cleaned_data
        return Looked(self.reviewed(), typed=said["typed"], goes_on=said["goes_on"])


class CancelForm(forms.Form):
    """Asked where more than half has not left; `waiting` is how many that were when the page was shown."""

    waiting = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST_PEOPLE, required=False)
    typed = Figure(label=_("Type the number of mails that will not leave"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "typed" in said and said["typed"] != said.get("waiting"):
            self.add_error("typed", _("Type the number that stands above."))
        return said

    def look_again(self, waiting: int) -> None:
        """Ask for the number that the page shows now: mails may have left since the last one."""
        self.data = {**{name: self.data[name] for name in self.data}, "waiting": waiting}


class ResendForm(forms.Form):
    subject = LineField(
        label=_("Subject"),
        max_length=150,
        help_text=_("Another one: the first did not make them look. A name stands in square brackets: [first name]."),
    )


class RepeatForm(forms.Form):
    day = forms.TypedChoiceField(
        label=_("Day of the month"),
        choices=[(day, str(day)) for day in range(1, LAST_DAY + 1)],
        coerce=int,
        help_text=_("A draft is made on this day. It is never sent by itself."),
    )
