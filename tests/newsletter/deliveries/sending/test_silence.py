"""A relay that hangs, or dawdles over one reader: silence costs attempts, is told to the breaker, and has an end."""

from datetime import timedelta

import pytest

from clinic.clock import database_now
from newsletter.deliveries import breaker, record
from newsletter.deliveries.admission import letters
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.models import Lane, Later, Outcome
from newsletter.deliveries.sending import slot
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.transport.world import IMPATIENT

pytestmark = pytest.mark.django_db(transaction=True)

BEGUN = 0.3
"""Shorter than the relay has for a reply, as it is outside of tests."""


@pytest.fixture
def lane(settings, tmp_path, monkeypatch):
    """Have marketing leave by these relays; the second where the first is left alone."""
    settings.JOURNAL_DIR = tmp_path
    monkeypatch.setattr(letters, "BEGUN", BEGUN)
    world.open_clinic()

    def by(*sinks, **options):
        options = {"host": "127.0.0.1", "connections": 2, **IMPATIENT, **options}
        settings.MAILERS = {
            name: {"BACKEND": "newsletter.deliveries.transport.smtp.Backend", "OPTIONS": {**options, "port": sink.port}}
            for name, sink in zip(("first", "second"), sinks, strict=False)
        }
        spare = "second" if len(sinks) > 1 else ""
        settings.LANES = {Lane.MARKETING: LaneOptions("first", fail_over=spare, window=6)}

    return by


def work():
    return slot.run(Lane.MARKETING, seconds=8, should_stop=lambda: False)


@pytest.mark.parametrize("at", ["mail", "rcpt", "data"])
def test_a_relay_that_hangs_is_left_and_mail_goes_by_the_other(lane, at):
    planned = world.plan(world.leads(12))
    with SmtpSink({"faults": [{"at": at, "do": "hang"}]}) as first, SmtpSink() as second:
        lane(first, second)
        work()
        assert [trouble.mailers for trouble in breaker.state()] == [("first",)]
        attempts = Later.objects.values_list("attempt", flat=True)
        assert set(attempts) == {0, 1}

        Later.objects.update(due_at=world.PAST)
        work()

        assert world.states(planned.ids) == {"submitted": 12}
        assert (len(first.accepted), len(second.accepted)) == (0, 12)


def test_who_could_not_begin_beside_silence_lets_others_go_first(lane):
    world.plan(world.leads(6))
    with SmtpSink({"faults": [{"at": "rcpt", "do": "hang"}]}) as relay:
        lane(relay)
        work()

    waiting = Later.objects.filter(reason="not begun")
    assert waiting.count() == 4
    assert all(row.due_at > database_now() + record.RELAY_REST / 2 for row in waiting)


def test_a_reader_over_whom_the_relay_always_hangs_expires(lane):
    planned = world.plan(world.leads(1))
    with SmtpSink({"faults": [{"at": "rcpt", "do": "hang"}]}) as relay:
        lane(relay)
        work()
        assert list(Later.objects.values_list("attempt", flat=True)) == [1]

        Later.objects.update(attempt=len(record.BACK_OFF))
        world.let_time_pass()
        work()

    assert world.states(planned.ids) == {"expired": 1}
    assert Outcome.objects.get().reason.startswith("Gave up: rcpt: no answer in time")


SLOW = {
    "never answers": ({"do": "hang"}, {}),
    "says yes too late": ({"do": "pause", "seconds": 2 * BEGUN}, {"timeout": 30.0}),
}


@pytest.mark.parametrize("does", SLOW)
def test_one_slow_reader_keeps_no_campaign_waiting(lane, does):
    fault, options = SLOW[does]
    planned = world.plan(world.leads(12))
    with SmtpSink({"faults": [{"at": "rcpt", "recipient": "p0@", **fault}]}) as relay:
        lane(relay, **options)
        work()

        assert world.states(planned.ids) == {"submitted": 11, "later": 1}
        (slow,) = Later.objects.all()
        assert (slow.delivery_id, slow.attempt) == (planned.ids[0], 1)
        assert slow.due_at > database_now() + timedelta(seconds=30)

        world.let_time_pass()
        more = world.plan([world.lead(f"q{n}") for n in range(12)], owner=8)
        work()

        assert world.states(more.ids) == {"submitted": 12}
        assert list(Later.objects.values_list("delivery_id", "attempt")) == [(planned.ids[0], 2)]
        assert breaker.state() == []
