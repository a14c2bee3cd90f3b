"""A campaign in which everything has happened to somebody."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from random import Random

from leads.models import Lead
from leads.people import addresses
from newsletter.deliveries.models import CHUNK_SIZE, Kind, State
from newsletter.models import Batch, Campaign, Chunk, CompiledEmail, Delivery, Outcome, Uncertain, Variant
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
    mended = mend(a)
    for one in everybody:
        if chance.random() < 0.4:
            Delivery.objects.filter(pk=one.pk).update(variant_id=b.pk)
            one.variant_id = b.pk
        _live(one, chance, mended.pk if one.variant_id == a.pk and chance.random() < 0.5 else None)
    for one in chance.sample(everybody, 4):
        Lead.objects.filter(pk=one.lead_id or 0).update(email="", address_key=None, first_name="", erased_at=NOW)
    return made


def mend(variant: Variant) -> CompiledEmail:
    """A second revision of this wording, with links of its own; nobody has got it yet."""
    links = [{"url": "/new", "label": "New", "goal": "page"}, {"url": "/ask", "label": "Ask", "goal": "ask"}]
    return CompiledEmail.objects.create(
        variant=variant, number=2, subject="Mended", html="", text="", digest="1" * 64, links=links
    )


def _live(one: Delivery, chance: Random, mended: int | None) -> None:
    left_at = NOW + timedelta(minutes=chance.randrange(200))
    chance.choice(ENDS)(left_at)(one)
    if mended is not None:
        Outcome.objects.filter(delivery_id=one.pk).update(revision_id=mended)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        label = chance.choice(("person", "person", "scanner", "unknown"))
        after = timedelta(minutes=chance.randrange(5000))
        mail.click(one, link=chance.randrange(2), label=label, at=left_at + after)
    for kind in ("delivered", "blocked", "bounced", "complained", "unsubscribed", "booked"):
        if chance.random() < 0.2:
            mail.fact(one, kind, at=left_at + timedelta(minutes=chance.randrange(5000)))


ENDS: tuple[Callable[[datetime], Story], ...] = (
    *([lambda at: ends(State.SUBMITTED, at=at)] * 8),
    lambda at: ends(State.CLOSED, at=at),
    lambda at: ends(State.REFUSED, "no consent", at),
    lambda at: ends(State.FAILED, "recipient: 550 5.1.1 no such user", at),
    lambda at: ends(State.EXPIRED, "too late to be useful", at),
    lambda at: ends(State.CANCELLED, "campaign cancelled", at),
    lambda _at: doubted,
    lambda _at: nothing,
)
