"""A campaign with two wordings, planned for some people, and what they then do."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from accounts.models import User
from leads.models import Lead
from newsletter.campaigns.experiments import services
from newsletter.campaigns.experiments.models import Judge, What
from newsletter.campaigns.experiments.services import Setup
from newsletter.campaigns.models import CampaignStatus
from newsletter.content import services as content
from newsletter.content.models import EmailKind
from newsletter.content.services import Wording
from newsletter.deliveries.models import CHUNK_SIZE, Kind, State
from newsletter.models import Campaign, Chunk, Delivery, Experiment, Outcome, Variant
from tests.factories import mail, people

NOW = datetime(2026, 1, 6, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
BODY = {
    "version": 1,
    "blocks": [
        {"type": "text", "text": "The clinic has new opening hours from Monday on."},
        {"type": "button", "label": "Book the free call", "target": "call"},
    ],
}
SETUP = Setup(What.SUBJECT, share=20, wait_hours=24, judged_by=Judge.CLICKS, words="Open on Saturdays too")


def draft(by: User) -> Campaign:
    wording = Wording("New opening hours", "From Monday on", BODY)
    email = content.create(wording, kind=EmailKind.CAMPAIGN, name="Opening hours", topic="newsletter", now=NOW)
    return Campaign.objects.create(name="Opening hours", email=email, created_at=NOW, created_by=by)


def readers(count: int) -> list[Lead]:
    """People who agreed, long enough ago."""
    return [people.consent(people.lead(), granted_at=NOW - timedelta(days=9)).lead for _ in range(count)]


def planned(by: User, setup: Setup = SETUP) -> Campaign:
    return planned_out(draft(by), by, setup)


def planned_out(campaign: Campaign, by: User, setup: Setup = SETUP) -> Campaign:
    """Set up, frozen and planned, as campaigns do it when the time has come."""
    services.set_up(campaign, setup, by=by, now=NOW)
    content.freeze(campaign.email.variants.get(label="A"), now=NOW)
    count = services.plan(campaign, NOW)
    campaign.status, campaign.planned_at, campaign.planned_count = CampaignStatus.SENDING, NOW, count
    campaign.save()
    return campaign


def mine(of: Campaign) -> list[Delivery]:
    return list(Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=of.pk).order_by("pk"))


def parts(of: Campaign) -> dict[str, list[Delivery]]:
    """Deliveries by what they were planned to say: "a", "b", "rest"."""
    one = Experiment.objects.get(campaign=of)
    names = {one.variant_b_id: "b", one.variant_rest_id: "rest"}
    found: dict[str, list[Delivery]] = {"a": [], "b": [], "rest": []}
    for delivery in mine(of):
        found[names.get(delivery.variant_id, "a")].append(delivery)
    return found


def found(of: Campaign) -> Experiment:
    """The campaign's test as it is now."""
    return Experiment.objects.select_related("variant_rest__current", "variant_b__current").get(campaign=of)


def sizes(of: Campaign) -> dict[str, int]:
    return {name: len(found) for name, found in parts(of).items()}


def leave(deliveries: list[Delivery], at: datetime = NOW) -> None:
    """Hand these over, and their chunks with them."""
    revisions = dict(Variant.objects.values_list("pk", "current_id"))
    Outcome.objects.bulk_create(
        Outcome(delivery_id=one.pk, at=at, state=State.SUBMITTED, revision_id=revisions[one.variant_id])
        for one in deliveries
    )
    Chunk.objects.filter(pk__in={one.pk // CHUNK_SIZE for one in deliveries}).update(done=True)


def leave_as_test(of: Campaign, at: datetime = NOW) -> None:
    """Both parts of the test have left."""
    found = parts(of)
    leave(found["a"] + found["b"], at)


def click(deliveries: list[Delivery], label: str = "person") -> None:
    for delivery in deliveries:
        mail.click(delivery, label=label, at=NOW + HOUR)


def held(of: Campaign) -> Counter[bool]:
    """Chunks of this campaign by whether they are due by the end of the year."""
    chunks = Chunk.objects.filter(batch__kind=Kind.CAMPAIGN, batch__owner_id=of.pk)
    return Counter(chunk.due_at.year > 2100 for chunk in chunks)
