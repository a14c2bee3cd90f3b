"""Those who were inside when a version was published, moved to it a chunk at a time; a crash loses no one of them.

What was chosen is kept as a `Transfer`, which knows how far it has come: whatever publishing leaves undone, the tick
does. One chunk is one short transaction that locks addresses, then enrolments, then chunks of deliveries, as everybody
does who ends mail. Where a mail was planned in the meantime whose address is not locked, the chunk is begun anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from leads.models import Lead
from leads.people import addresses
from leads.people.models import LeadStatus
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind
from newsletter.sequences import ending, events
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.ending import STEP_EXPIRES
from newsletter.sequences.models import Enrolment, EnrolmentState, SequenceVersion, Step, Transfer
from newsletter.sequences.plan.document import Event, StepKind
from newsletter.sequences.publishing.dealing import Dealing, dealing
from newsletter.sequences.publishing.drafts import as_published
from newsletter.sequences.publishing.places import Standing, first_look, goes_on_with, stand
from newsletter.sequences.schedule import zone_of

CHUNK = 1000
PER_TICK = 20 * CHUNK
TAKEN_OUT = "its step was taken out of the plan"
COUNTS = ["up_to", "moved", "cancelled", "taken_up", "dealt"]
UNDER_WAY = [EnrolmentState.ACTIVE.value, EnrolmentState.PAUSED.value]

MAY_GO_ON = f"""
    EXISTS (SELECT 1 FROM leads_lead l WHERE l.id = e.lead_id AND l.erased_at IS NULL
              AND l.status <> '{LeadStatus.PATIENT.value}' AND NOT s.topic = ANY(l.declined_topics)
              AND NOT EXISTS (SELECT 1 FROM newsletter_suppression b
                              WHERE b.address_hash = l.address_hash AND b.lifted_at IS NULL))
    AND EXISTS (SELECT 1 FROM leads_consent k WHERE k.lead_id = e.lead_id AND k.purpose = 'marketing'
                  AND k.withdrawn_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(now)s))
    AND NOT EXISTS (SELECT 1 FROM newsletter_enrolment later WHERE later.sequence_id = e.sequence_id
                      AND later.lead_id = e.lead_id AND later.occasion = e.occasion AND later.turn > e.turn)
"""  # noqa: S608
OPEN_AND_REMOVED = f"""
    FROM newsletter_delivery d WHERE d.kind = {Kind.STEP:d} AND NOT d.item = ANY(%(keys)s)
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
"""  # noqa: S608
INSIDE = f"""
    FROM newsletter_enrolment e JOIN newsletter_sequence s ON s.id = e.sequence_id
    WHERE e.sequence_id = %(sequence)s AND e.version_id <> %(version)s AND (
        (%(moves)s AND e.state = ANY(%(under_way)s))
        OR (%(removes)s AND (e.state = ANY(%(under_way)s)
                             OR (e.state = 'finished' AND (e.ended_at > %(recent)s OR e.id = ANY(%(late)s::bigint[]))))
            AND EXISTS (SELECT 1 {OPEN_AND_REMOVED} AND d.owner = e.id))
        OR (%(also_finished)s AND e.state = 'finished' AND {MAY_GO_ON}))
"""
REMOVED = f"SELECT d.owner, d.item, d.lead_id {OPEN_AND_REMOVED} AND d.owner = ANY(%(ways)s) ORDER BY d.id"
MOVE = """
    UPDATE newsletter_enrolment e
    SET version_id = %(version)s, next_position = m.position, due_at = m.due_at, since = m.since, state = m.state,
        ended_at = m.ended_at
    FROM unnest(%(ids)s::bigint[], %(positions)s::int[], %(dues)s::timestamptz[], %(sinces)s::timestamptz[],
                %(states)s::text[], %(ends)s::timestamptz[]) AS m (id, position, due_at, since, state, ended_at)
    WHERE e.id = m.id
"""


class _Planned(Exception):
    """A mail that is to be taken back was planned before its way was locked."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the moving to a version is: ways that were moved or taken up, and ways still to be looked at."""

    number: int
    done: int
    left: int

    @property
    def total(self) -> int:
        return self.done + self.left


@dataclass(frozen=True, slots=True)
class _Moved:
    way: Enrolment
    to: Standing
    state: str
    ended_at: datetime | None


def begin(version: SequenceVersion, *, moves: bool, also_finished: bool, now: datetime, hours: float = 0) -> Transfer:
    """Keep what was chosen about those who are inside; whatever was, mails of deleted steps are taken back."""
    ended_at = None if moves or also_finished or _removes(version) else now
    return Transfer.objects.create(
        version=version, moves=moves, also_finished=also_finished, hours=hours, begun_at=now, ended_at=ended_at
    )


def _removes(version: SequenceVersion) -> bool:
    """Whether there was once a mail that is in the plan no more."""
    mails = Step.objects.filter(version__sequence=version.sequence_id, kind=StepKind.EMAIL)
    return mails.exclude(key__in=version.steps.values("key")).exists()


def is_under_way(sequence_id: int) -> bool:
    return Transfer.objects.filter(version__sequence_id=sequence_id, ended_at__isnull=True).exists()


def progress(sequence_id: int, now: datetime) -> Progress | None:
    """Of the moving that is under way; None where there is none."""
    under_way = Transfer.objects.filter(version__sequence_id=sequence_id, ended_at__isnull=True).order_by("pk")
    transfer = under_way.select_related("version").first()
    if transfer is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {INSIDE} AND e.id > %(up_to)s", _values(transfer, now))
        (left,) = cursor.fetchone()
    return Progress(transfer.version.number, transfer.moved + transfer.taken_up, left)


def go_on(now: datetime) -> int:
    """What publishing left undone, at every tick; how many ways were looked at."""
    left = Transfer.objects.filter(ended_at__isnull=True).select_related("version__sequence").order_by("pk")
    return sum(carry_on(transfer, now, limit=PER_TICK) for transfer in left)


def carry_on(transfer: Transfer, now: datetime, *, limit: int) -> int:
    """Do this one, up to about so many ways; how many were looked at.

    Where somebody holds what a chunk needs and waits for what it holds, it lets go, and the next tick does the rest.
    """
    almanac, looked_at = Almanac(), 0
    while transfer.ended_at is None and looked_at < limit:
        try:
            looked_at += _chunk(transfer, almanac, now)
        except _Planned:
            transfer.refresh_from_db()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            transfer.refresh_from_db()
            break
    return looked_at


@transaction.atomic
def _chunk(transfer: Transfer, almanac: Almanac, now: datetime) -> int:
    mine = Transfer.objects.select_for_update(no_key=True, of=["self"]).filter(pk=transfer.pk, ended_at__isnull=True)
    if not mine.exists():
        transfer.refresh_from_db()
        return 0
    transfer.refresh_from_db(fields=COUNTS)
    keys = list(transfer.version.steps.values_list("key", flat=True))
    ids = _next(transfer, now)
    removed = _removed(ids, keys)
    _lock_addresses({lead for _way, _key, lead in removed})
    ways = Enrolment.objects.select_for_update(no_key=True, of=["self"]).filter(pk__in=ids).order_by("pk")
    _move(transfer, list(ways.select_related("lead")), almanac, now)
    transfer.cancelled += _take_back(ids, keys, removed, now)
    transfer.up_to = ids[-1] if ids else transfer.up_to
    transfer.ended_at = now if len(ids) < CHUNK else None
    transfer.save(update_fields=[*COUNTS, "ended_at"])
    return len(ids)


def inside(sequence_id: int, keys: list[int], now: datetime) -> dict[str, Any]:
    """What INSIDE is asked with, but for the version, what was chosen, and whether it `removes` what was deleted.

    `keys` are those that are still there.
    """
    recent = now - STEP_EXPIRES
    late = ending.late(sequence_id, but=keys, before=recent)
    return {"sequence": sequence_id, "keys": keys, "under_way": UNDER_WAY, "now": now, "recent": recent, "late": late}


def reached(goal: Event | None, ways: Sequence[Enrolment]) -> set[int]:
    """Which of these have reached the goal since they began: nothing more is for them."""
    return events.happened(goal, [(way.pk, way.lead_id, way.enrolled_at) for way in ways]) if goal else set()


def _values(transfer: Transfer, now: datetime) -> dict[str, Any]:
    """What INSIDE is asked with about this one."""
    keys = list(transfer.version.steps.values_list("key", flat=True))
    return {
        **inside(transfer.version.sequence_id, keys, now),
        "version": transfer.version_id,
        "moves": transfer.moves,
        "removes": True,
        "also_finished": transfer.also_finished,
        "up_to": transfer.up_to,
    }


def _next(transfer: Transfer, now: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id {INSIDE} AND e.id > %(up_to)s ORDER BY e.id LIMIT %(most)s",
            {**_values(transfer, now), "most": CHUNK},
        )
        return [found for (found,) in cursor.fetchall()]


def _removed(ways: list[int], keys: list[int]) -> list[tuple[int, int, int]]:
    """What is planned of steps that are not there any more, and has not ended: way, key, lead."""
    with connection.cursor() as cursor:
        cursor.execute(REMOVED, {"ways": ways, "keys": keys})
        return cursor.fetchall()


def _lock_addresses(leads: set[int]) -> None:
    addresses.lock(list(Lead.objects.filter(pk__in=leads).values_list("address_hash", flat=True)))


def _take_back(ids: list[int], keys: list[int], removed: list[tuple[int, int, int]], now: datetime) -> int:
    """Cancel what has not left; raises _Planned where something came in between."""
    if not set(_removed(ids, keys)) <= set(removed):
        raise _Planned
    lost = [
        way
        for way, key, _lead in removed
        if deliveries.cancel(kind=Kind.STEP, owner=way, item=key, reason=TAKEN_OUT, now=now)
    ]
    ending.credit_the_mail_before(lost)
    return len(lost)


def _move(transfer: Transfer, ways: list[Enrolment], almanac: Almanac, now: datetime) -> None:
    under_way = [way for way in ways if transfer.moves and way.state in UNDER_WAY]
    finished = [way for way in ways if transfer.also_finished and way.state == EnrolmentState.FINISHED]
    done = reached(as_published(transfer.version).goal, finished)
    new = almanac.published(transfer.version_id)
    deals = dealing(new, almanac.zone, transfer.begun_at, transfer.hours)
    moved = [one for way in under_way for one in [_moved(way, transfer, deals, almanac, now)] if one]
    taken_up = [
        one for way in finished if way.pk not in done for one in [_taken_up(way, transfer, deals, almanac)] if one
    ]
    if moved or taken_up:
        _write(transfer.version_id, [*moved, *taken_up])


def _moved(way: Enrolment, transfer: Transfer, deals: Dealing, almanac: Almanac, now: datetime) -> _Moved | None:
    new = almanac.published(transfer.version_id)
    standing = Standing(way.next_position, way.due_at, way.since or way.enrolled_at)
    to = stand(standing, almanac.published(way.version_id), new, zone_of(way.lead.time_zone, almanac.zone))
    if to is None:
        return None
    if way.state == EnrolmentState.ACTIVE and deals.is_brought(way.due_at, to):
        transfer.dealt += 1
        to = deals.dealt(to, transfer.dealt)
    transfer.moved += 1
    is_over = to.position >= new.end
    return _Moved(way, to, EnrolmentState.FINISHED if is_over else way.state, now if is_over else None)


def _taken_up(way: Enrolment, transfer: Transfer, deals: Dealing, almanac: Almanac) -> _Moved | None:
    """Who finished goes on with what is new behind the place where their way ended; its wait begins now."""
    old, new = almanac.published(way.version_id), almanac.published(transfer.version_id)
    step = goes_on_with(old, new, way.next_position)
    if step is None:
        return None
    transfer.taken_up += 1
    comes = deals.moment(transfer.taken_up)
    due_at = first_look(step, new, comes, zone_of(way.lead.time_zone, almanac.zone))
    return _Moved(way, Standing(step.position, due_at, comes), EnrolmentState.ACTIVE, None)


def _write(version_id: int, moved: Sequence[_Moved]) -> None:
    columns: Mapping[str, list[Any]] = {
        "ids": [one.way.pk for one in moved],
        "positions": [one.to.position for one in moved],
        "dues": [one.to.due_at for one in moved],
        "sinces": [one.to.since for one in moved],
        "states": [str(one.state) for one in moved],
        "ends": [one.ended_at for one in moved],
    }
    with connection.cursor() as cursor:
        cursor.execute(MOVE, {"version": version_id, **columns})
