"""What the frequency cap counts: asked for everybody, and person by person."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings

from clinic.clock import database_now
from leads.models import Lead
from newsletter.deliveries import lately
from newsletter.deliveries.lately import Cap, Lately
from newsletter.deliveries.models import BatchState, Kind, Later, State
from newsletter.models import Batch, Chunk, Delivery, Uncertain
from tests.factories import clinics, mail, people

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CAP = Cap(1, 7 * DAY)


def left(ago: timedelta = DAY, state: int = State.SUBMITTED, **fields: object) -> Delivery:
    return mail.delivery(people.lead(), state=state, at=database_now() - ago, **fields)


def planned(**fields: object) -> Delivery:
    return mail.delivery(people.lead(), **fields)


def chunk_of(delivery: Delivery):
    return Chunk.objects.filter(pk=delivery.chunk_id)


def expired(delivery: Delivery) -> Delivery:
    Batch.objects.filter(chunks=delivery.chunk_id).update(expires_at=database_now() - DAY)
    return delivery


def marked(delivery: Delivery) -> Delivery:
    chunk_of(delivery).update(mark=1)
    return delivery


def done(delivery: Delivery) -> Delivery:
    chunk_of(delivery).update(mark=1, done=True)
    return delivery


def again(delivery: Delivery) -> Delivery:
    Later.objects.create(delivery_id=delivery.pk, lane="marketing", due_at=database_now() + DAY)
    return done(delivery)


def doubted(delivery: Delivery, ago: timedelta = DAY) -> Delivery:
    Uncertain.objects.create(delivery_id=delivery.pk, lane="marketing", since=database_now() - ago)
    return delivery


def held(delivery: Delivery) -> Delivery:
    Batch.objects.filter(chunks=delivery.chunk_id).update(state=BatchState.PAUSED)
    return delivery


COUNTS = {
    "submitted": left,
    "treated as sent": lambda: left(state=State.CLOSED),
    "a step of the course": lambda: left(kind=Kind.STEP),
    "planned": planned,
    "planned for tomorrow": lambda: planned(at=database_now() + DAY),
    "being handed over": lambda: marked(planned()),
    "to be tried again": lambda: again(planned()),
    "a step's, kept by a long pause of its sequence": lambda: held(expired(planned(kind=Kind.STEP))),
    "a step's, to be tried again after that": lambda: held(expired(again(planned(kind=Kind.STEP)))),
    "in doubt, its chunk at an end": lambda: doubted(done(planned())),
    "in doubt, its chunk under way": lambda: doubted(marked(planned())),
}
COUNTS_NOT = {
    "submitted long ago": lambda: left(8 * DAY),
    "refused by our own check": lambda: left(state=State.REFUSED),
    "failed": lambda: left(state=State.FAILED),
    "cancelled": lambda: left(state=State.CANCELLED),
    "expired": lambda: left(state=State.EXPIRED),
    "planned, and too late by now": lambda: expired(planned()),
    "to be tried again, and too late by now": lambda: expired(again(planned())),
    "a campaign's, paused until it is too late": lambda: held(expired(planned())),
    "a campaign's, paused until it is too late to try again": lambda: held(expired(again(planned()))),
    "in doubt for long": lambda: doubted(done(planned()), 8 * DAY),
    "in doubt for long, its chunk under way": lambda: doubted(marked(planned()), 8 * DAY),
    "a confirmation": lambda: left(kind=Kind.CONFIRMATION),
}


def full(cap: Cap = CAP) -> set[int]:
    """Who is full, asked in both ways."""
    now = database_now()
    sql, params = lately.full(cap, now)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        everybody = {lead_id for (lead_id,) in cursor.fetchall()}
    got = lately.of(list(Lead.objects.values_list("pk", flat=True)), cap, now)
    assert everybody == {lead_id for lead_id, one in got.items() if len(one.moments) >= cap.mails}
    return everybody


@pytest.mark.parametrize("what", COUNTS)
def test_what_left_lately_or_is_about_to_counts(what):
    counts = COUNTS[what]()

    assert full() == {counts.lead_id}


@pytest.mark.parametrize("what", COUNTS_NOT)
def test_what_never_left_or_left_long_ago_does_not(what):
    COUNTS_NOT[what]()

    assert full() == set()


def test_people_are_full_from_as_many_on_as_the_cap_says():
    busy, quiet = people.lead(), people.lead()
    for lead, mails in ((busy, 3), (quiet, 2)):
        for _ in range(mails):
            mail.delivery(lead, state=State.SUBMITTED)

    assert full(Cap(3, DAY)) == {busy.pk}
    assert full(Cap(2, DAY)) == {busy.pk, quiet.pk}


def test_there_is_room_again_when_the_oldest_that_counts_has_grown_old_enough():
    now = database_now()
    moments = [now - 2 * DAY, now - 6 * DAY, now - DAY]

    rooms = [Lately(list(moments)).room_at(Cap(mails, 7 * DAY), now) for mails in (4, 3, 2, 1)]

    assert rooms == [now, now + DAY, now + 5 * DAY, now + 6 * DAY]


def test_a_campaign_that_is_held_for_ever_counts_as_one_that_leaves_now():
    held = planned()
    chunk_of(held).update(due_at="9000-01-01T00:00:00Z")
    now = database_now()

    assert lately.of([held.lead_id], CAP, now)[held.lead_id].moments == [now]


def test_the_clinic_says_how_many_in_how_many_days_and_the_demos_days_are_short():
    clinics.clinic(cap_mails=3, cap_days=5)

    assert lately.cap() == Cap(3, 5 * DAY)
    with override_settings(SEQUENCE_DAY_SECONDS=20.0):
        assert lately.cap() == Cap(3, timedelta(seconds=100))
