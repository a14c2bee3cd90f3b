"""The numbers against the rows: each compared with SQL that goes another way."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from leads.models import Lead
from newsletter.campaigns.results import queries
from newsletter.campaigns.results.queries import Hour
from newsletter.deliveries import tallies
from newsletter.deliveries.models import Kind, State
from newsletter.models import Campaign, Chunk, CompiledEmail, Delivery, Outcome, Uncertain, Variant
from tests.factories import mail
from tests.newsletter.campaigns.results.every_ending import (
    HOUR,
    NOW,
    campaign,
    clicks,
    deliveries,
    ends,
    lived,
    submitted_and,
    told,
)

pytestmark = pytest.mark.django_db

MINE = "SELECT id FROM newsletter_delivery WHERE kind = 1 AND owner = %s"


@pytest.fixture
def whole() -> Campaign:
    """One with everything in it, between two others that must not be counted."""
    lived(17)
    found = lived()
    lived(17)
    return found


def rows(of: Campaign, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(mine=MINE), [of.pk])
        return cursor.fetchall()


def one(of: Campaign, sql: str) -> int:
    ((found,),) = rows(of, sql)
    return found


def test_every_mail_is_in_one_line_and_they_add_up_to_what_was_planned(whole):
    found = queries.numbers(whole).progress

    by_state = dict(
        rows(whole, "SELECT state, count(*) FROM newsletter_outcome WHERE delivery_id IN ({mine}) GROUP BY 1")
    )
    parts = [found.submitted, found.refused, found.failed, found.expired, found.cancelled, found.closed]
    assert parts == [by_state[state] for state in State]
    open_ = one(
        whole,
        "SELECT count(*) FROM ({mine}) d WHERE id NOT IN (SELECT delivery_id FROM newsletter_outcome)",
    )
    assert found.uncertain + found.waiting == open_
    assert found.uncertain == one(whole, "SELECT count(*) FROM newsletter_uncertain WHERE delivery_id IN ({mine})")
    assert sum(parts) + open_ == found.planned == whole.planned_count == len(deliveries(whole))


def test_facts_and_clicks_are_the_rows_there_are(whole):
    found = queries.numbers(whole)

    assert found.facts == dict(
        rows(
            whole,
            "SELECT kind, count(DISTINCT delivery_id) FROM newsletter_fact WHERE delivery_id IN ({mine}) GROUP BY 1",
        )
    )
    assert set(found.facts) == {"delivered", "blocked", "bounced", "complained", "unsubscribed", "booked"}
    by_label = dict(
        rows(whole, "SELECT label, count(*) FROM newsletter_click WHERE delivery_id IN ({mine}) GROUP BY 1")
    )
    assert by_label == {
        "person": found.clicks,
        "scanner": found.scanner_clicks,
        "unknown": found.unknown_clicks,
    }
    assert found.people == one(
        whole,
        "SELECT count(*) FROM leads_lead WHERE id IN (SELECT lead_id FROM newsletter_click"
        " WHERE label = 'person' AND delivery_id IN ({mine}))",
    )


def test_reasons_add_up_to_what_did_not_leave(whole):
    found = queries.numbers(whole)

    progress = found.progress
    not_left = progress.refused + progress.failed + progress.expired + progress.cancelled + progress.closed
    assert sum(count for _reason, count in found.reasons) == not_left
    assert dict(found.reasons)["no consent"] == one(
        whole, "SELECT count(*) FROM newsletter_outcome WHERE reason = 'no consent' AND delivery_id IN ({mine})"
    )


def test_counting_finished_chunks_beforehand_changes_no_number(whole):
    for chunk in Chunk.objects.all():
        ids = [d.pk for d in Delivery.objects.filter(pk__gte=chunk.pk * 1000, pk__lt=(chunk.pk + 1) * 1000)]
        ended = set(Outcome.objects.filter(delivery_id__in=ids).values_list("delivery_id", flat=True))
        for missing in set(ids) - ended:
            Outcome.objects.create(delivery_id=missing, at=NOW, state=State.CLOSED)
    Uncertain.objects.all().delete()
    before = queries.numbers(whole), queries.sums([whole]), queries.mailboxes(queries.groups(whole))
    Chunk.objects.update(done=True)
    assert tallies.count_finished(NOW) == 6

    assert (queries.numbers(whole), queries.sums([whole]), queries.mailboxes(queries.groups(whole))) == before


def test_hours_have_no_gaps_and_add_up(whole):
    found = queries.hours(whole, zone="America/Toronto")

    numbers = queries.numbers(whole)
    assert sum(hour.left for hour in found) == numbers.mailed
    assert sum(hour.clicked for hour in found) == numbers.people
    assert sum(hour.booked for hour in found) == numbers.facts["booked"]
    assert sum(hour.unsubscribed for hour in found) == numbers.facts["unsubscribed"]
    assert [hour.is_rest for hour in found] == [False] * 48 + [True]
    steps = {after.at - before.at for before, after in pairwise(found[:48])}
    assert steps == {HOUR}
    assert (found[0].at, found[0].left) == (NOW - timedelta(minutes=20), numbers.mailed)


@pytest.mark.parametrize(("zone", "minutes"), [("America/Toronto", 20), ("Asia/Kolkata", 50), ("Asia/Kathmandu", 5)])
def test_an_hour_is_one_of_the_clinics_clock(zone, minutes):
    made = campaign(3)
    submitted_and()(deliveries(made)[0])

    assert queries.hours(made, zone=zone) == [Hour(NOW - timedelta(minutes=minutes), left=1)]


def test_those_who_are_mailed_days_later_have_hours_of_their_own_too():
    """The rest of a test leaves three days after its parts: what these people do is no footnote."""
    made = campaign(6)
    first, later, *_rest = deliveries(made)
    submitted_and(clicks(0))(first)
    ends(State.SUBMITTED, at=NOW + 72 * HOUR)(later)
    clicks(0, after=119 * HOUR)(later)
    told("booked", after=121 * HOUR)(later)

    found = queries.hours(made, zone="UTC")

    assert [place for place, hour in enumerate(found) if hour.left] == [0, 72]
    assert [(place, hour.is_rest) for place, hour in enumerate(found) if hour.clicked] == [(1, False), (119, False)]
    assert (found[-1].is_rest, found[-1].booked, len(found)) == (True, 1, 121)


def test_where_the_clocks_move_by_half_an_hour_nothing_falls_between_two_hours():
    """On Lord Howe Island summer time ends on the first Sunday in April, by thirty minutes."""
    made = campaign(6)
    began_at = datetime(2026, 4, 4, 13, 40, tzinfo=UTC)
    for place, one in enumerate(deliveries(made)):
        ends(State.SUBMITTED, at=began_at + place * timedelta(minutes=20))(one)

    found = queries.hours(made, zone="Australia/Lord_Howe")

    assert sum(hour.left for hour in found) == 6
    assert {after.at - before.at for before, after in pairwise(found)} == {HOUR}


def test_a_second_click_of_the_same_person_is_no_second_person():
    made = campaign(3)
    first, second, _third = deliveries(made)
    submitted_and(clicks(0, 0, 1), clicks(0, after=5 * HOUR))(first)
    submitted_and(clicks(0))(second)

    numbers = queries.numbers(made)
    assert (numbers.people, numbers.clicks) == (2, 5)
    assert [hour.clicked for hour in queries.hours(made, zone="UTC")] == [0, 2, 0, 0, 0][
        : len(queries.hours(made, zone="UTC"))
    ]
    (edition,) = queries.editions(made, queries.groups(made))
    assert [(link.number, link.people, link.clicks) for link in edition.links] == [(0, 2, 4), (1, 1, 1)]


def test_links_are_those_of_the_wording_that_left(whole):
    first = deliveries(whole)[0].pk
    variant = Variant.objects.get(pk=deliveries(whole)[0].variant_id)
    mended = CompiledEmail.objects.create(
        variant=variant, number=2, subject="Mended", html="", text="", digest="1" * 64,
        links=[{"url": "/new", "label": "New", "goal": "page"}, {"url": "/ask", "label": "Ask", "goal": "ask"}],
    )  # fmt: skip
    Outcome.objects.filter(delivery_id=first).update(revision_id=mended.pk)

    old, new = queries.editions(whole, queries.groups(whole))

    assert (new.revision, new.left, [link.label for link in new.links]) == (mended, 1, ["New", "Ask"])
    assert [link.people for link in new.links] == [1, 1]
    by_link = dict(
        rows(
            whole,
            "SELECT link, count(DISTINCT lead_id) FROM newsletter_click WHERE label = 'person' AND delivery_id IN"
            " ({mine} AND id NOT IN (SELECT delivery_id FROM newsletter_outcome WHERE revision_id ="
            " (SELECT max(id) FROM newsletter_compiledemail))) GROUP BY 1",
        )
    )
    assert {link.number: link.people for link in old.links} == by_link
    assert old.left + new.left == queries.numbers(whole).mailed


def test_mailboxes_add_up_with_everybody_in_one_line(whole):
    found = queries.mailboxes(queries.groups(whole))

    numbers = queries.numbers(whole)
    assert [one.name for one in found] == ["Gmail", "Outlook", "harbour.example", "one.example"]
    assert sum(one.people for one in found) == whole.planned_count
    assert sum(one.mailed for one in found) == numbers.mailed
    assert sum(one.delivered for one in found) == numbers.facts["delivered"]
    assert sum(one.clicked for one in found) == numbers.people
    assert sum(one.not_reached for one in found) == numbers.progress.failed + numbers.facts["bounced"]


def test_erased_people_stay_in_the_sums(whole):
    before = queries.numbers(whole)
    gone = deliveries(whole)[0].lead_id
    Lead.objects.filter(pk=gone).update(email="", address_key=None, erased_at=NOW)

    assert queries.numbers(whole) == before
    found = queries.mailboxes(queries.groups(whole))
    assert sum(one.people for one in found) == whole.planned_count
    assert found[-1].name == ""


def test_sums_of_several_campaigns_are_each_its_own(whole):
    other = lived(17)

    found = queries.sums([whole, other])

    for made in (whole, other):
        numbers = queries.numbers(made)
        sums = found[made.pk]
        assert (sums.mailed, sums.clicked) == (numbers.mailed, numbers.people)
        assert (sums.booked, sums.unsubscribed) == (numbers.facts["booked"], numbers.facts["unsubscribed"])


def test_a_campaign_that_nothing_happened_to_has_zeros():
    made = campaign(3)

    assert queries.numbers(made).mailed == 0
    assert queries.hours(made, zone="UTC") == []
    assert queries.editions(made, queries.groups(made)) == []
    assert queries.sums([made])[made.pk] == queries.Sums()
    assert queries.sums([]) == {}


def test_those_before_it_are_the_last_five_that_left():
    made = [campaign(1, began_at=NOW + n * HOUR, name=f"No. {n}") for n in range(7)]
    draft = campaign(1)
    Campaign.objects.filter(pk=draft.pk).update(planned_at=None, status="draft")

    assert queries.latest(most=2) == [made[6], made[5]]
    assert queries.latest(before=made[6]) == [made[5], made[4], made[3], made[2], made[1]]
    assert queries.latest(before=made[0]) == []


def test_what_each_wording_brought_adds_up():
    made = campaign(6)
    b = mail.variant(made.email, label="B")
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries(made)[3:]]).update(variant_id=b.pk)
    a1, a2, _a3, b1, b2, b3 = deliveries(made)
    for one in (a1, b1):
        submitted_and(clicks(0, 1), told("booked"))(one)
    submitted_and(told("unsubscribed"))(b2)
    ends(State.REFUSED)(a2)
    ends(State.CLOSED)(b3)

    first, second = queries.parts(queries.groups(made))

    assert first == queries.Part(a1.variant_id, planned=3, mailed=1, clicked=1, booked=1, unsubscribed=0)
    assert second == queries.Part(b.pk, planned=3, mailed=3, clicked=1, booked=1, unsubscribed=1)


@pytest.mark.parametrize("count", [6, 51])
def test_the_number_of_questions_does_not_depend_on_the_number_of_people(count, django_assert_num_queries):
    made = lived(count)

    with django_assert_num_queries(4):
        queries.numbers(made)
    with django_assert_num_queries(1):
        queries.hours(made, zone="UTC")
    with django_assert_num_queries(3):
        queries.editions(made, queries.groups(made))
    with django_assert_num_queries(1):
        queries.mailboxes(queries.groups(made))
    with django_assert_num_queries(1):
        queries.sums([made])


def test_test_mails_and_steps_are_nobodys_result(whole):
    before = queries.numbers(whole)
    step = mail.delivery(Lead.objects.all()[0], kind=Kind.STEP, owner=whole.pk, state=State.SUBMITTED)
    mail.click(step)

    assert queries.numbers(whole) == before
