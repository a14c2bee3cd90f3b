"""Uncertain deliveries as the front desk reads them: who, which mail, since when, why."""

from dataclasses import dataclass

from leads.models import Lead
from newsletter.deliveries import reconcile
from newsletter.models import Delivery, Uncertain, Variant


@dataclass(frozen=True, slots=True)
class Doubt:
    uncertain: Uncertain
    delivery: Delivery
    lead: Lead | None
    subject: str


def doubts() -> list[Doubt]:
    """The oldest first; three queries, however many there are."""
    found = reconcile.open_doubts()
    leads = Lead.objects.in_bulk([delivery.lead_id for _, delivery in found if delivery.lead_id])
    variants = Variant.objects.select_related("email").in_bulk([delivery.variant_id for _, delivery in found])
    return [
        Doubt(uncertain, delivery, leads.get(delivery.lead_id or 0), _subject(variants.get(delivery.variant_id)))
        for uncertain, delivery in found
    ]


def _subject(variant: Variant | None) -> str:
    return variant.email.subject or variant.email.name if variant else ""
