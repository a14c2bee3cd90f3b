"""`manage.py send --drain` where something goes wrong, or must not wait."""

import signal
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from clinic.clock import database_now
from newsletter import tick
from newsletter.deliveries import bell, breaker
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.models import Breaker, Lane
from newsletter.liveness import services as liveness
from newsletter.liveness.models import LinkCheck
from newsletter.management.commands import send
from tests.fakes.provider_api import ProviderApi, drop, taking
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world

RESEND = "anymail.backends.resend.EmailBackend"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings, tmp_path):
    """One relay for both lanes."""
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()
    handler = signal.getsignal(signal.SIGTERM)
    with SmtpSink() as found:
        mailer = {
            "BACKEND": "newsletter.deliveries.transport.smtp.Backend",
            "OPTIONS": {"host": "127.0.0.1", "port": found.port},
        }
        settings.MAILERS = dict.fromkeys(Lane.values, mailer)
        settings.LANES = {}
        yield found
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def at_tick():
    """Have this done at every tick."""
    before = list(tick._work)
    yield tick.register
    tick._work[:] = before


@pytest.fixture
def rung():
    """Who was rung for, for mail or for links."""
    before, heard = bell._ringers[:], []
    bell.register(heard.append)
    yield heard
    bell._ringers[:] = before


def said() -> str:
    out = StringIO()
    call_command("send", "--drain", stdout=out)
    return out.getvalue()


def test_a_relay_that_is_left_alone_ends_the_draining(sink):
    planned = world.plan(world.leads(3))
    soon = database_now() + timedelta(seconds=3)
    Breaker.objects.create(
        relay=breaker.relay_of("marketing"), since=soon, opened_at=soon, next_try_at=soon, failures=2, why="refused"
    )

    assert said() == "Mail is due that cannot leave now; `manage.py doctor` says why.\nWorked on 0 leases.\n"

    assert (world.states(planned.ids), sink.accepted) == ({"planned": 3}, [])


def test_a_slot_leaves_its_haste_to_nobody(sink):
    world.plan(world.leads(1))
    said()

    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("0",)


def test_whoever_does_all_the_work_rings_nobody_for_it(sink, at_tick, rung, settings):
    def work_comes(now):
        settings.LINK_CHECKS = True
        world.plan(world.leads(1))
        liveness.ask(["https://localhost/"], now=now)
        settings.LINK_CHECKS = False

    at_tick(work_comes)
    said()

    assert (len(sink.accepted), LinkCheck.objects.count(), rung) == (1, 1, [])


def test_whoever_sends_without_workers_asks_the_providers_too(sink, settings):
    """One call without an answer, whose mail the provider had taken: repeated, it is settled."""
    with ProviderApi() as api:
        options = {"api_key": "token", "api_url": api.url, "timeout": 2}
        settings.MAILERS = {**settings.MAILERS, "marketing": {"BACKEND": RESEND, "OPTIONS": options}}
        api.will(taking(drop))
        planned = world.plan(world.leads(2))
        call_command("send", stdout=StringIO())
        assert world.states(planned.ids) == {"uncertain": 2}
        Breaker.objects.all().delete()

        call_command("send", stdout=StringIO())

    assert (world.states(planned.ids), len(api.mails)) == ({"submitted": 2}, 2)


def test_work_of_the_tick_that_fails_keeps_no_mail_from_leaving_and_is_loud_at_the_end(sink, at_tick):
    def fail(now):
        raise LookupError("no such thing")

    planned = world.plan(world.leads(3))
    at_tick(fail)

    with pytest.raises(ExceptionGroup, match="Some of the tick's work failed"):
        said()

    assert world.states(planned.ids) == {"submitted": 3}


def test_a_confirmation_does_not_wait_until_the_marketing_mail_has_left(sink, at_tick, settings, monkeypatch):
    monkeypatch.setattr(send, "TURN_SECONDS", 0.6)
    settings.LANES = {Lane.MARKETING: LaneOptions("marketing", rate_per_second=4)}
    newcomer, ticks = world.lead("newcomer"), []

    def somebody_signs_up(now):
        ticks.append(now)
        if len(ticks) == 2:
            world.plan([newcomer], owner=8, lane=Lane.TRANSACTIONAL)

    world.plan(world.leads(8))
    at_tick(somebody_signs_up)
    said()

    order = [entry["recipient"] for entry in sink.accepted]
    assert len(order) == 9
    assert order[-1] != "newcomer@example.org"
