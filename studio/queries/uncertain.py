"""Uncertain deliveries as the front desk reads them: who, which mail, since when, why."""

import re
from dataclasses import dataclass

from leads.models import Lead
from newsletter.deliveries.settling import reconcile
from newsletter.models import Delivery, Uncertain, Variant

PHASE = re.compile(r"^[a-z]+: ")
"""How far the conversation had come, as the machinery writes it before the reason."""


@dataclass(frozen=True, slots=True)
class Doubt:
    uncertain: Uncertain
    delivery: Delivery
    lead: Lead | None
    subject: str

    @property
    def why(self) -> str:
        """What happened, as a sentence."""
        words = PHASE.sub("", self.uncertain.why).rstrip(".")
        return f"{words[:1].upper()}{words[1:]}." if words else ""


def doubts() -> list[Doubt]:
    """The oldest first; four queries, however many there are."""
    found = reconcile.open_doubts()
    leads = Lead.objects.in_bulk([delivery.lead_id for _, delivery in found if delivery.lead_id])
    variants = Variant.objects.select_related("email").in_bulk([delivery.variant_id for _, delivery in found])
    return [
        Doubt(uncertain, delivery, leads.get(delivery.lead_id or 0), _subject(variants.get(delivery.variant_id)))
        for uncertain, delivery in found
    ]


def doubt(delivery_id: int) -> Doubt | None:
    """The one about this delivery; None when nothing is open."""
    return next((one for one in doubts() if one.delivery.pk == delivery_id), None)


def _subject(variant: Variant | None) -> str:
    return variant.email.subject or variant.email.name if variant else ""
