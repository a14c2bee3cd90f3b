"""Finding people, writing down a caller, and what is done on one person's page."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from clinic import phones
from clinic import queries as clinic
from leads.consent.models import Method
from leads.models import Lead
from leads.people import addresses
from leads.people.models import LeadStatus
from studio.queries.people import CONSENT_WORDS

TAKEN_BY_STAFF = [(method.value, method.label) for method in (Method.PHONE, Method.IN_PERSON, Method.PAPER)]


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Name, address or phone"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("Everybody")), *LeadStatus.choices])
    consent = forms.ChoiceField(label=_("Consent"), required=False, choices=[("", _("Any")), *CONSENT_WORDS.items()])


class TwinForm(forms.Form):
    q = forms.CharField(
        label=_("Name, address or phone of the other one"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )


class PhoneField(forms.CharField):
    """A phone number as people write it here; gives E.164, or nothing."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return phones.parse(text, region=phones.region(clinic.profile())) if text else ""
        except phones.BadPhone:
            raise ValidationError(_("Write it with its area code, such as 416 555 0123.")) from None


class AddressField(forms.CharField):
    widget = forms.EmailInput(attrs={"autocomplete": "off"})

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return addresses.parse(text) if text else ""
        except addresses.BadAddress:
            raise ValidationError(_("Check the address: it needs a name, an @ and a domain.")) from None


class CallerForm(forms.Form):
    """Somebody who called or came by."""

    email = AddressField(
        label=_("Email"), max_length=254, error_messages={"required": _("Write the address that they gave you.")}
    )
    first_name = forms.CharField(label=_("First name"), max_length=80, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=80, required=False)
    phone = PhoneField(label=_("Phone"), max_length=40, required=False)
    method = forms.ChoiceField(label=_("How did you speak?"), choices=TAKEN_BY_STAFF, widget=forms.RadioSelect)
    taken_by = forms.ModelChoiceField(label=_("Who took it?"), queryset=User.objects.none(), empty_label=None)
    taken_at = forms.DateTimeField(
        label=_("When?"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What they asked for. Leave medical details out."),
    )
    wants_mail = forms.BooleanField(
        label=_("They said yes to our emails about sciatica, acupuncture and the clinic"),
        required=False,
        help_text=_("Only tick it if you asked and they agreed. The course begins at once."),
    )

    def __init__(self, *args: Any, by: User, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"method": Method.PHONE, "taken_by": by, "taken_at": now, **self.initial}
        taken_by = cast("forms.ModelChoiceField", self.fields["taken_by"])
        taken_by.queryset = User.objects.filter(is_active=True).order_by("name")
        self.now = now

    def clean_taken_at(self) -> datetime:
        taken_at = self.cleaned_data["taken_at"]
        if taken_at > self.now:
            raise ValidationError(_("This is still to come."))
        return taken_at


class DetailsForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=80, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=80, required=False)
    phone = PhoneField(label=_("Phone"), max_length=40, required=False)
    birthday = forms.DateField(
        label=_("Birthday"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only if they told you. A sequence can begin on it."),
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Write a note"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write something first.")},
        help_text=_("Everybody on the team reads it. Leave medical details out."),
    )


class TagForm(forms.Form):
    name = forms.CharField(label=_("Add a tag"), max_length=40)


class EraseForm(forms.Form):
    """Typed, because it cannot be taken back."""

    typed = forms.CharField(
        label=_("Type their email address"),
        max_length=254,
        error_messages={"required": _("Type the address, to be sure that it is this person.")},
    )

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead = lead

    def clean_typed(self) -> str:
        typed = self.cleaned_data["typed"].strip()
        if typed.lower() != self.lead.email.lower():
            raise ValidationError(_("It is not the same address: %(email)s."), params={"email": self.lead.email})
        return typed


class MergeForm(EraseForm):
    """The address that goes, typed, because it cannot be taken back."""

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, lead=lead, **kwargs)
        self.fields["typed"].label = _("Type the address that goes: %(email)s") % {"email": lead.email}
