from datetime import timedelta

import pytest
from django.db import connection

from leads.models import Lead, Segment
from leads.tags import services as tags
from newsletter.campaigns import audience
from newsletter.campaigns.audience.question import REASONS
from newsletter.deliveries.models import State
from newsletter.models import Delivery
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import NOW, reader

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clinic():
    return clinics.clinic(cap_mails=2, cap_days=7)


@pytest.fixture
def news():
    return mail.campaign(name="News", topic="newsletter")


def suppressed(scope: Scope) -> Lead:
    lead = reader()
    suppression.suppress(people.hash_of(lead), cause=Cause(scope, SuppressionReason.STAFF), now=NOW - DAY)
    return lead


def mailed(*, ago: timedelta, state: int = State.SUBMITTED, kinds: tuple[int, ...] = (1, 2)) -> Lead:
    lead = reader()
    for kind in kinds:
        mail.delivery(lead, state=state, at=NOW - ago, kind=kind)
    return lead


def tagged(name: str, lead: Lead | None = None) -> Lead:
    lead = lead or reader()
    tags.add(lead, name=name, by=None, now=NOW)
    return lead


def segment(*tag_names: str, match: str = "all") -> Segment:
    conditions = [{"name": "tagged", "value": name, "not": False} for name in tag_names]
    return Segment.objects.create(name=f"tagged {tag_names}", conditions=conditions, match=match)


def members(campaign, now=NOW) -> set[int]:
    sql, params = audience.audience(campaign, now)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {lead_id for (lead_id,) in cursor.fetchall()}


def left_out(campaign) -> dict[str, int]:
    names = {str(why): name for name, why in REASONS.items()}
    return {names[str(why)]: number for why, number in audience.count(campaign, NOW).reasons}


ALONE = {
    "language": lambda: reader(language="fr"),
    "patient": lambda: reader(status="patient"),
    "suppressed": lambda: suppressed(Scope.ALL),
    "unsubscribed": lambda: suppressed(Scope.MARKETING),
    "no_consent": people.lead,
    "declined": lambda: reader(declined_topics=["newsletter"]),
    "paused": lambda: reader(paused_until=NOW + HOUR),
    "capped": lambda: mailed(ago=DAY),
}


@pytest.mark.parametrize("why", ALONE)
def test_each_reason_leaves_one_out_and_the_others_in(why, news):
    ALONE[why]()
    fits = reader()

    found = audience.count(news, NOW)

    assert members(news) == {fits.pk}
    assert (found.total, found.reasons, [one.pk for one in found.samples]) == (1, [(REASONS[why], 1)], [fits.pk])


def test_every_person_is_counted_once_under_the_first_reason(news):
    for make in ALONE.values():
        make()
    twice = reader(language="fr", status="patient", paused_until=NOW + DAY)
    tagged("out", twice)
    news.excluded.add(segment("out"))
    reader()

    found = audience.count(news, NOW)

    assert left_out(news) == {"left_out": 1, **dict.fromkeys(ALONE, 1)}
    assert ["untold", *left_out(news)] == list(REASONS)
    assert found.everybody == Lead.objects.count() == found.total + 9


def test_who_was_erased_is_not_asked_for(news):
    lead = reader()
    Lead.objects.filter(pk=lead.pk).update(email="", address_key=None, erased_at=NOW)

    assert audience.count(news, NOW).everybody == 0


def test_only_members_of_an_included_segment_are_asked_for_and_members_of_two_once(news):
    first, second, both, neither = tagged("a"), tagged("b"), tagged("a"), reader()
    tagged("b", both)
    news.included.set([segment("a"), segment("b")])

    assert members(news) == {first.pk, second.pk, both.pk}
    assert audience.count(news, NOW).everybody == 3
    assert neither.pk not in members(news)


def test_whoever_is_in_one_of_the_excluded_segments_is_left_out(news):
    inside, outside, stays = tagged("a"), tagged("b"), reader()
    tagged("a", outside)
    news.excluded.set([segment("a"), segment("b")])

    assert members(news) == {stays.pk}
    assert left_out(news) == {"left_out": 2}
    assert inside.pk not in members(news)


def test_once_more_goes_to_those_who_got_it_and_did_not_click(news):
    silent, keen, other = reader(), reader(), reader()
    for lead in (silent, keen):
        mail.delivery(lead, state=State.SUBMITTED, at=NOW - 3 * DAY, owner=news.pk)

    mail.click(Delivery.objects.get(owner=news.pk, item=keen.pk))
    again = mail.campaign(resend_of=news)

    assert members(again) == {silent.pk}
    assert audience.count(again, NOW).everybody == 1
    assert other.pk not in members(again)


def test_the_cap_counts_what_was_handed_over_lately_of_campaigns_and_of_the_course(news):
    capped = [mailed(ago=DAY), mailed(ago=6 * DAY, kinds=(2, 2)), mailed(ago=DAY, state=State.CLOSED)]
    doubtful = mailed(ago=DAY, kinds=(1,))
    in_doubt = mail.uncertain(doubtful)
    in_doubt.since = NOW - DAY
    in_doubt.save()
    free = [
        mailed(ago=7 * DAY),
        mailed(ago=DAY, kinds=(1,)),
        mailed(ago=DAY, kinds=(3, 5, 5)),
        mailed(ago=DAY, state=State.REFUSED),
        mailed(ago=DAY, state=State.FAILED),
    ]

    assert members(news) == {lead.pk for lead in free}
    assert left_out(news) == {"capped": len(capped) + 1}


def test_the_samples_are_ten_of_those_who_get_it_and_always_the_same(news):
    fits = {reader().pk for _ in range(14)}
    reader(language="fr")

    first, second = audience.count(news, NOW).samples, audience.count(news, NOW).samples

    assert first == second
    assert len({one.pk for one in first} & fits) == 10
    assert (first[0].name, "@mail.example" in first[0].address) == ("Ada", True)


def test_where_nobody_can_tell_who_is_in_a_segment_nobody_gets_it(news):
    reader()
    gone = Segment.objects.create(name="Gone", conditions=[{"name": "no_such_condition"}])

    news.excluded.set([gone])
    assert (audience.count(news, NOW).total, left_out(news)) == (0, {"untold": 1})
    news.excluded.clear()
    news.included.set([gone])
    assert (audience.count(news, NOW).total, left_out(news)) == (0, {"untold": 1})


def test_what_another_campaign_has_planned_and_not_handed_over_counts_for_the_cap(news):
    full, free = reader(), reader()
    for _ in range(2):
        mail.delivery(full, at=NOW + HOUR)
    mail.delivery(free, at=NOW + HOUR)

    assert members(news) == {free.pk}
    assert left_out(news) == {"capped": 1}


def test_who_gets_it_is_counted_by_the_zone_that_they_gave(news):
    for zone in ("Europe/London", "Europe/London", ""):
        reader(time_zone=zone)
    reader(time_zone="Asia/Tokyo", language="fr")

    assert audience.count(news, NOW).zones == {"Europe/London": 2, "": 1}


def test_it_is_one_question_whatever_the_number_of_people(news, django_assert_num_queries):
    for count in (1, 3):
        for _ in range(count):
            reader()
        with django_assert_num_queries(7):  # itself, clinic, segments in and out, its email, the question, the samples
            audience.count(mail.Campaign.objects.get(pk=news.pk), NOW)
