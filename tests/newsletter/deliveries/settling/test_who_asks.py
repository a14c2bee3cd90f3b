"""Who asks about doubts and who only rings; a relay that carried one meanwhile, a power cut, a week."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from accounts.models import User
from clinic.clock import database_now
from newsletter import tasks, tick
from newsletter.deliveries import bell
from newsletter.deliveries.models import Chunk, Lane, Later, Outcome, State, Uncertain
from newsletter.deliveries.settling import asking, calls, reconcile
from newsletter.deliveries.settling.calls import Call
from tests.fakes.provider_api import drop
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.settling.doubtful import hand_over, in_doubt, later
from tests.newsletter.deliveries.transport.world import IMPATIENT

pytestmark = pytest.mark.django_db

OURS = "newsletter.deliveries.transport.smtp.Backend"


def send_again_by_a_relay(one):
    """Staff have one of a call sent again; by now mail leaves by a relay, which hangs up behind the dot."""
    person = User.objects.create_user("desk@harbour.example", name="Sam")
    reconcile.decide(one, again=True, by=person, now=database_now())
    with SmtpSink({"faults": [{"at": "dot", "do": "drop"}]}) as sink:
        options = {"host": "127.0.0.1", "port": sink.port, **IMPATIENT}
        django_settings.MAILERS["spare"] = {"BACKEND": OURS, "OPTIONS": options}
        hand_over("spare")
    return Uncertain.objects.get(delivery_id=one)


def test_what_a_relay_carried_meanwhile_is_not_searched_for_in_the_records_of_an_earlier_call(through, api):
    """They would say, truthfully, that it never left there: it would be offered once more, and may arrive twice."""
    planned = in_doubt(through, api, "postmark", plan=drop)
    again = planned.ids[1]
    send_again_by_a_relay(again)

    asking.settle(later(16))
    asking.settle(later(47))

    assert sorted(search["recipient"] for search in api.searches) == ["p0@example.org"] * 2 + ["p2@example.org"] * 2
    assert [row.delivery_id for row in Uncertain.objects.all()] == [again]
    assert world.states(planned.ids) == {"uncertain": 1, "later": 2}


def test_a_call_is_not_repeated_once_one_in_it_was_offered_to_another_way(through, api):
    """Had it never arrived, its repetition would carry out what the relay may have taken."""
    planned = in_doubt(through, api, plan=drop)
    send_again_by_a_relay(planned.ids[1])

    asking.settle(database_now())

    assert (len(api.requests), world.states(planned.ids)) == (1, {"uncertain": 3})
    call = Call.objects.get()
    assert (call.deliveries, call.replay_until) == ([planned.ids[0], planned.ids[2]], None)
    assert call.addresses == [calls.mark(f"p{n}@example.org") for n in (0, 2)]


def cut_off(planned, folder):
    """A sender whose machine lost its power in the middle of a call, and was away for half an hour."""
    Uncertain.objects.all().delete()
    Chunk.objects.update(mark=len(planned.ids), done=False, lease_owner="host-1-dead", lease_until=database_now())
    Call.objects.update(at=database_now() - timedelta(minutes=30))
    (folder / "host-1-dead.journal").write_text("boot another\n")


def test_a_call_is_kept_while_nobody_has_told_of_the_doubts_in_it(through, api, tmp_path):
    planned = in_doubt(through, api)
    cut_off(planned, tmp_path)

    assert calls.prune() == 0
    Later.objects.bulk_create(
        [
            Later(delivery_id=one, lane=Lane.MARKETING, due_at=database_now(), marked_at=database_now())
            for one in planned.ids
        ]
    )
    assert calls.prune() == 0
    Later.objects.update(marked_at=None)
    assert calls.prune() == 1


@pytest.fixture
def rung(django_capture_on_commit_callbacks):
    """How often a tick so many minutes from now rings for those who ask; the everyday ringer comes back."""
    before, heard = list(bell._ringers), []
    bell.register(heard.append)

    def by_a_tick_in(minutes):
        heard.clear()
        with django_capture_on_commit_callbacks(execute=True):
            tick.tick(now=later(minutes))
        return heard.count(bell.DOUBTS)

    yield by_a_tick_in
    bell._ringers[:] = before


@pytest.mark.parametrize(("name", "minutes"), [("resend", 0), ("postmark", 16)])
def test_the_tick_asks_nobody_itself_but_rings_for_who_reaches_the_outside(through, api, rung, name, minutes):
    in_doubt(through, api, name)

    assert (rung(minutes), len(api.requests), api.searches) == (1, 1, [])


def test_a_worker_that_has_sent_asks_too_since_who_is_rung_for_it_waits_behind_a_campaign(through, api):
    planned = in_doubt(through, api)

    tasks.send_marketing()

    assert (len(api.mails), world.states(planned.ids)) == (3, {"submitted": 3})


def test_nobody_is_rung_for_what_was_asked_of_late(through, api, rung):
    in_doubt(through, api, "postmark", count=1, plan=drop)
    assert rung(14) == 0
    asking.settle(later(16))

    assert rung(17) == 0


def test_a_worker_that_is_asked_to_stop_asks_nothing_more(through, api):
    in_doubt(through, api, "postmark", plan=drop)

    asking.settle(later(16), should_stop=lambda: len(api.searches) == 1)

    assert len(api.searches) == 1


def test_after_a_power_cut_the_next_tick_tells_of_what_was_under_way_and_it_is_settled(through, api, tmp_path):
    planned = in_doubt(through, api)
    cut_off(planned, tmp_path)

    tick.tick(now=database_now())
    asking.settle(database_now())

    assert world.states(planned.ids) == {"submitted": 3}
    assert len(api.mails) == 3


def test_what_nothing_settles_counts_as_sent_after_a_week(through, api):
    """From the lost answer to the end, by the ticks that time brings."""
    planned = in_doubt(through, api, "postmark", count=2, plan=drop)
    django_settings.MAILERS["marketing"]["OPTIONS"]["server_token"] = "another"

    tick.tick(now=database_now() + timedelta(days=6, hours=23))
    assert world.states(planned.ids) == {"uncertain": 2}
    tick.tick(now=database_now() + timedelta(days=7, hours=1))

    assert world.states(planned.ids) == {"closed": 2}
    assert {outcome.state for outcome in Outcome.objects.all()} == {State.CLOSED}
