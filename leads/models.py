"""Table of contents of the app's models, as Django needs it."""

from leads.consent.models import Consent, ConsentRequest, ConsentToken, ConsentWording
from leads.intake.models import Inquiry
from leads.people.models import Lead, Note
from leads.segments.models import Segment
from leads.tags.models import Tag, Tagging

__all__ = [
    "Consent",
    "ConsentRequest",
    "ConsentToken",
    "ConsentWording",
    "Inquiry",
    "Lead",
    "Note",
    "Segment",
    "Tag",
    "Tagging",
]
