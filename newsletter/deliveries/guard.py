"""The policy guard: a campaign or sequence whose mails the other side does not want is stopped before it does harm.

What is counted: the answers that ended a delivery of it over the wire: taken, refused for the recipient's sake,
refused by policy. A "later", silence and a relay that is away are not answers about the mail, and do not count. From
50 answers on, more than 2 % of the last 50 refused by policy stop it: two. Nobody is suppressed for it. More than
20 of the last 50 to whom nobody is at home stop it, too: no list is that old, but a relay with a wrong table says
so of everybody, and each of them is suppressed. Senders report after each window in which something was refused,
and at the end of each lease.

Mail that is nobody's campaign (confirmations, appointments) cannot be stopped so. Of it the guard only says whether a
relay is still to be believed that nobody lives somewhere: no longer once it has said so of ten people in a row.

The count is a row in PostgreSQL, so that it outlives slots and senders share it; resuming starts it anew.
This module knows no campaigns: who can pause something says so with `when_refused`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from clinic.clock import database_now
from newsletter.deliveries.models import Kind, PolicyWatch

LAST = 50
MOST_REFUSED = LAST * 2 // 100
MOST_AWAY = 20
REFUSED, NOBODY, OTHER = "x", "b", "."
IN_A_ROW = 10
ALONE = {"kind": 0, "owner_id": 0}
"""Where answers are counted to mails that are nobody's campaign."""

OF_CHUNKS = """
    SELECT b.kind, b.owner_id, string_agg(m.marks, '' ORDER BY m.chunk_id) AS marks
    FROM unnest(%(chunks)s::bigint[], %(marks)s::text[]) m(chunk_id, marks)
    JOIN newsletter_chunk c ON c.id = m.chunk_id JOIN newsletter_batch b ON b.id = c.batch_id
    GROUP BY b.kind, b.owner_id
"""
OF_NO_CAMPAIGN = "SELECT %(kind)s::smallint AS kind, %(owner_id)s::bigint AS owner_id, %(marks)s::text AS marks"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why something was stopped: so many of the last 50 answers, when, and the other side's last words.

    `is_about_us`: refused by policy; else so many addresses do not exist.
    """

    is_about_us: bool
    refused: int
    answers: int
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Doubted:
    """A relay that says of so many people in a row that they do not exist, and its last words."""

    people: int
    words: str


Listener = Callable[[Kind, int, datetime], bool]
_listeners: list[Listener] = []


def when_refused(listener: Listener) -> None:
    """Have `listener(kind, owner_id, now)` asked to stop something; it says whether it did."""
    if listener not in _listeners:
        _listeners.append(listener)


def report(marks: Mapping[int, str], *, words: str) -> bool:
    """Add answers, by chunk, to what their campaigns and sequences were answered before; whether that stopped any."""
    found = [
        (Kind(kind), owner_id)
        for kind, owner_id, answers in _add(OF_CHUNKS, words, chunks=list(marks), marks=list(marks.values()))
        if len(answers) == LAST and (_is_unwanted(answers) or answers.count(NOBODY) > MOST_AWAY)
    ]
    for kind, owner_id in found:
        _stop(kind, owner_id, now=database_now())
    return bool(found)


def report_alone(marks: str, *, words: str) -> None:
    """Add answers to mails that are nobody's campaign."""
    _add(OF_NO_CAMPAIGN, words, marks=marks, **ALONE)


def doubted() -> Doubted | None:
    """How many the relay did not know since it last took a mail that is nobody's campaign, if they are too many."""
    row = PolicyWatch.objects.filter(**ALONE).first()
    people = row.answers.rpartition(OTHER)[2].count(NOBODY) if row else 0
    return Doubted(people, row.words) if row and people >= IN_A_ROW else None


def stopped(kind: Kind, owner_id: int) -> Stopped | None:
    """Why the guard stopped this; None if it did not, or if it was resumed since."""
    row = PolicyWatch.objects.filter(kind=kind, owner_id=owner_id, stopped_at__isnull=False).first()
    if row is None or row.stopped_at is None:
        return None
    is_about_us = _is_unwanted(row.answers)
    count = row.answers.count(REFUSED if is_about_us else NOBODY)
    return Stopped(is_about_us, count, len(row.answers), row.stopped_at, row.words)


def begin_anew(kind: Kind, owner_id: int) -> None:
    """Forget what was answered so far, in the transaction that lets it go on."""
    PolicyWatch.objects.filter(kind=kind, owner_id=owner_id).delete()


def _is_unwanted(answers: str) -> bool:
    return answers.count(REFUSED) > MOST_REFUSED


def _add(said: str, words: str, **values: Any) -> list[tuple[int, int, str]]:
    """One statement, which does not wait for the disk: a count that a power cut forgets costs 50 answers.

    Rows are taken in order, so that two senders with the same two sequences never wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
            said AS ({said})
            INSERT INTO newsletter_policywatch AS w (kind, owner_id, answers, words)
            SELECT kind, owner_id, right(marks, %(last)s), CASE WHEN marks ~ '[xb]' THEN %(words)s ELSE '' END
            FROM said, quick ORDER BY kind, owner_id
            ON CONFLICT (kind, owner_id) DO UPDATE
            SET answers = right(w.answers || EXCLUDED.answers, %(last)s),
                words = CASE WHEN EXCLUDED.words = '' THEN w.words ELSE EXCLUDED.words END
            RETURNING w.kind, w.owner_id, w.answers
            """,  # noqa: S608
            {"last": LAST, "words": words, **values},
        )
        found: list[tuple[int, int, str]] = cursor.fetchall()
        return found


@transaction.atomic
def _stop(kind: Kind, owner_id: int, *, now: datetime) -> None:
    """The listeners' rows first, this one's last: in the order in which whoever resumes takes them."""
    if any(listener(kind, owner_id, now) for listener in _listeners):
        PolicyWatch.objects.filter(kind=kind, owner_id=owner_id).update(stopped_at=now)
