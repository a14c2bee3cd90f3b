from datetime import timedelta

import pytest

from clinic.clock import database_now
from clinic.models import Clinic
from leads.models import Consent
from newsletter.deliveries import claim, services
from newsletter.deliveries.admission import gate
from newsletter.deliveries.models import Batch, Chunk, Delivery, Kind, Lane, Later, Outcome, State, Uncertain
from newsletter.deliveries.record import Record
from newsletter.deliveries.standing import holds
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clinic() -> Clinic:
    return world.open_clinic()


def lease(owner: str = "me") -> claim.Lease:
    found = claim.next_lease(Lane.MARKETING, owner=owner, window=10)
    assert found is not None
    return found


def reasons() -> dict[int, str]:
    return dict(Outcome.objects.values_list("delivery_id", "reason"))


def admitted_ids(window: int = 10) -> list[int]:
    found = gate.admit(lease(), Record(), window=window)
    return [row.id for row in found.rows] if found else []


def test_the_mark_covers_the_window_and_no_more():
    planned = world.plan(world.leads(5))
    taken = lease()

    first = gate.admit(taken, Record(), window=2)

    assert first is not None
    assert [row.id for row in first.rows] == planned.ids[:2]
    assert Chunk.objects.get().mark == 2


def test_without_consent_it_is_refused():
    planned = world.plan([world.lead("ann"), world.lead("bob", consents=False)])

    assert admitted_ids() == planned.ids[:1]
    assert reasons() == {planned.ids[1]: "no consent"}


def test_consent_withdrawn_or_expired_is_no_consent():
    people = world.leads(2)
    planned = world.plan(people)
    now = database_now()
    Consent.objects.filter(lead=people[0]).update(withdrawn_at=now, withdrawn_how="link")
    Consent.objects.filter(lead=people[1]).update(expires_at=now - timedelta(seconds=1))

    assert admitted_ids() == []
    assert set(reasons().values()) == {"no consent"}
    assert world.states(planned.ids) == {"refused": 2}


@pytest.mark.parametrize(("scope", "reason"), [(Scope.ALL, "suppressed"), (Scope.MARKETING, "unsubscribed")])
def test_a_suppressed_address_is_refused(scope: Scope, reason: str):
    person = world.lead("ann")
    planned = world.plan([person])
    cause = suppression.Cause(scope, SuppressionReason.STAFF)
    suppression.suppress(bytes(person.address_hash), cause=cause, now=database_now())

    assert admitted_ids() == []
    assert reasons() == {planned.ids[0]: reason}


def test_a_declined_topic_is_refused():
    person = world.lead("ann")
    person.declined_topics = ["newsletter"]
    person.save()
    planned = world.plan([person])

    assert admitted_ids() == []
    assert reasons() == {planned.ids[0]: "topic declined"}


def test_what_is_too_late_expires():
    planned = world.plan(world.leads(1), expires_at=database_now() - timedelta(minutes=1))

    assert admitted_ids() == []
    assert world.states(planned.ids) == {"expired": 1}


def test_a_person_who_paused_gets_no_campaign():
    person = world.lead("ann")
    person.paused_until = database_now() + timedelta(days=30)
    person.save()
    planned = world.plan([person])

    assert admitted_ids() == []
    assert reasons() == {planned.ids[0]: "paused by the person"}


def test_a_hold_stops_before_the_mark():
    planned = world.plan(world.leads(2))
    taken = lease()
    holds.hold("The mail server is being moved.", by=None, now=database_now())

    assert gate.admit(taken, Record(), window=10) is None
    assert world.states(planned.ids) == {"planned": 2}
    assert Chunk.objects.get().mark == 0


def test_an_unfinished_checklist_keeps_the_lane_shut(clinic: Clinic):
    world.plan(world.leads(1))
    clinic.sending_unlocked_at = None
    clinic.save()

    assert gate.admit(lease(), Record(), window=10) is None
    assert Chunk.objects.get().mark == 0


def test_a_pause_stops_before_the_mark_and_resumes_without_a_gap():
    planned = world.plan(world.leads(3))
    taken = lease()
    gate.admit(taken, Record(), window=1)
    services.pause(Kind.CAMPAIGN, 7)

    assert gate.admit(taken, Record(), window=1) is None
    assert claim.next_lease(Lane.MARKETING, owner="you", window=1) is None
    services.resume(Kind.CAMPAIGN, 7)
    assert admitted_ids() == planned.ids[1:]


def test_a_cancelled_campaign_ends_what_lies_beyond_the_mark():
    planned = world.plan(world.leads(5))
    taken = lease()
    gate.admit(taken, Record(), window=2)

    cancelled = services.cancel_batches(Kind.CAMPAIGN, 7, reason="cancelled by staff", now=database_now())

    assert cancelled == 3
    assert gate.admit(taken, Record(), window=2) is None
    assert world.states(planned.ids) == {"planned": 2, "cancelled": 3}
    assert Chunk.objects.get().done is True


def test_one_cancelled_delivery_is_not_admitted():
    planned = world.plan(world.leads(3))
    item = _lead_of(planned.ids[1])

    services.cancel(kind=Kind.CAMPAIGN, owner=7, item=item, reason="booked", now=database_now())

    assert admitted_ids() == [planned.ids[0], planned.ids[2]]


def test_what_was_handed_over_cannot_be_cancelled():
    planned = world.plan(world.leads(2))
    assert len(admitted_ids()) == 2

    assert services.cancel(kind=Kind.CAMPAIGN, owner=7, reason="booked", now=database_now()) == 0
    assert world.states(planned.ids) == {"planned": 2}


def test_a_later_row_can_be_cancelled_until_it_is_marked():
    planned = world.plan(world.leads(1))
    admitted_ids()
    Later.objects.create(delivery_id=planned.ids[0], lane=Lane.MARKETING, due_at=database_now())

    assert services.cancel(kind=Kind.CAMPAIGN, owner=7, reason="booked", now=database_now()) == 1
    assert world.states(planned.ids) == {"cancelled": 1}


def test_what_is_cancelled_while_it_is_handed_over_is_not_tried_again():
    planned = world.plan(world.leads(2))
    taken = lease()
    admitted = gate.admit(taken, Record(), window=2)
    services.cancel(kind=Kind.CAMPAIGN, owner=7, item=_lead_of(planned.ids[0]), reason="booked", now=database_now())
    busy = Record()
    for row in admitted.rows:
        busy.postpone(admitted.subject(row), until=admitted.at, reason="rcpt: 450 later")
    gate.admit(taken, busy, window=2)

    assert admitted_ids() == planned.ids[1:]
    assert reasons() == {planned.ids[0]: "booked"}


def test_a_sender_whose_lease_ran_out_marks_nothing():
    planned = world.plan(world.leads(3))
    mine = lease("slow")
    Chunk.objects.update(lease_until=database_now() - timedelta(seconds=1))
    lease("quick")

    with pytest.raises(gate.LeaseLost):
        gate.admit(mine, Record(), window=2)
    assert Chunk.objects.get().mark == 0
    assert world.states(planned.ids) == {"planned": 3}


def test_a_chunk_taken_over_names_the_former_window_uncertain():
    planned = world.plan(world.leads(5))
    gate.admit(lease("dead"), Record(), window=2)
    Chunk.objects.update(lease_until=database_now() - timedelta(seconds=1))

    next_one = gate.admit(lease("quick"), Record(), window=2)

    assert next_one is not None
    assert [row.id for row in next_one.rows] == planned.ids[2:4]
    assert world.states(planned.ids) == {"uncertain": 2, "planned": 3}


def test_a_postponed_mail_that_has_ended_or_is_in_doubt_does_not_stand_in_the_way_of_others():
    ended, doubted, *others = world.plan(world.leads(4)).ids
    Chunk.objects.update(mark=2)
    for one in (ended, doubted):
        Later.objects.create(delivery_id=one, lane=Lane.MARKETING, due_at=database_now())
    Outcome.objects.create(delivery_id=ended, at=database_now(), state=State.CANCELLED)
    Uncertain.objects.create(delivery_id=doubted, lane=Lane.MARKETING, since=database_now())

    gate.admit(lease(), Record(), window=10)

    assert admitted_ids() == others
    assert Later.objects.count() == 0


def later_lease(owner: str) -> claim.Lease:
    taken = lease(owner)
    assert taken.is_later
    return taken


def pause_all() -> None:
    services.pause(Kind.CAMPAIGN, 7)


def expire_all() -> None:
    Batch.objects.update(expires_at=database_now() - timedelta(seconds=1))


@pytest.mark.parametrize("change", [pause_all, expire_all])
def test_a_sender_that_lost_a_postponed_mail_writes_nothing_of_it_not_even_that_it_may_not_leave(change):
    """Another has it under way: put back it would leave twice, ended the other's answer would be dropped."""
    planned = world.plan(world.leads(2))
    Chunk.objects.update(mark=2)
    for one in planned.ids:
        Later.objects.create(delivery_id=one, lane=Lane.MARKETING, due_at=database_now())
    slow = later_lease("slow")
    Later.objects.filter(delivery_id=planned.ids[0]).update(lease_until=database_now() - timedelta(seconds=1))
    assert gate.admit(later_lease("quick"), Record(), window=10) is not None
    change()

    assert gate.admit(slow, Record(), window=10) is None

    other = Later.objects.get(delivery_id=planned.ids[0])
    assert (other.lease_owner, other.marked_at is None) == ("quick", False)
    assert world.states(planned.ids) == ({"later": 2} if change is pause_all else {"later": 1, "expired": 1})


def _lead_of(delivery_id: int) -> int:
    return Delivery.objects.get(pk=delivery_id).item
