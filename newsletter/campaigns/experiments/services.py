"""Set up a test and plan it. `deciding` does the rest.

Everybody is planned at once, in the transaction that plans the campaign: A's part, B's part, and the rest, which is
due at a moment that never comes until the test is decided. So nobody is in two parts, what was planned stays planned,
and a crash loses nobody: the rest waits in the queue like any other mail, and ends with the campaign when that ends.

What campaigns call: `freeze` with every freeze of the campaign's own words, `plan` instead of planning everybody for
variant A.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts import audit
from accounts.models import User
from accounts.queries import acts_on
from newsletter.campaigns import audience
from newsletter.campaigns.audience import Share
from newsletter.campaigns.audience.planning import EXPIRES
from newsletter.campaigns.experiments import queries
from newsletter.campaigns.experiments.checks import TEST_B
from newsletter.campaigns.experiments.models import HOLD, Experiment, ExperimentState, Judge, Side, What
from newsletter.campaigns.experiments.queries import LABEL_A, LABEL_B, LABEL_REST
from newsletter.campaigns.experiments.states import can_be_set_up
from newsletter.campaigns.models import Campaign
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate, Variant
from newsletter.content.services import Wording
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Chunk, Kind, Lane
from newsletter.deliveries.services import Planned, Row

TEST_EXPIRES = timedelta(hours=1)
MICROSECONDS = 1_000_000
LONGEST_NAME = 116
CHANGES = ("experiment.set_up", "experiment.dropped")


class NotEditable(Exception):
    """A test can be changed only beside a draft."""


class SetUpMeanwhile(Exception):
    """Somebody else, who is named, has set it up or changed it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What staff choose. `words` are B's, for everything but a whole mail."""

    what: What
    share: int
    wait_hours: int
    judged_by: Judge
    words: str = ""
    otherwise: Side = Side.A


@transaction.atomic
def set_up(campaign: Campaign, setup: Setup, *, by: User, now: datetime, seen: str | None = None) -> Experiment:
    """Begin a test beside a draft, or change it. Raises NotEditable, and SetUpMeanwhile.

    `seen` is the `queries.mark` that a page was made from: nobody writes over another's words without having seen them.
    """
    found = _campaign(campaign.pk)
    one = _begun(found, by, now)
    if not can_be_set_up(one.state, found.status):
        raise NotEditable
    if seen not in {None, queries.mark(queries.of(found))}:
        last = acts_on(f"campaign:{found.pk}").filter(act__in=CHANGES).first()
        if last is not None and last.by is not None and last.by != by:
            raise SetUpMeanwhile(str(last.by))
    for name, value in asdict(setup).items():
        setattr(one, name, value)
    if one.what == What.BODY and one.other_email is None:
        one.other_email = _copied(found, now)
    one.save()
    _record("set_up", one, by, what=str(one.what), share=one.share)
    return one


@transaction.atomic
def drop(campaign: Campaign, *, by: User) -> bool:
    """Go without a test after all; False where there is none. Raises NotEditable once it is scheduled.

    What was written for B is kept, should there be a test again.
    """
    found = _campaign(campaign.pk)
    one = queries.of(found)
    if one is None:
        return False
    if not can_be_set_up(one.state, found.status):
        raise NotEditable
    one.state = ExperimentState.DROPPED
    one.save(update_fields=["state"])
    _record("dropped", one, by)
    return True


@transaction.atomic
def send_test(campaign: Campaign, *, to: User, now: datetime) -> bool:
    """Mail B as it stands to a member of staff; False where there is no B. Raises NotCompilable."""
    one = queries.of(campaign)
    if one is None:
        return False
    letter = queries.letter(campaign, one, Side.B)
    variant = Variant.objects.get_or_create(email=letter.email, label=TEST_B)[0]
    content.freeze(variant, now=now, instead=letter.instead)
    planned = Planned(Kind.TEST, letter.email.pk, Lane.TRANSACTIONAL, expires_at=now + TEST_EXPIRES)
    moment = int(now.timestamp() * MICROSECONDS)
    deliveries.plan(planned, [Row(letter.email.pk, moment, variant.pk, staff_id=to.pk)], due_at=now, now=now)
    _record("tried", one, to)
    return True


def freeze(campaign: Campaign, *, now: datetime) -> None:
    """Freeze what B says, and the rest where it is decided; nothing without a test. Raises NotCompilable."""
    one = queries.of(campaign)
    if one is None:
        return
    if one.variant_b is None or one.state == ExperimentState.DRAFT:
        one.variant_b = _variant_b(campaign, one)
        one.save(update_fields=["variant_b"])
    for variant, instead in queries.going_out(campaign):
        if variant.email_id != campaign.email_id or variant.label != LABEL_A:
            content.freeze(variant, now=now, instead=instead)


@transaction.atomic
def plan(campaign: Campaign, now: datetime) -> int:
    """Plan everybody: the test's parts now, the rest held. How many; nobody is in two parts and nobody is left out.

    While it waits for the end of the test the rest counts for everybody's cap, so it lives for longer by that.
    """
    freeze(campaign, now=now)
    one = Experiment.objects.select_for_update(of=["self"]).get(campaign=campaign)
    a, b, rest = _variant_a(campaign), _variant_b(campaign, one), _variant_rest(campaign)
    wait = timedelta(hours=one.wait_hours)

    def cut(people: int) -> list[Share]:
        sizes = queries.sizes(people, one.share)
        return [Share(a.pk, sizes.a), Share(b.pk, sizes.b), Share(rest.pk, lasts=EXPIRES + wait)]

    batches = audience.plan(campaign, now, cut)
    Chunk.objects.filter(batch__in=batches[-1]).update(due_at=F("due_at") + HOLD)
    planned = [sum(batch.size for batch in of_share) for of_share in batches]
    one.state, one.variant_rest = ExperimentState.TESTING, rest
    one.planned_a, one.planned_b, one.planned_rest = planned
    one.save(update_fields=["state", "variant_rest", "planned_a", "planned_b", "planned_rest"])
    return sum(planned)


def _begun(campaign: Campaign, by: User, now: datetime) -> Experiment:
    """The campaign's test; one that was put aside is had back with what was written for it."""
    one = Experiment.objects.filter(campaign=campaign).first()
    if one is None:
        return Experiment(campaign=campaign, created_at=now, created_by=by)
    if one.state == ExperimentState.DROPPED:
        one.state = ExperimentState.DRAFT
    return one


def _variant_a(campaign: Campaign) -> Variant:
    return Variant.objects.get_or_create(email_id=campaign.email_id, label=LABEL_A)[0]


def _variant_rest(campaign: Campaign) -> Variant:
    return Variant.objects.get_or_create(email_id=campaign.email_id, label=LABEL_REST)[0]


def _variant_b(campaign: Campaign, one: Experiment) -> Variant:
    """B's words are a variant of the campaign's email; a whole mail of its own has its own variant A."""
    letter = queries.letter(campaign, one, Side.B)
    label = LABEL_A if letter.email != campaign.email else LABEL_B
    return Variant.objects.get_or_create(email=letter.email, label=label)[0]


def _copied(campaign: Campaign, now: datetime) -> EmailTemplate:
    """B's mail begins as A's, to be changed in the editor."""
    email = campaign.email
    wording = Wording(email.subject, email.preheader, email.body)
    name = f"{campaign.name[:LONGEST_NAME]} (B)"
    return content.create(wording, kind=EmailKind.CAMPAIGN, name=name, topic=campaign.topic, now=now)


def _campaign(campaign_id: int) -> Campaign:
    return Campaign.objects.select_for_update(of=["self"]).select_related("email").get(pk=campaign_id)


def _record(act: str, one: Experiment, by: User | None, **detail: object) -> None:
    audit.record(f"experiment.{act}", subject=f"campaign:{one.campaign_id}", by=by, **detail)
