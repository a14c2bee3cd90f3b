"""Write a campaign, let it go, hold it, end it.

Scheduling is one change of state that only one of two clicks can make; until `start_at` it can be taken back.
When its time has come it is planned (see `planning`). Nothing here sends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.queries import acts_on
from clinic import queries as clinic
from leads.segments.models import Segment
from newsletter.campaigns import audience, canary, mailing, moments, review, states, usual
from newsletter.campaigns.audience import Counted
from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.moments import When
from newsletter.campaigns.planning import finish_done, freeze, start_due
from newsletter.campaigns.review import ChangedSince, NotTyped, Reviewed
from newsletter.campaigns.sendable import NotSendable, reasons
from newsletter.campaigns.tried import TEST_LABEL
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate, Topic, Variant
from newsletter.content.services import Wording
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.services import Planned, Row

__all__ = [
    "ChangedSince",
    "ChosenMeanwhile",
    "Draft",
    "Looked",
    "NotEditable",
    "NotSendable",
    "NotTyped",
    "Readers",
    "SegmentGone",
    "cancel",
    "choose",
    "create",
    "finish_done",
    "pause",
    "resume",
    "schedule",
    "send_test",
    "send_to_the_others",
    "start_due",
    "stop_refused",
    "unschedule",
]

UNDO_LIVES = timedelta(seconds=60)
TEST_EXPIRES = timedelta(hours=1)
MICROSECONDS = 1_000_000


class NotEditable(Exception):
    """Only a draft can be changed."""


class ChosenMeanwhile(Exception):
    """Somebody else, who is named, has changed whom it is for."""


class SegmentGone(Exception):
    """One of the chosen segments was deleted meanwhile; without it the campaign would be for others."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff write: the words, and whom they are for."""

    name: str
    wording: Wording
    topic: Topic = Topic.NEWSLETTER
    includes_patients: bool = False


@dataclass(frozen=True, slots=True)
class Readers:
    """Whom staff choose: a topic, patients or not, segments to ask and segments to leave out."""

    topic: str
    includes_patients: bool
    included: Collection[Segment]
    excluded: Collection[Segment]


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody looked at and pressed: `typed` is the number they typed where far more people than usual get it.

    `goes_on` lets the rest of those go by themselves, when nothing came back from the first few.
    """

    reviewed: Reviewed
    typed: int | None = None
    goes_on: bool = False


@transaction.atomic
def create(draft: Draft, *, by: User, now: datetime) -> Campaign:
    """Begin a campaign with an email of its own."""
    email = content.create(draft.wording, kind=EmailKind.CAMPAIGN, name=draft.name, topic=draft.topic, now=now)
    campaign = Campaign.objects.create(
        name=draft.name,
        email=email,
        topic=draft.topic,
        includes_patients=draft.includes_patients,
        created_at=now,
        created_by=by,
    )
    states.record("created", campaign, by)
    return campaign


@transaction.atomic
def choose(campaign: Campaign, *, name: str, readers: Readers, by: User, seen: str = "") -> None:
    """Say whom a draft is for, and what staff call it. Raises NotEditable, ChosenMeanwhile and SegmentGone.

    `seen` is the `review.choice` that a page was made from: nobody takes another's choice back without having seen it.
    """
    found = states.locked(campaign)
    if found.status != CampaignStatus.DRAFT:
        raise NotEditable
    if seen not in {"", review.choice(found)}:
        last = acts_on(f"campaign:{found.pk}").filter(act="campaign.audience_chosen").first()
        if last is not None and last.by is not None and last.by != by:
            raise ChosenMeanwhile(str(last.by))
    _keep(readers)
    states.update(found, name=name, topic=readers.topic, includes_patients=readers.includes_patients)
    EmailTemplate.objects.filter(pk=found.email_id).update(name=name, topic=readers.topic)
    found.included.set(readers.included)
    found.excluded.set(readers.excluded)
    states.record("audience_chosen", found, by)


@transaction.atomic
def schedule(
    campaign: Campaign, *, by: User, now: datetime, at: datetime | When | None = None, looked: Looked | None = None
) -> bool:
    """Let it go at this time, or now; False when it was let go already. One that was put away is in the list again.

    A person says what they `looked` at, and has a minute to take it back whatever the time. Raises NotSendable with
    everything that keeps it, ChangedSince when it is not what was looked at, NotTyped when the number is missing.
    """
    found = states.locked(campaign)
    if found.status != CampaignStatus.DRAFT:
        return False
    counted = audience.remember(found, now)
    few = _judge(found, looked, counted) if looked else {}
    why_not = reasons(found, now, people=counted.total)
    if why_not:
        raise NotSendable(why_not)
    freeze(found, now=now)
    undo_until = now + UNDO_LIVES if looked or at is None else now
    times = _times(at if isinstance(at, When) else When(at), counted, undo_until=undo_until, now=now)
    states.change(found, CampaignStatus.SCHEDULED, archived_at=None, **times, **few)
    states.record("scheduled", found, by, at=str(found.start_at), people=found.reviewed_count)
    return True


@transaction.atomic
def unschedule(campaign: Campaign, *, by: User) -> bool:
    """Take it back; False when it has begun to leave."""
    return states.switch(campaign, {CampaignStatus.SCHEDULED}, CampaignStatus.DRAFT, by=by, **states.UNSCHEDULED)


@transaction.atomic
def pause(campaign: Campaign, *, by: User) -> bool:
    """Hold what has not left; False unless it was being sent."""
    is_paused = states.switch(campaign, {CampaignStatus.SENDING}, CampaignStatus.PAUSED, by=by)
    if is_paused:
        deliveries.pause(Kind.CAMPAIGN, campaign.pk)
    return is_paused


@transaction.atomic
def stop_refused(campaign_id: int) -> bool:
    """Nobody's act but the guard's: hold it, because too many of its mails were refused by policy."""
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id, status=CampaignStatus.SENDING).first()
    if campaign is None:
        return False
    states.change(campaign, CampaignStatus.PAUSED)
    deliveries.pause(Kind.CAMPAIGN, campaign.pk)
    states.record("stopped", campaign, None)
    return True


@transaction.atomic
def resume(campaign: Campaign, *, by: User, now: datetime) -> bool:
    """Go on where it stopped; False unless it was paused, and while something else is asked.

    That is while somebody mends its words (see `mending`), and once the first few have come to an end.
    """
    found = states.locked(campaign)
    if not _is_only_paused(found) or canary.asks(found):
        return False
    canary.go_on(found, now=now)
    states.record("sending", found, by)
    return True


@transaction.atomic
def send_to_the_others(campaign: Campaign, *, by: User, now: datetime) -> bool:
    """Let everybody have what the first few got; False unless it waits for that."""
    found = states.locked(campaign)
    if not _is_only_paused(found) or not canary.asks(found):
        return False
    canary.go_on(found, now=now)
    states.record("canary_passed", found, by)
    return True


@transaction.atomic
def cancel(campaign: Campaign, *, by: User, now: datetime) -> bool:
    """End it: what has left has left, the rest never will. False when it had ended."""
    over = {"finished_at": now, "fixing_since": None, "fixing_by": None}
    is_cancelled = states.switch(campaign, states.OPEN, CampaignStatus.CANCELLED, by=by, **over)
    if is_cancelled:
        deliveries.cancel_batches(Kind.CAMPAIGN, campaign.pk, reason="campaign cancelled", now=now)
    return is_cancelled


@transaction.atomic
def send_test(template: EmailTemplate, *, to: User, now: datetime) -> None:
    """Mail the words as they stand to a member of staff, by the way that real mail takes.

    They are frozen in a variant of their own: a test never changes what goes out. Raises NotCompilable.
    """
    variant, _ = Variant.objects.get_or_create(email=template, label=TEST_LABEL)
    content.freeze(variant, now=now, instead=mailing.of_email(template))
    planned = Planned(Kind.TEST, template.pk, Lane.TRANSACTIONAL, expires_at=now + TEST_EXPIRES)
    moment = int(now.timestamp() * MICROSECONDS)
    deliveries.plan(planned, [Row(template.pk, moment, variant.pk, staff_id=to.pk)], due_at=now, now=now)
    audit.record("email.tested", subject=f"email:{template.pk}", by=to)


def _is_only_paused(campaign: Campaign) -> bool:
    return campaign.status == CampaignStatus.PAUSED and campaign.fixing_since is None


def _keep(readers: Readers) -> None:
    """Nobody deletes these segments until this transaction ends. Raises SegmentGone."""
    chosen = {one.pk for one in (*readers.included, *readers.excluded)}
    if len(Segment.objects.select_for_update(no_key=True).filter(pk__in=chosen).order_by("pk")) < len(chosen):
        raise SegmentGone


def _judge(campaign: Campaign, looked: Looked, counted: Counted) -> dict[str, object]:
    """What to remember of a look that still holds, and how many go first: with a test, its parts do."""
    found = review.of(campaign, counted.total)
    review.check(looked.reviewed, found)
    is_large = usual.is_large(found.count, usual.size())
    if is_large and looked.typed != looked.reviewed.count:
        raise NotTyped
    return {
        "reviewed_count": looked.reviewed.count,
        "reviewed_version": found.version,
        "reviewed_audience": found.audience,
        "canary_size": usual.CANARY if is_large and not found.tested else 0,
        "canary_goes_on": looked.goes_on,
    }


def _times(when: When, counted: Counted, *, undo_until: datetime, now: datetime) -> dict[str, object]:
    profile = clinic.profile()
    home = ZoneInfo(profile.time_zone)
    zones, awake = moments.zones(counted.zones, home), Awake.of(profile)
    return {
        "timing": when.timing,
        "spread_hours": when.spread_hours,
        "goes_at": max(when.at or now, now),
        "undo_until": undo_until,
        "start_at": moments.begins(when, not_before=undo_until, home=home, zones=zones, awake=awake),
    }
