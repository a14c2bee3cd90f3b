"""What begins ways though nobody announces it: a birthday, a visit so long ago, silence, belonging to a segment.

The tick looks every quarter of an hour, sequence by sequence, one tick at a time, for everything since the look before.
Each look is one statement over everybody; who was found is not found again: for birthdays the year is the occasion,
for visits the appointment, silence is found in the quarter of an hour in which it becomes so long, and who fitted a
segment at the last look is remembered (see `belonging`). Of very many people some begin after the others.
"""

from calendar import isleap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import batched

from django.db import connection, transaction
from django.db.models import Q

from clinic import queries as clinic
from clinic import turns
from leads.models import Lead
from leads.people import addresses
from newsletter.deliveries.models import CHUNK_SIZE
from newsletter.sequences import belonging, models
from newsletter.sequences.entering import enter, plan_of
from newsletter.sequences.models import Enrolment, SequenceState, SequenceVersion
from newsletter.sequences.occasions import About, occasion_of
from newsletter.sequences.plan.document import Trigger, TriggerKind
from newsletter.tracking.models import ClickLabel

LOCK_CLASS = 0x5343
EVERY = timedelta(minutes=15)
LAST_OF_FEBRUARY = (2, 28)
LATEST_WISHES = timedelta(days=3)
"""After an outage nobody is wished well for a birthday longer ago."""

Found = Iterable[tuple[int, int]]
"""People, each with the occasion."""
Scan = Callable[[Trigger, datetime, datetime], Found]

SIGNS = {
    "newsletter_click": f"lead_id, at FROM newsletter_click WHERE label = '{ClickLabel.PERSON.value}'",
    "leads_consent": "lead_id, granted_at FROM leads_consent WHERE true",
    "leads_inquiry": "lead_id, received_at FROM leads_inquiry WHERE true",
}
"""What shows that somebody is there, by table: columns and condition."""

_scans: dict[TriggerKind, Scan] = {}


@dataclass(frozen=True, slots=True)
class _Look:
    """One look of one sequence: whom it found, by occasion."""

    sequence: models.Sequence
    version: SequenceVersion
    trigger: Trigger
    now: datetime
    found: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def is_segment(self) -> bool:
        return self.trigger.kind == TriggerKind.SEGMENT

    def people(self) -> Found:
        if self.is_segment:
            return [(lead, 0) for lead in belonging.look(self.sequence, self.version, self.trigger.value, self.now)]
        return _scans[self.trigger.kind](self.trigger, _since(self.sequence, self.version), self.now)

    def chunks(self) -> Iterator[tuple[int, Sequence[int]]]:
        for occasion, leads in self.found.items():
            for some in batched(leads, CHUNK_SIZE):
                yield occasion, some

    def new(self, lead_ids: Sequence[int], occasion: int) -> Sequence[int]:
        """Those for whom no earlier try at this look, which died on the way, has begun it already."""
        if self.is_segment:
            return belonging.belong(self.sequence, self.trigger.value, lead_ids)
        ways = Enrolment.objects.filter(sequence=self.sequence, lead__in=lead_ids, occasion=occasion)
        tried = ways.filter(enrolled_at__gt=_since(self.sequence, self.version))
        begun = set(tried.values_list("lead", flat=True))
        return [lead for lead in lead_ids if lead not in begun]

    def is_as_published(self) -> bool:
        same = models.Sequence.objects.filter(pk=self.sequence.pk, published=self.version)
        return same.exclude(state=SequenceState.DRAFT).exists()


def register(kind: TriggerKind, look: Scan) -> None:
    """Name the function that finds whom this begins for between two moments (after the first, up to the second)."""
    _scans[kind] = look


def register_sign(table: str, columns_and_condition: str) -> None:
    """Name a table whose rows show that somebody is there: “lead_id, at FROM table WHERE ...”."""
    SIGNS[table] = columns_and_condition


def scan(now: datetime) -> int:
    """Look for what nobody announces, where that is due; how many ways began."""
    return turns.each(_due(now), lambda sequence: _scan(sequence, now), otherwise="Some sequences cannot be begun.")


def _due(now: datetime) -> list[int]:
    kinds = [*(kind.value for kind in _scans), TriggerKind.SEGMENT.value]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id FROM newsletter_sequence s JOIN newsletter_sequenceversion v ON v.id = s.published_id
            WHERE s.state <> %s AND v.plan -> 'trigger' ->> 'kind' = ANY(%s)
              AND (s.scanned_at IS NULL OR s.scanned_at <= %s OR s.scanned_at < v.published_at) ORDER BY s.id
            """,
            [SequenceState.DRAFT.value, kinds, now - EVERY],
        )
        return [found for (found,) in cursor.fetchall()]


def _scan(sequence_id: int, now: datetime) -> int:
    """One sequence, by one tick at a time, in chunks with a commit each: nobody's opt-out waits for all of them.

    Whom a tick that dies leaves out the next one finds: a look is over when its end is written down.
    """
    look, begun = _look(sequence_id, now), 0
    if look is None:
        return 0
    for occasion, some in look.chunks():
        entered = _enter(look, occasion, some)
        if entered is None:
            return begun
        begun += entered
    _end(look)
    return begun


@transaction.atomic
def _look(sequence_id: int, now: datetime) -> _Look | None:
    """Whom to begin for; None where another tick looks."""
    if not _is_ours(sequence_id, now):
        return None
    sequence = models.Sequence.objects.select_related("published").get(pk=sequence_id)
    if sequence.published is None:
        return None
    look = _Look(sequence, sequence.published, plan_of(sequence.published).trigger, now)
    for lead, occasion in look.people():
        look.found[occasion].append(lead)
    if not look.found:
        _write(look)
    return look


@transaction.atomic
def _enter(look: _Look, occasion: int, lead_ids: Sequence[int]) -> int | None:
    """How many of these began; None where the next tick has to look anew: staff published something else."""
    if not _is_ours(look.sequence.pk, look.now) or not look.is_as_published():
        return None
    addresses.lock_leads(lead_ids)
    return len(enter(look.sequence, look.new(lead_ids, occasion), now=look.now, occasion=occasion))


@transaction.atomic
def _end(look: _Look) -> None:
    """Once more for who has gone, where somebody came; who came just now is found next time."""
    if look.found and _is_ours(look.sequence.pk, look.now) and look.is_as_published():
        if look.is_segment:
            look.people()
        _write(look)


def _write(look: _Look) -> None:
    models.Sequence.objects.filter(pk=look.sequence.pk).update(scanned_at=look.now)


def _is_ours(sequence_id: int, now: datetime) -> bool:
    """Whether nobody else looks at it until this commits, and nobody has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, sequence_id])
        return bool(cursor.fetchone()[0]) and sequence_id in _due(now)


def _since(sequence: models.Sequence, version: SequenceVersion) -> datetime:
    """The last look; from the publishing on where there was none shortly before it: then it looked for other things."""
    last = sequence.scanned_at
    return last if last is not None and last > version.published_at - 2 * EVERY else version.published_at


def _birthdays(trigger: Trigger, since: datetime, now: datetime) -> Found:
    zone = clinic.zone()
    today = now.astimezone(zone).date()
    first = max(since, now - LATEST_WISHES).astimezone(zone).date()
    for day in (first + timedelta(days=ahead) for ahead in range((today - first).days + 1)):
        born = Lead.objects.filter(_born_on(day), birthday__isnull=False, birthday__lt=day)
        year = occasion_of(About.YEAR, day.year)
        yield from ((lead, year) for lead in born.values_list("pk", flat=True))


def _born_on(day: date) -> Q:
    """Who was born on the 29th of February has their day on the 28th where there is no 29th."""
    asked = Q(birthday__month=day.month, birthday__day=day.day)
    if (day.month, day.day) != LAST_OF_FEBRUARY or isleap(day.year):
        return asked
    return asked | Q(birthday__month=2, birthday__day=29)


def _silences(trigger: Trigger, since: datetime, now: datetime) -> Found:
    """Whose last sign became so many days old in this time."""
    began, ended = since - timedelta(days=trigger.number), now - timedelta(days=trigger.number)
    signs = " UNION ALL ".join(f"SELECT {sign}" for sign in SIGNS.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH signs (lead_id, at) AS NOT MATERIALIZED ({signs}),
            candidates AS MATERIALIZED (SELECT DISTINCT lead_id FROM signs WHERE at > %s AND at <= %s)
            SELECT c.lead_id FROM candidates c
            WHERE NOT EXISTS (SELECT 1 FROM signs WHERE signs.lead_id = c.lead_id AND signs.at > %s)
            """,  # noqa: S608
            [began, ended, ended],
        )
        return [(lead, 0) for (lead,) in cursor.fetchall()]


register(TriggerKind.BIRTHDAY, _birthdays)
register(TriggerKind.QUIET, _silences)
