"""A campaign in which everything has happened to somebody."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from random import Random

from django.db.models import Model

from leads.models import Lead
from leads.people import addresses
from newsletter.deliveries.models import CHUNK_SIZE, Kind, State
from newsletter.models import Batch, Campaign, Chunk, Click, CompiledEmail, Delivery, Fact, Outcome, Uncertain, Variant
from newsletter.tracking.models import FactKind
from tests.factories import mail

NOW = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOMAINS = ("gmail.com", "gmail.com", "outlook.com", "hotmail.fr", "harbour.example", "one.example")

Story = Callable[[Delivery], object]


def campaign(count: int = 34, *, began_at: datetime = NOW, name: str = "Opening hours") -> Campaign:
    """Planned for so many people in two chunks; nothing has happened to anybody."""
    email = mail.email(subject=name)
    variant = mail.variant(email)
    made = Campaign.objects.create(
        name=name, email=email, status="sending", planned_at=began_at, planned_count=count, created_at=began_at
    )
    batch = Batch.objects.create(
        kind=Kind.CAMPAIGN, owner_id=made.pk, lane="marketing", size=count, planned_at=began_at
    )
    domains = cycle(DOMAINS)
    for size in (count - count // 3, count // 3):
        chunk = Chunk.objects.create(batch=batch, lane="marketing", due_at=began_at, size=size)
        leads = Lead.objects.bulk_create(_lead(f"p{chunk.pk}-{place}@{next(domains)}") for place in range(size))
        Delivery.objects.bulk_create(
            Delivery(
                id=chunk.pk * CHUNK_SIZE + place,
                kind=Kind.CAMPAIGN,
                owner=made.pk,
                item=lead.pk,
                lead_id=lead.pk,
                variant_id=variant.pk,
            )
            for place, lead in enumerate(leads)
        )
    return made


def _lead(email: str) -> Lead:
    key = addresses.key(email)
    return Lead(email=email, address_key=key, address_hash=addresses.digest(key), first_name="Ada", source="sign_up")


def deliveries(of: Campaign) -> list[Delivery]:
    return list(Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=of.pk).order_by("pk"))


def ends(state: State, reason: str = "", at: datetime = NOW) -> Story:
    def story(one: Delivery) -> None:
        revision = Variant.objects.values_list("current_id", flat=True).get(pk=one.variant_id)
        Outcome.objects.create(delivery_id=one.pk, at=at, state=state, reason=reason, revision_id=revision)

    return story


def submitted_and(*further: Story) -> Story:
    def story(one: Delivery) -> None:
        ends(State.SUBMITTED)(one)
        for act in further:
            act(one)

    return story


def clicks(*links: int, label: str = "person", after: timedelta = HOUR) -> Story:
    def story(one: Delivery) -> None:
        for place, link in enumerate(links):
            mail.click(one, link=link, label=label, at=NOW + after + timedelta(minutes=place))

    return story


def told(*kinds: str, after: timedelta = HOUR) -> Story:
    def story(one: Delivery) -> None:
        for kind in kinds:
            mail.fact(one, kind, at=NOW + after)

    return story


def doubted(one: Delivery) -> None:
    Uncertain.objects.create(delivery_id=one.pk, lane="marketing", since=NOW, why="The sender was cut off.")


def nothing(one: Delivery) -> None:
    """It waits."""


STORIES: tuple[Story, ...] = (
    submitted_and(told("delivered"), clicks(0, 1, 0), told("booked", after=3 * HOUR)),
    submitted_and(told("delivered"), clicks(1, after=25 * HOUR)),
    submitted_and(told("delivered"), clicks(0, 1, label="scanner")),
    submitted_and(told("delivered", "unsubscribed")),
    submitted_and(clicks(0, label="unknown")),
    submitted_and(told("bounced")),
    submitted_and(told("delivered", "complained")),
    submitted_and(told("blocked")),
    ends(State.REFUSED, "no consent"),
    ends(State.REFUSED, "unsubscribed"),
    ends(State.FAILED, "recipient: 550 5.1.1 no such user"),
    ends(State.EXPIRED, "too late to be useful"),
    ends(State.CANCELLED, "campaign cancelled"),
    ends(State.CLOSED),
    doubted,
    nothing,
    submitted_and(told("delivered"), clicks(1, after=70 * HOUR), told("booked", after=71 * HOUR)),
)


def lived(count: int = 34) -> Campaign:
    """Every story in turn, until everybody has one."""
    made = campaign(count)
    stories: Iterator[Story] = cycle(STORIES)
    for one in deliveries(made):
        next(stories)(one)
    return made


def at_random(count: int = 90, seed: int = 7) -> Campaign:
    """Two wordings, one of them mended on the way, and everybody with a story of their own at an hour of their own."""
    chance = Random(seed)
    made = campaign(count)
    everybody = deliveries(made)
    a = Variant.objects.get(pk=everybody[0].variant_id)
    b = mail.variant(made.email, label="B")
    mended = mend(a).pk
    for one in everybody:
        one.variant_id = chance.choice((a.pk, b.pk))
    Delivery.objects.bulk_update(everybody, ["variant_id"])
    said = {a.pk: (a.current_id, mended), b.pk: (b.current_id, b.current_id)}
    rows = [row for one in everybody for row in _story(one, chance, said[one.variant_id])]
    Outcome.objects.bulk_create(row for row in rows if isinstance(row, Outcome))
    Uncertain.objects.bulk_create(row for row in rows if isinstance(row, Uncertain))
    Click.objects.bulk_create(row for row in rows if isinstance(row, Click))
    Fact.objects.bulk_create(row for row in rows if isinstance(row, Fact))
    gone = [one.lead_id or 0 for one in chance.sample(everybody, 4)]
    for place in gone:
        Lead.objects.filter(pk=place).update(email="", address_key=None, first_name="", erased_at=NOW)
    return made


def mend(variant: Variant) -> CompiledEmail:
    """A second revision of this wording, with links of its own; nobody has got it yet."""
    links = [{"url": "/new", "label": "New", "goal": "page"}, {"url": "/ask", "label": "Ask", "goal": "ask"}]
    return CompiledEmail.objects.create(
        variant=variant, number=2, subject="Mended", html="", text="", digest="1" * 64, links=links
    )


def _story(one: Delivery, chance: Random, revisions: Sequence[int | None]) -> Iterator[Model]:
    """How one mail ended, and what came back of it."""
    left_at = NOW + timedelta(minutes=chance.randrange(200))
    state, reason = chance.choice(ENDS)
    if state is not None:
        yield Outcome(delivery_id=one.pk, at=left_at, state=state, reason=reason, revision_id=chance.choice(revisions))
    elif reason:
        yield Uncertain(delivery_id=one.pk, lane="marketing", since=left_at, why=reason)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        label = chance.choice(("person", "person", "scanner", "unknown"))
        at = left_at + timedelta(minutes=chance.randrange(5000))
        yield Click(
            delivery_id=one.pk,
            lead_id=one.lead_id or 0,
            link=chance.randrange(2),
            goal="call",
            at=at,
            label=label,
            reason="x",
        )
    for kind in chance.sample(list(FactKind), chance.choice((0, 1, 1, 2))):
        yield Fact(delivery_id=one.pk, kind=kind, at=left_at + timedelta(minutes=chance.randrange(5000)))


ENDS: tuple[tuple[State | None, str], ...] = (
    *([(State.SUBMITTED, "")] * 8),
    (State.CLOSED, ""),
    (State.REFUSED, "no consent"),
    (State.FAILED, "recipient: 550 5.1.1 no such user"),
    (State.EXPIRED, "too late to be useful"),
    (State.CANCELLED, "campaign cancelled"),
    (None, "The sender was cut off."),
    (None, ""),
)
"""The last but one is in doubt; the last one waits."""
