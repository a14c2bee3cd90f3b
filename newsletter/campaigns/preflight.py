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
from newsletter.campaigns import mailable, mailing, queries, tried
from newsletter.campaigns.experiments import checks as experiments
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import queries as content
from newsletter.content import utm
from newsletter.content.findings import Finding
from newsletter.content.models import EmailTemplate
from newsletter.content.overrides import Allowed
from newsletter.deliveries.standing import holds
from newsletter.liveness import queries as looks
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

    @property
    def is_waiting(self) -> bool:
        """Whether it may say something else in a moment: links are being looked at, or a test mail is on its way."""
        return self.links_pending > 0 or any(finding.code == tried.UNDER_WAY for finding in self.blocking)


def of_campaign(campaign: Campaign, now: datetime, *, people: int | None = None) -> Preflight:
    """Everything there is to say about this campaign as it is saved, for so many `people` where they were counted."""
    checked = content.checked(campaign.email, mailing.as_mailed(campaign))
    pending, unasked = _links(campaign, checked.links, now)
    found = [
        *checked.findings,
        *mailable.findings(checked.compiled, checked.findings),
        *tried.findings(campaign, checked.compiled),
        *_tags(campaign),
        *_of_the_clinic(),
        *unasked,
    ]
    found += experiments.findings(campaign, checked.findings)
    if campaign.planned_at is None and (queries.is_for_nobody(campaign, now) if people is None else not people):
        why = _("Nobody would get it: there is nobody who agreed and fits.")
        found.append(Finding(_("To whom it goes"), why, blocking=True, code="nobody", fix="open_audience"))
    return Preflight(
        blocking=[finding for finding in found if finding.blocking],
        warnings=[finding for finding in found if not finding.blocking],
        allowed=checked.allowed,
        checked_at=now,
        links_pending=pending,
    )


def ask_links(now: datetime) -> int:
    """Have the links looked at of every email that was just written, and of what leaves soon; how many."""
    if not settings.LINK_CHECKS:
        return 0
    is_soon = _leaves_soon("campaign", now) | _leaves_soon("experiment__campaign", now)
    emails = EmailTemplate.objects.filter(Q(updated_at__gt=now - JUST_WRITTEN) | is_soon).distinct()
    wanted = [url for email in emails for url in content.links(email)]
    return liveness.ask(wanted, now=now) if wanted else 0


def see_to_links(now: datetime) -> None:
    """The tick's part: ask for the links of what was just written or leaves soon, and ring for those that wait.

    Those of mails that go out by themselves are asked for in the first minute of every hour.
    """
    ask_links(now)
    if now.minute == 0:
        liveness.ask(list(content.standing_links()), now=now)
    liveness.remind(now)


def ask_again(campaign: Campaign, now: datetime) -> int:
    """Have this campaign's links looked at afresh, B's of a test too, because somebody asks."""
    wanted = [url for letter in tests.letters(campaign) for url in content.links(letter.email)]
    return liveness.ask(wanted, now=now, afresh=True)


def _leaves_soon(campaign: str, now: datetime) -> Q:
    return Q(**{f"{campaign}__status": CampaignStatus.SCHEDULED, f"{campaign}__start_at__lte": now + SOON})


def _links(campaign: Campaign, links: list[str], now: datetime) -> tuple[int, list[Finding]]:
    """How many links are still awaited, and whether somebody has to ask: the tick does so only for what is new."""
    pending, unasked = looks.pending(links), looks.unasked(links)
    if not unasked:
        return pending, []
    if campaign.email.updated_at > now - JUST_WRITTEN:
        return pending + unasked, []
    why = _("Nobody has looked yet whether its links live.")
    return pending, [Finding(_("The links"), why, blocking=False, code="links_unasked", fix="check_links")]


def _tags(campaign: Campaign) -> Iterator[Finding]:
    for name, value in mailing.told(campaign).items():
        why = utm.problem(value.strip())
        if why:
            where = _("What other websites are told (%(name)s)") % {"name": name}
            yield Finding(where, why, blocking=True, code="utm", field=name, fix="open_tags")


def _of_the_clinic() -> Iterator[Finding]:
    if clinic.profile().sending_unlocked_at is None:
        why = _("Sending is locked until the first-run checklist is done.")
        yield Finding(_("Setup"), why, blocking=True, code="locked", fix="open_setup")
    hold = holds.active()
    if hold is not None:
        why = _("All marketing mail is held: %(reason)s") % {"reason": hold.reason}
        yield Finding(_("The hold"), why, blocking=True, code="held", fix="open_hold")
