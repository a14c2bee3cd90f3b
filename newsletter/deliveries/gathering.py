"""Plan many at once: gather people by one question, deal them out in parts, and give each part its own times.

What the question finds lies in a temporary table until everything is planned: it is asked once, so that what is
counted, dealt and planned is the same people. A part is cut into chunks, each with its own due time; chunks that are
due together are a batch, which lives so long from then on. Nobody can be planned twice for one owner: the database
refuses it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from newsletter.deliveries import bell
from newsletter.deliveries.models import CHUNK_SIZE, Batch, Chunk
from newsletter.deliveries.services import Planned, reserve

GATHER = """
    CREATE TEMPORARY TABLE newsletter_gathered ON COMMIT DROP AS
    SELECT lead_id, label, reason, {place} AS place FROM ({question}) everybody
"""
BY_LOT = "row_number() OVER (PARTITION BY reason ORDER BY hashint8extended(lead_id, {seed:d}), lead_id) - 1"
IN_ORDER = "0::bigint"

DEALT = """
    SELECT width_bucket(place, %s::bigint[]) - 1, label, count(*) FROM newsletter_gathered
    WHERE reason = '' GROUP BY 1, 2
"""
PLAN = f"""
    INSERT INTO newsletter_delivery (id, owner, item, lead_id, variant_id, kind)
    SELECT (%(chunks)s::bigint[])[first + n / step] * {CHUNK_SIZE} + n %% step,
           %(owner)s, lead_id, lead_id, variant, %(kind)s
    FROM (
        SELECT gathered.lead_id, part.first, part.step, part.variant,
               row_number() OVER (PARTITION BY part.number ORDER BY gathered.place, gathered.lead_id) - 1 AS n
        FROM newsletter_gathered gathered
        JOIN unnest(%(shares)s::int[], %(labels)s::text[], %(numbers)s::int[]) dealt (share, label, number)
          ON dealt.label = gathered.label AND dealt.share = width_bucket(gathered.place, %(bounds)s::bigint[]) - 1
        JOIN unnest(%(parts)s::int[], %(firsts)s::int[], %(steps)s::int[], %(variants)s::int[])
          part (number, first, step, variant) ON part.number = dealt.number
        WHERE gathered.reason = ''
    ) numbered
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Part:
    """The people of one share under these labels: `step` of them in each chunk, and when each chunk is due."""

    share: int
    labels: Sequence[str]
    people: int
    variant_id: int
    step: int
    dues: Sequence[datetime]
    lasts: timedelta

    @property
    def sizes(self) -> list[int]:
        return [min(self.step, self.people - place * self.step) for place in range(len(self.dues))]


@dataclass(slots=True)
class Gathered:
    """Who was found: how many under each reason, and under none those who are to be planned.

    `bounds` are the places at which the shares begin.
    """

    reasons: Mapping[str, int]
    bounds: list[int] = field(default_factory=lambda: [0])

    @property
    def people(self) -> int:
        return self.reasons.get("", 0)

    def deal(self, bounds: Sequence[int]) -> dict[int, dict[str, int]]:
        """Cut those who are to be planned at these places; how many are in each share, by label."""
        self.bounds = list(bounds)
        found: dict[int, dict[str, int]] = {share: {} for share in range(len(bounds))}
        with connection.cursor() as cursor:
            cursor.execute(DEALT, [self.bounds])
            for share, label, people in cursor.fetchall():
                found[share][label] = people
        return found

    def plan(self, planned: Planned, parts: Sequence[Part], *, now: datetime) -> list[list[Batch]]:
        """Write the deliveries of these parts, which are all there are; the batches of each. The bell rings."""
        chunks = iter(reserve(sum(len(part.dues) for part in parts)))
        ids = [[next(chunks) for _due in part.dues] for part in parts]
        with connection.cursor() as cursor:
            cursor.execute(PLAN, _values(planned, parts, ids, self.bounds))
        batches = [_batches(planned, part, chunk_ids, now) for part, chunk_ids in zip(parts, ids, strict=True)]
        if any(due <= now for part in parts for due in part.dues):
            bell.ring(planned.lane)
        return batches


@contextmanager
def gather(question: str, params: Sequence[Any], *, seed: int | None = None) -> Iterator[Gathered]:
    """Ask for `lead_id`, `label` and `reason`, once; with a seed people are dealt by lot, always the same."""
    place = IN_ORDER if seed is None else BY_LOT.format(seed=seed)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GATHER.replace("{place}", place).replace("{question}", question), params)
        cursor.execute("SELECT reason, count(*) FROM newsletter_gathered GROUP BY reason")
        yield Gathered(dict(cursor.fetchall()))
        cursor.execute("DROP TABLE newsletter_gathered")


def _values(
    planned: Planned, parts: Sequence[Part], ids: Sequence[Sequence[int]], bounds: Sequence[int]
) -> dict[str, Any]:
    dealt = [(part.share, label, number) for number, part in enumerate(parts) for label in part.labels]
    firsts, first = [], 1
    for chunk_ids in ids:
        firsts.append(first)
        first += len(chunk_ids)
    return {
        "chunks": [chunk_id for chunk_ids in ids for chunk_id in chunk_ids],
        "owner": planned.owner_id,
        "kind": planned.kind,
        "shares": [share for share, _label, _number in dealt],
        "labels": [label for _share, label, _number in dealt],
        "numbers": [number for _share, _label, number in dealt],
        "bounds": list(bounds),
        "parts": list(range(len(parts))),
        "firsts": firsts,
        "steps": [part.step for part in parts],
        "variants": [part.variant_id for part in parts],
    }


def _batches(planned: Planned, part: Part, chunk_ids: Iterable[int], now: datetime) -> list[Batch]:
    """Chunks that are due at the same moment are a batch."""
    rows = list(zip(chunk_ids, part.dues, part.sizes, strict=True))
    people: Counter[datetime] = Counter()
    for _id, due_at, size in rows:
        people[due_at] += size
    batches = {
        due_at: Batch(
            kind=planned.kind,
            owner_id=planned.owner_id,
            lane=planned.lane,
            topic=planned.topic,
            size=size,
            planned_at=now,
            expires_at=due_at + part.lasts,
        )
        for due_at, size in people.items()
    }
    Batch.objects.bulk_create(batches.values())
    Chunk.objects.bulk_create(
        Chunk(id=chunk_id, batch=batches[due_at], lane=planned.lane, due_at=due_at, size=size)
        for chunk_id, due_at, size in rows
    )
    return list(batches.values())
