"""What became of deliveries, gathered in memory and written in one go with the next hand-over mark.

Everything written here is safe to write twice or late: an outcome that exists is left alone, and an answer
that comes from a sender who has lost its lease settles what had become uncertain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from leads.people import addresses
from newsletter.deliveries import prepared
from newsletter.deliveries.models import State
from newsletter.deliveries.transport.answers import Answer
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason

BACK_OFF = [timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 480, 720)]
RELAY_REST = timedelta(seconds=30)

END = """
    WITH settled AS (DELETE FROM newsletter_later WHERE delivery_id = ANY(%(ids)s::bigint[])),
         certain AS (DELETE FROM newsletter_uncertain WHERE delivery_id = ANY(%(ids)s::bigint[]))
    INSERT INTO newsletter_outcome (delivery_id, at, state, revision_id, reason, provider_id)
    SELECT * FROM unnest(%(ids)s::bigint[], %(ats)s::timestamptz[], %(states)s::smallint[],
                         %(revisions)s::int[], %(reasons)s::text[], %(names)s::text[])
    ON CONFLICT (delivery_id) DO NOTHING
"""

POSTPONE = """
    WITH certain AS (DELETE FROM newsletter_uncertain WHERE delivery_id = ANY(%(ids)s::bigint[])
                     RETURNING delivery_id),
         cut AS (UPDATE newsletter_call c SET replay_until = NULL, (deliveries, addresses) = (
                    SELECT coalesce(array_agg(one ORDER BY place), '{}'), coalesce(array_agg(mark ORDER BY place), '{}')
                    FROM unnest(c.deliveries, c.addresses) WITH ORDINALITY u (one, mark, place)
                    WHERE NOT EXISTS (SELECT 1 FROM certain WHERE certain.delivery_id = one))
                 WHERE EXISTS (SELECT 1 FROM certain) AND c.deliveries && ARRAY(SELECT delivery_id FROM certain))
    INSERT INTO newsletter_later (delivery_id, due_at, attempt, reason, lane, fence, lease_owner)
    SELECT u.*, %(lane)s, 0, ''
    FROM unnest(%(ids)s::bigint[], %(ats)s::timestamptz[], %(attempts)s::smallint[], %(reasons)s::text[])
      u (id, due_at, attempt, reason)
    WHERE NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = u.id)
    ON CONFLICT (delivery_id) DO UPDATE SET due_at = EXCLUDED.due_at, attempt = EXCLUDED.attempt,
        reason = EXCLUDED.reason, lease_owner = '', lease_until = NULL, marked_at = NULL
"""

"""Who was in doubt and is offered again may leave by any way: an earlier call to a provider proves nothing of it any
more, and may not be repeated, since that could carry it out beside the new one."""

DOUBT = """
    WITH known AS (DELETE FROM newsletter_later WHERE delivery_id = ANY(%(ids)s::bigint[]))
    INSERT INTO newsletter_uncertain (delivery_id, since, attempt, why, lane, lease_owner)
    SELECT u.*, %(lane)s, ''
    FROM unnest(%(ids)s::bigint[], %(ats)s::timestamptz[], %(attempts)s::smallint[], %(reasons)s::text[])
      u (id, since, attempt, why)
    WHERE NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = u.id)
    ON CONFLICT (delivery_id) DO UPDATE SET why = EXCLUDED.why, lease_owner = ''
"""

OutcomeRow = tuple[int, datetime, int, int | None, str, str]
LaterRow = tuple[int, datetime, int, str]
UncertainRow = tuple[int, datetime, int, str]


class Subject(NamedTuple):
    """The delivery that an answer is about, as far as recording needs to know it."""

    id: int
    revision_id: int | None
    attempt: int
    address_hash: bytes | None
    expires_at: datetime | None = None


@dataclass(slots=True)
class Record:
    """Outcomes, postponements and doubts that wait to be written."""

    outcomes: list[OutcomeRow] = field(default_factory=list)
    laters: list[LaterRow] = field(default_factory=list)
    uncertain: list[UncertainRow] = field(default_factory=list)
    relay_is_down: bool = False

    def end(self, subject: Subject, state: State, *, at: datetime, reason: str = "") -> None:
        self.outcomes.append((subject.id, at, state, subject.revision_id, _kept(reason), ""))

    def postpone(self, subject: Subject, *, until: datetime, reason: str, cost: int = 0) -> None:
        self.laters.append((subject.id, until, subject.attempt + cost, _kept(reason)))

    def doubt(self, subject: Subject, *, at: datetime, why: str) -> None:
        self.uncertain.append((subject.id, at, subject.attempt, _kept(why)))

    def extend(self, later: "Record") -> None:
        """Take in what became known after this."""
        self.outcomes += later.outcomes
        self.laters += later.laters
        self.uncertain += later.uncertain
        self.relay_is_down |= later.relay_is_down

    def note(self, answer: Answer, subject: Subject, *, at: datetime) -> Verdict:
        """Write down what the answer means. A refused recipient is for `bounce` to write."""
        verdict = classify(answer)
        if verdict is Verdict.SUBMITTED:
            self.outcomes.append((subject.id, at, State.SUBMITTED, subject.revision_id, "", answer.text[:120]))
            return verdict
        reason = describe(answer)
        match verdict:
            case Verdict.RETRY:
                self._retry(subject, at=at, reason=reason, wait=answer.retry_after)
            case Verdict.RELAY_DOWN:
                self.relay_is_down = True
                rest = timedelta(seconds=answer.retry_after) if answer.retry_after else RELAY_REST
                self.postpone(subject, until=at + rest, reason=reason)
            case Verdict.REFUSED_POLICY:
                self.end(subject, State.FAILED, at=at, reason=reason)
            case Verdict.UNCERTAIN:
                self.doubt(subject, at=at, why=reason)
        return verdict

    def put_off(self, answer: Answer, subject: Subject, *, at: datetime) -> Verdict:
        """Have it tried again, whatever the answer means by itself."""
        self._retry(subject, at=at, reason=describe(answer), wait=answer.retry_after)
        return Verdict.RETRY

    def _retry(self, subject: Subject, *, at: datetime, reason: str, wait: float | None) -> None:
        if subject.attempt >= len(BACK_OFF):
            self.end(subject, State.EXPIRED, at=at, reason=f"Gave up: {reason}")
            return
        until = at + max(BACK_OFF[subject.attempt], timedelta(seconds=wait or 0))
        if subject.expires_at is not None and until >= subject.expires_at:
            self.end(subject, State.EXPIRED, at=at, reason=f"Too late to try again: {reason}")
            return
        self.postpone(subject, until=until, reason=reason, cost=1)


def _kept(words: str) -> str:
    """What is kept of a reason: whom it was about is known, and need not be said again by a relay."""
    return addresses.masked_in(words)[:200]


def describe(answer: Answer) -> str:
    """The other side's words, or what happened instead of any."""
    words = " ".join(str(part) for part in (answer.code, answer.enhanced, answer.text or answer.error) if part)
    return f"{answer.phase}: {words or 'no answer'}"


def forget(lead_id: int) -> None:
    """Drop the other sides' words about one person's mails, which may name the person. How each mail ended stays."""
    words = {
        "newsletter_outcome": f"provider_id = '', reason = CASE WHEN state IN ({State.FAILED:d}, {State.EXPIRED:d})"
        " THEN 'erased' ELSE reason END",
        "newsletter_later": "reason = ''",
        "newsletter_uncertain": "why = ''",
    }
    with connection.cursor() as cursor:
        for table, change in words.items():
            cursor.execute(
                f"UPDATE {table} SET {change}"  # noqa: S608
                " WHERE delivery_id IN (SELECT id FROM newsletter_delivery WHERE lead_id = %s)",
                [lead_id],
            )


@transaction.atomic
def bounce(answer: Answer, subject: Subject, *, at: datetime) -> None:
    """The recipient does not exist: the outcome and the suppression (with its exits) in one transaction."""
    if subject.address_hash is not None:
        cause = suppression.Cause(Scope.ALL, SuppressionReason.HARD_BOUNCE, delivery_id=subject.id)
        suppression.suppress(subject.address_hash, cause=cause, now=at)
    ended = Record()
    ended.end(subject, State.FAILED, at=at, reason=describe(answer))
    write(ended, lane="")


def write(record: Record, *, lane: str) -> None:
    """Write all of it inside the caller's transaction."""
    if record.outcomes:
        _write_outcomes(record.outcomes)
    if record.uncertain:
        _write_uncertain(record.uncertain, lane)
    if record.laters:
        _write_laters(record.laters, lane)


def _write_outcomes(rows: list[OutcomeRow]) -> None:
    prepared.execute(END, _columns(("ids", "ats", "states", "revisions", "reasons", "names"), rows))


def _write_laters(rows: list[LaterRow], lane: str) -> None:
    prepared.execute(POSTPONE, {"lane": lane, **_columns(("ids", "ats", "attempts", "reasons"), rows)})


def _write_uncertain(rows: list[UncertainRow], lane: str) -> None:
    """In nobody's name: what the sender itself cannot tell, its journal will not tell either, once it is dead."""
    prepared.execute(DOUBT, {"lane": lane, **_columns(("ids", "ats", "attempts", "reasons"), rows)})


def _columns(names: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> dict[str, str]:
    return {name: prepared.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


@transaction.atomic
def salvage(record: Record, *, lane: str, owner: str) -> None:
    """Write what a sender knows whose lease may be gone.

    Its answers are evidence, and settle. What it did not send is offered again only while it is still this
    sender's: leased to it, or doubted in its name by whoever took the lease over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT delivery_id FROM newsletter_later
            WHERE delivery_id = ANY(%(ids)s) AND lease_owner = %(owner)s
            UNION
            SELECT delivery_id FROM newsletter_uncertain
            WHERE delivery_id = ANY(%(ids)s) AND lease_owner = %(owner)s
            """,
            {"ids": [row[0] for row in record.laters], "owner": owner},
        )
        mine = {found for (found,) in cursor.fetchall()}
    record.laters = [row for row in record.laters if row[0] in mine]
    write(record, lane=lane)
