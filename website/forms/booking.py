"""The forms of the free call: book one, or choose another time for it."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from booking.services import Visitor, Wanted
from leads.consent.services import Shown
from leads.people.models import Lead
from website import diary
from website.forms.fields import NameField, PhoneField
from website.forms.stamped import StampedForm


class TimeField(forms.CharField):
    """One of the free times on the page."""

    default_error_messages = {
        "required": _("Choose a time."),
        "invalid": _("Choose one of the times below."),
    }

    def clean(self, value: Any) -> datetime:
        moment = diary.read(super().clean(value))
        if moment is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class BookingForm(StampedForm):
    """Name and address are filled in for somebody who came from one of our mails; the number never is."""

    name = "book"
    field_order = ("starts_at", "first_name", "phone", "email")
    first_name = NameField(
        label=_("First name"),
        required=True,
        error_messages={"required": _("Write the name that we shall ask for.")},
    )
    phone = PhoneField(
        label=_("Phone number"),
        help_text=_("We call you on this number."),
        error_messages={"required": _("Write the number that we shall call.")},
    )
    starts_at = TimeField(label=_("Time"))

    def __init__(self, request: HttpRequest, *, now: datetime, guest: Lead | None = None) -> None:
        known = {"email": guest.email, "first_name": guest.first_name} if guest else {}
        super().__init__(request, now=now, initial=known)

    def visitor(self, *, network: str) -> Visitor:
        """Who books, in the words of the diary."""
        shown = Shown(page=self.shown.page, referrer=self.shown.referrer, network=network)
        return Visitor(self.cleaned_data["email"], self.cleaned_data["first_name"], shown=shown)

    def wanted(self, *, time_zone: str) -> Wanted:
        """The call that is asked for, in the words of the diary."""
        return Wanted(self.cleaned_data["starts_at"], self.cleaned_data["phone"], time_zone)


class MoveForm(forms.Form):
    """Another time for a call."""

    starts_at = TimeField(label=_("New time"))
