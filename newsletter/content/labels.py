"""What merge fields are called. Apart from `fields`: who makes finished mails needs the words, and no database."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

LABELS: dict[str, Promise] = {
    "first_name": gettext_lazy("The reader's first name"),
    "free_times": gettext_lazy("The next free times"),
    "when": gettext_lazy("When the appointment is"),
    "phone_hint": gettext_lazy("Which number we call"),
    "clinic_name": gettext_lazy("The clinic's name"),
    "emergency_number": gettext_lazy("The emergency number"),
    "first_visit_price": gettext_lazy("What a first visit costs"),
    "free_call_terms": gettext_lazy("What the free call is"),
    "insurance_note": gettext_lazy("What insurance pays"),
    "phone": gettext_lazy("The clinic's phone number"),
    "practitioner": gettext_lazy("The practitioner's name"),
    "practitioner_title": gettext_lazy("The practitioner's title"),
}
"""Fields as the menu calls them, in its order, and as sentences about them do."""


def label(name: str) -> str:
    """What people call the field; one that there is not goes by what was written."""
    return str(LABELS.get(name, name))
