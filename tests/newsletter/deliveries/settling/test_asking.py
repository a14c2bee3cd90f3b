"""Doubts about calls to providers: repeated, searched for, told of, or closed after a week."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from accounts.models import User
from clinic.clock import database_now
from leads.models import Lead
from newsletter.deliveries.models import Batch, BatchState, Later, Outcome, Uncertain
from newsletter.deliveries.settling import asking, calls, reconcile
from newsletter.deliveries.settling.calls import Call, Search
from newsletter.deliveries.standing import holds
from newsletter.deliveries.transport import memory
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.fakes.provider_api import drop, json, raw, taking
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.settling.doubtful import in_doubt, later

pytestmark = pytest.mark.django_db


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


def test_calls_are_forgotten_when_nothing_in_them_is_in_doubt(through, api):
    planned = in_doubt(through, api, "postmark")
    for one in planned.ids:
        reconcile.evidence(one, submitted=True, now=database_now(), reason="told")

    assert calls.prune() == 0
    assert calls.prune(older_than=timedelta(0)) == 1
