"""What others ask of a campaign's test: what each side says, who is in which part, what they did."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from newsletter.campaigns import mailing
from newsletter.campaigns.experiments.models import HELD_FROM, Experiment, ExperimentState, Judge, Side, What
from newsletter.campaigns.experiments.odds import Arm
from newsletter.campaigns.experiments.states import GOES_ON, Standing
from newsletter.campaigns.models import Campaign
from newsletter.content.models import EmailTemplate, Variant
from newsletter.content.queries import Instead
from newsletter.deliveries.models import CHUNK_SIZE, Kind, State
from newsletter.tracking.models import ClickLabel, FactKind

LABEL_A, LABEL_B, LABEL_REST = "A", "B", "rest"
FIELDS: dict[str, str] = {What.SUBJECT: "subject", What.PREHEADER: "preheader", What.SENDER: "sender_name"}
"""What B says in which field of `Instead`."""
CHOSEN = ("what", "share", "wait_hours", "judged_by", "otherwise", "words")

ARMS = """
    SELECT d.variant_id, count(*),
           count(*) FILTER (WHERE EXISTS (SELECT 1 FROM newsletter_click k
                                          WHERE k.delivery_id = d.id AND k.label = %(person)s)),
           count(*) FILTER (WHERE EXISTS (SELECT 1 FROM newsletter_fact f
                                          WHERE f.delivery_id = d.id AND f.kind = %(booked)s))
    FROM newsletter_delivery d JOIN newsletter_outcome o ON o.delivery_id = d.id AND o.state = ANY(%(left)s)
    WHERE d.kind = %(kind)s AND d.owner = %(owner)s AND d.variant_id = ANY(%(variants)s)
    GROUP BY d.variant_id
"""

PUT_OFF = timedelta(days=1)
"""Whoever's mail is put off for longer (a pause of their own, say) is not waited for."""
IS_LEAVING = f"""
    SELECT EXISTS (
        SELECT 1 FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id
        WHERE b.kind = %(kind)s AND b.owner_id = %(owner)s AND c.due_at < %(held_from)s
          AND (NOT c.done OR EXISTS (
              SELECT 1 FROM newsletter_later l WHERE l.attempt = 0 AND l.due_at < %(soon)s
                 AND l.delivery_id >= c.id * {CHUNK_SIZE} AND l.delivery_id < (c.id + 1) * {CHUNK_SIZE}))
    )
"""  # noqa: S608
"""Whether some of the test was not tried yet: what a limit has put off lies apart from chunks that are done."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one side mails: an email, and what it says instead of some of it."""

    side: Side
    email: EmailTemplate
    instead: Instead


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many people are in each part; they add up to the audience."""

    a: int
    b: int
    rest: int

    @property
    def test(self) -> int:
        return self.a + self.b

    @property
    def whole(self) -> int:
        return self.a + self.b + self.rest


def sizes(audience: int, share: int) -> Sizes:
    """The audience cut up: the test in two halves, of which A's has the odd one; one person at least for each."""
    test = min(audience, max(round(audience * share / 100), 2))
    return Sizes(test - test // 2, test // 2, audience - test)


def of(campaign: Campaign) -> Experiment | None:
    """The campaign's test, if it has one; one that was put aside is none."""
    found = Experiment.objects.select_related("other_email", "variant_b", "variant_rest", "decided_by")
    return found.filter(campaign=campaign).exclude(state=ExperimentState.DROPPED).first()


def mark(one: Experiment | None) -> str:
    """What is chosen for a test, in short; empty where there is none."""
    return "" if one is None else "|".join(str(getattr(one, name)) for name in CHOSEN)


def letter(campaign: Campaign, one: Experiment | None, side: Side) -> Letter:
    """What this side of the campaign says."""
    instead = mailing.as_mailed(campaign)
    if one is None or side == Side.A:
        return Letter(side, campaign.email, instead)
    if one.what == What.BODY and one.other_email is not None:
        return Letter(side, one.other_email, instead)
    said: dict[str, Any] = {FIELDS[one.what]: one.words}
    return Letter(side, campaign.email, replace(instead, **said))


def letters(campaign: Campaign) -> list[Letter]:
    """Everything that this campaign may mail: its own words and, where there is a test, those of B."""
    one = of(campaign)
    return [letter(campaign, one, side) for side in (Side if one else (Side.A,))]


def variant_a(one: Experiment) -> Variant | None:
    """The campaign's own words, once they were frozen."""
    return Variant.objects.filter(email_id=one.campaign.email_id, label=LABEL_A).first()


def going_out(campaign: Campaign) -> list[tuple[Variant, Instead]]:
    """The variants of this campaign that deliveries point to, each with what it says otherwise than its email."""
    one = of(campaign)
    variant_a = Variant.objects.get(email_id=campaign.email_id, label=LABEL_A)
    found = [(variant_a, letter(campaign, one, Side.A).instead)]
    if one is not None and one.variant_b is not None:
        found.append((one.variant_b, letter(campaign, one, Side.B).instead))
    if one is not None and one.variant_rest is not None and one.state == ExperimentState.DECIDED:
        found.append((one.variant_rest, letter(campaign, one, Side(one.winner)).instead))
    return found


def standing(one: Experiment, now: datetime) -> Standing:
    """Where the test stands; whether its mails have left is only asked while somebody waits for that."""
    is_open = one.state == ExperimentState.TESTING and one.tested_at is None
    return Standing(
        state=one.state,
        campaign=one.campaign.status,
        has_left=is_open and _has_left(one.campaign_id, now),
        decides_at=decides_at(one),
    )


def decides_at(one: Experiment) -> datetime | None:
    """When the wait is over; None until the test has left."""
    return one.tested_at + timedelta(hours=one.wait_hours) if one.tested_at else None


def undecided(*, before: datetime) -> list[Experiment]:
    """Tests that should have been decided before this moment and were not: something keeps the tick from it."""
    testing = Experiment.objects.filter(state=ExperimentState.TESTING, tested_at__isnull=False)
    waited = testing.filter(campaign__status__in=GOES_ON).select_related("campaign").order_by("tested_at", "pk")
    return [one for one in waited if (decides := decides_at(one)) is not None and decides < before]


def arms(one: Experiment) -> tuple[Arm, Arm]:
    """A's and B's part: how many were mailed, and how many of them did what the test is judged by."""
    own = variant_a(one)
    variants = [own.pk if own else None, one.variant_b_id]
    values: dict[str, Any] = {
        "kind": Kind.CAMPAIGN,
        "owner": one.campaign_id,
        "variants": variants,
        "left": [State.SUBMITTED, State.CLOSED],
        "person": ClickLabel.PERSON,
        "booked": FactKind.BOOKED,
    }
    with connection.cursor() as cursor:
        cursor.execute(ARMS, values)
        found = {variant: counts for variant, *counts in cursor.fetchall()}
    by_clicks = one.judged_by == Judge.CLICKS
    counted = [found.get(variant, (0, 0, 0)) for variant in variants]
    a, b = (Arm(mailed, clicked if by_clicks else booked) for mailed, clicked, booked in counted)
    return a, b


def _has_left(campaign_id: int, now: datetime) -> bool:
    values: dict[str, Any] = {
        "kind": Kind.CAMPAIGN,
        "owner": campaign_id,
        "held_from": HELD_FROM,
        "soon": now + PUT_OFF,
    }
    with connection.cursor() as cursor:
        cursor.execute(IS_LEAVING, values)
        (is_leaving,) = cursor.fetchone()
    return not is_leaving
