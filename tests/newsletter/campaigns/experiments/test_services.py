import threading
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from accounts.models import AuditEvent
from newsletter.campaigns.experiments import queries, services
from newsletter.campaigns.experiments.models import ExperimentState, Grounds, Judge, Side, What
from newsletter.campaigns.experiments.services import NotEditable
from newsletter.campaigns.models import CampaignStatus, Timing
from newsletter.content import services as content
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries import services as engine
from newsletter.deliveries.claim import next_lease
from newsletter.deliveries.models import Kind, Lane
from newsletter.models import Batch, Campaign, Chunk, Delivery, Experiment, Later, Variant
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.experiments.tested import (
    HOUR,
    NOW,
    SETUP,
    click,
    draft,
    held,
    leave,
    leave_as_test,
    mine,
    parts,
    planned,
    planned_out,
    readers,
    sizes,
)

pytestmark = pytest.mark.django_db
DECIDES = NOW + timedelta(hours=24)


@pytest.fixture(autouse=True)
def clinic(request):
    request.getfixturevalue("transactional_db" if "threads" in request.node.name else "db")
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def test_of(campaign: Campaign) -> Experiment:
    return Experiment.objects.select_related("variant_rest__current", "variant_b__current").get(campaign=campaign)


test_of.__test__ = False  # type: ignore[attr-defined]


def waited(campaign: Campaign) -> Experiment:
    """Everything of the test left at once; a day later it is looked at."""
    leave_as_test(campaign)
    services.look(NOW)
    services.look(DECIDES)
    return test_of(campaign)


def rest_says(campaign: Campaign) -> str | None:
    rest = test_of(campaign).variant_rest
    assert rest is not None
    return rest.current.subject if rest.current else None


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
    one = test_of(campaign)
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
    b = test_of(campaign).variant_b.current

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

    assert test_of(campaign).variant_b.current.subject == "Another letter"
    assert test_of(campaign).variant_b.email == one.other_email


def test_the_rest_is_offered_to_no_sender_before_it_is_decided(owner):
    readers(10)
    campaign = planned(owner)
    assert held(campaign) == {False: 2, True: 1}

    chunks = {next_lease(Lane.MARKETING, owner=name, window=100).chunk_id for name in ("one", "two")}

    assert chunks == set(Chunk.objects.filter(due_at__lte=NOW).values_list("pk", flat=True))
    assert next_lease(Lane.MARKETING, owner="three", window=100) is None


def test_the_wait_begins_when_the_last_mail_of_the_test_has_left(owner):
    readers(10)
    campaign = planned(owner)
    services.look(NOW + HOUR)
    assert test_of(campaign).tested_at is None

    leave_as_test(campaign)
    services.look(NOW + 2 * HOUR)
    services.look(NOW + 3 * HOUR)

    assert test_of(campaign).tested_at == NOW + 2 * HOUR


def test_the_better_one_goes_to_the_rest_when_the_wait_is_over(owner):
    readers(100)
    campaign = planned(owner, replace(SETUP, share=80))
    leave_as_test(campaign)
    services.look(NOW)
    click(parts(campaign)["b"][:25])
    click(parts(campaign)["a"][:3])

    services.look(DECIDES - timedelta(seconds=1))
    assert test_of(campaign).state == ExperimentState.TESTING
    services.look(DECIDES)

    one = test_of(campaign)
    assert (one.state, one.winner, one.grounds, one.decided_at) == ("decided", Side.B, Grounds.CLEAR, DECIDES)
    assert one.evidence["a"] == {"mailed": 40, "chosen": 3}
    assert one.evidence["b"] == {"mailed": 40, "chosen": 25}
    assert one.evidence["b_is_better"] > 0.99
    assert rest_says(campaign) == "Open on Saturdays too"
    assert one.variant_rest.current_id == one.variant_b.current_id
    rest = Chunk.objects.get(pk=parts(campaign)["rest"][0].chunk_id)
    assert (rest.due_at, rest.batch.expires_at) == (DECIDES, DECIDES + timedelta(days=7))
    assert sizes(campaign) == {"a": 40, "b": 40, "rest": 20}


def test_a_rest_that_was_to_be_spread_is_spread_from_the_decision_on(owner):
    readers(100)
    campaign = draft(owner)
    Campaign.objects.filter(pk=campaign.pk).update(timing=Timing.SPREAD, spread_hours=4, goes_at=NOW)
    campaign = planned_out(Campaign.objects.get(pk=campaign.pk), owner)
    assert held(campaign)[True] > 10

    services.choose(campaign, Side.A, by=owner, now=DECIDES)

    rest = {delivery.chunk_id for delivery in parts(campaign)["rest"]}
    due = sorted(Chunk.objects.filter(pk__in=rest).values_list("due_at", "batch__expires_at"))
    assert due[0][0] == DECIDES
    assert DECIDES + 3 * HOUR < due[-1][0] < DECIDES + 4 * HOUR
    assert {expires - due_at for due_at, expires in due} == {timedelta(days=7)}
    assert held(campaign)[True] == 0


@pytest.mark.parametrize(
    ("attempt", "due_in", "begins"),
    [(0, HOUR, False), (0, 30 * HOUR, True), (1, HOUR, True)],
    ids=["a limit put it off", "its reader asked for a pause", "it was tried and is tried again"],
)
def test_the_wait_begins_when_all_were_tried_once(owner, attempt, due_in, begins):
    readers(10)
    campaign = planned(owner)
    found = parts(campaign)
    leave(found["a"])
    Chunk.objects.filter(pk=found["b"][0].chunk_id).update(done=True)
    Later.objects.create(delivery_id=found["b"][0].pk, lane="marketing", due_at=NOW + due_in, attempt=attempt)

    services.look(NOW)

    assert (test_of(campaign).tested_at is not None) is begins


def test_what_is_decided_at_night_leaves_in_the_morning_unless_somebody_presses(owner):
    night = datetime(2026, 1, 7, 3, 30, tzinfo=ZoneInfo("America/Toronto"))
    readers(20)
    by_itself, pressed = planned(owner), planned(owner)
    for campaign in (by_itself, pressed):
        leave_as_test(campaign)
    services.look(night - timedelta(hours=24))

    services.choose(pressed, Side.A, by=owner, now=night)
    services.look(night)

    assert due_of_the_rest(pressed) == {night}
    assert due_of_the_rest(by_itself) == {night.replace(hour=8, minute=0)}
    assert test_of(by_itself).decided_at == night


def due_of_the_rest(campaign: Campaign) -> set[datetime]:
    rest = {delivery.chunk_id for delivery in parts(campaign)["rest"]}
    return set(Chunk.objects.filter(pk__in=rest).values_list("due_at", flat=True))


def test_who_gets_which_wording_is_drawn_anew_for_each_campaign(owner):
    """Somebody who once got A is as likely as anybody to get B the next time."""
    readers(200)
    whole = replace(SETUP, share=100)
    first, second = (planned(owner, whole) for _ in range(2))

    in_a = [{delivery.lead_id for delivery in parts(campaign)["a"]} for campaign in (first, second)]

    assert [len(found) for found in in_a] == [100, 100]
    assert 35 <= len(in_a[0] & in_a[1]) <= 65


def test_what_was_written_for_b_is_had_back_when_there_is_a_test_again(owner):
    campaign = draft(owner)
    whole = replace(SETUP, what=What.BODY, words="")
    written = services.set_up(campaign, whole, by=owner, now=NOW).other_email

    assert services.drop(campaign, by=owner) is True
    assert (queries.of(campaign), queries.letters(campaign)[-1].side) == (None, Side.A)
    again = services.set_up(campaign, whole, by=owner, now=NOW)

    assert again.other_email == written
    assert queries.of(campaign) == again


def test_scanners_decide_nothing(owner):
    readers(60)
    campaign = planned(owner, replace(SETUP, share=100))
    leave_as_test(campaign)
    services.look(NOW)
    click(parts(campaign)["b"], label="scanner")
    click(parts(campaign)["a"], label="unknown")

    services.look(DECIDES)

    one = test_of(campaign)
    assert (one.winner, one.grounds) == (Side.A, Grounds.TOO_FEW)
    assert (one.evidence["a"]["chosen"], one.evidence["b"]["chosen"]) == (0, 0)


def test_by_bookings_it_is_the_bookings_that_count(owner):
    readers(60)
    campaign = planned(owner, replace(SETUP, share=100, judged_by=Judge.BOOKINGS))
    leave_as_test(campaign)
    services.look(NOW)
    click(parts(campaign)["b"])
    for delivery in parts(campaign)["a"][:12]:
        mail.fact(delivery, "booked", at=NOW + HOUR)

    services.look(DECIDES)

    one = test_of(campaign)
    assert (one.winner, one.grounds, one.evidence["a"]["chosen"]) == (Side.A, Grounds.CLEAR, 12)


@pytest.mark.parametrize(("otherwise", "subject"), [("a", "New opening hours"), ("b", "Open on Saturdays too")])
def test_with_too_few_to_tell_the_rest_gets_what_was_chosen_beforehand(owner, otherwise, subject):
    readers(10)
    campaign = planned(owner, replace(SETUP, otherwise=Side(otherwise)))

    one = waited(campaign)

    assert (one.winner, one.grounds, rest_says(campaign)) == (otherwise, Grounds.TOO_FEW, subject)


def test_a_person_chooses_at_any_time_and_only_once(owner):
    readers(10)
    campaign = planned(owner)

    assert services.choose(campaign, Side.B, by=owner, now=NOW + HOUR) is True
    assert services.choose(campaign, Side.A, by=owner, now=NOW + HOUR) is False

    one = test_of(campaign)
    assert (one.winner, one.grounds, one.decided_by) == (Side.B, Grounds.STAFF, owner)
    assert rest_says(campaign) == "Open on Saturdays too"
    assert services.look(DECIDES + HOUR) == 0
    acts = AuditEvent.objects.filter(act__startswith="experiment.").order_by("pk").values_list("act", "by")
    assert list(acts) == [("experiment.set_up", owner.pk), ("experiment.decided", owner.pk)]


def test_while_it_is_paused_nothing_is_decided_and_once_resumed_it_is(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)
    services.look(NOW)
    Campaign.objects.update(status=CampaignStatus.PAUSED)
    engine.pause(Kind.CAMPAIGN, campaign.pk)

    assert services.look(DECIDES + HOUR) == 0
    Campaign.objects.update(status=CampaignStatus.SENDING)
    engine.resume(Kind.CAMPAIGN, campaign.pk)
    assert held(campaign) == {False: 2, True: 1}
    assert services.look(DECIDES + 2 * HOUR) == 1
    assert held(campaign) == {False: 3}


def test_chosen_while_paused_the_rest_leaves_only_when_it_is_resumed(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)
    Campaign.objects.update(status=CampaignStatus.PAUSED)
    engine.pause(Kind.CAMPAIGN, campaign.pk)

    services.choose(campaign, Side.A, by=owner, now=NOW)

    assert next_lease(Lane.MARKETING, owner="one", window=100) is None
    engine.resume(Kind.CAMPAIGN, campaign.pk)
    assert next_lease(Lane.MARKETING, owner="one", window=100).size == 8


def test_cancelled_under_test_the_rest_ends_and_the_sums_are_right(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)

    Campaign.objects.update(status=CampaignStatus.CANCELLED)
    engine.cancel_batches(Kind.CAMPAIGN, campaign.pk, reason="campaign cancelled", now=NOW + HOUR)

    found = deliveries.progress(Kind.CAMPAIGN, campaign.pk)
    assert (found.planned, found.submitted, found.cancelled, found.waiting) == (10, 2, 8, 0)
    assert services.look(DECIDES) == 0
    assert services.choose(campaign, Side.A, by=owner, now=DECIDES) is False
    assert deliveries.unbalanced() == []


def test_a_crash_between_deciding_and_letting_go_loses_nobody(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)
    services.look(NOW)

    def cut_off() -> None:
        with transaction.atomic():
            services.look(DECIDES)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        cut_off()
    assert (test_of(campaign).state, rest_says(campaign), held(campaign)) == ("testing", None, {False: 2, True: 1})
    services.look(DECIDES + HOUR)
    assert (test_of(campaign).state, held(campaign), len(mine(campaign))) == ("decided", {False: 3}, 10)


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_in_threads_decide_once(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)
    services.look(NOW)
    moved: list[int] = []

    def tick() -> None:
        barrier.wait()
        moved.append(services.look(DECIDES))
        connection.close()

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(moved) == 1
    assert AuditEvent.objects.filter(act="experiment.decided").count() == 1


def test_mended_words_reach_those_who_wait_and_b_stays_b(owner):
    readers(10)
    campaign = planned(owner)
    waited(campaign)
    campaign.email.body["blocks"][0]["text"] = "The clinic opens on Saturdays from May on."
    campaign.email.save()

    services.freeze(campaign, now=DECIDES)

    one = test_of(campaign)
    assert "Saturdays from May" in one.variant_rest.current.text
    assert "Saturdays from May" in one.variant_b.current.text
    assert (one.variant_b.current.subject, rest_says(campaign)) == ("Open on Saturdays too", "New opening hours")


def test_it_is_set_up_changed_and_dropped_beside_a_draft_only(owner):
    campaign = draft(owner)
    services.set_up(campaign, SETUP, by=owner, now=NOW)
    services.set_up(campaign, replace(SETUP, share=40), by=owner, now=NOW)
    assert test_of(campaign).share == 40
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
