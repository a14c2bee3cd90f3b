"""For whom a way begins, whether it may again, and who is held out."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from leads.models import Lead
from leads.tags import services as tags
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import services, walk
from newsletter.sequences.entering import enter
from newsletter.sequences.models import ExitReason
from newsletter.sequences.plan.document import Again
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from tests.factories import people
from tests.newsletter.sequences.course import planned
from tests.newsletter.sequences.plans import email, plan
from tests.newsletter.sequences.ways import DAY, NOW, begun, ending, publish, reader, sequence, who

pytestmark = pytest.mark.django_db
TAGGED = {"name": "tagged", "value": "knee", "not": False}
NO_LONGER_KNOWN = {"name": "left-handed", "value": "", "not": False}


def bounced(lead: Lead) -> Lead:
    cause = suppression.Cause(Scope.ALL, SuppressionReason.HARD_BOUNCE)
    suppression.suppress(people.hash_of(lead), cause=cause, now=NOW)
    return lead


def test_only_who_agreed_and_declined_nothing_comes_in():
    knee = sequence(email(1))
    welcome = reader()
    others = [
        people.lead(),
        reader(status="patient"),
        reader(declined_topics=["course"]),
        people.consent(withdrawn_at=NOW, withdrawn_how="form").lead,
        people.consent(expires_at=NOW).lead,
        people.consent(purpose="inquiry").lead,
        bounced(reader()),
    ]

    assert enter(knee, [welcome.pk, *(lead.pk for lead in others)], now=NOW) == [welcome.pk]

    way = Enrolment.objects.get()
    assert (way.lead, way.version, way.consent) == (welcome, knee.published, welcome.consents.get())
    assert (way.state, way.next_position, way.due_at, way.since, way.enrolled_at) == ("active", 0, NOW, NOW, NOW)


def test_everybody_comes_in_once_ever_where_nothing_else_is_said():
    knee = sequence(email(1))
    way = begun(knee)
    services.leave(way.lead, reason=ExitReason.STAFF, now=NOW + DAY)

    assert enter(knee, [way.lead_id], now=NOW + 400 * DAY, occasion=7) == []


def test_again_after_some_days_counts_from_the_end_of_the_way_before():
    knee = sequence(email(1), again=Again.DAYS, again_days=30)
    way = begun(knee)
    lead = way.lead_id

    assert enter(knee, [lead], now=NOW + 31 * DAY) == []  # still under way
    services.leave(way.lead, reason=ExitReason.STAFF, now=NOW + DAY)
    assert enter(knee, [lead], now=NOW + 31 * DAY - timedelta(microseconds=1)) == []
    assert enter(knee, [lead], now=NOW + 31 * DAY) == [lead]

    assert who(knee) == [(lead, 0, 0, "exited"), (lead, 0, 1, "active")]


def test_once_per_occasion_and_beside_one_another():
    knee = sequence(email(1), again=Again.OCCASION)
    lead = reader().pk

    assert [enter(knee, [lead], now=NOW, occasion=call) for call in (5, 6, 5)] == [[lead], [lead], []]
    assert who(knee) == [(lead, 5, 0, "active"), (lead, 6, 0, "active")]


def test_no_rule_lets_anybody_begin_twice_on_one_occasion():
    knee = sequence(email(1), again=Again.DAYS, again_days=1)
    way = begun(knee, occasion=2027)
    services.leave(way.lead, reason=ExitReason.STAFF, now=NOW)

    assert enter(knee, [way.lead_id], now=NOW + 9 * DAY, occasion=2027) == []
    assert enter(knee, [way.lead_id], now=NOW + 9 * DAY, occasion=2028) == [way.lead_id]


def test_every_entry_condition_must_hold():
    knee = sequence(email(1), entry=(TAGGED, {"name": "booked", "value": "", "not": True}))
    tagged, other = reader(), reader()
    tags.add(tagged, name="knee", by=None, now=NOW)

    assert enter(knee, [tagged.pk, other.pk], now=NOW) == [tagged.pk]


def test_an_entry_condition_that_nobody_can_ask_any_more_lets_nobody_in_and_breaks_nothing():
    knee = sequence(email(1), entry=(TAGGED, NO_LONGER_KNOWN))
    tagged = reader()
    tags.add(tagged, name="knee", by=None, now=NOW)

    assert enter(knee, [tagged.pk], now=NOW) == []


def test_who_is_held_out_is_counted_and_gets_nothing():
    knee = sequence(email(1), holdout=50)
    crowd = [reader().pk for _ in range(40)]
    out = [lead for lead in crowd if walk.is_drawn(lead, knee.pk, 50)]

    assert enter(knee, crowd, now=NOW) == crowd
    services.advance(NOW)

    assert 0 < len(out) < len(crowd)
    held = Enrolment.objects.filter(state="held_out")
    assert sorted(held.values_list("lead_id", flat=True)) == out
    assert set(held.values_list("due_at", "ended_at")) == {(None, None)}
    mailed = [way.lead_id for way in Enrolment.objects.order_by("pk") if planned(way)]
    assert mailed == [lead for lead in crowd if lead not in out]
    assert enter(knee, crowd, now=NOW + DAY) == []


def test_the_held_out_leave_as_everybody_does_and_stay_told_apart():
    knee = sequence(email(1), holdout=50)
    crowd = [reader() for _ in range(20)]
    lead = next(one for one in crowd if walk.is_drawn(one.pk, knee.pk, 50))
    way = begun(knee, lead)

    assert services.leave(lead, reason=ExitReason.UNSUBSCRIBED, now=NOW + DAY) == 1
    assert services.leave(lead, reason=ExitReason.BOOKED, now=NOW + DAY) == 0

    assert ending(way) == ("held_out", "unsubscribed")
    assert way.ended_at == NOW + DAY


def test_who_begins_with_what_was_read_before_a_publishing_begins_what_is_published_now():
    knee = sequence(email(1))
    as_read = Sequence.objects.select_related("published").get(pk=knee.pk)
    second = publish(knee, plan(email(1), email(2)))
    lead = reader()

    assert enter(as_read, [lead.pk], now=NOW) == [lead.pk]

    assert Enrolment.objects.get().version == second


@pytest.mark.django_db(transaction=True)
def test_whoever_publishes_waits_for_those_who_are_just_beginning():
    knee, lead = sequence(email(1)), reader()
    alone = f"SELECT 1 FROM newsletter_sequence WHERE id = {knee.pk} FOR NO KEY UPDATE NOWAIT"  # noqa: S608
    with closing(connection.copy()) as publisher, publisher.cursor() as cursor:
        with transaction.atomic():
            enter(knee, [lead.pk], now=NOW)
            with pytest.raises(OperationalError, match="could not obtain lock"):
                cursor.execute(alone)
        cursor.execute(alone)


@pytest.mark.django_db(transaction=True)
def test_the_same_person_asked_for_many_times_at_once_begins_once():
    knee = sequence(email(1), again=Again.DAYS, again_days=1)
    lead = reader().pk
    together = threading.Barrier(4)

    def ask() -> list[int]:
        try:
            together.wait(60)
            return enter(knee, [lead], now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = [future.result(60) for future in [pool.submit(ask) for _ in range(4)]]

    assert sorted(found) == [[], [], [], [lead]]
    assert who(knee) == [(lead, 0, 0, "active")]
