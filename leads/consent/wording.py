"""The words that people agree to: shown from here, kept for ever as they were shown.

A page shows `Words` (nothing is written by looking); what was agreed to is kept as the version that has
exactly this text. The text names who asks, how to reach them, what it is about and how to stop, since consent to
less is worth less: an interest in sciatica is a fact about somebody's health.
"""

import hashlib
from dataclasses import dataclass

from django.db.models import Max
from django.utils.translation import get_language, gettext

from clinic import phones
from clinic.models import Clinic
from leads.consent.models import ConsentWording

MARKETING = "marketing"


@dataclass(frozen=True)
class Words:
    key: str
    language: str
    text: str

    @property
    def digest(self) -> str:
        """Names these very words; a form carries it, so that we know which words it showed."""
        return hashlib.sha256(f"{self.key} {self.language} {self.text}".encode()).hexdigest()[:16]


def marketing(clinic: Clinic) -> Words:
    """What everybody agrees to who asks for the emails."""
    text = gettext(
        "I would like %(clinic)s (%(reach)s) to email me its course about sciatica and acupuncture, and then its "
        "news and invitations. I understand that this tells the clinic that I am interested in sciatica. I can stop "
        "at any time with the link in every email."
    ) % {"clinic": clinic.name or gettext("the clinic"), "reach": _reach(clinic)}
    return Words(key=MARKETING, language=get_language() or "en", text=text)


def keep(words: Words) -> ConsentWording:
    """Return the version with exactly these words; new words become the next version.

    The latest number is read before the text is looked for, so that whoever is faster is either found or collides.
    """
    same = ConsentWording.objects.filter(key=words.key, language=words.language)
    while True:
        latest = same.aggregate(latest=Max("version"))["latest"] or 0
        found = same.filter(text=words.text).order_by("-version").first()
        if found is not None:
            return found
        row = ConsentWording(key=words.key, language=words.language, version=latest + 1, text=words.text)
        ConsentWording.objects.bulk_create([row], ignore_conflicts=True)


def _reach(clinic: Clinic) -> str:
    """Where the clinic can be written to or called, as far as its profile says."""
    postal = ", ".join(line.strip() for line in clinic.postal_address.splitlines() if line.strip())
    ways = (postal, phones.readable(clinic.phone), clinic.email)
    return "; ".join(way for way in ways if way) or gettext("this website")
