from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.campaigns.experiments import queries, services
from newsletter.campaigns.experiments.models import Side, What
from newsletter.campaigns.experiments.services import NotEditable
from newsletter.campaigns.models import CampaignStatus
from newsletter.content import services as content
from newsletter.deliveries import lately
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.claim import next_lease
from newsletter.deliveries.models import Lane
from newsletter.models import Batch, Campaign, Chunk, Delivery, Variant
from tests.factories import clinics, people
from tests.newsletter.campaigns.experiments.tested import (
    NOW,
    SETUP,
    draft,
    found,
    held,
    mine,
    parts,
    planned,
    readers,
    sizes,
)

pytestmark = pytest.mark.django_db
DECIDES = NOW + timedelta(hours=24)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clinic(request):
    request.getfixturevalue("transactional_db" if "threads" in request.node.name else "db")
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def rest_says(campaign: Campaign) -> str | None:
    rest = found(campaign).variant_rest
    assert rest is not None
    return rest.current.subject if rest.current else None


def test_whoever_waits_for_the_end_of_a_long_test_counts_for_the_cap_all_the_while(owner):
    readers(4)
    one = planned(owner, replace(SETUP, wait_hours=7 * 24))
    waiting = [delivery.lead_id for delivery in parts(one)["rest"]]

    counted = lately.of(waiting, lately.Cap(1, timedelta(days=30)), DECIDES + timedelta(days=10))

    assert {lead: len(counted[lead].moments) for lead in waiting} == dict.fromkeys(waiting, 1)


@pytest.mark.parametrize(
    ("people_count", "share", "expected"),
    [
        (10, 20, {"a": 1, "b": 1, "rest": 8}),
        (25, 20, {"a": 3, "b": 2, "rest": 20}),
        (30, 50, {"a": 8, "b": 7, "rest": 15}),
        (9, 100, {"a": 5, "b": 4, "rest": 0}),
        (3, 10, {"a": 1, "b": 1, "rest": 1}),
        (1, 20, {"a": 1, "b": 0, "rest": 0}),
    ],
)
def test_the_audience_is_cut_into_two_even_parts_and_the_rest(owner, people_count, share, expected):
    everybody = {lead.pk for lead in readers(people_count)}
    campaign = planned(owner, replace(SETUP, share=share))

    assert sizes(campaign) == expected
    assert {delivery.lead_id for delivery in mine(campaign)} == everybody
    one = found(campaign)
    assert (one.planned_a, one.planned_b, one.planned_rest) == tuple(expected.values())
    assert campaign.planned_count == people_count
    assert deliveries.unbalanced() == []


def test_who_is_in_which_part_is_chance_but_the_same_chance_again(owner):
    readers(40)
    campaign = planned(owner)
    first = {delivery.lead_id for delivery in parts(campaign)["a"]}
    Delivery.objects.all().delete()
    again = services.plan(campaign, NOW)

    assert again == 40
    assert {delivery.lead_id for delivery in parts(campaign)["a"]} == first
    assert first != set(sorted(delivery.lead_id for delivery in mine(campaign))[:4])


def test_a_says_what_was_written_b_its_own_subject_and_the_rest_nothing_yet(owner):
    readers(10)
    campaign = planned(owner)

    said = {variant.label: variant.current.subject for variant in Variant.objects.filter(current__isnull=False)}
    assert said == {"A": "New opening hours", "B": "Open on Saturdays too"}
    assert rest_says(campaign) is None


@pytest.mark.parametrize(
    ("what", "field", "expected"),
    [
        (What.SUBJECT, "subject", "Dana writes"),
        (What.PREHEADER, "preheader", "Dana writes"),
        (What.SENDER, "sender", "Dana writes"),
    ],
)
def test_b_differs_in_the_one_thing_under_test(owner, what, field, expected):
    readers(4)
    campaign = planned(owner, replace(SETUP, what=what, words="Dana writes"))
    a = Variant.objects.get(email=campaign.email, label="A").current
    b = found(campaign).variant_b.current

    different = {name for name in ("subject", "preheader") if getattr(a, name) != getattr(b, name)}
    if a.sender["name"] != b.sender["name"]:
        different.add("sender")
    assert different == {field}
    assert (b.sender["name"] if field == "sender" else getattr(b, field)) == expected


def test_a_whole_mail_begins_as_a_copy_and_goes_out_as_it_is_written(owner):
    readers(4)
    campaign = draft(owner)
    one = services.set_up(campaign, replace(SETUP, what=What.BODY, words=""), by=owner, now=NOW)
    assert one.other_email is not None
    assert one.other_email.body == campaign.email.body
    one.other_email.subject = "Another letter"
    one.other_email.save()
    content.freeze(campaign.email.variants.get(label="A"), now=NOW)

    services.plan(campaign, NOW)

    assert found(campaign).variant_b.current.subject == "Another letter"
    assert found(campaign).variant_b.email == one.other_email


def test_the_rest_is_offered_to_no_sender_before_it_is_decided(owner):
    readers(10)
    campaign = planned(owner)
    assert held(campaign) == {False: 2, True: 1}

    chunks = {next_lease(Lane.MARKETING, owner=name, window=100).chunk_id for name in ("one", "two")}

    assert chunks == set(Chunk.objects.filter(due_at__lte=NOW).values_list("pk", flat=True))
    assert next_lease(Lane.MARKETING, owner="three", window=100) is None


def test_who_gets_which_wording_is_drawn_anew_for_each_campaign(owner):
    """Somebody who once got A is as likely as anybody to get B the next time."""
    readers(60)
    whole = replace(SETUP, share=100)
    first, second = (planned(owner, whole) for _ in range(2))

    in_a = [{delivery.lead_id for delivery in parts(campaign)["a"]} for campaign in (first, second)]

    assert [len(one) for one in in_a] == [30, 30]
    assert 7 <= len(in_a[0] & in_a[1]) <= 23


def test_what_was_written_for_b_is_had_back_when_there_is_a_test_again(owner):
    campaign = draft(owner)
    whole = replace(SETUP, what=What.BODY, words="")
    written = services.set_up(campaign, whole, by=owner, now=NOW).other_email

    assert services.drop(campaign, by=owner) is True
    assert (queries.of(campaign), queries.letters(campaign)[-1].side) == (None, Side.A)
    again = services.set_up(campaign, whole, by=owner, now=NOW)

    assert again.other_email == written
    assert queries.of(campaign) == again


def test_it_is_set_up_changed_and_dropped_beside_a_draft_only(owner):
    campaign = draft(owner)
    services.set_up(campaign, SETUP, by=owner, now=NOW)
    services.set_up(campaign, replace(SETUP, share=40), by=owner, now=NOW)
    assert found(campaign).share == 40
    Campaign.objects.update(status=CampaignStatus.SCHEDULED, start_at=NOW)

    with pytest.raises(NotEditable):
        services.set_up(campaign, SETUP, by=owner, now=NOW)
    with pytest.raises(NotEditable):
        services.drop(campaign, by=owner)
    Campaign.objects.update(status=CampaignStatus.DRAFT)
    assert services.drop(campaign, by=owner) is True
    assert services.drop(campaign, by=owner) is False
    assert queries.of(campaign) is None


def test_a_campaign_without_a_test_has_one_letter_and_nothing_more_to_freeze(owner):
    campaign = draft(owner)

    assert [letter.side for letter in queries.letters(campaign)] == [Side.A]
    services.freeze(campaign, now=NOW)
    assert [variant.label for variant, _ in queries.going_out(campaign)] == ["A"]
    assert Batch.objects.count() == 0
