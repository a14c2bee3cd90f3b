"""Mend the words of a campaign that is leaving, for those who have not got it.

Mending pauses it. What is written goes out when somebody says so: frozen as a new revision that the waiting mails
find when they are handed over, so that no delivery is touched. What has left keeps the revision that it left with.
Given up, the words that went out are the campaign's words again, and what was written stays among its revisions.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from newsletter.campaigns import canary, mailing, review, states
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.planning import freeze
from newsletter.campaigns.review import ChangedSince
from newsletter.campaigns.sendable import NotSendable, reasons
from newsletter.content import drafts
from newsletter.content import queries as content
from newsletter.content.compile import Compiled
from newsletter.content.models import CompiledEmail, EmailRevision, Variant
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind

GOT = """
    SELECT o.revision_id, count(*) FROM newsletter_delivery d JOIN newsletter_outcome o ON o.delivery_id = d.id
    WHERE d.kind = %s AND d.owner = %s AND o.revision_id IS NOT NULL GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Edition:
    """One frozen revision of a campaign's words, and how many mails left with it."""

    revision: CompiledEmail
    got: int
    is_current: bool


def editions(campaign: Campaign) -> list[Edition]:
    """The revisions that have left or will leave, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(GOT, [Kind.CAMPAIGN, campaign.pk])
        got: dict[int, int] = dict(cursor.fetchall())
    current = {variant.current_id for variant, _instead in tests.going_out(campaign)}
    wanted = [pk for pk in {*got, *current} if pk is not None]
    revisions = CompiledEmail.objects.filter(pk__in=wanted).select_related("variant").order_by("compiled_at", "pk")
    return [Edition(revision, got.get(revision.pk, 0), revision.pk in current) for revision in revisions]


def words(campaign: Campaign) -> Compiled | CompiledEmail:
    """What a reader gets now, or got last: as it went out once it leaves, as it is saved before and while it is mended.

    Raises NotCompilable.
    """
    if campaign.planned_at is not None and campaign.fixing_since is None:
        went_out = Variant.objects.select_related("current").get(email_id=campaign.email_id, label="A").current
        if went_out is not None:
            return went_out
    return content.compiled(campaign.email, mailing.as_mailed(campaign))


@transaction.atomic
def begin(campaign: Campaign, *, by: User, now: datetime) -> bool:
    """Hold it and open its words; False unless it is leaving. Who mends already goes on mending."""
    found = states.locked(campaign)
    if found.status not in states.LEAVING:
        return False
    if found.fixing_since is not None:
        return True
    if found.status == CampaignStatus.SENDING:
        deliveries.pause(Kind.CAMPAIGN, found.pk)
    states.change(found, CampaignStatus.PAUSED, fixing_since=now, fixing_by=by)
    states.record("mending", found, by)
    return True


def begun(campaign: Campaign) -> str:
    """The mark of the mending that is under way: of another one it is another."""
    return campaign.fixing_since.isoformat() if campaign.fixing_since else ""


@transaction.atomic
def finish(campaign: Campaign, *, by: User, now: datetime, looked: str | None = None) -> bool:
    """Freeze what was written, and go on with it. False unless it is being mended.

    A person says which `review.words` they looked at. Raises ChangedSince when others are there now, and NotSendable.
    """
    found = states.locked(campaign)
    if not _is_mended(found):
        return False
    if looked not in {None, review.words(found)}:
        raise ChangedSince([_("The words were changed after you looked.")])
    why_not = reasons(found, now)
    if why_not:
        raise NotSendable(why_not)
    had_the_old_one = sum(edition.got for edition in editions(found))
    freeze(found, now=now)
    canary.go_on(found, now=now)
    states.record("mended", found, by, had_the_old_one=had_the_old_one)
    return True


@transaction.atomic
def give_up(campaign: Campaign, *, by: User, now: datetime, looked: str | None = None) -> bool:
    """Go on with the words that went out, which are the campaign's words again. False unless it is being mended.

    A person says at which mending (see `begun`) they looked: one that has begun since is not ended by an old page.
    """
    found = states.locked(campaign)
    if not _is_mended(found) or looked not in {None, begun(found)}:
        return False
    for variant, _instead in tests.going_out(found):
        _put_back(variant, by=by, now=now)
    canary.go_on(found, now=now)
    states.record("not_mended", found, by)
    return True


def _is_mended(campaign: Campaign) -> bool:
    return campaign.status == CampaignStatus.PAUSED and campaign.fixing_since is not None


def _put_back(variant: Variant, *, by: User, now: datetime) -> None:
    """Let its email say again what went out; what it says now stays among its revisions."""
    if variant.current is None:
        return
    went_out = EmailRevision.objects.filter(email=variant.email_id, version=variant.current.version).first()
    if went_out is not None:
        drafts.restore(went_out, version=drafts.locked(variant.email).version, by=by, now=now)
