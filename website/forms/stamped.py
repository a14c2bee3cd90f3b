"""What every form of ours to strangers has in common: a stamp, a trap for programs, the consent's exact words."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leads.consent.wording import Words
from leads.people.services import Details
from website.forms import stamp
from website.forms.fields import AddressField, NameField, TimeZoneField
from website.forms.stamp import BadStamp, Stamp


class StampedForm(forms.Form):
    """A form for anybody. Give `words` if it shows a consent wording; `name` keeps stamps of forms apart."""

    name = ""
    email = AddressField()
    first_name = NameField(label=_("First name"))
    time_zone = TimeZoneField()
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, *, now: datetime, words: Words | None = None, **options: Any) -> None:
        self.sent = request.POST.copy() if request.method == "POST" else None
        super().__init__(self.sent, **options)
        self.now = now
        self.words = words
        self.shown = self._shown_before() or stamp.of(request, now=now, words=words.digest if words else "")
        self.initial["stamp"] = self._fresh_stamp()

    def full_clean(self) -> None:
        """Once it was checked, show it with a new stamp; from whichever page the visitor came stays known."""
        super().full_clean()
        if self.sent is not None and self.errors:
            self.sent["stamp"] = self._fresh_stamp()

    def clean(self) -> dict[str, Any]:
        before = self._shown_before()
        if before is None or not stamp.is_fresh(before, self.now):
            raise ValidationError(_("This page was open for long, or only for a moment. Please send the form again."))
        if self.words is not None and before.words != self.words.digest:
            raise ValidationError(_("The words about our emails have changed. Please read them, and send it again."))
        return self.cleaned_data

    @property
    def is_trapped(self) -> bool:
        """Whether the field that no person sees was filled in."""
        return bool(self.cleaned_data.get("website"))

    def details(self, **more: Any) -> Details:
        """What came along with the address."""
        return Details(
            first_name=self.cleaned_data["first_name"],
            time_zone=self.cleaned_data["time_zone"],
            language=self.words.language if self.words else "en",
            page=self.shown.page,
            referrer=self.shown.referrer,
            **more,
        )

    def _shown_before(self) -> Stamp | None:
        if self.sent is None:
            return None
        try:
            return stamp.read(self.sent.get("stamp", ""), form=self.name)
        except BadStamp:
            return None

    def _fresh_stamp(self) -> str:
        words = self.words.digest if self.words else ""
        return stamp.sign(replace(self.shown, shown_at=self.now, words=words), form=self.name)
