"""Write a campaign, let it go, hold it, end it.

Scheduling is one change of state that only one of two clicks can make; until `start_at` it can be taken back.
When its time has come it is planned in one transaction: the words are frozen, the audience is asked for once,
and what was planned stays planned. Nothing here sends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts.models import User
from newsletter.campaigns import queries
from newsletter.campaigns.audience import audience
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.sendable import NotSendable, reasons
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate, Topic, Variant
from newsletter.content.services import Wording
from newsletter.deliveries import guard, holds
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.services import Planned, Row

__all__ = [
    "Draft",
    "NotEditable",
    "NotSendable",
    "cancel",
    "create",
    "finish_done",
    "pause",
    "resume",
    "revise",
    "schedule",
    "send_test",
    "start_due",
    "stop_refused",
    "unschedule",
]

UNDO_LIVES = timedelta(seconds=60)
EXPIRES = timedelta(days=7)
TEST_EXPIRES = timedelta(hours=1)
TEST_LABEL = "test"
MICROSECONDS = 1_000_000


class NotEditable(Exception):
    """Only a draft can be changed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff write: the words, and whom they are for."""

    name: str
    wording: Wording
    topic: Topic = Topic.NEWSLETTER
    includes_patients: bool = False


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
    _record("created", campaign, by)
    return campaign


@transaction.atomic
def revise(campaign: Campaign, *, draft: Draft, by: User, now: datetime) -> None:
    """Save what staff wrote. Raises NotEditable, and what saving an email raises."""
    if _locked(campaign).status != CampaignStatus.DRAFT:
        raise NotEditable
    content.save(campaign.email, draft.wording, by=by, now=now)
    EmailTemplate.objects.filter(pk=campaign.email_id).update(name=draft.name, topic=draft.topic)
    Campaign.objects.filter(pk=campaign.pk).update(
        name=draft.name, topic=draft.topic, includes_patients=draft.includes_patients
    )


@transaction.atomic
def schedule(campaign: Campaign, *, at: datetime | None, by: User, now: datetime) -> bool:
    """Let it go at this time, or in a minute; False when it was let go already. Raises NotSendable."""
    found = _locked(campaign)
    if found.status != CampaignStatus.DRAFT:
        return False
    why_not = reasons(found, now)
    if why_not:
        raise NotSendable(why_not)
    start_at = max(at or now, now) if at else now + UNDO_LIVES
    content.freeze(_variant(found.email), now=now)
    _change(found, CampaignStatus.SCHEDULED, start_at=start_at)
    _record("scheduled", found, by, at=start_at.isoformat())
    return True


@transaction.atomic
def unschedule(campaign: Campaign, *, by: User) -> bool:
    """Take it back; False when it has begun to leave."""
    return _switch(campaign, {CampaignStatus.SCHEDULED}, CampaignStatus.DRAFT, by=by, start_at=None)


def start_due(now: datetime) -> int:
    """Plan every campaign whose time has come; none while the marketing lane is shut. How many began."""
    due = Campaign.objects.filter(status=CampaignStatus.SCHEDULED, start_at__lte=now).order_by("start_at", "pk")
    ids = list(due.values_list("pk", flat=True))
    if not ids or holds.is_shut(Lane.MARKETING):
        return 0
    return sum(_start(campaign_id, now) for campaign_id in ids)


@transaction.atomic
def pause(campaign: Campaign, *, by: User) -> bool:
    """Hold what has not left; False unless it was being sent."""
    is_paused = _switch(campaign, {CampaignStatus.SENDING}, CampaignStatus.PAUSED, by=by)
    if is_paused:
        deliveries.pause(Kind.CAMPAIGN, campaign.pk)
    return is_paused


@transaction.atomic
def stop_refused(campaign_id: int) -> bool:
    """Nobody's act but the guard's: hold it, because too many of its mails were refused by policy."""
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id, status=CampaignStatus.SENDING).first()
    if campaign is None:
        return False
    _change(campaign, CampaignStatus.PAUSED)
    deliveries.pause(Kind.CAMPAIGN, campaign.pk)
    _record("stopped", campaign, None)
    return True


@transaction.atomic
def resume(campaign: Campaign, *, by: User) -> bool:
    """Go on where it stopped; False unless it was paused."""
    is_resumed = _switch(campaign, {CampaignStatus.PAUSED}, CampaignStatus.SENDING, by=by)
    if is_resumed:
        deliveries.resume(Kind.CAMPAIGN, campaign.pk)
        guard.begin_anew(Kind.CAMPAIGN, campaign.pk)
    return is_resumed


@transaction.atomic
def cancel(campaign: Campaign, *, by: User, now: datetime) -> bool:
    """End it: what has left has left, the rest never will. False when it had ended."""
    open_states = {CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED}
    is_cancelled = _switch(campaign, open_states, CampaignStatus.CANCELLED, by=by, finished_at=now)
    if is_cancelled:
        deliveries.cancel_batches(Kind.CAMPAIGN, campaign.pk, reason="campaign cancelled", now=now)
    return is_cancelled


def finish_done(now: datetime) -> int:
    """Finish every campaign that balances: all planned mails have ended and none is in doubt. How many did."""
    return sum(_finish(campaign, now) for campaign in queries.sent_through())


@transaction.atomic
def send_test(template: EmailTemplate, *, to: User, now: datetime) -> None:
    """Mail the words as they stand to a member of staff, by the way that real mail takes.

    They are frozen in a variant of their own: a test never changes what goes out. Raises NotCompilable.
    """
    variant, _ = Variant.objects.get_or_create(email=template, label=TEST_LABEL)
    content.freeze(variant, now=now)
    planned = Planned(Kind.TEST, template.pk, Lane.TRANSACTIONAL, expires_at=now + TEST_EXPIRES)
    moment = int(now.timestamp() * MICROSECONDS)
    deliveries.plan(planned, [Row(template.pk, moment, variant.pk, staff_id=to.pk)], due_at=now, now=now)
    audit.record("email.tested", subject=f"email:{template.pk}", by=to)


@transaction.atomic
def _start(campaign_id: int, now: datetime) -> bool:
    """Plan one campaign; one that another tick is planning is left to it, one that no longer fits is a draft again."""
    due = Campaign.objects.select_for_update(skip_locked=True, of=["self"]).select_related("email")
    campaign = due.filter(pk=campaign_id, status=CampaignStatus.SCHEDULED, start_at__lte=now).first()
    if campaign is None:
        return False
    why_not = reasons(campaign, now)
    if why_not:
        _change(campaign, CampaignStatus.DRAFT, start_at=None)
        _record("not_started", campaign, None, reasons=why_not)
        return False
    variant = _variant(campaign.email)
    content.freeze(variant, now=now)
    _change(campaign, CampaignStatus.SENDING, planned_at=now, planned_count=_plan(campaign, variant, now))
    _record("started", campaign, None, planned=campaign.planned_count)
    return True


def _plan(campaign: Campaign, variant: Variant, now: datetime) -> int:
    planned = Planned(Kind.CAMPAIGN, campaign.pk, Lane.MARKETING, campaign.topic, expires_at=now + EXPIRES)
    select, params = audience(campaign, now)
    batch = deliveries.plan_query(planned, select=select, params=params, variant_id=variant.pk, due_at=now)
    return batch.size if batch else 0


@transaction.atomic
def _finish(campaign: Campaign, now: datetime) -> bool:
    """Finish it if it balances, in the transaction that looked; a paused or cancelled one stays what it is."""
    found = _locked(campaign)
    counts = queries.progress(found)
    balances = counts.is_settled and counts.ended == found.planned_count
    if found.status != CampaignStatus.SENDING or not balances:
        return False
    _change(found, CampaignStatus.FINISHED, finished_at=now)
    return True


def _variant(email: EmailTemplate) -> Variant:
    return Variant.objects.get_or_create(email=email, label="A")[0]


def _locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(of=["self"]).select_related("email").get(pk=campaign.pk)


def _switch(
    campaign: Campaign, old: Iterable[CampaignStatus], new: CampaignStatus, *, by: User, **fields: object
) -> bool:
    found = _locked(campaign)
    if found.status not in set(old):
        return False
    _change(found, new, **fields)
    _record(new.value, found, by)
    return True


def _change(campaign: Campaign, status: CampaignStatus, **fields: object) -> None:
    for name, value in {"status": status, **fields}.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=["status", *fields])


def _record(act: str, campaign: Campaign, by: User | None, **detail: object) -> None:
    audit.record(f"campaign.{act}", subject=f"campaign:{campaign.pk}", by=by, **detail)
