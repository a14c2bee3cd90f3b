"""The clinic's profile, its hours for calls, its days off, and the two signatures of the checklist."""

from collections.abc import Iterator
from datetime import time
from itertools import groupby, pairwise
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from clinic import days_off, phones
from clinic.models import Clinic
from studio import checklist
from studio.forms.meanwhile import MeanwhileForm

SPANS = (0, 1)
REGIONS = {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}

PROFILE_FIELDS = {
    "identity": ("name", "practitioner", "practitioner_title", "postal_address", "phone", "email"),
    "sender": ("sender_name", "sender_email"),
    "place": ("time_zone", "jurisdiction", "public_holidays", "emergency_number"),
    "offers": ("free_call_terms", "booking_url", "first_visit_price", "insurance_note"),
    "cap": ("cap_mails", "cap_days", "writes_from", "writes_until"),
}


def _zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every zone with a place in its name, by region."""
    named = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in REGIONS)
    regions = groupby(named, key=lambda zone: zone.partition("/")[0])
    return [
        (region, [(zone, zone.partition("/")[2].replace("_", " ").replace("/", ", ")) for zone in zones])
        for region, zones in regions
    ]


class ProfileForm(MeanwhileForm):
    """Everything that mails and pages say about the clinic. Once mail leaves, what it needs must stay."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    public_holidays = forms.ChoiceField(
        label=_("Public holidays"),
        choices=days_off.regions,
        required=False,
        help_text=_(
            "On these, and on your own days off, sequences send no mail unless their plan says otherwise. Calls can be"
            " booked on them: only your own days off close the diary."
        ),
    )

    class Meta:
        model = Clinic
        fields = [name for names in PROFILE_FIELDS.values() for name in names]
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
            "phone": forms.TextInput(attrs={"type": "tel"}),
            "insurance_note": forms.Textarea(attrs={"rows": 2}),
            "writes_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "writes_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
        help_texts = {
            "practitioner": _("Whoever the mails are from, as readers know them."),
            "practitioner_title": _("As you may use it, such as R.Ac."),
            "postal_address": _("Stands at the foot of every mail; the law asks for it."),
            "email": _("Where readers' answers arrive."),
            "sender_name": _("What readers see as the sender, such as: Dana at Harbour."),
            "sender_email": _("An address of a domain from which your mail provider may send."),
            "emergency_number": _("Stands beside the warning signs, in the mails and on the page."),
            "free_call_terms": _("One sentence. It stands beside every mention of the word free."),
            "booking_url": _("Where people book a visit directly. Leave it empty if there is no such page."),
            "cap_mails": _(
                "Campaigns and the course together. Who has had so many is left out of the next campaign, and waits for"
                " the course."
            ),
            "writes_until": _(
                "By the reader's clock. At no other time does a sequence mail anybody. A campaign may, but these are"
                " the hours by which it warns you before it does, and the calendar marks it."
            ),
            "first_visit_price": _("Said in the mail about a first visit, such as: 120 $ for 75 minutes."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.sending_unlocked_at is not None:
            for name in {name for step in checklist.STEPS for name in step.fields} & set(self.fields):
                self.fields[name].required = True
        self.initial["phone"] = phones.readable(self.instance.phone)

    def groups(self) -> dict[str, list[forms.BoundField]]:
        """The fields as the page shows them."""
        return {key: [self[name] for name in names] for key, names in PROFILE_FIELDS.items()}

    def clean_writes_until(self) -> time:
        begins, ends = self.cleaned_data.get("writes_from"), self.cleaned_data["writes_until"]
        if begins is not None and ends <= begins:
            raise ValidationError(_("The end must be later than the beginning."))
        return ends

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"]
        try:
            return phones.parse(text, region=phones.region(self.instance)) if text else ""
        except phones.BadPhone:
            raise ValidationError(_("Write it with its area code, such as 416 555 0123.")) from None


class CallRulesForm(forms.ModelForm):
    class Meta:
        model = Clinic
        fields = ["call_buffer_minutes", "call_notice_hours", "call_horizon_days"]


class HoursForm(forms.Form):
    """The week's hours for calls: two spans a day, so that there can be a pause at noon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weekday, day in WEEKDAYS.items():
            for span in SPANS:
                for end, label in (("from", _("from")), ("to", _("to"))):
                    self.fields[f"d{weekday}_{span}_{end}"] = forms.TimeField(
                        label=f"{day}, {label}",
                        required=False,
                        widget=forms.TimeInput(attrs={"type": "time", "class": "form-control"}, format="%H:%M"),
                    )

    def days(self) -> Iterator[tuple[str, list[tuple[forms.BoundField, forms.BoundField]], str]]:
        """Each weekday's name, its pairs of fields, and what is wrong with it."""
        for weekday, day in WEEKDAYS.items():
            pairs = [(self[f"d{weekday}_{span}_from"], self[f"d{weekday}_{span}_to"]) for span in SPANS]
            yield str(day), pairs, " ".join(str(error) for pair in pairs for field in pair for error in field.errors)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        for weekday in WEEKDAYS:
            self._check_day(weekday)
        return found

    def spans(self) -> list[tuple[int, time, time]]:
        """Weekday (Monday is 0), opening and closing time."""
        return [(weekday, *span) for weekday in WEEKDAYS for span in self._spans_of(weekday)]

    def _spans_of(self, weekday: int) -> list[tuple[time, time]]:
        ends = ((self.cleaned_data.get(f"d{weekday}_{span}_{end}") for end in ("from", "to")) for span in SPANS)
        return sorted((opens, closes) for opens, closes in ends if opens and closes)

    def _check_day(self, weekday: int) -> None:
        for span in SPANS:
            opens, closes = (self.cleaned_data.get(f"d{weekday}_{span}_{end}") for end in ("from", "to"))
            if bool(opens) != bool(closes):
                self.add_error(f"d{weekday}_{span}_from", _("Give both times, or none."))
            elif opens and closes and closes <= opens:
                self.add_error(f"d{weekday}_{span}_from", _("The end must be later than the beginning."))
        if any(later[0] < earlier[1] for earlier, later in pairwise(self._spans_of(weekday))):
            self.add_error(f"d{weekday}_1_from", _("The two spans overlap."))


class DayOffForm(forms.Form):
    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    label = forms.CharField(label=_("What for"), max_length=80, required=False)


class SignOffForm(forms.Form):
    """The practitioner's signature under the mails of the course."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    has_read = forms.BooleanField(
        label=_("I have read the mails of the course. They may go out under my name."),
        error_messages={"required": _("Tick the box once you have read them.")},
    )
