"""Write down what comes back: clicks with their label, what the provider tells, anonymous visits.

Everything is appended. A click is looked up by delivery and link number; no target ever comes from outside.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from leads.models import Lead
from newsletter.content.models import CompiledEmail, Variant
from newsletter.deliveries.models import Delivery, Kind, Outcome, State
from newsletter.tracking.labels import ACTED, BURST, IN_A_BURST, Seen, judge
from newsletter.tracking.models import Click, Fact, FactKind, Visit

__all__ = ["Clicked", "Seen", "click", "confirm_person", "fact", "forget", "visit"]

LOCK_CLASS = 0x434C
LOCKS = 2**31
LABEL_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Clicked:
    """Where the link leads. `click_id` is None where nothing is written down: tests, mail to staff, erased people."""

    url: str
    goal: str
    delivery_id: int
    lead_id: int | None
    click_id: int | None = None


@transaction.atomic
def click(delivery_id: int, n: int, *, seen: Seen, now: datetime) -> Clicked | None:
    """Append one click on link `n` of a delivered mail and say where it leads; None for a link we never wrote."""
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    outcome = Outcome.objects.filter(pk=delivery_id).first()
    link = _link(delivery, outcome, n) if delivery else None
    if delivery is None or link is None:
        return None
    clicked = Clicked(link["url"], link.get("goal", ""), delivery_id, delivery.lead_id)
    reader = _reader(delivery)
    if reader is None:
        return clicked
    row = Click(delivery_id=delivery_id, lead_id=reader, link=n, goal=clicked.goal, at=now)
    _append(row, seen, outcome)
    return Clicked(clicked.url, clicked.goal, delivery_id, delivery.lead_id, row.pk)


def confirm_person(click_id: int, *, now: datetime) -> bool:
    """A form was sent in the session that this click began: it was a person. False when that was known."""
    unsure = Click.objects.filter(pk=click_id, at__lte=now).exclude(label=ACTED.label, reason=ACTED.reason)
    return bool(unsure.update(label=ACTED.label, reason=ACTED.reason))


def fact(delivery_id: int, kind: FactKind, *, at: datetime, label: str = "") -> bool:
    """Append what became known of a delivery; False when that kind was known, and then nothing changes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO newsletter_fact (delivery_id, kind, at, label) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (delivery_id, kind) DO NOTHING RETURNING id",
            [delivery_id, FactKind(kind).value, at, label[:LABEL_LENGTH]],
        )
        return cursor.fetchone() is not None


def forget(lead_id: int) -> None:
    """Drop what providers said about one person's mails, which may name the person. The facts stay."""
    told = Fact.objects.filter(delivery_id__in=Delivery.objects.filter(lead_id=lead_id).values("pk"))
    told.exclude(kind=FactKind.BOOKED).update(label="")


def visit(page: str, referrer_host: str, *, now: datetime) -> None:
    """Count one view of a public page; it says nothing about who."""
    Visit.objects.create(page=page[:40], referrer_host=referrer_host[:100], at=now)


def _reader(delivery: Delivery) -> int | None:
    """Whose click it would be: nobody's where it was a test, went to staff, or to somebody who is erased."""
    if delivery.kind == Kind.TEST or delivery.lead_id is None:
        return None
    return Lead.objects.filter(pk=delivery.lead_id, erased_at=None).values_list("pk", flat=True).first()


def _link(delivery: Delivery, outcome: Outcome | None, n: int) -> dict[str, str] | None:
    """Return link `n` of the revision that was sent; before its outcome is written, of the current one."""
    revision_id = outcome.revision_id if outcome else None
    if revision_id is None:
        revision_id = Variant.objects.filter(pk=delivery.variant_id).values_list("current_id", flat=True).first()
    links = _links(revision_id) if revision_id is not None else []
    return links[n] if 0 <= n < len(links) else None


def _links(revision_id: int) -> list[dict[str, str]]:
    return CompiledEmail.objects.values_list("links", flat=True).get(pk=revision_id)


def _append(row: Click, seen: Seen, outcome: Outcome | None) -> None:
    _lock(row.delivery_id)
    burst = Click.objects.filter(delivery_id=row.delivery_id, at__gt=row.at - BURST, at__lte=row.at)
    links = {*burst.values_list("link", flat=True), row.link}
    since_submitted = row.at - outcome.at if outcome and outcome.state == State.SUBMITTED else None
    judgement = judge(seen, since_submitted=since_submitted, links_in_burst=len(links))
    if judgement == IN_A_BURST:
        burst.exclude(reason=ACTED.reason).update(label=IN_A_BURST.label, reason=IN_A_BURST.reason)
    row.label, row.reason = judgement.label, judgement.reason
    row.save()


def _lock(delivery_id: int) -> None:
    """One click of a delivery at a time, so that a burst is seen as one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, delivery_id % LOCKS])
