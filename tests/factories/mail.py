"""Emails, deliveries and what became of them, written straight into the tables: no sender is involved."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import User
from leads.models import Lead
from newsletter.campaigns import mailing
from newsletter.campaigns.tried import TEST_LABEL
from newsletter.content import services as content
from newsletter.deliveries.models import Kind, State
from newsletter.models import (
    Batch,
    Campaign,
    Chunk,
    Click,
    CompiledEmail,
    Delivery,
    EmailTemplate,
    Enrolment,
    Fact,
    Notice,
    Outcome,
    Sequence,
    SequenceVersion,
    Step,
    Uncertain,
    Variant,
)

_numbers = count(1)
LONG_AGO = 10**15


def email(**fields: Any) -> EmailTemplate:
    number = next(_numbers)
    return EmailTemplate.objects.create(
        **{"kind": "campaign", "name": f"Letter {number}", "subject": f"Letter {number}", **fields}
    )


def variant(of: EmailTemplate | None = None, **fields: Any) -> Variant:
    """A variant whose current revision is frozen, with two links: the free call and the question form."""
    found = Variant.objects.create(email=of or email(), **fields)
    found.current = CompiledEmail.objects.create(
        variant=found,
        number=1,
        subject=found.email.subject,
        html="<p>Hello</p>",
        text="Hello",
        links=[
            {"url": "/book", "label": "Book a free call", "goal": "call"},
            {"url": "/ask", "label": "Ask a question", "goal": "ask"},
        ],
        sender={"name": "Dana", "address": "dana@harbour.example", "base_url": "http://127.0.0.1:8000"},
        digest="0" * 64,
    )
    found.save(update_fields=["current"])
    return found


def campaign(**fields: Any) -> Campaign:
    """A draft with an email of its own."""
    fields.setdefault("email", email())
    return Campaign.objects.create(**{"name": f"Campaign {next(_numbers)}", **fields})


def delivery(to: Lead, *, state: int | None = None, at: datetime | None = None, **fields: Any) -> Delivery:
    """One delivery of its own batch; with `state` its outcome is recorded, else it is planned and due."""
    at = at or timezone.now() - timedelta(hours=1)
    number = next(_numbers)
    row = {"kind": 1, "owner": number, "item": to.pk, "lead_id": to.pk, **fields}
    row.setdefault("variant_id", variant().pk)
    batch = Batch.objects.create(kind=row["kind"], owner_id=row["owner"], lane="marketing", size=1, planned_at=at)
    mark = 0 if state is None else 1
    chunk = Chunk.objects.create(batch=batch, lane="marketing", due_at=at, size=1, mark=mark, done=bool(mark))
    planned = Delivery.objects.create(id=chunk.pk * 1000, **row)
    if state is not None:
        Outcome.objects.create(delivery_id=planned.pk, at=at, state=state)
    return planned


def tried(of: Campaign, to: User, *, at: datetime | None = None) -> Delivery:
    """A test mail of the campaign's words as they are now has left long ago: its batch and its chunk are gone."""
    at = at or timezone.now() - timedelta(minutes=5)
    made, _ = Variant.objects.get_or_create(email=of.email, label=TEST_LABEL)
    revision = content.freeze(made, now=at, instead=mailing.as_mailed(of))
    number = next(_numbers)
    planned = Delivery.objects.create(
        id=LONG_AGO + number * 1000,
        kind=Kind.TEST,
        owner=of.email_id,
        item=number,
        staff_id=to.pk,
        variant_id=made.pk,
    )
    Outcome.objects.create(delivery_id=planned.pk, at=at, state=State.SUBMITTED, revision_id=revision.pk)
    return planned


def uncertain(to: Lead, **fields: Any) -> Uncertain:
    """A delivery that may have left an hour ago; nobody knows."""
    planned = delivery(to, **fields)
    Chunk.objects.filter(pk=planned.chunk_id).update(mark=1)
    since = timezone.now() - timedelta(hours=1)
    return Uncertain.objects.create(delivery_id=planned.pk, lane="marketing", since=since, why="the connection broke")


def click(on: Delivery, **fields: Any) -> Click:
    defaults = {"link": 0, "goal": "call", "at": timezone.now(), "label": "person", "reason": "acted in its session"}
    return Click.objects.create(**{"delivery_id": on.pk, "lead_id": on.lead_id, **defaults, **fields})


def fact(on: Delivery, kind: str = "delivered", **fields: Any) -> Fact:
    return Fact.objects.create(delivery_id=on.pk, kind=kind, **{"at": timezone.now(), **fields})


def sequence(steps: int = 2) -> SequenceVersion:
    """A published sequence with this many steps, two days apart."""
    number = next(_numbers)
    course = Sequence.objects.create(key=f"course-{number}", name="The sciatica course")
    version = SequenceVersion.objects.create(
        sequence=course, number=1, weekdays=list(range(7)), window_opens_at="09:00", window_closes_at="18:00"
    )
    for position in range(steps):
        letter = variant(email(kind="step", topic="course"))
        Step.objects.create(
            version=version, key=position + 1, position=position, wait_days=2 if position else 0, variant=letter
        )
    course.published = version
    course.save(update_fields=["published"])
    return version


def enrolment(of: Lead, version: SequenceVersion | None = None, **fields: Any) -> Enrolment:
    """On the way, with the next mail due tomorrow."""
    version = version or sequence()
    now = timezone.now()
    defaults = {"due_at": now + timedelta(days=1), "enrolled_at": now - timedelta(days=1), "is_asked_for": True}
    return Enrolment.objects.create(sequence=version.sequence, version=version, lead=of, **{**defaults, **fields})


def notice(of: Lead, **fields: Any) -> Notice:
    """A step of their sequence asks a person to look after them, since an hour."""
    way = fields.pop("enrolment", None) or enrolment(of)
    defaults = {"key": 2, "text": "Ask how the walk was.", "at": timezone.now() - timedelta(hours=1)}
    return Notice.objects.create(enrolment=way, **{**defaults, **fields})
