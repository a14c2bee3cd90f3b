"""Checking in: before anything leaves, is this still the same database, and was anybody here lately?

A sender checks in before its slot begins, and again after it was gone for long; the tick looks before it does
anything. Both judge and set the hold under one lock, in the transaction that writes the sender's heartbeat: no
sender can cover up an absence, and none can begin between a judgement and its hold. Until somebody has judged, the
gate itself refuses (holds.stops_senders).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from clinic.clock import database_now
from clinic.models import Clinic
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing import heartbeats, holds, overdue, residence
from newsletter.deliveries.standing.heartbeats import LONG_ABSENCE
from newsletter.deliveries.standing.models import Heartbeat, HoldCause, HoldScope

LOST_BY_A_FAIL_OVER = timedelta(minutes=2)
WENT_ON = "The database server went on from a backup or a standby: what happened last may be missing here."


@transaction.atomic
def check_in(lane: str) -> None:
    """A sender of this lane is here: judge first, then beat."""
    holds.lock()
    now = database_now()
    judge(now)
    heartbeats.beat(heartbeats.sender(lane), now=now, doing=heartbeats.WORKING)


@transaction.atomic
def look(now: datetime) -> None:
    """Judge without being a sender."""
    holds.lock()
    judge(database_now())


def judge(now: datetime) -> None:
    """Set the hold that this place or this absence asks for; the caller's transaction holds the lock."""
    if settings.DEMO:
        return
    residence.remember(anew=False)
    move = residence.move()
    if move is not None:
        _hold_after(move, now)
    elif _was_absent_for_long(now):
        reason = "No sender of marketing mail had worked for half an hour or more while mail was overdue."
        holds.hold_by_itself(reason, cause=HoldCause.SILENCE, scope=HoldScope.MARKETING, now=now)


def _hold_after(move: residence.Move, now: datetime) -> None:
    if move.is_elsewhere:
        reason = f"This is a restored or copied database, or the site has moved: {'; '.join(move.differences)}."
        holds.hold_by_itself(reason, cause=HoldCause.MOVED, scope=HoldScope.ALL, now=now)
        return
    holds.hold_by_itself(WENT_ON, cause=HoldCause.REWOUND, scope=_scope_after_going_on(now), now=now)
    residence.remember(anew=True)


def _scope_after_going_on(now: datetime) -> HoldScope:
    """Marketing after a fail-over, which lost moments; everything after a restore, whose last sign of life is older."""
    seen = heartbeats.last_seen().values()
    is_fresh = bool(seen) and now - max(seen) <= LOST_BY_A_FAIL_OVER
    return HoldScope.MARKETING if is_fresh else HoldScope.ALL


def _was_absent_for_long(now: datetime) -> bool:
    """Whether senders were gone, or failed, for long while mail waited, and nothing said that it should wait."""
    seen = Heartbeat.objects.filter(name=heartbeats.sender(Lane.MARKETING)).first()
    if seen is None or now - seen.well_at < LONG_ABSENCE or holds.active() is not None:
        return False
    is_unlocked = Clinic.objects.filter(sending_unlocked_at__isnull=False).exists()
    return is_unlocked and overdue.is_any(before=now - LONG_ABSENCE)
