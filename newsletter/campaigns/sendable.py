"""Why a campaign cannot go, in words that staff can act on."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from clinic import queries as clinic
from newsletter.campaigns import queries
from newsletter.campaigns.models import Campaign
from newsletter.content import queries as content
from newsletter.deliveries import holds


class NotSendable(Exception):
    """The campaign cannot go as it is; `reasons` say why, one sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def reasons(campaign: Campaign, now: datetime) -> list[str]:
    """Everything that keeps this campaign from going now; nothing means that it can."""
    found = [*_of_content(campaign), *_of_the_clinic()]
    if not queries.audience_count(campaign, now):
        found.append(_("Nobody would get it: there is nobody who agreed and fits."))
    return found


def _of_content(campaign: Campaign) -> Iterator[str]:
    if not campaign.email.body.get("blocks"):
        yield _("The email is empty.")
    for finding in content.findings(campaign.email):
        if finding.blocking:
            yield str(finding)


def _of_the_clinic() -> Iterator[str]:
    if clinic.profile().sending_unlocked_at is None:
        yield _("Sending is locked until the first-run checklist is done.")
    hold = holds.active()
    if hold is not None:
        yield _("All marketing mail is held: %(reason)s") % {"reason": hold.reason}
