"""Doubts about calls to providers: repeated, searched for, told of, or closed after a week."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from accounts.models import User
from clinic.clock import database_now
from leads.models import Lead
from newsletter import tick
from newsletter.deliveries import bell, claim
from newsletter.deliveries.admission import revisions
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Batch, BatchState, Chunk, Lane, Later, Outcome, State, Uncertain
from newsletter.deliveries.sending.dispatch import Sender, send_lease
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.settling import asking, calls, reconcile
from newsletter.deliveries.settling.calls import Call, Search
from newsletter.deliveries.standing import holds
from newsletter.deliveries.transport import memory
from newsletter.deliveries.transport.provider import open_lane
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.fakes.provider_api import ProviderApi, drop, json, raw, taking
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.transport.world import IMPATIENT

pytestmark = pytest.mark.django_db

OURS = "newsletter.deliveries.transport.smtp.Backend"
KEYS = {"postmark": "server_token", "resend": "api_key", "brevo": "api_key"}


@pytest.fixture
def api():
    with ProviderApi() as running:
        yield running


@pytest.fixture
def through(settings, api, tmp_path: Path):
    """Hand what is due to the provider of this name."""
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()
    revisions.letter.cache_clear()

    def send(name: str, **options: object) -> None:
        backend = f"anymail.backends.{name}.EmailBackend"
        options = {KEYS[name]: "token", "api_url": api.url, "timeout": 1, **options}
        settings.MAILERS = {"marketing": {"BACKEND": backend, "OPTIONS": options}}
        hand_over("marketing")

    return send


def hand_over(alias):
    transport = open_lane(alias)
    with FileJournal() as journal:
        lease = claim.next_lease(Lane.MARKETING, owner=journal.owner, window=100)
        assert lease is not None
        send_lease(lease, sender=Sender(transport, journal, Stride(100), lambda: False))
    transport.close()


def in_doubt(through, api, name="resend", *, count=3, plan=taking(drop)):  # noqa: B008
    """A call of three that got no answer; by default the provider had taken it."""
    api.will(plan)
    planned = world.plan(world.leads(count))
    through(name)
    assert world.states(planned.ids) == {"uncertain": count}
    return planned


def later(minutes):
    return database_now() + timedelta(minutes=minutes)


def test_a_call_is_remembered_before_it_leaves_and_forgotten_when_it_is_answered(through):
    planned = world.plan(world.leads(3))
    remembered = []

    class Watched(calls.Book):
        def forget(self, numbers):
            remembered.extend(Call.objects.filter(pk__in=numbers).values_list("deliveries", flat=True))
            super().forget(numbers)

    memory.register(Watched())
    try:
        through("resend")
    finally:
        memory.register(calls.Book())

    assert remembered == [planned.ids]
    assert Call.objects.count() == 0


def test_a_call_without_an_answer_stays_remembered_with_its_key_and_no_address(through, api):
    planned = in_doubt(through, api)

    call = Call.objects.get()
    assert (call.mailer, call.key, call.deliveries) == ("marketing", api.keys[0], planned.ids)
    assert call.addresses == [calls.mark(person.email) for person in Lead.objects.order_by("id")]
    assert timedelta(hours=22) < call.replay_until - call.at < timedelta(hours=24)


def test_a_repeated_call_settles_everybody_in_it_and_nobody_gets_two(through, api):
    planned = in_doubt(through, api)

    asking.settle(database_now())

    assert world.states(planned.ids) == {"submitted": 3}
    assert api.keys == [api.keys[0]] * 2
    assert api.bodies[0] == api.bodies[1]
    assert len(api.mails) == 3
    assert set(Outcome.objects.values_list("provider_id", flat=True)) == {"id-1-1", "id-1-2", "id-1-3"}


def test_calls_of_single_mails_are_repeated_one_by_one(through, api):
    planned = world.plan(world.leads(3))
    api.will(*[taking(drop)] * 3)
    through("brevo")
    assert world.states(planned.ids) == {"uncertain": 3}

    asking.settle(database_now())

    assert world.states(planned.ids) == {"submitted": 3}
    assert sorted(api.bodies[:3]) == sorted(api.bodies[3:])
    assert sorted(int(mail.delivery) for mail in api.mails) == planned.ids


def test_a_call_that_never_arrived_is_carried_out_by_its_repetition(through, api):
    planned = in_doubt(through, api, plan=drop)

    asking.settle(database_now())

    assert world.states(planned.ids) == {"submitted": 3}
    assert len(api.mails) == 3


def unsubscribe(person):
    cause = Cause(Scope.MARKETING, SuppressionReason.UNSUBSCRIBED)
    suppression.suppress(bytes(person.address_hash), cause=cause, now=database_now())


def rename(person):
    Lead.objects.filter(pk=person.pk).update(first_name="Somebody else", email="else@example.org")


def hold(person):
    holds.hold("a test", by=None, now=database_now())


def settle_one(person):
    first = Uncertain.objects.order_by("delivery_id").first()
    reconcile.evidence(first.delivery_id, submitted=True, now=database_now(), reason="told")


def too_late(person):
    Call.objects.update(replay_until=database_now() - timedelta(seconds=1))


def another_account(person):
    django_settings.MAILERS["marketing"]["OPTIONS"]["api_key"] = "another"


@pytest.mark.parametrize("change", [unsubscribe, rename, hold, settle_one, too_late, another_account])
def test_a_call_is_not_repeated_when(through, api, change):
    planned = in_doubt(through, api)
    change(Lead.objects.order_by("id").last())

    asking.settle(database_now())

    assert len(api.requests) == 1
    assert world.states(planned.ids)["uncertain"] == (2 if change is settle_one else 3)


def test_a_call_of_a_paused_campaign_is_repeated_when_it_goes_on(through, api):
    planned = in_doubt(through, api)
    Batch.objects.update(state=BatchState.PAUSED)
    asking.settle(database_now())
    assert len(api.requests) == 1

    Batch.objects.update(state=BatchState.OPEN)
    Call.objects.update(lease_until=database_now() - timedelta(seconds=1))
    asking.settle(database_now())

    assert world.states(planned.ids) == {"submitted": 3}
    assert len(api.mails) == 3


def test_a_repetition_without_an_answer_waits_for_the_next(through, api):
    planned = in_doubt(through, api)
    api.will(drop)

    asking.settle(database_now())
    assert (world.states(planned.ids), len(api.requests)) == ({"uncertain": 3}, 2)

    asking.settle(database_now())
    assert len(api.requests) == 2

    Call.objects.update(lease_until=database_now() - timedelta(seconds=1))
    asking.settle(database_now())
    assert (world.states(planned.ids), len(api.mails)) == ({"submitted": 3}, 3)


def test_a_refusal_of_the_repetition_settles_nothing(through, api):
    planned = in_doubt(through, api)
    api.will(json(409, {"name": "invalid_idempotent_request"}))

    asking.settle(database_now())

    assert world.states(planned.ids) == {"uncertain": 3}


def test_only_the_last_call_of_a_delivery_is_repeated(through, api):
    """What was refused before it was tried again must not be asked for a second time."""
    planned = in_doubt(through, api)
    older = Call.objects.get()
    Call.objects.create(
        mailer="marketing",
        relay="another",
        deliveries=planned.ids[:1],
        addresses=older.addresses[:1],
        at=database_now(),
    )

    asking.settle(database_now())

    assert len(api.requests) == 1


def test_records_are_not_searched_before_they_have_had_time(through, api):
    in_doubt(through, api, "postmark")

    asking.settle(later(14))

    assert api.searches == []


def test_what_the_records_have_was_submitted(through, api):
    planned = in_doubt(through, api, "postmark")

    asking.settle(later(16))

    assert world.states(planned.ids) == {"submitted": 3}
    assert sorted(search["recipient"] for search in api.searches) == [f"p{n}@example.org" for n in range(3)]
    assert {search["messagestream"] for search in api.searches} == {"outbound"}
    assert Outcome.objects.order_by("delivery_id").first().provider_id == f"found-{planned.ids[0]}"


def test_what_the_records_do_not_have_twice_is_offered_to_the_gate_again(through, api):
    planned = in_doubt(through, api, "postmark", plan=drop)

    asking.settle(later(16))
    assert (world.states(planned.ids), len(api.searches)) == ({"uncertain": 3}, 3)
    asking.settle(later(45))
    assert len(api.searches) == 3

    asking.settle(later(47))
    assert world.states(planned.ids) == {"later": 3}
    Later.objects.update(due_at=database_now() - timedelta(seconds=1))
    unsubscribe(Lead.objects.order_by("id").last())
    through("postmark")

    assert world.states(planned.ids) == {"submitted": 2, "refused": 1}
    assert len(api.mails) == 2


def test_what_was_not_found_before_it_was_sent_again_says_nothing_about_the_new_doubt(through, api):
    planned = in_doubt(through, api, "postmark", count=1, plan=drop)
    asking.settle(later(16))
    person = User.objects.create_user("desk@harbour.example", name="Sam")
    reconcile.decide(planned.ids[0], again=True, by=person, now=database_now())
    api.will(drop)
    through("postmark")

    asking.settle(later(47))

    assert world.states(planned.ids) == {"uncertain": 1}
    assert [search.misses for search in Search.objects.all()] == [1]


SAYS_NOTHING = {
    "an error": raw(500, b""),
    "a refusal": raw(401, b"{}"),
    "no json": raw(200, b"<html>"),
    "another page": json(200, {"TotalCount": 600, "Messages": []}),
    "messages without metadata": json(200, {"TotalCount": 1, "Messages": [{"MessageID": "a"}]}),
    "a dead line": drop,
}


@pytest.mark.parametrize("case", SAYS_NOTHING)
def test_an_answer_that_says_nothing_settles_nothing(through, api, case):
    planned = in_doubt(through, api, "postmark", count=1, plan=drop)
    for minutes in (16, 47, 78, 109):
        api.search_plans.append(SAYS_NOTHING[case])
        asking.settle(later(minutes))

    assert len(api.searches) == 4
    assert world.states(planned.ids) == {"uncertain": 1}
    assert Search.objects.get().misses == 0


@pytest.mark.parametrize("change", [rename, another_account])
def test_records_are_not_searched_for_another_address_or_in_another_account(through, api, change):
    planned = in_doubt(through, api, "postmark", count=1, plan=drop)
    if change is another_account:
        django_settings.MAILERS["marketing"]["OPTIONS"]["server_token"] = "another"
    else:
        change(Lead.objects.get())

    asking.settle(later(16))
    asking.settle(later(47))

    assert api.searches == []
    assert world.states(planned.ids) == {"uncertain": 1}


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


def test_calls_are_forgotten_when_nothing_in_them_is_in_doubt(through, api):
    planned = in_doubt(through, api, "postmark")
    for one in planned.ids:
        reconcile.evidence(one, submitted=True, now=database_now(), reason="told")

    assert calls.prune() == 0
    assert calls.prune(older_than=timedelta(0)) == 1


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
