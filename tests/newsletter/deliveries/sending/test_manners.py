"""Bulk mail gives way; confirmations do not."""

import os
import threading

import pytest
from django.db import connection

from newsletter.deliveries.models import Lane
from newsletter.deliveries.sending import slot

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="this system knows no batch scheduling"),
]


def policy_after_a_slot(lane):
    """Of a thread of its own, whose policy is its own too."""
    found = []

    def work():
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # a thread begins with what started it
        slot.run(lane, seconds=0, should_stop=lambda: True)
        found.append(os.sched_getscheduler(0))
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found


@pytest.mark.parametrize(("lane", "policy"), [(Lane.MARKETING, "SCHED_BATCH"), (Lane.TRANSACTIONAL, "SCHED_OTHER")])
def test_only_marketing_asks_for_batch_scheduling(lane, policy):
    assert policy_after_a_slot(lane) == [getattr(os, policy)]
