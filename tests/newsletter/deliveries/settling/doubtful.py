"""Calls to providers that end in doubt, for those who settle them."""

from datetime import timedelta

from clinic.clock import database_now
from newsletter.deliveries import claim
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Lane
from newsletter.deliveries.sending.dispatch import Sender, send_lease
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.transport.provider import open_lane
from tests.fakes.provider_api import drop, taking
from tests.newsletter.deliveries import world

KEYS = {"postmark": "server_token", "resend": "api_key", "brevo": "api_key"}


def hand_over(alias):
    transport = open_lane(alias)
    with FileJournal() as journal:
        lease = claim.next_lease(Lane.MARKETING, owner=journal.owner, window=100)
        assert lease is not None
        send_lease(lease, sender=Sender(transport, journal, Stride(100), lambda: False))
    transport.close()


def in_doubt(through, api, name="resend", *, count=3, plan=taking(drop)):  # noqa: B008
    """A call of three that got no answer; by default the provider had taken it."""
    api.will(plan)
    planned = world.plan(world.leads(count))
    through(name)
    assert world.states(planned.ids) == {"uncertain": count}
    return planned


def later(minutes):
    return database_now() + timedelta(minutes=minutes)
