"""Why a campaign cannot go, in words that staff can act on."""

from datetime import datetime

from newsletter.campaigns import preflight
from newsletter.campaigns.models import Campaign


class NotSendable(Exception):
    """The campaign cannot go as it is; `reasons` say why, one sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def reasons(campaign: Campaign, now: datetime, *, people: int | None = None) -> list[str]:
    """Everything that keeps this campaign from going now; nothing means that it can. See `preflight`."""
    return [str(finding) for finding in preflight.of_campaign(campaign, now, people=people).blocking]
