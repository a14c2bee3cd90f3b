"""The pre-flight of a campaign: the same checks on the review page, when it is scheduled, and when it begins to leave.

    of_campaign(campaign, now)   what blocks, what could be better, what was allowed, how many links are still awaited

Everything is read; nothing is asked for. Links are asked for by the tick, see `see_to_links`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from clinic import queries as clinic
from newsletter.campaigns import mailing, queries, tried
from newsletter.campaigns.experiments import checks as experiments
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import linked, utm
from newsletter.content import queries as content
from newsletter.content.findings import Finding
from newsletter.content.overrides import Allowed
from newsletter.deliveries.standing import holds
from newsletter.liveness import services as liveness

JUST_WRITTEN = timedelta(minutes=10)
SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Preflight:
    """Nothing that blocks means that it can go. What was allowed is neither: somebody said why."""

    blocking: list[Finding]
    warnings: list[Finding]
    allowed: list[Allowed]
    checked_at: datetime
    links_pending: int

    @property
    def is_clear(self) -> bool:
        return not self.blocking


def of_campaign(campaign: Campaign, now: datetime) -> Preflight:
    """Everything there is to say about this campaign as it is saved."""
    checked = content.checked(campaign.email, mailing.as_mailed(campaign))
    found = [
        *checked.findings,
        *tried.findings(campaign, checked.compiled),
        *_tags(campaign),
        *_of_the_clinic(),
    ]
    found += experiments.findings(campaign, checked.findings)
    if queries.is_for_nobody(campaign, now):
        why = _("Nobody would get it: there is nobody who agreed and fits.")
        found.append(Finding("", why, blocking=True, code="nobody", fix="open_audience"))
    return Preflight(
        blocking=[finding for finding in found if finding.blocking],
        warnings=[finding for finding in found if not finding.blocking],
        allowed=checked.allowed,
        checked_at=now,
        links_pending=linked.pending(checked.compiled) if checked.compiled else 0,
    )


def ask_links(now: datetime) -> int:
    """Have the links looked at of what was just written, and of what leaves soon; how many."""
    is_written = Q(status=CampaignStatus.DRAFT, email__updated_at__gt=now - JUST_WRITTEN)
    is_soon = Q(status=CampaignStatus.SCHEDULED, start_at__lte=now + SOON)
    if not settings.LINK_CHECKS:
        return 0
    campaigns = list(Campaign.objects.filter(is_written | is_soon).select_related("email"))
    if not campaigns:
        return 0
    booking_url = clinic.profile().booking_url
    wanted = [url for campaign in campaigns for url in linked.written(campaign.email.body, booking_url)]
    return liveness.ask(wanted, now=now) if wanted else 0


def see_to_links(now: datetime) -> None:
    """The tick's part: ask for the links of what was just written or leaves soon, and ring for those that wait."""
    ask_links(now)
    liveness.remind(now)


def ask_again(campaign: Campaign, now: datetime) -> int:
    """Have this campaign's links looked at afresh, because somebody asks."""
    wanted = linked.written(campaign.email.body, clinic.profile().booking_url)
    return liveness.ask(wanted, now=now, afresh=True)


def _tags(campaign: Campaign) -> Iterator[Finding]:
    for name, value in mailing.told(campaign).items():
        why = utm.problem(value.strip())
        if why:
            yield Finding(name, why, blocking=True, code="utm", field=name, fix="open_tags")


def _of_the_clinic() -> Iterator[Finding]:
    if clinic.profile().sending_unlocked_at is None:
        why = _("Sending is locked until the first-run checklist is done.")
        yield Finding("", why, blocking=True, code="locked", fix="open_setup")
    hold = holds.active()
    if hold is not None:
        why = _("All marketing mail is held: %(reason)s") % {"reason": hold.reason}
        yield Finding("", why, blocking=True, code="held", fix="open_hold")
