"""Set up a test, plan it, and decide it.

Everybody is planned at once, in the transaction that plans the campaign: A's part, B's part, and the rest, which is
due at a moment that never comes until the test is decided. So nobody is in two parts, what was planned stays planned,
and a crash loses nobody: the rest waits in the queue like any other mail, and ends with the campaign when that ends.
Deciding is one transaction, in which the rest learns what it says and becomes due.

What campaigns call: `freeze` with every freeze of the campaign's own words, `plan` instead of planning everybody for
variant A. The tick calls `look`.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from accounts import audit
from accounts.models import User
from clinic import queries as clinic
from newsletter.campaigns import audience
from newsletter.campaigns.audience import Share
from newsletter.campaigns.experiments import odds, queries
from newsletter.campaigns.experiments.checks import TEST_B
from newsletter.campaigns.experiments.models import (
    HELD_FROM,
    HOLD,
    Experiment,
    ExperimentState,
    Grounds,
    Judge,
    Side,
    What,
)
from newsletter.campaigns.experiments.odds import Arm, Verdict
from newsletter.campaigns.experiments.queries import LABEL_A, LABEL_B, LABEL_REST
from newsletter.campaigns.experiments.states import (
    GOES_ON,
    Step,
    by_day,
    can_be_chosen,
    can_be_set_up,
    let_go,
    next_step,
)
from newsletter.campaigns.models import Campaign, Timing
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate, Variant
from newsletter.content.services import Wording
from newsletter.deliveries import bell
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Chunk, Kind, Lane
from newsletter.deliveries.services import Planned, Row

EXPIRES = timedelta(days=7)
TEST_EXPIRES = timedelta(hours=1)
MICROSECONDS = 1_000_000
LONGEST_NAME = 116

HELD = """
    SELECT DISTINCT c.batch_id, c.due_at FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id
    WHERE b.kind = %s AND b.owner_id = %s AND c.due_at >= %s AND NOT c.done
"""
RELEASE = """
    WITH let_go AS (
        SELECT * FROM unnest(%(batches)s::bigint[], %(dues)s::timestamptz[]) let_go (batch_id, due_at)
    ), due AS (
        UPDATE newsletter_chunk c SET due_at = let_go.due_at FROM let_go
        WHERE c.batch_id = let_go.batch_id AND NOT c.done
    )
    UPDATE newsletter_batch b SET expires_at = let_go.due_at + %(lasts)s FROM let_go WHERE b.id = let_go.batch_id
"""


class NotEditable(Exception):
    """A test can be changed only beside a draft."""


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
def set_up(campaign: Campaign, setup: Setup, *, by: User, now: datetime) -> Experiment:
    """Begin a test beside a draft, or change it. Raises NotEditable."""
    found = _campaign(campaign.pk)
    one = _begun(found, by, now)
    if not can_be_set_up(one.state, found.status):
        raise NotEditable
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
    """Plan everybody: the test's parts now, the rest held. How many; nobody is in two parts and nobody is left out."""
    freeze(campaign, now=now)
    one = Experiment.objects.select_for_update(of=["self"]).get(campaign=campaign)
    sizes = queries.sizes(audience.count(campaign, now).total, one.share)
    rest = _variant_rest(campaign)
    shares = [
        Share(_variant_a(campaign).pk, sizes.a),
        Share(_variant_b(campaign, one).pk, sizes.b),
        Share(rest.pk),
    ]
    batches = audience.plan(campaign, now, shares)
    Chunk.objects.filter(batch__in=batches[-1]).update(due_at=F("due_at") + HOLD)
    planned = [sum(batch.size for batch in of_share) for of_share in batches]
    one.state, one.variant_rest = ExperimentState.TESTING, rest
    one.planned_a, one.planned_b, one.planned_rest = planned
    one.save(update_fields=["state", "variant_rest", "planned_a", "planned_b", "planned_rest"])
    return sum(planned)


def look(now: datetime) -> int:
    """Do what is next for every test under way; how many moved on. Two ticks at once do it once."""
    testing = Experiment.objects.filter(state=ExperimentState.TESTING, campaign__status__in=GOES_ON)
    return sum(_move(pk, now) for pk in testing.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def choose(campaign: Campaign, side: Side, *, by: User, now: datetime) -> bool:
    """A person says which one the rest gets; False when it was decided, or nothing is under test."""
    found = _campaign(campaign.pk)
    one = queries.of(found)
    if one is None or not can_be_chosen(one.state, found.status):
        return False
    arms = queries.arms(one)
    _decide(one, arms, Verdict(side, Grounds.STAFF, odds.b_is_better(*arms)), by=by, now=now)
    return True


@transaction.atomic
def _move(experiment_id: int, now: datetime) -> bool:
    """Campaign and test are locked together; what somebody else has locked is left to them."""
    mine = Experiment.objects.select_for_update(skip_locked=True, of=["self", "campaign"])
    one = mine.select_related("campaign__email").filter(pk=experiment_id).first()
    step = next_step(queries.standing(one, now), now) if one else Step.NOTHING
    if one is None or step == Step.NOTHING:
        return False
    if step == Step.BEGIN_TO_WAIT:
        one.tested_at = now
        one.save(update_fields=["tested_at"])
        return True
    arms = queries.arms(one)
    said = odds.verdict(*arms, judge=Judge(one.judged_by), otherwise=Side(one.otherwise))
    _decide(one, arms, said, by=None, now=now)
    return True


def _decide(one: Experiment, arms: tuple[Arm, Arm], said: Verdict, *, by: User | None, now: datetime) -> None:
    """Write down what and why, and let the rest go with it: what was decided at night leaves in the morning."""
    a, b = arms
    one.state, one.winner, one.grounds = ExperimentState.DECIDED, said.winner, said.grounds
    one.evidence = {"a": asdict(a), "b": asdict(b), "b_is_better": said.b_is_better}
    one.decided_at, one.decided_by = now, by
    one.save(update_fields=["state", "winner", "grounds", "evidence", "decided_at", "decided_by"])
    _release(one, now if by else by_day(now, clinic.zone()))
    _record("decided", one, by, winner=str(said.winner), grounds=str(said.grounds))


def _release(one: Experiment, at: datetime) -> None:
    """The rest says what the winner said, to the letter, and is due; its time to live begins then."""
    rest = one.variant_rest
    if rest is None or not one.planned_rest:
        return
    winner = _variant_b(one.campaign, one) if one.winner == Side.B else _variant_a(one.campaign)
    Variant.objects.filter(pk=rest.pk).update(email=winner.email_id, current=winner.current_id)
    with connection.cursor() as cursor:
        cursor.execute(HELD, [Kind.CAMPAIGN, one.campaign_id, HELD_FROM])
        held = {batch: due_at - HOLD for batch, due_at in cursor.fetchall()}
        by_zone = one.campaign.timing == Timing.LEAD_ZONE
        dues = let_go(held.values(), at=at, by_zone=by_zone, home=clinic.zone())
        leave_at = [dues[moment] for moment in held.values()]
        values: dict[str, Any] = {"batches": list(held), "dues": leave_at, "lasts": EXPIRES}
        cursor.execute(RELEASE, values)
    bell.ring(Lane.MARKETING)


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
