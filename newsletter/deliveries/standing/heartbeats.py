"""Heartbeats: written by the work itself, so that a process that lives but does nothing is noticed.

A sender's own beat never covers up that it was gone for long: `Pulse` leaves such a heartbeat as it is, and the
sender has to check in first (attendance), where the absence is judged. Nor does it cover up that slot after slot ends
in an error: only one that ends well takes that back.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import Error, connection

from leads.people import addresses
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
"""What the tick is at when some of its work failed, and a lane's senders when a slot ended in an error."""


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


@contextmanager
def told(lane: str) -> Iterator[None]:
    """Have it seen that what is done inside fails, since when and why; once it ends well, that it does no more."""
    try:
        yield
    except Exception as error:
        with suppress(Error):  # a database that is away is told nothing
            _fails(lane, error)
        raise
    _is_well(lane)


def _fails(lane: str, error: Exception) -> None:
    first, *_ = str(error).strip().splitlines() or [""]
    why = addresses.masked_in(f"{type(error).__name__}: {first}".rstrip(": "))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_heartbeat SET doing = %s, why = %s,"
            " failing_since = coalesce(failing_since, clock_timestamp()) WHERE name = %s",
            [FAILING, why[:200], sender(lane)],
        )


def _is_well(lane: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_heartbeat SET failing_since = NULL, why = ''"
            " WHERE name = %s AND failing_since IS NOT NULL",
            [sender(lane)],
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
