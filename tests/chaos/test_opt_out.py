"""Two hundred one-click opt-outs while the campaign leaves, each just ahead of the mark."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections, transaction

from clinic.clock import database_now
from leads.consent import services as consent
from leads.models import Lead
from newsletter.deliveries.models import CHUNK_SIZE, Chunk, Delivery, State
from newsletter.models import Outcome
from tests.chaos.arena import arena, real_sender, wait_for
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DELIVERIES, OPT_OUTS, THREADS, WINDOW = 500, 200, 4, 10


def leave(ahead: int) -> tuple[str, bool]:
    """Opt the person out who is so far ahead of the mark; returns who, and whether the mark was past them by then.

    The address is locked until the commit, so that no gate can be between its look and its mark.
    """
    try:
        chunk = Chunk.objects.get()
        place = min(chunk.mark + ahead, chunk.size - 1)
        delivery = Delivery.objects.get(pk=chunk.pk * CHUNK_SIZE + place)
        lead = Lead.objects.get(pk=delivery.lead_id or 0)
        with transaction.atomic():
            consent.withdraw(lead, how="one-click", delivery_id=delivery.pk, now=database_now())
            return lead.email, place < Chunk.objects.get().mark
    finally:
        connections.close_all()


def test_nobody_whose_mail_the_mark_had_not_reached_at_the_opt_out_gets_it(tmp_path: Path):
    world.open_clinic()
    world.plan(world.leads(DELIVERIES))
    chance = random.Random(7)

    with arena(tmp_path, real_sender(), window=WINDOW) as made, ThreadPoolExecutor(THREADS) as pool:
        sender = made.start()
        wait_for(lambda: len(made.sink.accepted) > 0)
        left = list(pool.map(leave, [chance.randrange(2 * WINDOW) for _ in range(OPT_OUTS)]))
        assert sender.wait(60) == 0
        accepted = made.accepted()

    in_time = {address for address, was_past in left if not was_past}
    assert in_time & accepted.keys() == set()
    assert len(in_time) > 10
    assert Outcome.objects.filter(state=State.SUBMITTED).count() == accepted.total() == len(accepted)
    assert accepted.total() + Outcome.objects.filter(state=State.REFUSED).count() == DELIVERIES
