"""A small world for the send engine: an unlocked clinic, leads who agreed, one frozen email."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from clinic.clock import database_now
from clinic.models import Clinic
from leads.models import Consent, Lead
from leads.people import addresses
from newsletter.content.models import CompiledEmail, EmailKind, EmailTemplate, Variant
from newsletter.deliveries import services
from newsletter.deliveries.models import (
    Batch,
    Breaker,
    Chunk,
    Delivery,
    Kind,
    Lane,
    Later,
    Outcome,
    State,
    Uncertain,
)
from newsletter.deliveries.services import Planned, Row

PAST = datetime(2020, 1, 1, tzinfo=UTC)


def open_clinic() -> Clinic:
    """A clinic whose checklist is green: the marketing lane is unlocked."""
    clinic, _ = Clinic.objects.update_or_create(
        id=1,
        defaults={
            "name": "Harbour Acupuncture",
            "practitioner": "Dana Reyes",
            "postal_address": "12 Quay Street, Port Ellis",
            "phone": "+14165550134",
            "email": "desk@harbour.example",
            "sender_name": "Harbour Acupuncture",
            "sender_email": "hello@news.harbour.example",
            "sending_unlocked_at": database_now(),
        },
    )
    return clinic


def lead(name: str, *, consents: bool = True) -> Lead:
    key = addresses.key(f"{name}@example.org")
    made = Lead.objects.create(
        email=f"{name}@example.org",
        address_key=key,
        address_hash=addresses.digest(key),
        first_name=name.title(),
        source="sign_up",
    )
    if consents:
        Consent.objects.create(lead=made, purpose="marketing", basis="express", granted_at=database_now())
    return made


def leads(count: int) -> list[Lead]:
    return [lead(f"p{n}") for n in range(count)]


def variant() -> Variant:
    email = EmailTemplate.objects.create(
        kind=EmailKind.CAMPAIGN, topic="newsletter", name="Autumn", subject="A quiet hour"
    )
    made = Variant.objects.create(email=email)
    made.current = CompiledEmail.objects.create(
        variant=made,
        number=1,
        subject="A quiet hour",
        html="<html><body><h1>Hello</h1><p>From Harbour Acupuncture.</p></body></html>",
        text="Hello from Harbour Acupuncture.",
        digest="d1",
        sender={
            "name": "Harbour Acupuncture",
            "address": "hello@news.harbour.example",
            "base_url": "https://harbour.example",
        },
    )
    made.save()
    return made


@dataclass
class Plan:
    batch: Batch
    variant: Variant
    ids: list[int]


def plan(
    people: list[Lead],
    *,
    owner: int = 7,
    due_at: datetime | None = None,
    lane: Lane = Lane.MARKETING,
    **planned: object,
) -> Plan:
    """A campaign to these people, due now."""
    now = database_now()
    made = variant()
    batch = services.plan(
        Planned(Kind.CAMPAIGN, owner, lane, topic="newsletter", **planned),
        [Row(owner=owner, item=p.pk, lead_id=p.pk, variant_id=made.pk) for p in people],
        due_at=due_at or now,
        now=now,
    )
    assert batch is not None
    return Plan(batch, made, ids_of(owner))


def ids_of(owner: int) -> list[int]:
    found = Delivery.objects.filter(owner=owner, kind=Kind.CAMPAIGN)
    return list(found.order_by("id").values_list("id", flat=True))


def states(ids: list[int]) -> dict[str, int]:
    """How many of these deliveries are in which state; those nothing is known of are 'planned'."""
    ended = dict(Outcome.objects.filter(delivery_id__in=ids).values_list("delivery_id", "state"))
    doubted = set(Uncertain.objects.filter(delivery_id__in=ids).values_list("delivery_id", flat=True))
    waiting = set(Later.objects.filter(delivery_id__in=ids).values_list("delivery_id", flat=True))
    count: Counter[str] = Counter()
    for one in ids:
        if one in ended:
            count[State(ended[one]).name.lower()] += 1
        elif one in doubted:
            count["uncertain"] += 1
        else:
            count["later" if one in waiting else "planned"] += 1
    return dict(count)


def make_due() -> None:
    """Let everything that rests be due now, so that no test waits for it."""
    Later.objects.update(due_at=PAST)
    Chunk.objects.filter(done=False).update(due_at=PAST)


def let_time_pass() -> None:
    """The same, and a relay that was left alone may be tried again."""
    make_due()
    Breaker.objects.filter(opened_at__isnull=False).update(next_try_at=PAST)
