"""The circuit breaker: a relay that is down is left alone, by every sender, for a while that grows.

    closed     mail leaves; two leases in a row in which the relay answered nothing open it
    open       nothing is claimed for this relay until `next_try_at`
    half-open  one sender tries one mail; any answer about a mail closes the breaker, silence doubles the wait

A relay that says how long it wants to be left alone is left alone for so long at once. What is known lies in
PostgreSQL, by relay and not by lane, so that lanes behind one relay share it. Only what a relay says to slow one lane
down ("too many", 421 or 429) is that lane's alone, in a row of its own: somebody is there, and a confirmation must not
wait because a campaign was too quick. Deliveries pay nothing for it: they are not claimed, and keep their attempts.
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
from newsletter.deliveries.models import Breaker, Lane

OPENS_AFTER = 2
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_PEACE = timedelta(hours=1)
PROBE_LIVES = timedelta(minutes=2)
"""A sender that dies over its probe keeps the others from trying for so long, and no longer."""


IS_DUE = "next_try_at <= clock_timestamp() AND (probe_until IS NULL OR probe_until < clock_timestamp())"


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
    """A relay whose breaker is open, for all or for one lane. While it is half-open, a sender is trying one mail."""

    mailers: tuple[str, ...]
    lane: str
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


def _of(relay: str, lane: str) -> str:
    """The row of what this relay has said to one lane, or of what is known to all."""
    return f"{relay} / {lane}" if lane else relay


def choose(*aliases: str, lane: str = "") -> Choice | None:
    """The first of these mailers that this lane may use now; None if all their relays are left alone."""
    for alias in filter(None, aliases):
        way = _ask(_rows(alias, lane))
        if way is not Way.NOT_NOW:
            return Choice(alias, is_probe=way is Way.AS_A_PROBE)
    return None


def _rows(alias: str, lane: str) -> list[str]:
    """What keeps this lane from the relay: what all know, and what the lane was told."""
    relay = relay_of(alias)
    return [relay, _of(relay, lane)] if lane else [relay]


def _ask(rows: list[str]) -> Way:
    """Whether mail may leave now, for all that these rows say; takes their probes, if all of them are due."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), bool_and({IS_DUE}) FROM newsletter_breaker WHERE relay = ANY(%s) AND opened_at IS NOT NULL",  # noqa: S608, E501
            [rows],
        )
        count, are_due = cursor.fetchone()
        if not count:
            return Way.FREELY
        if not are_due:
            return Way.NOT_NOW
        cursor.execute(
            "UPDATE newsletter_breaker SET probe_until = clock_timestamp() + %s::interval"  # noqa: S608
            f" WHERE relay = ANY(%s) AND opened_at IS NOT NULL AND {IS_DUE} RETURNING relay",
            [str(PROBE_LIVES), rows],
        )
        taken = [relay for (relay,) in cursor.fetchall()]
    if len(taken) == count:
        return Way.AS_A_PROBE
    Breaker.objects.filter(relay__in=taken).update(probe_until=None)
    return Way.NOT_NOW


def let_go(alias: str, *, lane: str = "") -> None:
    """The probe was not used, there was nothing to send; or it was, and it has been told how it went."""
    Breaker.objects.filter(relay__in=_rows(alias, lane)).update(probe_until=None)


def failed(alias: str, *, why: str, retry_after: float | None = None, lane: str = "") -> None:
    """The relay answered nothing, or asked to be left alone for `retry_after` seconds; with `lane`, this lane alone.

    What senders find out together, while it is open already, counts once.
    """
    row = _of(relay_of(alias), lane)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO newsletter_breaker AS b (relay, failures, since, why)
            VALUES (%(relay)s, 1, clock_timestamp(), %(why)s)
            ON CONFLICT (relay) DO UPDATE SET why = EXCLUDED.why,
                failures = b.failures + CASE WHEN b.next_try_at > clock_timestamp() THEN 0 ELSE 1 END
            RETURNING failures
            """,
            {"relay": row, "why": why[:200]},
        )
        (failures,) = cursor.fetchone()
        if failures >= OPENS_AFTER or retry_after:
            peace = min(timedelta(seconds=retry_after or 0), LONGEST_PEACE)
            _open(cursor, row, wait=max(_wait(failures), peace))


def succeeded(alias: str, *, lane: str = "") -> None:
    """The relay is there, and with `lane` it decided about a mail of it. Costs a look where there was no trouble."""
    Breaker.objects.filter(relay__in=_rows(alias, lane)).delete()


def state() -> list[Trouble]:
    """Every relay whose breaker is open, the longest first."""
    aliases: dict[str, list[str]] = {}
    for alias in settings.MAILERS:
        aliases.setdefault(relay_of(alias), []).append(alias)
    rows = {_of(relay, lane): (relay, lane) for relay in aliases for lane in ("", *Lane.values)}
    now = database_now()
    opened = Breaker.objects.filter(opened_at__isnull=False, relay__in=rows).order_by("since", "relay")
    return [
        Trouble(
            mailers=tuple(aliases[rows[row.relay][0]]),
            lane=rows[row.relay][1],
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
