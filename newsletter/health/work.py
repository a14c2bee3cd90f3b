"""Whether what time asks for is done: the tick's work, and the A/B tests that it decides."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from newsletter.campaigns.experiments import queries as tests
from newsletter.deliveries.standing import heartbeats
from newsletter.health.findings import Finding

LATE_AFTER = timedelta(minutes=10)


def look(now: datetime) -> Iterator[Finding]:
    if any(part.name == heartbeats.TICK and part.doing == heartbeats.FAILING for part in heartbeats.all_parts()):
        yield Finding(
            _("Some of what the tick does fails. The rest is done all the same."),
            _("It is tried again at every tick. If this does not go away, the log of the service tick says why."),
        )
    for test in tests.undecided(before=now - LATE_AFTER):
        yield Finding(
            _("The A/B test of “%(name)s” should have been decided and was not.") % {"name": test.campaign.name},
            _("Choose A or B on the campaign's page: the others get it. The log of the service tick says what failed."),
            tests.decides_at(test),
            "campaigns",
        )
