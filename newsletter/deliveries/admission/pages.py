"""One delivered mail as a page, for whoever has its link: made by the code that made the mail, from what was frozen.

It says what the mail said to this reader, with the conditions, free times and times of calls of now. Of somebody who
was erased there is nothing to show any more. Looking writes nothing.

Links in a letter are the mail's own. A mail that is for one thing (confirming, an appointment, a new password) is
another matter: its page may be passed on, and whoever has it must not be able to act. So its links are led elsewhere
(see `rendering.passing_on`), whoever fills in what opens something is not even asked, and only the page's own token
shows it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from newsletter import tokens
from newsletter.content.models import CompiledEmail
from newsletter.deliveries.admission import revisions, slots
from newsletter.deliveries.admission.slots import Slotted
from newsletter.deliveries.models import Kind
from newsletter.rendering import letter as letters
from newsletter.rendering import passing_on, preview
from newsletter.rendering.headers import Unfillable
from newsletter.rendering.letter import Letter, NotMailable, Recipient
from newsletter.rendering.preview import Preview

LETTERS = frozenset({Kind.CAMPAIGN, Kind.STEP, Kind.TEST})
"""Kinds whose links may stand on their page."""
OPENING = frozenset({Kind.CONFIRMATION, Kind.STAFF, Kind.INVITATION})
"""Kinds whose owner fills in what opens something once, and writes it down: never for a page."""
TO_STAFF = frozenset({Kind.STAFF, Kind.INVITATION, Kind.TEST})
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
        return self.kind in TO_STAFF or self.is_known

    @property
    def is_letter(self) -> bool:
        return self.kind in LETTERS


def page(token: str, *, now: datetime) -> Preview | None:
    """The mail as its reader would read it now; None for a token of no page, and where there is nothing to show."""
    found = _found(token)
    if found is None or not found.is_shown or found.revision_id is None:
        return None
    try:
        letter = _letter(found, found.revision_id)
        return preview.read(letter.fill(_recipient(found, letter, now)))
    except (NotMailable, Unfillable):
        return None


def _found(token: str) -> _Found | None:
    """The mail of this page. The first letters that left carry the token of their links here."""
    delivery_id = tokens.read_page(token)
    if delivery_id is not None:
        return _find(delivery_id)
    delivery_id = tokens.read(token)
    found = _find(delivery_id) if delivery_id is not None else None
    return found if found is not None and found.is_letter else None


def _letter(found: _Found, revision_id: int) -> Letter:
    if found.is_letter:
        return revisions.letter(revision_id)
    return letters.assemble(passing_on.harmless(CompiledEmail.objects.get(pk=revision_id)))


def _find(delivery_id: int) -> _Found | None:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [delivery_id])
        row = cursor.fetchone()
    return _Found(*row) if row else None


def _recipient(found: _Found, letter: Letter, now: datetime) -> Recipient:
    """Its reader; of a mail that may be passed on without the token by which they act."""
    page = tokens.sign_page(found.id)
    return Recipient(
        delivery_id=found.id,
        token=tokens.sign(found.id) if found.is_letter else page,
        page=page,
        message_id=tokens.name(found.id),
        address=NOBODY,
        sent_at=now,
        first_name=found.first_name,
        slots=_slots(found, now),
        holds=_holds(found, letter, now),
    )


def _slots(found: _Found, now: datetime) -> dict[str, str]:
    """What the mail's owner fills in; whatever that writes is undone. What opens something is filled in by nobody."""
    if found.kind in OPENING or not slots.are_wanted(found.kind, found.revision_id):
        return {}
    about = Slotted(found.id, found.owner, found.item, found.lead_id, found.staff_id)
    with transaction.atomic():
        filled = slots.fill(found.kind, [about], now)
        transaction.set_rollback(True)
    return dict(filled[found.id].slots) if found.id in filled else {}


def _holds(found: _Found, letter: Letter, now: datetime) -> frozenset[int] | None:
    """Which of its conditions hold; a test shows every block, and a colleague's mail those for everybody."""
    if found.kind == Kind.TEST:
        return None
    if found.lead_id is None:
        return frozenset()
    try:
        return segments.holds(letter.conditions, [found.lead_id], now).get(found.lead_id, frozenset())
    except Unanswerable:
        return frozenset()
