"""Whom a mail is shown as: somebody made up, or a lead, with what only their copy would say."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from leads.models import Lead
from leads.people import queries as people
from leads.segments import queries as segments
from leads.segments.queries import Only
from newsletter.content.models import EmailKind
from newsletter.deliveries.admission import slots
from newsletter.deliveries.admission.slots import Slotted
from newsletter.deliveries.models import Kind
from newsletter.rendering import preview
from newsletter.rendering.letter import Recipient

MOST = 20
KINDS = {EmailKind.CAMPAIGN: Kind.CAMPAIGN, EmailKind.PRESET: Kind.CAMPAIGN, EmailKind.STEP: Kind.STEP}


def found(text: str) -> QuerySet[Lead]:
    """Leads to look at a mail as, the newest first."""
    return people.search("".join(letter for letter in text if letter.isprintable()))[:MOST]


def label(lead: Lead) -> str:
    """Who it is, as a menu says it."""
    name = f"{lead.first_name} {lead.last_name}".strip()
    return f"{name} · {lead.email}" if name else lead.email


def recipient(kind: str, lead: Lead | None, *, now: datetime, conditions: Sequence[Only] = ()) -> Recipient:
    """Who gets the copy that is shown, and which of its conditions hold. Its links lead nowhere, whoever it is."""
    somebody = preview.sample(settings.PUBLIC_URL, sent_at=now)
    if lead is None:
        return somebody
    return Recipient(
        0,
        somebody.token,
        somebody.page,
        somebody.message_id,
        lead.email,
        now,
        lead.first_name,
        slots={**somebody.slots, **_own(kind, lead, now)},
        holds=segments.holds(conditions, [lead.pk], now)[lead.pk],
    )


def _own(kind: str, lead: Lead, now: datetime) -> dict[str, str]:
    """What the owners of deliveries would fill in for this lead now; whatever they write is undone."""
    if kind not in KINDS:
        return {}
    with transaction.atomic():
        filled = slots.fill(KINDS[EmailKind(kind)], [Slotted(0, 0, 0, lead.pk, None)], now)
        transaction.set_rollback(True)
    return dict(filled[0].slots) if 0 in filled else {"free_times": ""}
