"""Decide a test, by its figures or by a person, and let the rest go.

Deciding is one transaction, in which the rest learns what it says and becomes due. What a person has chosen leaves a
minute later, and until then can be taken back. What is decided by itself in the clinic's quiet hours leaves after them.

The tick calls `look`.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts import audit
from accounts.models import User
from clinic import queries as clinic
from newsletter.campaigns import held
from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.experiments import odds, queries
from newsletter.campaigns.experiments.models import (
    HELD_FROM,
    HOLD,
    UNDO,
    Experiment,
    ExperimentState,
    Grounds,
    Judge,
    Side,
)
from newsletter.campaigns.experiments.odds import Arm, Verdict
from newsletter.campaigns.experiments.states import (
    GOES_ON,
    Step,
    by_day,
    can_be_chosen,
    can_be_taken_back,
    next_step,
)
from newsletter.campaigns.models import Campaign
from newsletter.content.models import Variant
from newsletter.deliveries import bell
from newsletter.deliveries.models import CHUNK_SIZE, Kind, Lane

REST = f"""
    SELECT c.id FROM newsletter_chunk c
    JOIN newsletter_batch b ON b.id = c.batch_id AND b.kind = %(kind)s AND b.owner_id = %(owner)s
    JOIN newsletter_delivery d ON d.id = c.id * {CHUNK_SIZE} AND d.variant_id = %(rest)s
"""  # noqa: S608
"""The chunks of the rest: all deliveries of a chunk are of one part, so the first tells."""
HOLD_AGAIN = """
    UPDATE newsletter_chunk SET due_at = due_at + %(hold)s
    WHERE id = ANY(%(chunks)s::bigint[]) AND mark = 0 AND NOT done AND lease_until IS NULL AND due_at > %(now)s
"""


def look(now: datetime) -> int:
    """Do what is next for every test under way; how many moved on. Two ticks at once do it once.

    One that fails keeps no other from being decided; what failed is raised together at the end.
    """
    testing = Experiment.objects.filter(state=ExperimentState.TESTING, campaign__status__in=GOES_ON)
    moved, failed = 0, []
    for pk, campaign_id in testing.order_by("pk").values_list("pk", "campaign_id"):
        try:
            moved += _move(pk, now)
        except Exception as error:  # noqa: BLE001 - raised below, after the others have had their turn
            error.add_note(f"The A/B test of campaign {campaign_id}.")
            failed.append(error)
    if failed:
        raise ExceptionGroup("Some tests could not be decided.", failed)
    return moved


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
def take_back(campaign: Campaign, *, by: User, now: datetime) -> bool:
    """Undo what a person chose, within the minute; False when it was decided otherwise, or has begun to leave."""
    one = queries.of(_campaign(campaign.pk))
    if one is None or not can_be_taken_back(one, now) or not _is_held_again(one, now):
        return False
    one.state, one.winner, one.grounds, one.evidence = ExperimentState.TESTING, "", "", {}
    one.decided_at, one.decided_by = None, None
    one.save(update_fields=["state", "winner", "grounds", "evidence", "decided_at", "decided_by"])
    Variant.objects.filter(pk=one.variant_rest_id or 0).update(email=campaign.email_id, current=None)
    _record("taken_back", one, by)
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
    """Write down what and why, and let the rest go with it."""
    a, b = arms
    at = now + UNDO if by else _by_day(now)
    one.state, one.winner, one.grounds = ExperimentState.DECIDED, said.winner, said.grounds
    one.evidence = {"a": asdict(a), "b": asdict(b), "b_is_better": said.b_is_better}
    if at > now:
        one.evidence["leaves_at"] = at.isoformat()
    one.decided_at, one.decided_by = now, by
    one.save(update_fields=["state", "winner", "grounds", "evidence", "decided_at", "decided_by"])
    _release(one, at)
    _record("decided", one, by, winner=str(said.winner), grounds=str(said.grounds))


def _by_day(now: datetime) -> datetime:
    profile = clinic.profile()
    return by_day(now, ZoneInfo(profile.time_zone), Awake.of(profile))


def _release(one: Experiment, at: datetime) -> None:
    """The rest says what the winner said, to the letter, and is due; its time to live begins then."""
    if one.variant_rest_id is None or not one.planned_rest:
        return
    winner = one.variant_b if one.winner == Side.B else queries.variant_a(one)
    if winner is not None:
        Variant.objects.filter(pk=one.variant_rest_id).update(email=winner.email_id, current=winner.current_id)
    held.release(one.campaign, since=HELD_FROM, hold=HOLD, at=at)
    bell.ring(Lane.MARKETING)


def _is_held_again(one: Experiment, now: datetime) -> bool:
    """Put the rest's chunks off for good once more; False, and nothing is put off, where a sender has begun."""
    with connection.cursor() as cursor:
        cursor.execute(REST, {"kind": Kind.CAMPAIGN, "owner": one.campaign_id, "rest": one.variant_rest_id})
        chunks = [chunk for (chunk,) in cursor.fetchall()]
        again: dict[str, Any] = {"hold": HOLD, "chunks": chunks, "now": now}
        cursor.execute(HOLD_AGAIN, again)
        if cursor.rowcount == len(chunks):
            return True
        transaction.set_rollback(True)
    return False


def _campaign(campaign_id: int) -> Campaign:
    return Campaign.objects.select_for_update(of=["self"]).select_related("email").get(pk=campaign_id)


def _record(act: str, one: Experiment, by: User | None, **detail: object) -> None:
    audit.record(f"experiment.{act}", subject=f"campaign:{one.campaign_id}", by=by, **detail)
