"""Heartbeats: written by the work itself, so that a process that lives but does nothing is noticed.

A sender's own beat never covers up that it was gone for long: `Pulse` leaves such a heartbeat as it is, and the
sender has to check in first (attendance), where the absence is judged.
"""

import time
from datetime import datetime, timedelta

from django.db import connection

from newsletter.deliveries.standing.models import Heartbeat

LONG_ABSENCE = timedelta(minutes=30)
EVERY = 5.0
"""Seconds between two beats of a sender that has its hands full."""

WORKING = "working"
IDLE = "idle"
HELD = "held"
CUT_OFF = "cut off"
LIMITED = "limited"
"""What a sender can be at: mail, nothing due, a hold or the checklist, a relay that is left alone, a rate."""

TICK = "tick"
FAILING = "failing"
"""What the tick is at when some of its work failed."""


def beat(name: str, *, now: datetime, doing: str = "") -> None:
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now, doing=doing[:20])],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "doing"],
    )


def sender(lane: str) -> str:
    """The name under which the senders of a lane are seen."""
    return f"sender:{lane}"


def say(lane: str, doing: str) -> None:
    """Have the lane's senders seen at this; a heartbeat that tells of a long absence stays until they check in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_heartbeat SET at = clock_timestamp(), doing = %s"
            " WHERE name = %s AND at > clock_timestamp() - make_interval(secs => %s)",
            [doing[:20], sender(lane), LONG_ABSENCE.total_seconds()],
        )


class Pulse:
    """A sender's sign of life while it works: one small statement every few seconds, however long the lease."""

    def __init__(self) -> None:
        self._next = time.monotonic() + EVERY

    def beat(self, lane: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            say(lane, WORKING)


def last_seen() -> dict[str, datetime]:
    """When each part was last seen working."""
    return dict(Heartbeat.objects.values_list("name", "at"))


def all_parts() -> list[Heartbeat]:
    """Every part that was ever seen, with what it was at."""
    return list(Heartbeat.objects.order_by("name"))
