"""Write down what comes back: clicks with their label, what the provider tells, anonymous visits.

Everything is appended. A click is looked up by delivery and link number; no target ever comes from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from newsletter.deliveries import prepared
from newsletter.deliveries.models import Delivery, Kind, State
from newsletter.tracking.labels import ACTED, BURST, BURST_LINKS, IN_A_BURST, Seen, judge
from newsletter.tracking.models import Click, Fact, FactKind, Visit

__all__ = ["Clicked", "Seen", "click", "confirm_person", "fact", "forget", "visit", "when_a_person_clicked"]

LOCK_CLASS = 0x434C
LOCKS = 2**31
LATELY = f"interval '{BURST.total_seconds()} seconds'"
LABEL_LENGTH = 200
LAST_LINK = 32_767

LINK = """
    SELECT r.links -> %(n)s::int ->> 'url', coalesce(r.links -> %(n)s::int ->> 'goal', ''), d.lead_id, l.id,
           CASE WHEN o.state = %(submitted)s::int THEN o.at END, coalesce(%(now)s::timestamptz, clock_timestamp())
    FROM newsletter_delivery d
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    LEFT JOIN newsletter_variant v ON v.id = d.variant_id
    JOIN newsletter_compiledemail r ON r.id = coalesce(o.revision_id, v.current_id)
    LEFT JOIN leads_lead l ON l.id = d.lead_id AND l.erased_at IS NULL AND d.kind <> %(test)s::int
    WHERE d.id = %(delivery)s::bigint AND r.links -> %(n)s::int IS NOT NULL
"""
"""The link in the revision that was sent; before its outcome is written, in the current one."""

APPEND = f"""
    SELECT pg_advisory_xact_lock({LOCK_CLASS}, (%(delivery)s %% {LOCKS})::int);
    WITH burst AS (
        SELECT link FROM newsletter_click
        WHERE delivery_id = %(delivery)s AND at > %(at)s - {LATELY} AND at <= %(at)s
        UNION SELECT %(link)s
    ), seen AS (
        SELECT %(is_telling)s AND count(*) >= {BURST_LINKS} AS is_burst FROM burst
    ), relabelled AS (
        UPDATE newsletter_click SET label = '{IN_A_BURST.label}', reason = '{IN_A_BURST.reason}'
        WHERE delivery_id = %(delivery)s AND at > %(at)s - {LATELY} AND at <= %(at)s
          AND reason <> '{ACTED.reason}' AND (SELECT is_burst FROM seen)
    )
    INSERT INTO newsletter_click (delivery_id, lead_id, link, goal, at, label, reason)
    SELECT %(delivery)s, %(lead)s, %(link)s, %(goal)s, %(at)s,
           CASE WHEN is_burst THEN '{IN_A_BURST.label}' ELSE %(label)s END,
           CASE WHEN is_burst THEN '{IN_A_BURST.reason}' ELSE %(reason)s END
    FROM seen RETURNING id
"""  # noqa: S608
"""Two statements in one message, which PostgreSQL makes one transaction of: one click of a delivery at a time, so
that a burst is seen as one, and the second statement sees what was committed while the first one waited."""

FACT = """
    INSERT INTO newsletter_fact (delivery_id, kind, at, label)
    VALUES (%(delivery)s::bigint, %(kind)s::text, %(at)s::timestamptz, %(label)s::text)
    ON CONFLICT (delivery_id, kind) DO NOTHING
"""


_listeners: list[Callable[[int, datetime], None]] = []


@dataclass(frozen=True, slots=True)
class Link:
    """One link of one mail. `reader_id`: whose click it would be; nobody's for tests, mail to staff, erased people."""

    url: str
    goal: str
    lead_id: int | None
    reader_id: int | None
    submitted_at: datetime | None
    clicked_at: datetime


@dataclass(frozen=True, slots=True)
class Clicked:
    """Where the link leads. `click_id` is None where nothing is written down: tests, mail to staff, erased people."""

    url: str
    goal: str
    delivery_id: int
    lead_id: int | None
    click_id: int | None = None


def click(delivery_id: int, n: int, *, seen: Seen, now: datetime | None = None) -> Clicked | None:
    """Append one click on link `n` of a delivered mail and say where it leads; None for a link we never wrote.

    Without `now` the database's clock is read along with the link: a question less on the busiest page.
    """
    link = _link(delivery_id, n, now) if 0 <= n <= LAST_LINK else None
    if link is None:
        return None
    click_id = _append(delivery_id, n, link, seen) if link.reader_id is not None else None
    return Clicked(link.url, link.goal, delivery_id, link.lead_id, click_id)


def confirm_person(click_id: int, *, now: datetime) -> bool:
    """A form was sent in the session that this click began: it was a person. False when that was known."""
    unsure = Click.objects.filter(pk=click_id, at__lte=now).exclude(label=ACTED.label, reason=ACTED.reason)
    if not unsure.update(label=ACTED.label, reason=ACTED.reason):
        return False
    for listener in _listeners:
        listener(click_id, now)
    return True


def when_a_person_clicked(listener: Callable[[int, datetime], None]) -> None:
    """Call this with a click that proves to be a person's after all, and the moment; inside its transaction, if any."""
    if listener not in _listeners:
        _listeners.append(listener)


def fact(delivery_id: int, kind: FactKind, *, at: datetime, label: str = "") -> bool:
    """Append what became known of a delivery; False when that kind was known, and then nothing changes."""
    values = {"delivery": delivery_id, "kind": FactKind(kind).value, "at": at, "label": label[:LABEL_LENGTH]}
    return prepared.execute(FACT, values) > 0


def forget(lead_id: int) -> None:
    """Drop what providers said about one person's mails, which may name the person. The facts stay."""
    told = Fact.objects.filter(delivery_id__in=Delivery.objects.filter(lead_id=lead_id).values("pk"))
    told.exclude(kind=FactKind.BOOKED).update(label="")


def hand_over(gone: int, kept: int) -> None:
    """Two people are one: what either clicked is the kept one's."""
    Click.objects.filter(lead_id=gone).update(lead_id=kept)


def visit(page: str, referrer_host: str, *, now: datetime) -> None:
    """Count one view of a public page; it says nothing about who."""
    Visit.objects.create(page=page[:40], referrer_host=referrer_host[:100], at=now)


def _link(delivery_id: int, n: int, now: datetime | None) -> Link | None:
    values = {"delivery": delivery_id, "n": n, "now": now, "test": int(Kind.TEST), "submitted": int(State.SUBMITTED)}
    found = prepared.rows(LINK, values)
    return Link(*found[0]) if found else None


def _append(delivery_id: int, n: int, link: Link, seen: Seen) -> int:
    """Write the click down with whichever judgement holds once it is known how many links were followed just now."""
    since_submitted = link.clicked_at - link.submitted_at if link.submitted_at else None
    alone, among_others = (
        judge(seen, since_submitted=since_submitted, links_in_burst=links) for links in (1, BURST_LINKS)
    )
    values = {
        "delivery": delivery_id,
        "lead": link.reader_id,
        "link": n,
        "goal": link.goal,
        "at": link.clicked_at,
        "is_telling": among_others == IN_A_BURST,
        "label": alone.label.value,
        "reason": alone.reason,
    }
    with connection.cursor() as cursor:
        cursor.execute(APPEND, values)
        cursor.nextset()
        return cursor.fetchone()[0]
