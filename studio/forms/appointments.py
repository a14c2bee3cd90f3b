"""Choosing a time for a call: one of the open ones, or another that was agreed on."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from studio.forms.leads import PhoneField


class TimeForm(forms.Form):
    """The clinic's clock decides what the times mean."""

    slot = forms.ChoiceField(label=_("Open time"), required=False)
    other = forms.DateTimeField(
        label=_("Or another time"),
        required=False,
        help_text=_("For a time outside the hours that you agreed on."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, slots: Sequence[datetime], now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        cast("forms.ChoiceField", self.fields["slot"]).choices = [("", _("Choose a time")), *_by_day(slots)]

    def clean_other(self) -> datetime | None:
        other = self.cleaned_data["other"]
        if other is not None and other <= self.now:
            raise ValidationError(_("This is over already."))
        return other

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if not found.get("slot") and not found.get("other") and not self.errors:
            raise ValidationError(_("Choose an open time, or name another one."))
        return found

    @property
    def starts_at(self) -> datetime:
        """The moment that was chosen; another time wins over an open one."""
        return self.cleaned_data["other"] or datetime.fromisoformat(self.cleaned_data["slot"])


class BookForm(TimeForm):
    phone = PhoneField(label=_("Phone"), max_length=40, help_text=_("The number we call."))


def _by_day(slots: Sequence[datetime]) -> list[tuple[str, list[tuple[str, str]]]]:
    local = groupby(slots, key=lambda slot: localtime(slot).date())
    return [
        (date_format(day, "l j F"), [(slot.isoformat(), f"{localtime(slot):%H:%M %Z}") for slot in of_day])
        for day, of_day in local
    ]
