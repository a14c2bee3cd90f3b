"""The circuit breaker: a relay that is down is left alone, by every sender, for a while that grows.

    closed     mail leaves; two leases in a row in which the relay answered nothing open it
    open       nothing is claimed for this relay until `next_try_at`
    half-open  one sender tries one mail; any answer about a mail closes the breaker, silence doubles the wait

A relay that says how long it wants to be left alone is left alone for so long at once. What is known lies in
PostgreSQL, by relay and not by lane, so that lanes behind one relay share it. Deliveries pay nothing for it:
they are not claimed, and keep their attempts.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import connection

from clinic.clock import database_now
from newsletter.deliveries.models import Breaker

OPENS_AFTER = 2
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_PEACE = timedelta(hours=1)
PROBE_LIVES = timedelta(minutes=2)
"""A sender that dies over its probe keeps the others from trying for so long, and no longer."""


class Way(StrEnum):
    """Whether a relay may be used now, and how."""

    FREELY = "freely"
    AS_A_PROBE = "as a probe"
    NOT_NOW = "not now"


@dataclass(frozen=True, slots=True)
class Choice:
    """By which mailer mail leaves now. Whoever got a probe has it alone, and must tell how it went."""

    alias: str
    is_probe: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """A relay whose breaker is open. While it is half-open, a sender is trying one mail."""

    mailers: tuple[str, ...]
    since: datetime
    why: str
    failures: int
    next_try_at: datetime
    is_half_open: bool


def relay_of(alias: str) -> str:
    """What tells one relay from another: host, port and user name, or the provider and its options."""
    mailer: Mapping[str, Any] = settings.MAILERS[alias]
    options = mailer.get("OPTIONS", {})
    if "host" in options:
        return f"{options['host']}:{options.get('port', 25)} {options.get('username') or ''}".strip()
    digest = hashlib.sha256(json.dumps(options, sort_keys=True, default=str).encode()).hexdigest()
    return f"{mailer['BACKEND']} {digest[:12]}"


def choose(*aliases: str) -> Choice | None:
    """The first of these mailers that may be used now; None if all their relays are left alone."""
    for alias in filter(None, aliases):
        way = _ask(alias)
        if way is not Way.NOT_NOW:
            return Choice(alias, is_probe=way is Way.AS_A_PROBE)
    return None


def _ask(alias: str) -> Way:
    """Whether mail may leave by this mailer now; takes the probe, if one is due."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT next_try_at <= clock_timestamp()
                   AND (probe_until IS NULL OR probe_until < clock_timestamp())
            FROM newsletter_breaker WHERE relay = %s AND opened_at IS NOT NULL
            """,
            [relay_of(alias)],
        )
        row = cursor.fetchone()
        if row is None:
            return Way.FREELY
        if not row[0]:
            return Way.NOT_NOW
        cursor.execute(
            """
            UPDATE newsletter_breaker SET probe_until = clock_timestamp() + %s::interval
            WHERE relay = %s AND opened_at IS NOT NULL AND next_try_at <= clock_timestamp()
              AND (probe_until IS NULL OR probe_until < clock_timestamp())
            """,
            [str(PROBE_LIVES), relay_of(alias)],
        )
        return Way.AS_A_PROBE if cursor.rowcount else Way.NOT_NOW


def let_go(alias: str) -> None:
    """The probe was not used: there was nothing to send."""
    Breaker.objects.filter(relay=relay_of(alias)).update(probe_until=None)


def failed(alias: str, *, why: str, retry_after: float | None = None) -> None:
    """The relay answered nothing, or asked to be left alone for `retry_after` seconds.

    What senders find out together, while it is open already, counts once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO newsletter_breaker AS b (relay, failures, since, why)
            VALUES (%(relay)s, 1, clock_timestamp(), %(why)s)
            ON CONFLICT (relay) DO UPDATE SET why = EXCLUDED.why,
                failures = b.failures + CASE WHEN b.next_try_at > clock_timestamp() THEN 0 ELSE 1 END
            RETURNING failures
            """,
            {"relay": relay_of(alias), "why": why[:200]},
        )
        (failures,) = cursor.fetchone()
        if failures >= OPENS_AFTER or retry_after:
            peace = min(timedelta(seconds=retry_after or 0), LONGEST_PEACE)
            _open(cursor, relay_of(alias), wait=max(_wait(failures), peace))


def succeeded(alias: str) -> None:
    """The relay decided about a mail: it is there. Costs a look where there was no trouble."""
    Breaker.objects.filter(relay=relay_of(alias)).delete()


def state() -> list[Trouble]:
    """Every relay whose breaker is open, the longest first."""
    aliases: dict[str, list[str]] = {}
    for alias in settings.MAILERS:
        aliases.setdefault(relay_of(alias), []).append(alias)
    now = database_now()
    opened = Breaker.objects.filter(opened_at__isnull=False, relay__in=aliases).order_by("since", "relay")
    return [
        Trouble(
            mailers=tuple(aliases[row.relay]),
            since=row.since,
            why=row.why,
            failures=row.failures,
            next_try_at=row.next_try_at or now,
            is_half_open=row.probe_until is not None and row.probe_until >= now,
        )
        for row in opened
    ]


def _wait(failures: int) -> timedelta:
    """How long an open breaker waits: twice as long after every failure, up to a limit."""
    doublings = min(max(failures - OPENS_AFTER, 0), 16)
    return min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)


def _open(cursor: Any, relay: str, *, wait: timedelta) -> None:
    """Senders that fail at the same time as another opened it do not shorten what it waits."""
    cursor.execute(
        """
        UPDATE newsletter_breaker SET opened_at = coalesce(opened_at, clock_timestamp()), probe_until = NULL,
               next_try_at = greatest(next_try_at, clock_timestamp() + %s::interval)
        WHERE relay = %s
        """,
        [str(wait), relay],
    )
