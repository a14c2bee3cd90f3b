"""The letterhead: everything of the clinic's profile that an email shows, in the form in which it shows it."""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _

from clinic import phones
from clinic.models import Clinic
from newsletter.content import marks, richtext, targets
from newsletter.content.colours import Palette, palette
from newsletter.content.fonts import Faces, faces
from newsletter.content.pictures import queries as pictures
from newsletter.content.pictures.queries import Shown

LOGO_WIDTH, LOGO_HEIGHT = 240, 40
"""CSS pixels at most."""

BRACES = re.compile(r"([{}])\1+")
MARK = re.compile(re.escape(marks.HOST), re.IGNORECASE)
WORDED = (
    *("name", "practitioner", "practitioner_title", "postal_address", "sender_name", "emergency_number"),
    *("free_call_terms", "first_visit_price", "insurance_note", "footer_text", "signature_name", "signature_title"),
)
"""Fields of the profile in which anything can be typed."""


@dataclass(frozen=True)
class Signature:
    """Who signs; what is empty is left out."""

    name: str
    title: str
    clinic: str
    picture_url: str


@dataclass(frozen=True)
class Letterhead:
    """`fields` holds what the clinic's merge fields say; an empty one gives way to its fallback."""

    name: str
    address_lines: tuple[str, ...]
    phone: str
    email: str
    booking_url: str
    terms: str
    emergency_number: str
    logo: Shown | None
    palette: Palette
    base_url: str
    static_url: str
    sender_name: str
    sender_address: str
    fields: Mapping[str, str]
    faces: Faces
    footer_lines: tuple[str, ...]
    social_links: tuple[tuple[str, str], ...]
    signature: Signature


def of(profile: Clinic) -> Letterhead:
    """The letterhead of this profile, whatever of it is still empty."""
    profile = _mailable(profile)
    name = profile.name or profile.sender_name or _("Your clinic")
    terms = profile.free_call_terms.strip() or Clinic().free_call_terms
    portrait = _picture(profile.signature_picture)
    return Letterhead(
        name=name,
        address_lines=_lines(profile.postal_address),
        phone=phones.readable(profile.phone),
        email=profile.email,
        booking_url=profile.booking_url,
        terms=_sentence(terms),
        emergency_number=profile.emergency_number,
        logo=_logo(profile.logo),
        palette=palette(profile.brand_colour, profile.button_colour),
        base_url=settings.PUBLIC_URL,
        static_url=settings.PUBLIC_URL + settings.STATIC_URL,
        sender_name=profile.sender_name or name,
        sender_address=profile.sender_email or profile.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        fields={
            "clinic_name": profile.name,
            "emergency_number": profile.emergency_number,
            "first_visit_price": _sentence(profile.first_visit_price),
            "free_call_terms": _sentence(terms),
            "insurance_note": _sentence(profile.insurance_note),
            "phone": phones.readable(profile.phone),
            "practitioner": profile.practitioner,
            "practitioner_title": profile.practitioner_title,
        },
        faces=faces(profile.font),
        footer_lines=_lines(profile.footer_text),
        social_links=tuple(social(profile.social_links)),
        signature=Signature(
            name=profile.signature_name or profile.practitioner or _("Your acupuncturist"),
            title=profile.signature_title,
            clinic=profile.name or _("The clinic"),
            picture_url=portrait.url if portrait else "",
        ),
    )


def _mailable(profile: Clinic) -> Clinic:
    """The profile as mails can say it: nothing unseen in its words, and nothing that looks like a field of an email."""
    mailable = copy(profile)
    for name in WORDED:
        setattr(mailable, name, _words(getattr(profile, name)))
    return mailable


def _words(typed: str) -> str:
    """Braces in a row become one, and our own mark's address goes, also where it appears only once another is gone."""
    words = BRACES.sub(r"\1", richtext.visible(typed))
    while MARK.search(words):
        words = MARK.sub("", words)
    return words


def _picture(name: str) -> Shown | None:
    """A picture that may have been removed meanwhile."""
    try:
        return pictures.resolve(name) if name else None
    except pictures.NoSuchPicture:
        return None


def _logo(name: str) -> Shown | None:
    """The logo in the room that there is for one, neither squeezed nor blown up."""
    logo = _picture(name)
    if logo is None or not logo.width or not logo.height:
        return logo
    share = min(1, LOGO_WIDTH / logo.width, LOGO_HEIGHT / logo.height)
    return replace(logo, width=max(1, round(logo.width * share)), height=max(1, round(logo.height * share)))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def social(links: object) -> Iterator[tuple[str, str]]:
    """Names and addresses of the clinic elsewhere, those that are https."""
    found = links if isinstance(links, list) else []
    for link in (link for link in found if isinstance(link, dict)):
        name, url = (str(link.get(key, "")).strip() for key in ("name", "url"))
        if name and targets.is_web_address(url):
            yield _words(name), url


def _sentence(text: str) -> str:
    """What staff typed, with the full stop that a sentence ends in."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."
