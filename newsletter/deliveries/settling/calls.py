"""Calls to providers, kept from before they leave until nothing about them is in doubt.

Written only where the provider can be asked afterwards, by the request's key or by its own records. A row holds
numbers and no words: to repeat a call it is rendered anew, and must come out the same to the last byte.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from leads.people import addresses
from newsletter.deliveries import breaker
from newsletter.deliveries.transport.memory import Remembered

MARK_BYTES = 8
STILL_UNDER_WAY = timedelta(minutes=10)

IS_SETTLED = """
    NOT EXISTS (SELECT 1 FROM newsletter_delivery d WHERE d.id = ANY(c.deliveries)
        AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
        AND NOT EXISTS (SELECT 1 FROM newsletter_later l WHERE l.delivery_id = d.id AND l.marked_at IS NULL))
"""
"""Whether everybody in call `c` has come to an end, or waits to be offered to the gate.

What a sender left behind is in no table before it is buried: that nothing is said to be in doubt proves nothing.
"""

IS_OVER = "NOT EXISTS (SELECT 1 FROM newsletter_uncertain q WHERE q.delivery_id = s.delivery_id)"
"""Whether the doubt of search `s` has ended."""


class Call(models.Model):
    """One request to the account behind `relay`; `addresses` are the beginnings of the addresses' hashes, in order."""

    mailer = models.CharField(max_length=80)
    relay = models.CharField(max_length=200)
    key = models.CharField(max_length=64, blank=True)
    deliveries = ArrayField(models.BigIntegerField())
    addresses = ArrayField(models.BigIntegerField())
    at = models.DateTimeField()
    replay_until = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"call {self.pk} by {self.mailer}: {len(self.deliveries)}"


class Search(models.Model):
    """How often the provider's records were searched for a delivery in vain, and when last."""

    delivery_id = models.BigIntegerField(primary_key=True)
    last_at = models.DateTimeField()
    misses = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.misses}"


class Book:
    """The transport's memory."""

    def remember(self, call: Remembered) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO newsletter_call (mailer, relay, key, deliveries, addresses, at, replay_until, tries)
                VALUES (%(mailer)s, %(relay)s, %(key)s, %(deliveries)s, %(addresses)s, clock_timestamp(),
                        clock_timestamp() + nullif(%(replay)s::interval, interval '0'), 0)
                RETURNING id
                """,
                {
                    "mailer": call.mailer,
                    "relay": breaker.relay_of(call.mailer),
                    "key": call.key,
                    "deliveries": call.deliveries,
                    "addresses": [mark(address) for address in call.recipients],
                    "replay": str(call.replay.total_seconds() if call.key else 0),
                },
            )
            (number,) = cursor.fetchone()
        return int(number)

    def forget(self, numbers: Sequence[int]) -> None:
        Call.objects.filter(pk__in=numbers).delete()


def mark(address: str) -> int:
    """What tells this address from others without telling it."""
    digest = addresses.digest(address.lower())
    return int.from_bytes(digest[:MARK_BYTES], "big", signed=True)


def prune(*, older_than: timedelta = STILL_UNDER_WAY) -> int:
    """Drop the calls in which everything is settled; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM newsletter_call c WHERE at < clock_timestamp() - %s::interval AND {IS_SETTLED}",  # noqa: S608
            [str(older_than.total_seconds())],
        )
        count = cursor.rowcount
        cursor.execute(f"DELETE FROM newsletter_search s WHERE {IS_OVER}")  # noqa: S608
    return count


def drop_settled(ids: Sequence[int]) -> None:
    """Drop the calls of these deliveries in which everything is settled, however young, and their searches.

    What was searched for in vain is then no evidence about a call that comes later.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM newsletter_call c WHERE deliveries && %s::bigint[] AND {IS_SETTLED}",  # noqa: S608
            [list(ids)],
        )
        cursor.execute(f"DELETE FROM newsletter_search s WHERE delivery_id = ANY(%s) AND {IS_OVER}", [list(ids)])  # noqa: S608
