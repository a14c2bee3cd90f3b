"""How mails and pages look: logo, colours, face, foot, signature, and where else the clinic is found."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic import queries
from clinic.models import HEX_COLOUR, Clinic
from newsletter.content import colours, targets
from newsletter.content.pictures import queries as pictures
from studio.forms.meanwhile import MeanwhileForm

ELSEWHERE = 5
COLOURS = ("brand_colour", "button_colour")
PICTURES = ("logo", "signature_picture")
BRAND_FIELDS = (*PICTURES, *COLOURS, "font", "footer_text", "postal_address", "signature_name", "signature_title")


class BrandForm(MeanwhileForm):
    """One form for the whole look. `offers` has the nearest readable colour for each that was too light."""

    also = ("social_links",)

    class Meta:
        model = Clinic
        fields = BRAND_FIELDS
        widgets = {
            "logo": forms.Select,
            "signature_picture": forms.Select,
            "footer_text": forms.Textarea(attrs={"rows": 3}),
            "postal_address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
            **{name: forms.TextInput(attrs={"maxlength": 7, "spellcheck": "false"}) for name in COLOURS},
        }
        labels = {"footer_text": _("Words at the foot of every mail"), "font": _("Face")}
        help_texts = {
            "logo": _("At the top of every mail, at most 40 pixels high and 240 wide; without one the clinic's name."),
            "brand_colour": _("Links, lines and buttons. Light text must be easy to read on it."),
            "button_colour": _("If buttons are to have another one."),
            "font": _("Faces that every mail program has, so that the letter looks the same everywhere."),
            "footer_text": _("Such as opening hours, or how to reach you by bus. Leave it empty for none."),
            "postal_address": _("Stands at the foot of every mail; the law asks for it."),
            "signature_name": _("Without one, the practitioner of the profile signs."),
            "signature_title": _("Such as: R.Ac, twelve years with sciatica."),
            "signature_picture": _("A portrait beside the name."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers: dict[str, str] = {}
        known = [(picture.reference, picture.label) for picture in pictures.library()]
        for name in PICTURES:
            none = _("None: the clinic's name") if name == "logo" else _("None")
            self.fields[name] = forms.ChoiceField(
                label=self.fields[name].label,
                help_text=self.fields[name].help_text,
                required=False,
                choices=[("", none), *known],
            )
        if self.instance.sending_unlocked_at is not None:
            self.fields["postal_address"].required = True
        self._add_elsewhere()

    @property
    def elsewhere(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Each place besides the site: its name and its address."""
        return [(self[f"social_{n}_name"], self[f"social_{n}_url"]) for n in range(ELSEWHERE)]

    def picked(self) -> dict[str, str]:
        """The names of the files that are chosen, by field."""
        chosen = {name: self[name].value() for name in PICTURES}
        known = {picture.reference for picture in pictures.library()}
        return {name: value.removeprefix(pictures.PREFIX) for name, value in chosen.items() if value in known}

    def clean_brand_colour(self) -> str:
        return self._readable("brand_colour")

    def clean_button_colour(self) -> str:
        return self._readable("button_colour") if self.cleaned_data["button_colour"] else ""

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        links = []
        for name, url in self.elsewhere:
            if self._is_whole(name.name, url.name):
                links.append({"name": said[name.name], "url": said[url.name]})
        said["social_links"] = links
        return said

    def place(self, name: str) -> str:
        return "social_0_name" if name == "social_links" else name

    def said(self, name: str, value: Any) -> str:
        if name != "social_links":
            return super().said(name, value)
        return ", ".join(f"{link.get('name', '')} ({link.get('url', '')})" for link in value)

    def typed(self) -> Clinic:
        """The profile with whatever of the form makes sense; a colour that is too light, as it would be mended."""
        profile = queries.profile()
        for name, value in {**self.changes(), **self.offers}.items():
            setattr(profile, name, value)
        return profile

    def _add_elsewhere(self) -> None:
        links = [*self.instance.social_links, *({} for _n in range(ELSEWHERE))]
        for n in range(ELSEWHERE):
            named = forms.CharField(label=_("Name"), max_length=40, required=False)
            address = forms.CharField(label=_("Address"), max_length=200, required=False)
            self.fields[f"social_{n}_name"], self.fields[f"social_{n}_url"] = named, address
            address.widget.attrs["inputmode"] = "url"
            self.initial[f"social_{n}_name"] = links[n].get("name", "")
            self.initial[f"social_{n}_url"] = links[n].get("url", "")

    def _readable(self, name: str) -> str:
        colour = str(self.cleaned_data[name]).upper()
        HEX_COLOUR(colour)
        found = colours.contrast(colour, colours.PAPER)
        if found >= colours.READABLE:
            return colour
        self.offers[name] = colours.legible(colour, colours.PAPER)
        raise ValidationError(
            _("Light text on it has a contrast of %(found).1f to 1 and needs 4.5. The nearest that does is %(offer)s."),
            params={"found": found, "offer": self.offers[name]},
        )

    def _is_whole(self, name: str, url: str) -> bool:
        """Both or neither, and an address that can stand in a mail."""
        named, address = self.cleaned_data.get(name, ""), self.cleaned_data.get(url, "")
        if not named and not address:
            return False
        if not named:
            self.add_error(name, _("Say what it is, such as Instagram."))
        elif not targets.is_web_address(address):
            self.add_error(url, _("Give the whole address; it begins with https://."))
        else:
            return True
        return False
