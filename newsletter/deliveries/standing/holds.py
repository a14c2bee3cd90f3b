"""Hold: one switch that stops mail within a second, with who set it, or what did, and why.

A person's hold stops the marketing lane, or everything if they say so. A hold that the system sets itself after a
restore or a copy stops everything: not even a confirmation may leave a copy of the clinic's database. One release
ends them all; what became overdue in the meantime is dealt with in `release`.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, QuerySet, Value, When

from accounts import audit
from accounts.models import User
from newsletter.deliveries import bell, prepared
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing import heartbeats, residence
from newsletter.deliveries.standing.models import Hold, HoldCause, HoldScope

AFTER_A_MOVE = (HoldCause.MOVED, HoldCause.REWOUND)
LOCK = 0x484F4C44
"""The advisory lock under which holds are set by themselves, and released."""

SHUT = """
    SELECT EXISTS (SELECT 1 FROM newsletter_hold WHERE released_at IS NULL
                   AND (scope = 'all' OR %(lane)s::text = 'marketing'))
        OR %(lane)s::text = 'marketing'
           AND NOT EXISTS (SELECT 1 FROM clinic_clinic WHERE sending_unlocked_at IS NOT NULL)
        OR {differs}
"""
ABSENT = """
        OR %(lane)s::text = 'marketing'
           AND EXISTS (SELECT 1 FROM newsletter_heartbeat WHERE name = %(sender)s::text
                       AND at < clock_timestamp() - make_interval(secs => %(absence)s::float8))
"""


def unreleased() -> QuerySet[Hold]:
    """Every hold that counts now; the strictest first.

    One that stops everything comes before one that stops marketing, one after a move before any other, then the oldest.
    """
    after_a_move = Case(When(cause__in=AFTER_A_MOVE, then=Value(0)), default=Value(1))
    return Hold.objects.filter(released_at__isnull=True).select_related("by").order_by("scope", after_a_move, "id")


def active() -> Hold | None:
    """The strictest of the holds that count now."""
    return unreleased().first()


def is_shut(lane: str) -> bool:
    """Whether a hold, the unfinished first-run checklist, or a move not yet noticed keeps this lane shut."""
    return _asked(SHUT, lane)


def stops_senders(lane: str) -> bool:
    """The same for whoever is about to hand over: not either when it was gone for long and has not checked in."""
    return _asked(SHUT + ABSENT, lane)


@transaction.atomic
def hold(
    reason: str,
    *,
    by: User | None,
    now: datetime,
    scope: HoldScope = HoldScope.MARKETING,
    cause: HoldCause = HoldCause.STAFF,
) -> Hold:
    found = Hold.objects.create(reason=reason[:200], by=by, since=now, scope=scope, cause=cause)
    audit.record(
        "sending.held", subject=f"hold:{found.pk}", by=by, reason=found.reason, scope=scope.value, cause=cause.value
    )
    return found


def hold_by_itself(reason: str, *, cause: HoldCause, scope: HoldScope, now: datetime) -> None:
    """Set a hold that nobody set, once, or widen the one that is set; the caller's transaction holds the lock."""
    found = Hold.objects.filter(cause=cause, released_at__isnull=True)
    if not found.exists():
        hold(reason, by=None, now=now, scope=scope, cause=cause)
    elif scope == HoldScope.ALL:
        found.update(scope=scope)


@transaction.atomic
def release(*, by: User | None, now: datetime, **detail: object) -> int:
    """Release every hold, and take where the database lives for granted from now on; how many holds there were."""
    lock()
    count = Hold.objects.filter(released_at__isnull=True).update(released_at=now, released_by=by)
    if count:
        residence.remember(anew=True)
        audit.record("sending.released", subject="hold", by=by, **detail)
        for lane in Lane:
            bell.ring(lane)
    return count


def lock() -> None:
    """Whoever sets holds by itself, or releases them, takes turns until its transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _asked(statement: str, lane: str) -> bool:
    asked = {
        "lane": lane,
        "public_url": settings.PUBLIC_URL,
        "sender": heartbeats.sender(lane),
        "absence": heartbeats.LONG_ABSENCE.total_seconds(),
    }
    ((is_so,),) = prepared.rows(statement.format(differs=residence.differs()), asked)
    return bool(is_so)
