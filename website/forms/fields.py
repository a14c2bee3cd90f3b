"""What visitors type: addresses, names, phone numbers, time zones. Wrong entries are told what to do."""

import unicodedata
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic import phones
from clinic import queries as clinic
from leads.people import addresses

UNWELCOME = ("://", "www.", "<", ">")
HIDDEN_CATEGORIES = ("Cc", "Cf", "Zl", "Zp")
PLAIN_BREAKS = "\r\n\t"


def visible(text: str) -> str:
    """Refuse characters that nobody can see."""
    if any(unicodedata.category(char) in HIDDEN_CATEGORIES for char in text if char not in PLAIN_BREAKS):
        raise ValidationError(_("Leave out characters that cannot be seen."))
    return text


class AddressField(forms.CharField):
    """One email address, as its owner writes it."""

    default_error_messages = {"required": _("Write your email address, such as name@example.org.")}

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Email address"))
        widget = forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email", "spellcheck": "false"})
        super().__init__(max_length=addresses.LONGEST, widget=widget, **options)

    def clean(self, value: Any) -> str:
        try:
            return addresses.parse(super().clean(value))
        except addresses.BadAddress as error:
            message = _("This does not look like an email address. Write it like name@example.org.")
            raise ValidationError(message, code="invalid") from error


class NameField(forms.CharField):
    """A name, and nothing that could be an advertisement."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        widget = forms.TextInput(attrs={"autocomplete": options.pop("autocomplete", "given-name")})
        super().__init__(max_length=80, widget=widget, **options)

    def clean(self, value: Any) -> str:
        name = visible(" ".join(super().clean(value).split()))
        if any(part in name.lower() for part in UNWELCOME):
            raise ValidationError(_("Write a name only, without a link."), code="invalid")
        return name


class PhoneField(forms.CharField):
    """A phone number, kept with its country."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Phone"))
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})
        super().__init__(max_length=phones.LONGEST, widget=widget, **options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return phones.parse(text, region=phones.region(clinic.profile())) if text else ""
        except phones.BadPhone as error:
            message = _("This does not look like a phone number. Write it with the area code, such as 416 555 0100.")
            raise ValidationError(message, code="invalid") from error


class TimeZoneField(forms.CharField):
    """The browser's own word for its time zone; what nobody knows counts as not said."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.HiddenInput, **options)

    def clean(self, value: Any) -> str:
        return value if isinstance(value, str) and value in _zones() else ""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
