"""A few get a large campaign first; it pauses by itself, and goes on when somebody says so, or by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import AuditEvent, User
from newsletter.campaigns import canary, queries, services
from newsletter.campaigns.models import CampaignStatus, Timing
from newsletter.deliveries.models import Kind, Lane, State
from newsletter.models import Batch, Campaign, Chunk, Delivery, Outcome, Uncertain
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, recipients

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FEW = 2


@pytest.fixture(autouse=True)
def clinic(db):
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def begun(by: User, *, goes_on: bool = False, **fields: Any) -> Campaign:
    """Planned for five people, of whom two get it first."""
    for _ in range(5):
        reader()
    letter = campaign(by)
    services.schedule(letter, by=by, now=NOW)
    Campaign.objects.filter(pk=letter.pk).update(canary_size=FEW, canary_goes_on=goes_on, **fields)
    services.start_due(NOW + MINUTE)
    letter.refresh_from_db()
    return letter


def landed(letter: Campaign, state: State = State.SUBMITTED) -> Campaign:
    """The few have come to an end, and the tick has seen it."""
    for delivery in few(letter):
        Outcome.objects.create(delivery_id=delivery.pk, at=NOW, state=state)
    Chunk.objects.filter(batch=letter.canary_batch).update(mark=FEW, done=True)
    assert canary.look(NOW + 2 * MINUTE) == 1
    letter.refresh_from_db()
    return letter


def few(letter: Campaign) -> list[Delivery]:
    chunk = Chunk.objects.get(batch=letter.canary_batch)
    return list(Delivery.objects.filter(pk__gte=chunk.pk * 1000, pk__lt=(chunk.pk + 1) * 1000).order_by("pk"))


def due(letter: Campaign) -> list[tuple[int, bool]]:
    """How many are in each chunk, and whether they may leave now."""
    mine = Chunk.objects.filter(batch__kind=Kind.CAMPAIGN, batch__owner_id=letter.pk, done=False).order_by("size")
    return [(chunk.size, chunk.due_at <= NOW + 3 * HOUR) for chunk in mine]


def acts(letter: Campaign) -> list[str]:
    found = AuditEvent.objects.filter(subject=f"campaign:{letter.pk}").order_by("pk")
    return list(found.values_list("act", flat=True))


def test_everybody_is_planned_once_and_only_the_few_are_due(owner):
    letter = begun(owner)

    assert (letter.planned_count, len(recipients(letter))) == (5, 5)
    assert due(letter) == [(2, True), (3, False)]
    assert queries.progress(letter).waiting == 5


def test_it_pauses_by_itself_when_the_few_have_come_to_an_end_and_not_before(owner):
    letter = begun(owner)
    assert canary.look(NOW + MINUTE) == 0

    landed(letter)

    assert (letter.status, letter.canary_until) == (CampaignStatus.PAUSED, NOW + 2 * MINUTE + HOUR)
    assert set(Batch.objects.values_list("state", flat=True)) == {"paused"}
    assert canary.look(NOW + 2 * HOUR) == 0
    assert due(letter) == [(3, False)]


def test_a_press_lets_the_others_go(owner):
    letter = landed(begun(owner))

    assert services.send_to_the_others(letter, by=owner, now=NOW + 3 * MINUTE)

    letter.refresh_from_db()
    assert (letter.status, letter.canary_over_at) == (CampaignStatus.SENDING, NOW + 3 * MINUTE)
    assert due(letter) == [(3, True)]
    assert Chunk.objects.get(done=False).due_at == NOW + 3 * MINUTE
    assert canary.look(NOW + 4 * MINUTE) == 0


def dues(letter: Campaign) -> list[datetime]:
    mine = Chunk.objects.filter(batch__kind=Kind.CAMPAIGN, batch__owner_id=letter.pk, done=False)
    return sorted(mine.values_list("due_at", flat=True))


def test_what_is_spread_over_hours_still_is_however_long_somebody_looked(owner):
    letter = landed(begun(owner, timing=Timing.SPREAD, spread_hours=2))

    services.send_to_the_others(letter, by=owner, now=NOW + 5 * HOUR)

    assert dues(letter) == [NOW + 5 * HOUR + wait * 40 * MINUTE for wait in range(3)]


def test_at_their_own_time_of_day_the_others_get_it_the_next_day_and_not_at_night(owner):
    letter = landed(begun(owner, timing=Timing.LEAD_ZONE, goes_at=NOW))

    services.send_to_the_others(letter, by=owner, now=NOW + 13 * HOUR)

    assert dues(letter) == [NOW + MINUTE + 24 * HOUR]


def test_the_others_are_not_too_old_when_somebody_looked_after_more_than_a_week(owner):
    letter = landed(begun(owner))
    later = NOW + timedelta(days=9)

    services.send_to_the_others(letter, by=owner, now=later)

    [others] = Batch.objects.exclude(pk=letter.canary_batch_id)
    assert others.expires_at == later + timedelta(days=7)


def test_merely_resuming_never_sends_to_the_others_and_sending_to_the_others_never_resumes(owner):
    letter = landed(begun(owner))

    assert not services.resume(letter, by=owner, now=NOW + 3 * MINUTE)
    letter.refresh_from_db()
    assert (letter.status, due(letter)) == (CampaignStatus.PAUSED, [(3, False)])

    services.send_to_the_others(letter, by=owner, now=NOW + 3 * MINUTE)
    services.pause(letter, by=owner)
    assert not services.send_to_the_others(letter, by=owner, now=NOW + 4 * MINUTE)
    letter.refresh_from_db()
    assert letter.status == CampaignStatus.PAUSED
    assert services.resume(letter, by=owner, now=NOW + 4 * MINUTE)
    assert acts(letter)[-3:] == ["campaign.canary_passed", "campaign.paused", "campaign.sending"]


def test_where_staff_chose_so_it_goes_on_by_itself_after_an_hour_without_bounces(owner):
    letter = landed(begun(owner, goes_on=True))

    assert canary.look(NOW + 2 * MINUTE + HOUR - timedelta(seconds=1)) == 0
    assert canary.look(NOW + 2 * MINUTE + HOUR) == 1

    letter.refresh_from_db()
    assert (letter.status, due(letter)) == (CampaignStatus.SENDING, [(3, True)])
    assert acts(letter)[-2:] == ["campaign.canary_landed", "campaign.canary_clean"]


@pytest.mark.parametrize("kind", ["bounced", "complained"])
def test_what_comes_back_keeps_it_until_somebody_says_so(kind, owner):
    letter = landed(begun(owner, goes_on=True))
    mail.fact(few(letter)[0], kind)

    assert canary.look(NOW + 2 * HOUR) == 0

    found = canary.found(letter)
    assert {"bounced": found.bounced, "complained": found.complained}[kind] == 1
    assert services.send_to_the_others(letter, by=owner, now=NOW + 2 * HOUR)
    assert due(letter) == [(3, True)]


def test_what_was_refused_at_once_counts_as_bounced(owner):
    letter = landed(begun(owner, goes_on=True), State.FAILED)

    assert (canary.found(letter).bounced, canary.look(NOW + 2 * HOUR)) == (2, 0)


def test_one_of_which_nobody_knows_whether_it_left_keeps_the_others_for_a_look_and_no_longer(owner):
    letter = begun(owner, goes_on=True)
    first, second = few(letter)
    Outcome.objects.create(delivery_id=first.pk, at=NOW, state=State.SUBMITTED)
    assert canary.look(NOW + 2 * MINUTE) == 0
    Uncertain.objects.create(delivery_id=second.pk, lane=Lane.MARKETING, since=NOW)

    assert canary.look(NOW + 2 * MINUTE) == 1
    assert canary.look(NOW + 2 * HOUR) == 0

    found = canary.found(letter)
    assert (found.ended, found.uncertain, found.has_landed, found.is_clean) == (1, 1, True, False)
    assert services.send_to_the_others(letter, by=owner, now=NOW + 2 * HOUR)
    assert [is_due for size, is_due in due(letter) if size == 3] == [True]


def test_paused_and_resumed_while_the_few_leave_the_others_wait_still(owner):
    letter = begun(owner)

    services.pause(letter, by=owner)
    assert canary.look(NOW + 2 * MINUTE) == 0
    services.resume(letter, by=owner, now=NOW + 2 * MINUTE)

    assert due(letter) == [(2, True), (3, False)]
    landed(letter)
    assert letter.status == CampaignStatus.PAUSED


def test_cancelled_while_the_others_wait_nobody_else_gets_it(owner):
    letter = landed(begun(owner))

    services.cancel(letter, by=owner, now=NOW + 3 * MINUTE)

    found = queries.progress(letter)
    assert (found.submitted, found.cancelled, found.waiting) == (2, 3, 0)
    assert canary.look(NOW + 2 * HOUR) == 0


def test_an_audience_of_only_the_few_is_planned_whole(owner):
    reader()
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)
    Campaign.objects.filter(pk=letter.pk).update(canary_size=FEW)
    services.start_due(NOW + MINUTE)
    letter.refresh_from_db()

    assert (letter.planned_count, due(letter)) == (1, [(1, True)])
