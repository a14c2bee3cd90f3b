import threading
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from accounts.models import AuditEvent
from newsletter.campaigns.experiments import deciding, queries, services
from newsletter.campaigns.experiments.models import UNDO, ExperimentState, Grounds, Judge, Side
from newsletter.campaigns.models import CampaignStatus, Timing
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries import services as engine
from newsletter.deliveries.claim import next_lease
from newsletter.deliveries.models import Kind, Lane
from newsletter.models import Campaign, Chunk, Experiment, Later
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.experiments.tested import (
    HOUR,
    NOW,
    SETUP,
    click,
    draft,
    found,
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
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clinic(request):
    request.getfixturevalue("transactional_db" if "threads" in request.node.name else "db")
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def waited(campaign: Campaign) -> Experiment:
    """Everything of the test left at once; a day later it is looked at."""
    leave_as_test(campaign)
    deciding.look(NOW)
    deciding.look(DECIDES)
    return found(campaign)


def rest_says(campaign: Campaign) -> str | None:
    rest = found(campaign).variant_rest
    assert rest is not None
    return rest.current.subject if rest.current else None


def due_of_the_rest(campaign: Campaign) -> set[datetime]:
    rest = {delivery.chunk_id for delivery in parts(campaign)["rest"]}
    return set(Chunk.objects.filter(pk__in=rest).values_list("due_at", flat=True))


def test_the_wait_begins_when_the_last_mail_of_the_test_has_left(owner):
    readers(10)
    campaign = planned(owner)
    deciding.look(NOW + HOUR)
    assert found(campaign).tested_at is None

    leave_as_test(campaign)
    deciding.look(NOW + 2 * HOUR)
    deciding.look(NOW + 3 * HOUR)

    assert found(campaign).tested_at == NOW + 2 * HOUR


def test_the_better_one_goes_to_the_rest_when_the_wait_is_over(owner):
    readers(100)
    campaign = planned(owner, replace(SETUP, share=80))
    leave_as_test(campaign)
    deciding.look(NOW)
    click(parts(campaign)["b"][:25])
    click(parts(campaign)["a"][:3])

    deciding.look(DECIDES - timedelta(seconds=1))
    assert found(campaign).state == ExperimentState.TESTING
    deciding.look(DECIDES)

    one = found(campaign)
    assert (one.state, one.winner, one.grounds, one.decided_at) == ("decided", Side.B, Grounds.CLEAR, DECIDES)
    assert one.evidence["a"] == {"mailed": 40, "chosen": 3}
    assert one.evidence["b"] == {"mailed": 40, "chosen": 25}
    assert one.evidence["b_is_better"] > 0.99
    assert rest_says(campaign) == "Open on Saturdays too"
    assert one.variant_rest.current_id == one.variant_b.current_id
    rest = Chunk.objects.get(pk=parts(campaign)["rest"][0].chunk_id)
    assert (rest.due_at, rest.batch.expires_at) == (DECIDES, DECIDES + timedelta(days=7))
    assert sizes(campaign) == {"a": 40, "b": 40, "rest": 20}


def test_one_that_cannot_be_decided_is_told_and_keeps_no_other_from_its_turn(owner):
    readers(10)
    broken, sound = planned(owner), planned(owner)
    for campaign in (broken, sound):
        leave_as_test(campaign)
    deciding.look(NOW)
    Experiment.objects.filter(campaign=broken).update(judged_by="opens")

    with pytest.raises(ExceptionGroup) as raised:
        deciding.look(DECIDES)

    assert [found(campaign).state for campaign in (broken, sound)] == ["testing", "decided"]
    [error] = raised.value.exceptions
    assert error.__notes__ == [f"The A/B test of campaign {broken.pk}."]
    assert [one.campaign for one in queries.undecided(before=DECIDES + SECOND)] == [broken]
    assert queries.undecided(before=DECIDES) == []


def test_a_rest_that_was_to_be_spread_is_spread_from_the_decision_on(owner):
    readers(100)
    campaign = draft(owner)
    Campaign.objects.filter(pk=campaign.pk).update(timing=Timing.SPREAD, spread_hours=4, goes_at=NOW)
    campaign = planned_out(Campaign.objects.get(pk=campaign.pk), owner)
    assert held(campaign)[True] > 10

    deciding.choose(campaign, Side.A, by=owner, now=DECIDES)

    rest = {delivery.chunk_id for delivery in parts(campaign)["rest"]}
    due = sorted(Chunk.objects.filter(pk__in=rest).values_list("due_at", "batch__expires_at"))
    assert due[0][0] == DECIDES + UNDO
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
    each = parts(campaign)
    leave(each["a"])
    Chunk.objects.filter(pk=each["b"][0].chunk_id).update(done=True)
    Later.objects.create(delivery_id=each["b"][0].pk, lane="marketing", due_at=NOW + due_in, attempt=attempt)

    deciding.look(NOW)

    assert (found(campaign).tested_at is not None) is begins


def test_what_is_decided_at_night_leaves_in_the_morning_unless_somebody_presses(owner):
    night = datetime(2026, 1, 7, 3, 30, tzinfo=ZoneInfo("America/Toronto"))
    readers(20)
    by_itself, pressed = planned(owner), planned(owner)
    for campaign in (by_itself, pressed):
        leave_as_test(campaign)
    deciding.look(night - timedelta(hours=24))

    deciding.choose(pressed, Side.A, by=owner, now=night)
    deciding.look(night)

    assert due_of_the_rest(pressed) == {night + UNDO}
    assert due_of_the_rest(by_itself) == {night.replace(hour=8, minute=0)}
    assert found(by_itself).decided_at == night


def test_the_rest_waits_until_the_clinic_writes_again_and_it_is_kept_when_that_is(owner):
    clinics.clinic(writes_from=time(10, 30), writes_until=time(15))
    readers(20)
    campaign = planned(owner)
    leave_as_test(campaign)
    afternoon = datetime(2026, 1, 7, 15, tzinfo=ZoneInfo("America/Toronto"))
    deciding.look(afternoon - timedelta(hours=24))

    deciding.look(afternoon)

    half_past_ten = afternoon.replace(day=8, hour=10, minute=30)
    assert due_of_the_rest(campaign) == {half_past_ten}
    assert datetime.fromisoformat(found(campaign).evidence["leaves_at"]) == half_past_ten


def test_scanners_decide_nothing(owner):
    readers(60)
    campaign = planned(owner, replace(SETUP, share=100))
    leave_as_test(campaign)
    deciding.look(NOW)
    click(parts(campaign)["b"], label="scanner")
    click(parts(campaign)["a"], label="unknown")

    deciding.look(DECIDES)

    one = found(campaign)
    assert (one.winner, one.grounds) == (Side.A, Grounds.TOO_FEW)
    assert (one.evidence["a"]["chosen"], one.evidence["b"]["chosen"]) == (0, 0)


def test_by_bookings_it_is_the_bookings_that_count(owner):
    readers(60)
    campaign = planned(owner, replace(SETUP, share=100, judged_by=Judge.BOOKINGS))
    leave_as_test(campaign)
    deciding.look(NOW)
    click(parts(campaign)["b"])
    for delivery in parts(campaign)["a"][:12]:
        mail.fact(delivery, "booked", at=NOW + HOUR)

    deciding.look(DECIDES)

    one = found(campaign)
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

    assert deciding.choose(campaign, Side.B, by=owner, now=NOW + HOUR) is True
    assert deciding.choose(campaign, Side.A, by=owner, now=NOW + HOUR) is False

    one = found(campaign)
    assert (one.winner, one.grounds, one.decided_by) == (Side.B, Grounds.STAFF, owner)
    assert rest_says(campaign) == "Open on Saturdays too"
    assert deciding.look(DECIDES + HOUR) == 0
    acts = AuditEvent.objects.filter(act__startswith="experiment.").order_by("pk").values_list("act", "by")
    assert list(acts) == [("experiment.set_up", owner.pk), ("experiment.decided", owner.pk)]


def test_what_was_chosen_is_taken_back_within_the_minute_and_nobody_has_got_it(owner):
    readers(10)
    campaign = planned(owner)
    deciding.choose(campaign, Side.B, by=owner, now=NOW)
    assert next_lease(Lane.MARKETING, owner="one", window=100) is not None

    assert deciding.take_back(campaign, by=owner, now=NOW + UNDO) is False
    assert deciding.take_back(campaign, by=owner, now=NOW + UNDO - SECOND) is True

    one = found(campaign)
    assert (one.state, one.winner, one.decided_at, one.evidence) == ("testing", "", None, {})
    assert (rest_says(campaign), held(campaign)) == (None, {False: 2, True: 1})
    assert deciding.take_back(campaign, by=owner, now=NOW + SECOND) is False
    leave_as_test(campaign)
    deciding.look(NOW)
    deciding.look(DECIDES)
    assert (found(campaign).grounds, held(campaign)) == (Grounds.TOO_FEW, {False: 3})
    assert deliveries.unbalanced() == []


def test_what_has_begun_to_leave_cannot_be_taken_back(owner):
    readers(10)
    campaign = planned(owner)
    deciding.choose(campaign, Side.B, by=owner, now=NOW)
    rest = parts(campaign)["rest"][0].chunk_id
    Chunk.objects.filter(pk=rest).update(lease_until=NOW + HOUR)

    assert deciding.take_back(campaign, by=owner, now=NOW + SECOND) is False

    assert (found(campaign).state, rest_says(campaign)) == ("decided", "Open on Saturdays too")
    assert due_of_the_rest(campaign) == {NOW + UNDO}


def test_what_the_figures_decided_is_not_taken_back(owner):
    readers(10)
    campaign = planned(owner)
    waited(campaign)

    assert deciding.take_back(campaign, by=owner, now=DECIDES) is False


def test_while_it_is_paused_nothing_is_decided_and_once_resumed_it_is(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)
    deciding.look(NOW)
    Campaign.objects.update(status=CampaignStatus.PAUSED)
    engine.pause(Kind.CAMPAIGN, campaign.pk)

    assert deciding.look(DECIDES + HOUR) == 0
    Campaign.objects.update(status=CampaignStatus.SENDING)
    engine.resume(Kind.CAMPAIGN, campaign.pk)
    assert held(campaign) == {False: 2, True: 1}
    assert deciding.look(DECIDES + 2 * HOUR) == 1
    assert held(campaign) == {False: 3}


def test_chosen_while_paused_the_rest_leaves_only_when_it_is_resumed(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)
    Campaign.objects.update(status=CampaignStatus.PAUSED)
    engine.pause(Kind.CAMPAIGN, campaign.pk)

    deciding.choose(campaign, Side.A, by=owner, now=NOW)

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
    assert deciding.look(DECIDES) == 0
    assert deciding.choose(campaign, Side.A, by=owner, now=DECIDES) is False
    assert deliveries.unbalanced() == []


def test_a_crash_between_deciding_and_letting_go_loses_nobody(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)
    deciding.look(NOW)

    def cut_off() -> None:
        with transaction.atomic():
            deciding.look(DECIDES)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        cut_off()
    assert (found(campaign).state, rest_says(campaign), held(campaign)) == ("testing", None, {False: 2, True: 1})
    deciding.look(DECIDES + HOUR)
    assert (found(campaign).state, held(campaign), len(mine(campaign))) == ("decided", {False: 3}, 10)


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_in_threads_decide_once(owner):
    readers(10)
    campaign = planned(owner)
    leave_as_test(campaign)
    deciding.look(NOW)
    moved: list[int] = []

    def tick() -> None:
        barrier.wait()
        moved.append(deciding.look(DECIDES))
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

    one = found(campaign)
    assert "Saturdays from May" in one.variant_rest.current.text
    assert "Saturdays from May" in one.variant_b.current.text
    assert (one.variant_b.current.subject, rest_says(campaign)) == ("Open on Saturdays too", "New opening hours")
