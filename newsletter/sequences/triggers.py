"""What begins ways from outside: a consent, a tag, a question, an appointment, somebody's hand.

Whoever announces something says it with `happened`; what nobody announces (dates, silence, segments) is looked for by
`scanning`. Whom it begins for is for `entering` to say.
"""

from collections.abc import Collection
from datetime import datetime
from itertools import batched

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.models import User
from leads.consent.models import Method
from leads.models import Consent, Lead, Segment
from leads.people import addresses
from leads.segments import queries as segments
from newsletter.content.models import Topic
from newsletter.deliveries.models import CHUNK_SIZE
from newsletter.sequences import models, taking_up
from newsletter.sequences.entering import enter, plan_of
from newsletter.sequences.models import Enrolment, SequenceState
from newsletter.sequences.plan.document import ASKED_FOR, TriggerKind
from newsletter.sequences.queries import COURSE_KEY


class NotPublished(Exception):
    """Nobody can begin a sequence that has not been published."""


def happened(
    kind: TriggerKind, lead_ids: Collection[int], *, now: datetime, value: str = "", occasion: int = 0
) -> dict[int, list[int]]:
    """Begin whatever this begins, for those who may: who began, by sequence. `value`: which tag it was, for one."""
    begun = {}
    for sequence in begun_by(kind):
        if _wanted(sequence) in ("", value.lower()):
            is_asked_for = kind in ASKED_FOR
            begun[sequence.pk] = enter(sequence, lead_ids, now=now, occasion=occasion, is_asked_for=is_asked_for)
    return begun


@transaction.atomic
def enrol(lead: Lead, *, consent: Consent, now: datetime) -> Enrolment | None:
    """Begin what a confirmed consent begins: the course, once per person; the first of the ways, or None.

    Patients and who declined the topic begin nothing. Who left by mistake and takes it back within minutes goes on
    where they were. What staff write down was not asked for at this moment.
    """
    began = taking_up.take_up(lead, consent=consent, now=now)
    said, is_asked_for = _said_by(consent), consent.method == Method.WEB_FORM
    for sequence in begun_by(TriggerKind.CONSENT):
        if _wanted(sequence) in said and enter(sequence, [lead.pk], now=now, is_asked_for=is_asked_for):
            began.append(sequence.pk)
    newest = Enrolment.objects.filter(lead=lead, sequence__in=began, ended_at=None)
    return newest.order_by("sequence_id", "-pk").first()


def begin_by_hand(
    sequence: models.Sequence, lead_ids: Collection[int], *, by: User | None, now: datetime, program: str = ""
) -> list[int]:
    """Begin it for these people, whom somebody chose, or this program; those who may and did. Raises NotPublished.

    Its entry conditions and its rule about a second time hold as ever. A program that asks in vain leaves no trace.
    Of very many people some begin after the others, so that nobody's opt-out waits for all of them.
    """
    if sequence.published_id is None or sequence.state == SequenceState.DRAFT:
        raise NotPublished
    begun = [lead for some in batched(lead_ids, CHUNK_SIZE) for lead in _begin(sequence, some, now)]
    if begun or not program:
        facts = {"asked": len(lead_ids), "people": len(begun), **({"program": program} if program else {})}
        audit.record("sequence.begun", subject=f"sequence:{sequence.pk}", by=by, **facts)
    return begun


@transaction.atomic
def _begin(sequence: models.Sequence, lead_ids: Collection[int], now: datetime) -> list[int]:
    addresses.lock_leads(lead_ids)
    return enter(sequence, lead_ids, now=now)


def begin_with_segment(sequence: models.Sequence, segment: Segment, *, by: User | None, now: datetime) -> list[int]:
    """The same for everybody who fits this segment now; raises NotPublished and Unanswerable."""
    return begin_by_hand(sequence, who_fit(segment, now), by=by, now=now)


def who_fit(segment: Segment, now: datetime) -> list[int]:
    """Everybody whom a segment fits now, whether they may be mailed or not; raises Unanswerable."""
    fits = segments.where(segment.conditions, segment.match, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT lead.id FROM leads_lead lead WHERE lead.erased_at IS NULL AND {fits.sql} ORDER BY lead.id",  # noqa: S608
            fits.params,
        )
        return [lead for (lead,) in cursor.fetchall()]


def begun_by(kind: TriggerKind) -> QuerySet[models.Sequence]:
    """The sequences that this begins; who comes while one is paused waits in it."""
    asked = Q(published__plan__trigger__kind=kind.value)
    if kind == TriggerKind.CONSENT:
        asked |= Q(key=COURSE_KEY, published__plan={})
    published = models.Sequence.objects.filter(asked, published__isnull=False)
    return published.exclude(state=SequenceState.DRAFT).select_related("published").order_by("pk")


def using(segment_id: int) -> list[str]:
    """The names of the sequences that this segment begins, as published or as drafted."""
    trigger = {"kind": TriggerKind.SEGMENT.value, "value": str(segment_id)}
    begins = Q(published__plan__trigger__contains=trigger) | Q(draft__trigger__contains=trigger)
    return list(models.Sequence.objects.filter(begins).order_by("name").values_list("name", flat=True))


def _wanted(sequence: models.Sequence) -> str:
    """The value of its trigger, as it is compared."""
    if sequence.published is None:
        return ""
    return " ".join(plan_of(sequence.published).trigger.value.split()).lower()


def _said_by(consent: Consent) -> set[str]:
    """The values of a trigger that this consent fits: any, its form's page, the source, the only topic they want."""
    lead = consent.lead
    wanted = set(Topic.values) - set(lead.declined_topics)
    return {"", consent.page.lower(), lead.source, *(wanted if len(wanted) == 1 else ())}
