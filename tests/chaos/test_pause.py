"""A pause against senders at work: within a second nothing leaves any more; resumed, everybody gets it once."""

import time
from pathlib import Path

import pytest

from accounts.models import User
from clinic.clock import database_now
from leads.models import Consent, Lead
from leads.people import addresses
from newsletter.campaigns import queries, services
from newsletter.deliveries.queries import unbalanced
from newsletter.models import Campaign
from tests.chaos.arena import arena, real_sender, wait_for
from tests.factories import clinics, people
from tests.studio.campaigns import campaign

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

READERS = 1_010
"""More than one chunk: each of two senders has something in hand."""


def readers() -> None:
    keys = [f"p{number}@example.org" for number in range(READERS)]
    leads = [Lead(email=key, address_key=key, address_hash=addresses.digest(key), source="sign_up") for key in keys]
    Consent.objects.bulk_create(
        Consent(lead=lead, purpose="marketing", basis="express", granted_at=database_now())
        for lead in Lead.objects.bulk_create(leads)
    )


def leaving(by: User) -> Campaign:
    one = campaign(by)
    services.schedule(one, at=database_now(), by=by, now=database_now())
    assert services.start_due(database_now()) == 1
    return one


def test_a_pause_stops_senders_within_a_second_and_resumed_everybody_gets_it_once(tmp_path: Path) -> None:
    clinics.clinic()
    readers()
    owner = people.staff()
    one = leaving(owner)

    with arena(tmp_path, real_sender(), latency=[0.001, 0.004]) as made:
        senders = [made.start() for _ in range(2)]
        wait_for(lambda: len(made.sink.accepted) > 60)
        services.pause(one, by=owner)
        paused_at = time.time()
        assert [sender.wait(60) for sender in senders] == [0, 0]
        before = len(made.sink.accepted)
        last = max(entry["time"] for entry in made.sink.accepted)
        found = queries.progress(one)

        services.resume(one, by=owner, now=database_now())
        made.run_to_the_end()

    assert last - paused_at < 1
    assert (found.submitted, found.waiting, found.uncertain) == (before, READERS - before, 0)
    assert 60 < before < READERS
    assert (len(made.accepted()), set(made.accepted().values())) == (READERS, {1})
    assert services.finish_done(database_now()) == 1
    assert unbalanced() == []
