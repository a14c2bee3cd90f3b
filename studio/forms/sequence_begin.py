"""For whom staff begin a sequence by hand: one person, or everybody who fits a segment."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leads.models import Lead, Segment
from leads.people import addresses


class BeginForm(forms.Form):
    address = forms.CharField(
        label=_("The email address of one person"), max_length=254, required=False, widget=forms.EmailInput
    )
    segment = forms.ModelChoiceField(
        Segment.objects.order_by("name"), label=_("Or everybody in a segment"), required=False, empty_label=_("Nobody")
    )

    def clean_address(self) -> Lead | None:
        """The person whom we know by it."""
        text = self.cleaned_data["address"].strip()
        if not text:
            return None
        try:
            key = addresses.key(addresses.parse(text))
        except addresses.BadAddress:
            raise ValidationError(_("This is no email address.")) from None
        found = Lead.objects.filter(address_key=key).first()
        if found is None:
            raise ValidationError(_("We know nobody by this address."))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and bool(cleaned.get("address")) == bool(cleaned.get("segment")):
            raise ValidationError(_("Choose one person or one segment."))
        return cleaned
