"""A whole campaign by `manage.py send --drain`: what the engine says is what the real server's mailboxes hold."""

import subprocess
from collections import Counter

import pytest

from leads.models import Lead
from newsletter.deliveries.models import Delivery, Outcome, State
from newsletter.models import Suppression
from tests.chaos.arena import environment, real_sender
from tests.interop.conftest import MAILS
from tests.interop.relay import DOMAIN
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

UNKNOWN, GREYLISTED = 3, 2
ENDS = {"Postfix": "RCPT: 550 5.1.1 ", "Exim": "RCPT: 550 Unrouteable address"}


def readers(count):
    """People of whom the server knows most, a few not, and a few not yet."""
    special = [f"nobody{n}" for n in range(UNKNOWN)] + [f"greylisted{n}" for n in range(GREYLISTED)]
    every = count // len(special)  # apart from each other: many refusals in a row pause a campaign
    names = [f"lead{n}" if n % every else special[n // every] for n in range(count)]
    people = [world.lead(name) for name in names]
    for lead in people:
        lead.email = f"{lead.email.partition('@')[0]}@{DOMAIN}"
    Lead.objects.bulk_update(people, ["email"])
    return people


def test_a_campaign_ends_as_the_mailboxes_say(relay, figure, tmp_path):
    world.open_clinic()
    plan = world.plan(readers(MAILS))

    told = environment(relay.ports["plain"], tmp_path)
    drained = subprocess.run(real_sender(), env=told, capture_output=True, text=True, timeout=120, check=False)

    assert drained.returncode == 0, drained.stderr
    taken = MAILS - UNKNOWN - GREYLISTED
    assert world.states(plan.ids) == {"submitted": taken, "failed": UNKNOWN, "later": GREYLISTED}
    assert queue_ids_by_recipient(plan.ids) == {one.recipient: one.queue_id for one in relay.mails(taken)}
    failed = Outcome.objects.filter(delivery_id__in=plan.ids, state=State.FAILED)
    assert {words.startswith(ENDS[relay.name].lower()) for words in map(lowered, failed)} == {True}
    suppressed = Suppression.objects.values_list("reason", flat=True)
    assert Counter(suppressed) == ({"hard_bounce": UNKNOWN} if relay.name == "Postfix" else {})
    figure(f"whole engine   {MAILS} leads: {drained.stdout.strip()}")


def lowered(outcome):
    return outcome.reason.lower()


def queue_ids_by_recipient(ids):
    """The server's name for each mail, as the engine noted it."""
    noted = dict(
        Outcome.objects.filter(delivery_id__in=ids, state=State.SUBMITTED).values_list("delivery_id", "provider_id")
    )
    deliveries = Delivery.objects.filter(id__in=noted)
    addresses = dict(Lead.objects.values_list("id", "email"))
    return {addresses[one.lead_id]: noted[one.pk].split()[-1].removeprefix("id=") for one in deliveries}
