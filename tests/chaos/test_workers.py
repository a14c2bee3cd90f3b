"""Everything as it runs in production: Celery, a broker, beat, the senders, and a relay that takes its time."""

from collections import Counter
from pathlib import Path

import pytest

from clinic.clock import database_now
from leads.consent import services as consent
from leads.consent.services import Shown
from newsletter.content.models import EmailTemplate
from newsletter.deliveries.models import Kind, Lane, Uncertain
from newsletter.deliveries.queries import Progress, progress
from newsletter.deliveries.standing import heartbeats
from tests.chaos.arena import wait_for
from tests.chaos.workers import crew
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DELIVERIES = 300
NEWCOMER = "newcomer@example.org"
UNHURRIED = {"seed": 7, "latency": [0.05, 0.1]}


def install_the_confirmation() -> None:
    made = world.variant()
    EmailTemplate.objects.filter(pk=made.email_id).update(key="confirmation", kind="transactional")


def are_at_work() -> bool:
    return {heartbeats.sender(lane) for lane in Lane} <= heartbeats.last_seen().keys()


def accepted(sink: SmtpSink) -> Counter[str]:
    return Counter(entry["recipient"] for entry in sink.accepted)


def test_a_campaign_is_restarted_halfway_and_a_confirmation_waits_for_nothing(tmp_path: Path):
    world.open_clinic()
    install_the_confirmation()
    readers = world.leads(DELIVERIES)
    with SmtpSink(UNHURRIED) as sink, crew(sink, tmp_path) as workers:
        wait_for(are_at_work)
        world.plan(readers)
        wait_for(lambda: len(sink.accepted) >= DELIVERIES // 6)
        consent.request(world.lead("newcomer", consents=False), evidence=Shown(), now=database_now())
        wait_for(lambda: NEWCOMER in accepted(sink))
        before_the_newcomer = len(sink.accepted)
        how_it_ended, doubts = workers.stop("marketing"), Uncertain.objects.count()
        at_the_restart = len(sink.accepted)
        workers.start_worker("marketing")
        wait_for(lambda: progress(Kind.CAMPAIGN, 7).is_settled)

    assert (how_it_ended, doubts) == (0, 0), workers.said()
    assert before_the_newcomer <= at_the_restart < DELIVERIES
    assert progress(Kind.CAMPAIGN, 7) == Progress(planned=DELIVERIES, submitted=DELIVERIES)
    assert accepted(sink) == dict.fromkeys([*(reader.email for reader in readers), NEWCOMER], 1)
