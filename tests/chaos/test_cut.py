"""A database that hangs up on the sender, again and again, as one does that is restarted."""

from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from newsletter.deliveries.models import Kind
from newsletter.deliveries.queries import progress
from tests.chaos.arena import arena, real_sender, wait_for
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DELIVERIES = 400
CUTS = 4
UNKNOWN_HERE = {"at": "rcpt", "reply": "550 5.1.1 nobody here", "share": 0.1}


def hang_up() -> None:
    """Close every connection but the test's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_whose_database_hangs_up_in_the_middle_mails_nobody_twice_and_doubts_nothing(tmp_path: Path):
    """Bounces are written while mails are under way, so that the cuts hit every moment of a window."""
    world.open_clinic()
    readers = world.leads(DELIVERIES)
    world.plan(readers)

    with arena(tmp_path, real_sender(), latency=[0.02, 0.04], faults=[UNKNOWN_HERE]) as made:
        for cut in range(1, CUTS + 1):
            process = made.start()
            wait_for(partial(made.has_handed_over, len(made.sink.accepted) + 20))
            hang_up()
            assert process.wait(60) == 1, f"cut {cut} came too late"
        made.run_to_the_end()
        accepted = made.accepted()

    found = progress(Kind.CAMPAIGN, 7)
    assert set(accepted.values()) == {1}
    assert (found.submitted, found.failed) == (accepted.total(), DELIVERIES - accepted.total())
