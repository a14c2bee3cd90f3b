"""The naive controls: senders as one would write them in an afternoon. Each must come off badly.

python -m tests.chaos.naive MODE [SHARE OF]: MODE is one of

    batch       send a batch, then write down that it was sent; a lost connection means "not sent"
    unlocked    the same, with nobody's rows locked: for several at once
    turning     the same as batch, and what the first relay did not say yes to goes to the second
    leased      claim a batch for a while, send it whatever has happened since; nothing fences a late one out
    queue       take the mails themselves out of Redis, and send them
    fragile     make each message from what the database says, and stop at the first that cannot be made
    own_clock   send what is due by this machine's clock
    one_look    lock and read consent in one statement, then mark, then send
"""

import email.message
import email.policy
import smtplib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import django

django.setup()

import redis  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from leads.people.addresses import BUCKETS, LOCK_CLASS  # noqa: E402
from newsletter import tokens  # noqa: E402

BATCH = 50
DEFAULTS = ("batch", "0", "1")
QUEUE = "naive-mails"
Row = tuple[int, str]
UNSENT = """
    SELECT d.id, l.email FROM newsletter_delivery d JOIN leads_lead l ON l.id = d.lead_id
    WHERE NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id) AND d.id %% %s = %s
    ORDER BY d.id LIMIT %s
"""


class Relay:
    """Django's and everybody's way: one connection, and an error is an error."""

    def __init__(self, alias: str = "marketing"):
        options = settings.MAILERS[alias]["OPTIONS"]
        self.where = options["host"], options["port"]
        self.smtp = smtplib.SMTP(*self.where)

    def send(self, delivery_id: int, address: str) -> bool:
        body = f"Message-ID: <{tokens.name(delivery_id)}@naive.example>\r\nSubject: Hello\r\n\r\nHello.\r\n"
        try:
            self.smtp.sendmail("clinic@example.org", [address], body.encode())
        except (smtplib.SMTPException, OSError):
            self.smtp = smtplib.SMTP(*self.where)
            return False
        return True


def ask(sql: str, *params: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def note(sent: list[int]) -> None:
    ask(
        "INSERT INTO newsletter_outcome (delivery_id, at, state, reason, provider_id)"
        " SELECT unnest(%s::bigint[]), clock_timestamp(), 1, '', '' ON CONFLICT DO NOTHING",
        sent,
    )


def batch(relay: Relay, share: int, of: int) -> None:
    while rows := ask(UNSENT, of, share, BATCH):
        note([one for one, address in rows if relay.send(one, address)])


def unlocked(relay: Relay, share: int, of: int) -> None:
    batch(relay, 0, 1)


def turning(relay: Relay, share: int, of: int) -> None:
    spare = Relay("spare")
    while rows := ask(UNSENT, of, share, BATCH):
        note([one for one, address in rows if relay.send(one, address) or spare.send(one, address)])


def leased(relay: Relay, share: int, of: int) -> None:
    """Its lease is the chunk's, as long as ours; it looks at it once."""
    while chunks := ask(
        "UPDATE newsletter_chunk SET lease_owner = %s, lease_until = clock_timestamp() + interval '60 s' WHERE id = ("
        " SELECT id FROM newsletter_chunk WHERE NOT done AND (lease_until IS NULL OR lease_until < clock_timestamp())"
        " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
        f"naive {share}",
    ):
        rows = ask(UNSENT.replace("ORDER BY", "AND d.id / 1000 = %s ORDER BY"), 1, 0, chunks[0][0], 1000)
        note([one for one, address in rows if relay.send(one, address)])
        ask("UPDATE newsletter_chunk SET done = true, lease_owner = '' WHERE id = %s", chunks[0][0])


def queue(relay: Relay, share: int, of: int) -> None:
    broker = redis.Redis.from_url(settings.REDIS_URL)
    while True:
        try:
            found = broker.lpop(QUEUE)
        except redis.RedisError:
            time.sleep(0.1)
            continue
        if found is None:
            return
        one, address = found.decode().split(" ")
        relay.send(int(one), address)
        note([int(one)])


def fragile(relay: Relay, share: int, of: int) -> None:
    for one, address in ask(UNSENT, 1, 0, 1_000_000):
        message = email.message.EmailMessage(policy=email.policy.SMTP)
        (name,) = ask(
            "SELECT l.first_name FROM newsletter_delivery d JOIN leads_lead l ON l.id = d.lead_id WHERE d.id = %s", one
        )[0]
        message["Subject"], message["To"] = f"Hello {name}", address
        relay.send(one, address)
        note([one])


def own_clock(relay: Relay, share: int, of: int) -> None:
    due = UNSENT.replace(
        "ORDER BY",
        "AND EXISTS (SELECT 1 FROM newsletter_chunk c WHERE c.id = d.id / 1000 AND c.due_at <= to_timestamp(%s))"
        " ORDER BY",
    )
    while rows := ask(due, of, share, time.time(), BATCH):
        note([one for one, address in rows if relay.send(one, address)])


ONE_LOOK = f"""
    SELECT d.id, l.email, pg_advisory_xact_lock_shared({LOCK_CLASS},
               (get_byte(l.address_hash, 0) * 256 + get_byte(l.address_hash, 1)) %% {BUCKETS}),
           EXISTS (SELECT 1 FROM leads_consent k WHERE k.lead_id = l.id AND k.withdrawn_at IS NULL)
    FROM (SELECT pg_sleep(0.05)) moment, newsletter_delivery d JOIN leads_lead l ON l.id = d.lead_id
    WHERE d.id >= %s AND d.id < %s ORDER BY d.id
"""  # noqa: S608
"""It takes its time, as it would on a busy machine; else it would come off clean now and then."""


def one_look(relay: Relay, share: int, of: int) -> None:
    """The marks are where ours are, so that the same eyes can watch."""
    for chunk, size in ask("SELECT id, size FROM newsletter_chunk WHERE id %% %s = %s ORDER BY id", of, share):
        for place in range(0, size, BATCH):
            reach = min(place + BATCH, size)
            with transaction.atomic():
                rows = ask(ONE_LOOK, chunk * 1000 + place, chunk * 1000 + reach)
                ask("UPDATE newsletter_chunk SET mark = %s WHERE id = %s", reach, chunk)
            note([one for one, address, _, consents in rows if consents and relay.send(one, address)])


MODES: dict[str, Callable[[Relay, int, int], None]] = {
    made.__name__: made for made in (batch, unlocked, turning, leased, queue, fragile, own_clock, one_look)
}


@contextmanager
def leaving() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    with suppress(smtplib.SMTPException, OSError):
        relay.smtp.quit()


def main() -> None:
    given = sys.argv[1:]
    mode, share, of = [*given, *DEFAULTS[len(given) :]]
    with leaving() as relay:
        MODES[mode](relay, int(share), int(of))


if __name__ == "__main__":
    main()
