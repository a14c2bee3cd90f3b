"""A clinic that may send, people who agreed, and a campaign that is fit to go."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import User
from leads.models import Lead
from newsletter.campaigns import services
from newsletter.campaigns.services import Draft
from newsletter.content.compile import NotCompilable
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind
from newsletter.models import Campaign, Delivery
from tests.factories import mail, people

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BODY = {
    "version": 1,
    "blocks": [
        {"type": "text", "text": "The clinic has new opening hours from Monday on."},
        {"type": "button", "label": "Book the free call", "target": "call"},
    ],
}
GOOD = Wording("New opening hours", "From Monday on", BODY)


def campaign(by: User, wording: Wording = GOOD, **fields: Any) -> Campaign:
    """A draft whose words somebody has had as a test mail, where they can be mailed at all."""
    made = services.create(Draft("Opening hours", wording, **fields), by=by, now=NOW)
    with suppress(NotCompilable):
        mail.tried(made, by, at=NOW)
    return made


def reader(**fields: Any) -> Lead:
    """Somebody who agreed, long enough ago."""
    return people.consent(people.lead(**fields), granted_at=NOW - timedelta(days=9)).lead


def recipients(of: Campaign) -> set[int | None]:
    found = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=of.pk)
    return set(found.values_list("lead_id", flat=True))


def started(of: Campaign, by: User) -> Campaign:
    """Scheduled, and planned when the time to take it back had passed."""
    services.schedule(of, at=None, by=by, now=NOW)
    services.start_due(NOW + MINUTE)
    of.refresh_from_db()
    return of
