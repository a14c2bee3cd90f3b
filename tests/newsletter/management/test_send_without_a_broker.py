"""`manage.py send --drain` as a process of its own, where nobody answers at the address of Redis."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.deliveries.models import Lane
from tests.chaos.arena import environment
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def nowhere() -> str:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return f"redis://127.0.0.1:{gone.getsockname()[1]}/0"


def test_a_lane_with_a_rate_and_one_without_send_everything_though_redis_is_gone(tmp_path: Path):
    world.open_clinic()
    campaign = world.plan(world.leads(12))
    confirmations = world.plan([world.lead("newcomer")], owner=8, lane=Lane.TRANSACTIONAL)

    with SmtpSink() as sink:
        told = {"REDIS_URL": nowhere(), "MARKETING_LANE": json.dumps({"rate_per_second": 40})}
        drained = subprocess.run(
            [sys.executable, "manage.py", "send", "--drain"],
            env=environment(sink.port, tmp_path) | told,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        taken = sorted(entry["recipient"] for entry in sink.accepted)

    assert drained.returncode == 0, drained.stderr
    assert taken == sorted(["newcomer@example.org", *(f"p{number}@example.org" for number in range(12))])
    assert (world.states(campaign.ids), world.states(confirmations.ids)) == ({"submitted": 12}, {"submitted": 1})
    assert "Redis is away (ConnectionError); each marketing sender keeps to its share." in drained.stdout
    assert "transactional sender" not in drained.stdout
