"""What others ask about questions."""

from django.db.models import QuerySet

from leads.intake.models import Inquiry
from leads.people.models import Lead


def call_list() -> QuerySet[Inquiry]:
    """Questions that nobody has dealt with yet; who has waited longest comes first."""
    waiting = Inquiry.objects.filter(handled_at=None)
    return waiting.select_related("lead").order_by("received_at", "pk")


def handled() -> QuerySet[Inquiry]:
    """Questions that were dealt with, the latest first."""
    done = Inquiry.objects.filter(handled_at__isnull=False)
    return done.select_related("lead", "handled_by").order_by("-handled_at", "-pk")


def inquiries(lead: Lead) -> QuerySet[Inquiry]:
    """A lead's questions, newest first."""
    return Inquiry.objects.filter(lead=lead).select_related("handled_by").order_by("-received_at", "-pk")
