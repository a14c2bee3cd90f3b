from collections import Counter
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from leads.models import Segment
from newsletter.campaigns import audience
from newsletter.campaigns.audience import Share
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries import services
from newsletter.deliveries.models import BatchState, Kind
from newsletter.models import Batch, Chunk, Delivery
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import NOW, reader

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
TORONTO = ZoneInfo("America/Toronto")


@pytest.fixture(autouse=True)
def clinic():
    return clinics.clinic()


@pytest.fixture
def variant():
    return mail.variant()


def news(variant, **fields):
    return mail.campaign(email=variant.email, topic="newsletter", **fields)


def due(campaign) -> dict[int, datetime]:
    """When each lead gets it."""
    chunks = {chunk.pk: chunk.due_at for chunk in Chunk.objects.all()}
    mine = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=campaign.pk)
    return {delivery.item: chunks[delivery.pk // 1000] for delivery in mine}


def test_exactly_those_who_were_counted_are_planned(variant):
    campaign = news(variant)
    fits = [reader().pk for _ in range(3)]
    reader(language="fr")
    people.lead()

    ((batch,),) = audience.plan(campaign, NOW, [Share(variant.pk)])

    assert due(campaign) == dict.fromkeys(fits, NOW)
    assert (batch.size, batch.topic, batch.expires_at) == (3, "newsletter", NOW + WEEK)
    assert audience.count(campaign, NOW).total == 3
    assert deliveries.unbalanced() == []


def test_nobody_is_no_batch(variant):
    assert audience.plan(news(variant), NOW, [Share(variant.pk)]) == [[]]
    assert not Batch.objects.exists()


def test_nobody_is_planned_twice_for_one_campaign(variant):
    campaign = news(variant)
    reader()
    audience.plan(campaign, NOW, [Share(variant.pk)])

    with pytest.raises(IntegrityError), transaction.atomic():
        audience.plan(campaign, NOW, [Share(variant.pk)])

    assert Delivery.objects.count() == 1


def test_more_than_a_chunk_holds_goes_in_several(variant):
    campaign = news(variant)
    many(2001)

    ((batch,),) = audience.plan(campaign, NOW, [Share(variant.pk)])

    assert sorted(Chunk.objects.filter(batch=batch).values_list("size", flat=True)) == [1, 1000, 1000]
    assert batch.size == 2001 == len(due(campaign))
    assert deliveries.unbalanced() == []


def test_each_reader_gets_it_at_their_own_time_of_day(variant):
    nine = datetime(2027, 1, 6, 9, tzinfo=TORONTO)
    campaign = news(variant, timing="lead_zone", goes_at=nine)
    zones = ["Europe/London", "America/Toronto", "", "Mars/Olympus", "America/Vancouver"]
    leads = {zone: reader(time_zone=zone).pk for zone in zones}
    now = nine - 6 * HOUR

    (batches,) = audience.plan(campaign, now, [Share(variant.pk)])

    assert due(campaign) == {
        leads["Europe/London"]: nine - 5 * HOUR,
        leads["America/Toronto"]: nine,
        leads[""]: nine,
        leads["Mars/Olympus"]: nine,
        leads["America/Vancouver"]: nine + 3 * HOUR,
    }
    assert [batch.expires_at for batch in batches] == [nine + hours * HOUR + WEEK for hours in (-5, 0, 3)]
    found = deliveries.progress(Kind.CAMPAIGN, campaign.pk)
    assert (found.planned, found.waiting) == (5, 5)
    assert deliveries.speed(Kind.CAMPAIGN, campaign.pk).not_due == 5


@pytest.mark.parametrize(("closes", "is_at_once"), [(time(16, 30), False), (time(17), True)])
def test_who_is_behind_gets_it_at_once_only_in_the_clinics_hours(variant, closes, is_at_once):
    clinics.clinic(writes_until=closes)
    nine = datetime(2027, 1, 6, 9, tzinfo=TORONTO)
    campaign = news(variant, timing="lead_zone", goes_at=nine)
    berlin = reader(time_zone="Europe/Berlin").pk
    now = nine + HOUR * 1.5

    audience.plan(campaign, now, [Share(variant.pk)])

    assert due(campaign) == {berlin: now if is_at_once else nine + 18 * HOUR}


def test_a_spread_is_even_and_in_an_order_of_chance_that_is_always_the_same(variant):
    campaign = news(variant, timing="spread", spread_hours=2, goes_at=NOW + HOUR)
    many(48)

    with transaction.atomic():
        audience.plan(campaign, NOW, [Share(variant.pk)])
        first = due(campaign)
        transaction.set_rollback(True)
    audience.plan(campaign, NOW, [Share(variant.pk)])

    assert due(campaign) == first
    assert set(Counter(first.values()).values()) == {2}
    assert sorted(set(first.values())) == [NOW + HOUR + timedelta(minutes=5) * place for place in range(24)]
    assert [lead for lead, _at in sorted(first.items(), key=lambda pair: pair[1])] != sorted(first)


def test_shares_are_dealt_by_lot_and_nobody_is_in_two(variant):
    campaign, b, rest = news(variant), mail.variant(), mail.variant()
    many(50)
    never = datetime.fromisoformat("9000-01-01T00:00:00+00:00")

    dealt = audience.plan(
        campaign, NOW, [Share(variant.pk, people=10), Share(b.pk, people=15), Share(rest.pk, begins_at=never)]
    )

    assert [[batch.size for batch in of_share] for of_share in dealt] == [[10], [15], [25]]
    sizes = Counter(Delivery.objects.values_list("variant_id", flat=True))
    assert sizes == {variant.pk: 10, b.pk: 15, rest.pk: 25}
    assert Counter(due(campaign).values()) == {NOW: 25, never: 25}
    first = sorted(Delivery.objects.filter(variant_id=variant.pk).values_list("lead_id", flat=True))
    assert first != sorted(due(campaign))[:10]


def test_shares_can_depend_on_how_many_people_there_are(variant):
    campaign, rest = news(variant), mail.variant()
    many(9)

    (first, second) = audience.plan(campaign, NOW, lambda people: [Share(variant.pk, people // 3), Share(rest.pk)])

    assert [sum(batch.size for batch in share) for share in (first, second)] == [3, 6]


def test_a_few_who_go_first_do_not_wait_for_their_time_of_day(variant):
    campaign = news(variant, timing="lead_zone", goes_at=NOW + 20 * HOUR)
    for zone in ("Europe/London", "America/Vancouver", "America/Toronto"):
        for _ in range(3):
            reader(time_zone=zone)

    (few,), rest = audience.plan(campaign, NOW, [Share(variant.pk, people=4, at_once=True), Share(variant.pk)])

    assert (few.size, sum(batch.size for batch in rest)) == (4, 5)
    assert Counter(due(campaign).values())[NOW] == 4


def test_fewer_people_than_a_share_asks_for_are_all_in_it(variant):
    reader()

    first, second = audience.plan(news(variant), NOW, [Share(variant.pk, people=20), Share(variant.pk)])

    assert ([batch.size for batch in first], second) == ([1], [])


def test_parts_keep_their_hours_when_the_first_is_moved(variant):
    nine = datetime(2027, 1, 6, 9, tzinfo=TORONTO)
    campaign = news(variant, timing="lead_zone", goes_at=nine)
    leads = {zone: reader(time_zone=zone).pk for zone in ("America/Toronto", "America/Vancouver")}
    later = nine + 50 * HOUR

    audience.plan(campaign, NOW, [Share(variant.pk, begins_at=later)])

    assert due(campaign) == {leads["America/Toronto"]: later, leads["America/Vancouver"]: later + 3 * HOUR}


def test_cancelling_and_pausing_reach_every_part(variant):
    campaign = news(variant, timing="spread", spread_hours=1, goes_at=NOW)
    many(24)
    audience.plan(campaign, NOW, [Share(variant.pk)])

    services.pause(Kind.CAMPAIGN, campaign.pk)
    assert set(Batch.objects.values_list("state", flat=True)) == {BatchState.PAUSED}
    assert services.cancel_batches(Kind.CAMPAIGN, campaign.pk, reason="campaign cancelled", now=NOW) == 24

    found = deliveries.progress(Kind.CAMPAIGN, campaign.pk)
    assert (found.planned, found.cancelled, found.waiting) == (24, 24, 0)


def test_the_difference_between_the_look_and_the_plan_adds_up(variant):
    campaign = news(variant)
    stays, leaves = reader(), reader()
    audience.remember(campaign, NOW)
    leaves.declined_topics = ["newsletter"]
    leaves.save()
    for _ in range(3):
        reader()
    audience.plan(campaign, NOW + HOUR, [Share(variant.pk)])

    found = audience.difference(campaign)

    assert (found.looked_at, found.planned) == (2, 4)
    assert [(str(why), number) for why, number in found.changes] == [
        ("people who joined since, less those who are gone", 3),
        ("do not want this topic", -1),
    ]
    assert found.looked_at + sum(number for _why, number in found.changes) == found.planned
    assert stays.pk in due(campaign)
    planned = audience.planned(campaign)
    assert (planned.total, [str(why) for why, _number in planned.reasons]) == (4, ["do not want this topic"])
    assert sorted(one.pk for one in planned.samples) == sorted(due(campaign))


def test_who_came_while_somebody_looked_is_a_part_of_the_difference(variant):
    campaign = news(variant, reviewed_count=1)
    reader(), reader()
    audience.remember(campaign, NOW)
    audience.plan(campaign, NOW, [Share(variant.pk)])

    found = audience.difference(campaign)

    assert (found.looked_at, found.planned) == (1, 2)
    assert [(str(why), number) for why, number in found.changes] == [
        ("people who came or went while somebody looked at it", 1)
    ]


def test_before_it_is_planned_nothing_differs(variant):
    campaign = news(variant)

    assert (audience.difference(campaign), audience.planned(campaign)) == (None, None)


def test_a_segment_that_was_changed_counts_from_then_on(variant):
    campaign = news(variant)
    segment = Segment.objects.create(name="With a phone", conditions=[{"name": "has_phone", "value": "", "not": False}])
    campaign.included.add(segment)
    reader(phone="+14165550123")
    reader()
    assert audience.count(campaign, NOW).total == 1

    Segment.objects.filter(pk=segment.pk).update(conditions=[{"name": "has_phone", "value": "", "not": True}])
    reader()

    assert audience.count(campaign, NOW).total == 2


def many(count: int) -> None:
    """So many readers, written at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH made AS (
                INSERT INTO leads_lead (email, address_key, address_hash, first_name, last_name, phone, language,
                                        status, time_zone, source, first_page, first_referrer, declined_topics,
                                        created_at)
                SELECT n || '@mail.example', n || '@mail.example', sha256(n::text::bytea), 'M', '', '', 'en', 'lead',
                       '', 'sign_up', '', '', '{}', %s FROM generate_series(1, %s) n RETURNING id
            )
            INSERT INTO leads_consent (lead_id, purpose, basis, method, note, page, referrer, network, granted_at,
                                       withdrawn_how)
            SELECT id, 'marketing', 'express', 'web_form', '', '', '', '', %s, '' FROM made
            """,
            [NOW - 90 * HOUR, count, NOW - 90 * HOUR],
        )
