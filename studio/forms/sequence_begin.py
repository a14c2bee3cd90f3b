"""For whom staff begin a sequence by hand: one person, or everybody who fits a segment."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leads.models import Lead, Segment
from leads.people import addresses
from newsletter.sequences.by_hand import Seen

LONGEST_MARK = 12


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

    @property
    def chosen(self) -> Lead | Segment:
        """Whom the form names, once it is valid."""
        said = self.cleaned_data
        found: Lead | Segment = said["address"] or said["segment"]
        return found


class SeenForm(forms.Form):
    """What the page showed on which the button stood."""

    mark = forms.CharField(max_length=LONGEST_MARK)
    would = forms.IntegerField(min_value=0, max_value=2**31 - 1)

    @property
    def seen(self) -> Seen | None:
        """None where the page showed nobody."""
        return Seen(self.cleaned_data["mark"], self.cleaned_data["would"]) if self.is_valid() else None
