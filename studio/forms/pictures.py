"""What staff say of a picture in the library."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.content.pictures.models import Picture


class DescribeForm(forms.ModelForm):
    """A label for the library, and either what the picture shows or that it only decorates."""

    class Meta:
        model = Picture
        fields = ["label", "alt", "is_decorative"]
        widgets = {"alt": forms.Textarea(attrs={"rows": 2})}
        labels = {"alt": _("What it shows"), "is_decorative": _("It only decorates: nothing is lost without it")}
        help_texts = {
            "label": _("How you find it again. Readers do not see it."),
            "alt": _("For people who do not see the picture. A mail begins with these words and may say others."),
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        said["alt"] = " ".join(said.get("alt", "").split())
        if not said["alt"] and not said.get("is_decorative"):
            self.add_error("alt", _("Say what the picture shows, or tick that it only decorates."))
        return said
