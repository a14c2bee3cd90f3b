"""What becomes of overdue mail when a hold is released."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F

from accounts.models import AuditEvent
from clinic.clock import database_now
from leads.models import Lead
from leads.people.models import LeadStatus
from newsletter.campaigns import audience
from newsletter.campaigns.audience import Share
from newsletter.campaigns.models import Campaign
from newsletter.deliveries import claim, services
from newsletter.deliveries.models import CHUNK_SIZE, Chunk, Delivery, Kind, Lane, Later, Outcome, Uncertain
from newsletter.deliveries.queries import progress, unbalanced
from newsletter.deliveries.services import Planned, Row
from newsletter.deliveries.standing import attendance, holds, overdue
from newsletter.deliveries.standing import release as releasing
from newsletter.deliveries.standing.models import Hold, HoldCause, HoldScope, Residence
from newsletter.deliveries.standing.release import Choice, careful
from newsletter.models import Enrolment
from newsletter.sequences.models import EnrolmentState
from tests.newsletter.deliveries import world
from tests.newsletter.sequences import course

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clinic():
    return world.open_clinic()


@pytest.fixture
def hold(owner):
    return lambda **fields: holds.hold("A wrong date", by=owner, now=database_now(), **fields)


def release(choice: Choice, **fields) -> int | None:
    """By somebody who has seen every hold."""
    return releasing.release(choice, seen=[hold.pk for hold in holds.unreleased()], **fields)


def counted() -> list[tuple]:
    return [(line.lane, str(line.what), line.count) for line in overdue.lines(database_now())]


def confirmation(*, due_ago: timedelta) -> int:
    now = database_now()
    planned = Planned(Kind.CONFIRMATION, 1, Lane.TRANSACTIONAL)
    row = Row(1, 0, world.variant().pk, lead_id=world.lead("newcomer").pk)
    services.plan(planned, [row], due_at=now - due_ago, now=now)
    return Delivery.objects.get(kind=Kind.CONFIRMATION).pk


def test_what_is_overdue_is_counted_by_what_it_is_for(owner):
    now = database_now()
    Campaign.objects.create(id=7, name="Autumn", email=world.variant().email, status="sending", created_by=owner)
    Campaign.objects.create(
        name="Spring", email=world.variant().email, status="scheduled", start_at=now - HOUR, created_by=owner
    )
    planned = world.plan(world.leads(3), due_at=now - HOUR)
    Chunk.objects.update(mark=1)
    Later.objects.create(delivery_id=planned.ids[0], lane=Lane.MARKETING, due_at=now - HOUR)
    confirmation(due_ago=HOUR)
    world.plan([world.lead("ann")], owner=8, due_at=now + HOUR)

    assert counted() == [
        ("marketing", "Autumn", 3),
        ("transactional", "Confirmation", 1),
        ("marketing", "Spring", 5),
    ]


def test_what_staff_have_paused_is_not_overdue():
    planned = world.plan(world.leads(2), due_at=database_now() - HOUR)
    Later.objects.create(delivery_id=planned.ids[0], lane=Lane.MARKETING, due_at=database_now() - HOUR)
    services.pause(Kind.CAMPAIGN, 7)

    assert counted() == []
    assert overdue.oldest(Lane.MARKETING, database_now()) is None


def test_late_mail_is_spread_out_the_longest_waiting_first(hold, owner):
    hold()
    now = database_now()
    for number, minutes in enumerate((10, 40, 30, 20)):
        world.plan([world.lead(f"p{number}")], owner=number, due_at=now - timedelta(minutes=minutes))

    assert release(Choice(over=timedelta(hours=4)), by=owner, now=now) == 0

    assert due_of_owners(now) == [(1, timedelta(0)), (2, HOUR), (3, 2 * HOUR), (0, 3 * HOUR)]
    assert holds.active() is None


def due_of_owners(now: datetime) -> list[tuple[int, timedelta]]:
    """Whose mail leaves when, of what has a moment of its own."""
    owners = dict(Delivery.objects.values_list("pk", "owner"))
    return [(owners[row.delivery_id], row.due_at - now) for row in Later.objects.order_by("due_at")]


def test_one_late_campaign_leaves_one_by_one_over_the_time_that_was_chosen(hold, owner):
    hold()
    now = database_now()
    planned = world.plan(world.leads(8), due_at=now - HOUR)
    Chunk.objects.update(mark=3)
    Outcome.objects.bulk_create(Outcome(delivery_id=one, at=now, state=1) for one in planned.ids[:3])
    Outcome.objects.create(delivery_id=planned.ids[7], at=now, state=5)

    release(Choice(over=4 * HOUR), by=owner, now=now)

    due = Later.objects.order_by("due_at").values_list("delivery_id", "due_at", "reason")
    assert [(one, (at - now).total_seconds() / 3600) for one, at, _ in due] == [
        (planned.ids[3], 0), (planned.ids[4], 1), (planned.ids[5], 2), (planned.ids[6], 3),
    ]  # fmt: skip
    assert {reason for _, _, reason in due} == {"spread out after a hold"}
    assert world.states(planned.ids) == {"submitted": 3, "later": 4, "cancelled": 1}
    assert (progress(Kind.CAMPAIGN, 7).waiting, unbalanced()) == (4, [])
    assert claim.next_lease(Lane.MARKETING, owner="me", window=100).attempts == {planned.ids[3]: 0}
    assert claim.next_lease(Lane.MARKETING, owner="me", window=100) is None


def test_what_a_dead_sender_had_in_hand_is_in_doubt_and_only_the_rest_is_spread(hold, owner):
    hold()
    now = database_now()
    planned = world.plan(world.leads(4), due_at=now - HOUR)
    Chunk.objects.update(mark=2, lease_owner="gone", lease_until=now - HOUR)
    Outcome.objects.create(delivery_id=planned.ids[0], at=now, state=1)

    release(Choice(over=2 * HOUR), by=owner, now=now)

    assert world.states(planned.ids) == {"submitted": 1, "uncertain": 1, "later": 2}
    assert list(Uncertain.objects.values_list("delivery_id", "lease_owner")) == [(planned.ids[1], "gone")]
    chunk = Chunk.objects.get()
    assert (chunk.done, chunk.fence, chunk.lease_owner) == (True, 1, "")


def test_a_chunk_that_a_sender_works_on_is_left_to_it(hold, owner):
    hold()
    now = database_now()
    planned = world.plan(world.leads(2), due_at=now - HOUR)
    Chunk.objects.update(mark=1, lease_owner="alive", lease_until=now + HOUR)

    release(Choice(over=2 * HOUR), by=owner, now=now)

    assert world.states(planned.ids) == {"planned": 2}
    assert (Chunk.objects.get().done, Chunk.objects.get().fence) == (False, 0)


def test_very_much_is_spread_by_the_chunk_none_of_them_a_large_part_of_the_whole(hold, owner, monkeypatch):
    hold()
    now = database_now()
    monkeypatch.setattr(overdue, "AT_MOST_ONE_BY_ONE", 3)
    for number in range(4):
        world.plan([world.lead(f"p{number}")], owner=number, due_at=now - (9 - number) * HOUR)

    release(Choice(over=4 * HOUR), by=owner, now=now)

    due = Chunk.objects.order_by("due_at").values_list("batch__owner_id", "due_at")
    assert [(owner_id, due_at - now) for owner_id, due_at in due] == [
        (0, timedelta(0)), (1, HOUR), (2, 2 * HOUR), (3, 3 * HOUR),
    ]  # fmt: skip
    assert Later.objects.count() == 0


def test_retries_are_spread_out_too_and_transactional_mail_leaves_at_once(hold, owner):
    hold(scope=HoldScope.ALL)
    now = database_now()
    planned = world.plan(world.leads(2), due_at=now - HOUR)
    Chunk.objects.update(mark=F("size"), done=True)
    for delivery_id in planned.ids:
        Later.objects.create(delivery_id=delivery_id, lane=Lane.MARKETING, due_at=now - HOUR)
    late = confirmation(due_ago=HOUR)

    release(Choice(over=2 * HOUR), by=owner, now=now)

    assert [row.due_at - now for row in Later.objects.order_by("due_at")] == [timedelta(0), HOUR]
    assert Chunk.objects.get(id=late // CHUNK_SIZE).due_at < now


def test_what_is_older_than_chosen_is_skipped_and_everything_balances(hold, owner):
    hold()
    now = database_now()
    old = world.plan(world.leads(3), due_at=now - 3 * HOUR)
    Chunk.objects.update(mark=1)
    Later.objects.create(delivery_id=old.ids[0], lane=Lane.MARKETING, due_at=now - 3 * HOUR)
    fresh = world.plan([world.lead("ann")], owner=8, due_at=now - HOUR)
    late = confirmation(due_ago=3 * HOUR)

    assert release(Choice(skip_after=2 * HOUR), by=owner, now=now) == 3

    assert world.states(old.ids) == {"expired": 3}
    assert set(Outcome.objects.values_list("reason", flat=True)) == {overdue.SKIPPED}
    assert (progress(Kind.CAMPAIGN, 7).expired, progress(Kind.CAMPAIGN, 7).is_settled) == (3, True)
    assert world.states(fresh.ids) == {"later": 1}
    assert world.states([late]) == {"planned": 1}
    assert AuditEvent.objects.get(act="sending.released").detail["skipped"] == 3


def test_a_hold_of_everything_skips_confirmations_too(hold, owner):
    hold(scope=HoldScope.ALL)
    late = confirmation(due_ago=3 * HOUR)

    assert release(Choice(skip_after=HOUR), by=owner, now=database_now()) == 1

    assert world.states([late]) == {"expired": 1}


def test_what_was_handed_over_is_not_skipped(hold, owner):
    hold()
    now = database_now()
    planned = world.plan(world.leads(2), due_at=now - HOUR)
    Chunk.objects.update(mark=1, lease_owner="gone", lease_until=now - HOUR)

    assert release(Choice(skip_after=timedelta(0)), by=owner, now=now) == 1

    assert world.states(planned.ids) == {"planned": 1, "expired": 1}
    assert Chunk.objects.get().done is False


def test_people_in_a_course_are_dealt_out_or_put_before_the_step_after(owner):
    course.open_course(0, 3, 3)
    now = course.NOW
    enrolments = [course.enrolled(now=now - 5 * course.DAY) for _ in range(2)]
    Enrolment.objects.filter(pk=enrolments[0].pk).update(due_at=now - 4 * course.DAY)
    Enrolment.objects.filter(pk=enrolments[1].pk).update(due_at=now - HOUR)
    holds.hold("A wrong date", by=owner, now=now)

    assert release(Choice(skip_after=course.DAY, over=2 * HOUR), by=owner, now=now) == 1

    skipped, late = (Enrolment.objects.get(pk=one.pk) for one in enrolments)
    assert (skipped.state, skipped.next_position) == (EnrolmentState.ACTIVE, 1)
    assert skipped.due_at > now
    assert course.planned(skipped) == [1]
    assert Delivery.objects.get(owner=skipped.pk).chunk_id in Chunk.objects.filter(batch__expires_at=now).values_list(
        "id", flat=True
    )
    assert (late.next_position, late.due_at) == (0, now)


@pytest.mark.parametrize(
    ("change", "state", "is_later"),
    [
        ({"paused_until": course.NOW + 9 * course.DAY}, EnrolmentState.ACTIVE, True),
        ({"status": LeadStatus.PATIENT}, EnrolmentState.EXITED, False),
    ],
)
def test_who_paused_their_mail_or_is_a_patient_misses_nothing_and_is_not_overdue(change, state, is_later, owner):
    course.open_course(0, 3, 3)
    now = course.NOW
    enrolment = course.enrolled(now=now - 5 * course.DAY)
    Lead.objects.filter(pk=enrolment.lead_id).update(**change)
    Enrolment.objects.filter(pk=enrolment.pk).update(due_at=now - 4 * course.DAY)
    assert (overdue.lines(now), overdue.is_any(before=now - HOUR)) == ([], False)
    holds.hold("A wrong date", by=owner, now=now)

    assert release(Choice(skip_after=timedelta(0)), by=owner, now=now) == 0

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.next_position, course.planned(enrolment)) == (state, 0, [])
    assert (enrolment.due_at > now) is is_later


@pytest.mark.parametrize(("skip_after", "status"), [(None, "scheduled"), (2 * HOUR, "scheduled"), (HOUR / 2, "draft")])
def test_a_campaign_that_did_not_begin_begins_or_is_a_draft_again(skip_after, status, hold, owner):
    hold()
    now = database_now()
    campaign = Campaign.objects.create(
        name="Autumn", email=world.variant().email, status="scheduled", start_at=now - HOUR, created_by=owner
    )

    release(Choice(skip_after=skip_after), by=owner, now=now)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.start_at) == (status, now if status == "scheduled" else None)


def test_campaigns_that_did_not_begin_begin_one_after_another(hold, owner):
    hold()
    now = database_now()
    for name, hours in (("Spring", 3), ("Summer", 2), ("Autumn", 4)):
        Campaign.objects.create(
            name=name,
            email=world.variant().email,
            status="scheduled",
            start_at=now - hours * HOUR,
            created_by=owner,
        )

    release(Choice(over=3 * HOUR), by=owner, now=now)

    begins = Campaign.objects.order_by("start_at").values_list("name", "start_at")
    assert [(name, at - now) for name, at in begins] == [
        ("Autumn", timedelta(0)), ("Spring", HOUR), ("Summer", 2 * HOUR),
    ]  # fmt: skip
    assert set(Campaign.objects.values_list("timing", "spread_hours")) == {("spread", 1)}
    assert AuditEvent.objects.filter(act="campaign.put_off").count() == 3


@pytest.mark.parametrize(
    ("timing", "over", "is_spread"),
    [("clinic", 4 * HOUR, True), ("clinic", HOUR / 2, False), ("lead_zone", 4 * HOUR, False)],
)
def test_a_campaign_that_did_not_begin_leaves_evenly_over_the_time_that_was_chosen(
    timing, over, is_spread, hold, owner
):
    hold()
    now = database_now()
    world.leads(8)
    Campaign.objects.create(
        name="Autumn",
        email=world.variant().email,
        status="scheduled",
        timing=timing,
        goes_at=now - HOUR,
        start_at=now - HOUR,
        created_by=owner,
    )

    release(Choice(over=over), by=owner, now=now)

    campaign = Campaign.objects.get()
    assert (campaign.timing, campaign.spread_hours) == (("spread", 4) if is_spread else (timing, 0))
    with transaction.atomic():
        audience.plan(campaign, now, [Share(world.variant().pk)])
    due = [chunk.due_at for chunk in Chunk.objects.order_by("due_at")]
    assert [at - due[0] for at in due] == [HOUR * half / 2 for half in range(8 if is_spread else 1)]


@pytest.mark.parametrize(
    ("cause", "skip_after"),
    [("staff", None), ("command", None), ("silence", None), ("moved", timedelta(0)), ("rewound", timedelta(0))],
)
def test_the_careful_choice_mails_nobody_again_from_a_copy(cause, skip_after):
    assert careful([Hold(cause=HoldCause(cause))]).skip_after == skip_after


def test_a_copy_that_somebody_held_before_anybody_looked_is_not_released_before_it_is_shown(hold, owner):
    attendance.look(database_now())
    mine = hold(scope=HoldScope.ALL, cause=HoldCause.COMMAND)
    Residence.objects.update(relation=1)
    planned = world.plan(world.leads(1), due_at=database_now() - HOUR)

    assert releasing.release(Choice(), seen=[mine.pk], by=owner, now=database_now()) is None

    assert [found.cause for found in holds.unreleased()] == [HoldCause.MOVED, HoldCause.COMMAND]
    assert careful(holds.unreleased()).skip_after == timedelta(0)
    assert release(careful(holds.unreleased()), by=owner, now=database_now()) == 1
    assert (holds.active(), world.states(planned.ids)) == (None, {"expired": 1})


def test_a_hold_that_was_set_while_somebody_decided_keeps_everything_held(hold, owner):
    shown = hold()
    holds.hold_by_itself("It went on.", cause=HoldCause.REWOUND, scope=HoldScope.MARKETING, now=database_now())

    assert releasing.release(Choice(), seen=[shown.pk], by=owner, now=database_now()) is None

    assert [found.cause for found in holds.unreleased()] == [HoldCause.REWOUND, HoldCause.STAFF]


def test_without_a_hold_nothing_is_touched(owner):
    planned = world.plan(world.leads(1), due_at=database_now() - HOUR)

    assert release(Choice(skip_after=timedelta(0)), by=owner, now=database_now()) == 0

    assert world.states(planned.ids) == {"planned": 1}
