"""One delivered mail as a page, for whoever has its link: made by the code that made the mail, from what was frozen.

It says what the mail said to this reader, with the conditions and free times of now. Of somebody who was erased there
is nothing to show any more. Looking writes nothing; links in it are the mail's own.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from newsletter import tokens
from newsletter.deliveries.admission import revisions, slots
from newsletter.deliveries.admission.slots import Slotted
from newsletter.deliveries.models import Kind
from newsletter.rendering import preview
from newsletter.rendering.headers import Unfillable
from newsletter.rendering.letter import Letter, NotMailable, Recipient
from newsletter.rendering.preview import Preview

SHOWN = (Kind.CAMPAIGN, Kind.STEP, Kind.TEST)
"""Kinds that carry the link; the others are about a moment that has passed, and may hold what opens something."""
NOBODY = "reader@example.org"
FIND = """
    SELECT d.id, d.kind, d.owner, d.item, d.lead_id, d.staff_id, coalesce(o.revision_id, v.current_id),
           coalesce(l.first_name, u.name, ''), l.id IS NOT NULL AND l.erased_at IS NULL
    FROM newsletter_delivery d
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    LEFT JOIN newsletter_variant v ON v.id = d.variant_id
    LEFT JOIN leads_lead l ON l.id = d.lead_id
    LEFT JOIN accounts_user u ON u.id = d.staff_id
    WHERE d.id = %s
"""


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    kind: int
    owner: int
    item: int
    lead_id: int | None
    staff_id: int | None
    revision_id: int | None
    first_name: str
    is_known: bool

    @property
    def is_shown(self) -> bool:
        return self.kind == Kind.TEST or (self.kind in SHOWN and self.is_known)


def page(delivery_id: int, *, now: datetime) -> Preview | None:
    """The mail as its reader would read it now; None for one that is not shown."""
    found = _find(delivery_id)
    if found is None or not found.is_shown or found.revision_id is None:
        return None
    try:
        letter = revisions.letter(found.revision_id)
        return preview.read(letter.fill(_recipient(found, letter, now)))
    except (NotMailable, Unfillable):
        return None


def _find(delivery_id: int) -> _Found | None:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [delivery_id])
        row = cursor.fetchone()
    return _Found(*row) if row else None


def _recipient(found: _Found, letter: Letter, now: datetime) -> Recipient:
    return Recipient(
        delivery_id=found.id,
        token=tokens.sign(found.id),
        message_id=tokens.name(found.id),
        address=NOBODY,
        sent_at=now,
        first_name=found.first_name,
        slots=_slots(found, now),
        holds=_holds(found, letter, now),
    )


def _slots(found: _Found, now: datetime) -> dict[str, str]:
    """What the mail's owner fills in; whatever that writes is undone."""
    if not found.is_known or not slots.are_wanted(found.kind, found.revision_id):
        return {}
    about = Slotted(found.id, found.owner, found.item, found.lead_id, found.staff_id)
    with transaction.atomic():
        filled = slots.fill(found.kind, [about], now)
        transaction.set_rollback(True)
    return dict(filled[found.id].slots) if found.id in filled else {}


def _holds(found: _Found, letter: Letter, now: datetime) -> frozenset[int] | None:
    """Which of its conditions hold; a test shows every block."""
    if found.kind == Kind.TEST or found.lead_id is None:
        return None
    try:
        return segments.holds(letter.conditions, [found.lead_id], now).get(found.lead_id, frozenset())
    except Unanswerable:
        return frozenset()
