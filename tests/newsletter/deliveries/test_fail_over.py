"""Two relays, one of which errs: the slot turns to the other, comes back, and nobody gets two mails."""

import asyncio
import socket
from collections import Counter
from datetime import UTC, datetime

import pytest

from newsletter.deliveries import breaker
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.models import Breaker, Chunk, Lane, Later, Uncertain
from newsletter.deliveries.sending import slot
from tests.fakes.provider_api import ProviderApi, json
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.transport.world import IMPATIENT

pytestmark = pytest.mark.django_db(transaction=True)

OURS = "newsletter.deliveries.transport.smtp.Backend"
RESEND = "anymail.backends.resend.EmailBackend"
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


class SinkAt(SmtpSink):
    """A sink on a port that is known before it starts."""

    def __init__(self, port, rules=None):
        super().__init__(rules)
        self.wanted = port

    async def _run_in_thread(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await self.serve(self._stop, lambda _: self._ready.set(), self.wanted)


@pytest.fixture
def lane(settings, tmp_path):
    """Have marketing leave by the first port, and by the second while the first is down."""
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()

    def two(first, second, **options):
        settings.MAILERS = {
            name: {"BACKEND": OURS, "OPTIONS": {"host": "127.0.0.1", "port": port, "connections": 2, **IMPATIENT}}
            for name, port in (("first", first), ("second", second))
        }
        settings.LANES = {Lane.MARKETING: LaneOptions("first", fail_over="second", **{"window": 10, **options})}

    return two


def work():
    return slot.run(Lane.MARKETING, seconds=20, should_stop=lambda: False)


def have_opened(sink, *, until):
    relay = f"127.0.0.1:{sink.port}"
    Breaker.objects.update_or_create(
        relay=relay, defaults={"since": world.PAST, "opened_at": world.PAST, "next_try_at": until, "failures": 2}
    )


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def took(*sinks):
    """Who was taken by any of these relays, by their own logs."""
    return Counter(entry["recipient"] for sink in sinks for entry in sink.accepted)


FIRST_DOES = {
    "drops after the dot": [{"at": "dot", "do": "accept_drop"}],
    "drops after the dot now and then": [{"at": "dot", "do": "accept_drop", "share": 0.4}],
    "drops before it takes": [{"at": "dot", "do": "drop"}],
    "never answers the dot": [{"at": "dot", "do": "accept_hang"}],
    "answers 421 at once": [{"at": "banner", "reply": "421 4.3.2 closing"}],
    "answers 421 to everybody": [{"at": "mail", "reply": "421 4.3.2 closing"}],
    "answers 421 after a few": [{"at": "mail", "reply": "421 4.3.2 closing", "after": 7}],
}


@pytest.mark.parametrize("does", FIRST_DOES)
def test_nobody_gets_two_mails_whatever_the_first_relay_does(lane, does):
    planned = world.plan(world.leads(40))
    with SmtpSink({"seed": 7, "faults": FIRST_DOES[does]}) as first, SmtpSink() as second:
        lane(first.port, second.port)
        for _ in range(6):
            world.make_due()
            work()

        everybody = took(first, second)
        in_doubt = Uncertain.objects.count()
        assert set(everybody.values()) <= {1}
        assert world.states(planned.ids) == {"submitted": 40 - in_doubt} | ({"uncertain": in_doubt} if in_doubt else {})
        assert len(everybody) >= 40 - in_doubt
        assert in_doubt < 30


@pytest.mark.parametrize("does", ["drops after the dot", "answers 421 at once"])
def test_what_the_first_relay_leaves_goes_by_the_second(lane, does):
    planned = world.plan(world.leads(40))
    with SmtpSink({"faults": FIRST_DOES[does]}) as first, SmtpSink() as second:
        lane(first.port, second.port)
        for _ in range(4):
            world.make_due()
            work()

        assert len(second.accepted) == world.states(planned.ids)["submitted"]
        assert [trouble.mailers for trouble in breaker.state()] == [("first",)]


def test_a_relay_that_refuses_connections_is_left_and_found_again(lane):
    port = free_port()
    before, after = world.leads(20), [world.lead(f"q{n}") for n in range(20)]
    planned = world.plan(before)
    with SmtpSink() as second:
        lane(port, second.port)
        for _ in range(3):
            world.make_due()
            work()
        assert world.states(planned.ids) == {"submitted": 20}
        assert len(second.accepted) == 20

        with SinkAt(port) as first:
            later = world.plan(after, owner=8)
            world.let_time_pass()
            work()

            assert world.states(later.ids) == {"submitted": 20}
            assert (len(first.accepted), len(second.accepted)) == (20, 20)
            assert set(took(first, second).values()) == {1}
            assert breaker.state() == []


def test_what_is_in_doubt_waits_for_evidence_and_not_for_another_relay(lane):
    planned = world.plan(world.leads(1))
    with SmtpSink({"faults": FIRST_DOES["drops after the dot"]}) as first, SmtpSink() as second:
        lane(first.port, second.port)
        work()
        have_opened(first, until=FUTURE)
        world.make_due()
        work()

        assert world.states(planned.ids) == {"uncertain": 1}
        assert (len(first.accepted), len(second.accepted)) == (1, 0)


def test_while_both_relays_are_away_nothing_is_claimed_and_no_attempt_is_spent(lane):
    planned = world.plan(world.leads(20))
    lane(free_port(), free_port())
    for _ in range(4):
        world.make_due()
        work()

    assert [trouble.mailers for trouble in breaker.state()] == [("first",), ("second",)]
    fences = list(Chunk.objects.values_list("fence", flat=True))
    world.make_due()

    assert work() == 0
    assert list(Chunk.objects.values_list("fence", flat=True)) == fences
    assert sum(world.states(planned.ids).values()) == 20
    assert set(Later.objects.values_list("attempt", flat=True)) == {0}


def both_lanes(settings, backend, options):
    """Marketing and confirmations leave by the same relay or account."""
    settings.MAILERS = {lane.value: {"BACKEND": backend, "OPTIONS": options} for lane in Lane}
    settings.LANES = {}


def slot_of(lane):
    return slot.run(lane, seconds=20, should_stop=lambda: False)


def test_a_campaign_that_a_provider_slows_down_keeps_no_confirmation_waiting(lane, settings):
    campaign = world.plan(world.leads(3))
    confirmation = world.plan([world.lead("ada")], owner=8, lane=Lane.TRANSACTIONAL)
    with ProviderApi() as api:
        both_lanes(settings, RESEND, {"api_key": "token", "api_url": api.url, "timeout": 2})
        api.will(json(429, {"name": "rate_limit_exceeded"}, Retry_After="3600"))
        slot_of(Lane.MARKETING)
        world.make_due()
        slot_of(Lane.TRANSACTIONAL)
        slot_of(Lane.MARKETING)

        assert world.states(campaign.ids) == {"later": 3}
        assert world.states(confirmation.ids) == {"submitted": 1}
        assert len(api.requests) == 2


def test_a_relay_that_has_too_many_connections_of_a_campaign_takes_a_confirmation(lane, settings):
    campaign = world.plan(world.leads(3))
    confirmation = world.plan([world.lead("ada")], owner=8, lane=Lane.TRANSACTIONAL)
    with SmtpSink({"faults": [{"at": "banner", "reply": "421 4.7.0 too many", "times": 2}]}) as relay:
        both_lanes(settings, OURS, {"host": "127.0.0.1", "port": relay.port, "connections": 1, **IMPATIENT})
        for _ in range(2):
            world.make_due()
            slot_of(Lane.MARKETING)
        slot_of(Lane.TRANSACTIONAL)

        assert [trouble.lane for trouble in breaker.state()] == [Lane.MARKETING]
        assert (sum(world.states(campaign.ids).values()), world.states(confirmation.ids)) == (3, {"submitted": 1})
        assert len(relay.accepted) == 1


def test_a_probe_risks_one_mail(lane):
    world.plan(world.leads(20))
    with SmtpSink({"faults": FIRST_DOES["drops after the dot"]}) as first, SmtpSink() as second:
        lane(first.port, second.port)
        have_opened(first, until=world.PAST)
        work()

        assert (len(first.accepted), len(second.accepted)) == (1, 19)
        assert Uncertain.objects.count() == 1
        assert [trouble.failures for trouble in breaker.state()] == [3]
