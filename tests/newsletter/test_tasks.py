"""The bell when its broker fails: whoever rings goes on."""

import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from config.celery import app
from newsletter import tasks
from newsletter.deliveries import bell
from newsletter.deliveries.models import Lane


@pytest.fixture
def hole() -> Iterator[socket.socket]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_what_waits_for_an_answer_of_a_provider_is_rung_like_a_lane(hole, monkeypatch, caplog):
    monkeypatch.setitem(app.conf, "broker_write_url", f"redis://127.0.0.1:{hole.getsockname()[1]}/0")
    hole.close()

    with caplog.at_level(logging.WARNING):
        tasks.ring(bell.DOUBTS)

    assert caplog.messages == ["The broker is away; doubts wait for the next tick."]


def rings_within(seconds: float) -> bool:
    ringing = threading.Thread(target=tasks.ring, args=[Lane.TRANSACTIONAL], daemon=True)
    ringing.start()
    ringing.join(seconds)
    return not ringing.is_alive()


def test_a_broker_that_swallows_everything_does_not_keep_who_rings(hole, monkeypatch, caplog):
    monkeypatch.setitem(app.conf, "broker_write_url", f"redis://127.0.0.1:{hole.getsockname()[1]}/0")

    with caplog.at_level(logging.WARNING):
        assert rings_within(15)

    assert caplog.messages == ["The broker is away; the transactional lane waits for the next tick."]


def test_a_broker_that_is_away_does_not_keep_who_rings(hole, monkeypatch, caplog):
    monkeypatch.setitem(app.conf, "broker_write_url", f"redis://127.0.0.1:{hole.getsockname()[1]}/0")
    hole.close()

    with caplog.at_level(logging.WARNING):
        assert rings_within(15)

    assert caplog.messages == ["The broker is away; the transactional lane waits for the next tick."]
