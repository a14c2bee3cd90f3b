"""What the coming days bring, on the overview and on a page of its own."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from clinic.clock import database_now
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.models import BatchState, Chunk, Kind, Later, State
from newsletter.deliveries.pacing.models import Allowance
from newsletter.deliveries.standing import holds
from newsletter.models import Batch, Outcome
from newsletter.sequences.models import Enrolment
from studio.queries import forecast
from tests.factories import clinics, mail, people
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.plans import TORONTO, email

DAY = timedelta(days=1)


@pytest.fixture
def under_way(owner) -> list[Enrolment]:
    """Three people whose next mail is due in two days, the last of theirs; and somebody who has had everything."""
    version = mail.sequence(1)
    version.steps.update(wait_days=2)
    now = database_now()
    noon = (now.astimezone(TORONTO) + 2 * DAY).replace(hour=12)
    return [mail.enrolment(people.lead(), version, due_at=noon, since=now) for _ in range(3)]


def told(found: forecast.Outlook) -> list[tuple[int, int]]:
    return [(day.mails, day.people) for day in found.days if day.mails]


def test_each_day_says_how_many_mails_go_to_how_many_people(studio: Client, under_way: list[Enrolment]) -> None:
    found = forecast.outlook(database_now())

    assert (len(found.days), found.mails, told(found)) == (14, 3, [(3, 3)])
    [line] = [line for day in found.days for line in day.lines]
    assert (line.name, line.pk, line.mails, line.people) == ("The sciatica course", under_way[0].sequence_id, 3, 3)
    assert "3 mails leave in the next fourteen days" in studio.get(reverse("studio:dashboard")).text
    assert "3 to 3 people" in studio.get(reverse("studio:forecast")).text


def test_a_scheduled_campaign_is_in_it_and_the_bars_stand_one_behind_the_other(under_way: list[Enrolment]) -> None:
    at = database_now() + 3 * DAY
    mail.campaign(name="Spring news", status=CampaignStatus.SCHEDULED, start_at=at, goes_at=at, reviewed_count=40)

    found = forecast.outlook(database_now())

    [line] = [line for day in found.days for line in day.lines if line.url_name == "studio:campaign"]
    assert (line.name, line.mails, line.people) == ("Spring news", 40, 40)
    assert max(day.by_sequences + day.by_campaigns for day in found.days) in (100, 102)


def test_where_somebody_may_be_counted_twice_it_says_at_most(studio: Client, under_way: list[Enrolment]) -> None:
    at = under_way[0].due_at
    mail.campaign(name="Spring news", status=CampaignStatus.SCHEDULED, start_at=at, goes_at=at, reviewed_count=40)

    days = [day for day in forecast.outlook(database_now()).days if len(day.lines) == 2]

    assert [day.is_at_most for day in days] == [True]
    assert days[0].said == f"{days[0].mails} mails to at most {days[0].people} people"
    assert f"{days[0].mails} to at most {days[0].people} people" in studio.get(reverse("studio:forecast")).text
    assert days[0].said in studio.get(reverse("studio:dashboard")).text


def test_a_day_with_more_than_may_leave_says_so(studio: Client, under_way: list[Enrolment], settings) -> None:
    settings.LANES = {**settings.LANES, "marketing": LaneOptions("marketing", rate_per_day=2)}

    found = forecast.outlook(database_now())

    assert [(day.limit, day.mails) for day in found.days if day.is_over] == [(2, 3)]
    assert [day.late for day in found.days if day.is_over] == [1]
    assert "at most 2 fit: 1 leaves later" in studio.get(reverse("studio:dashboard")).text


def test_what_does_not_fit_takes_the_room_of_the_days_after_it(under_way: list[Enrolment], settings) -> None:
    settings.LANES = {**settings.LANES, "marketing": LaneOptions("marketing", rate_per_day=1)}

    assert [day.late for day in forecast.outlook(database_now()).days if day.late] == [2, 1]


def test_what_left_today_already_takes_room_today(studio: Client, settings) -> None:
    settings.LANES = {**settings.LANES, "marketing": LaneOptions("marketing", rate_per_day=5)}
    now = database_now()
    Allowance.objects.create(lane="marketing", day=forecast.outlook(now).days[0].on, taken=3)

    assert [day.limit for day in forecast.outlook(now).days[:2]] == [2, 5]
    assert '<td class="number" data-label="At most">2</td>' in studio.get(reverse("studio:forecast")).text


def planned(count: int, kind: Kind, owner: int, *, at: datetime) -> None:
    """Mails that are planned, and have not left."""
    batch = Batch.objects.create(kind=kind, owner_id=owner, lane="marketing", size=count, planned_at=at)
    batch.chunks.create(lane="marketing", due_at=at, size=count + 2, mark=2)


def test_what_waits_already_takes_its_room_before_anything_else(
    studio: Client, under_way: list[Enrolment], settings
) -> None:
    settings.LANES = {**settings.LANES, "marketing": LaneOptions("marketing", rate_per_day=50)}
    now = database_now()
    news = mail.campaign(name="Spring news", status=CampaignStatus.SENDING, start_at=now, goes_at=now, planned_at=now)
    planned(100, Kind.STEP, under_way[0].sequence_id, at=now - DAY)
    planned(70, Kind.CAMPAIGN, news.pk, at=now)
    planned(9, Kind.CAMPAIGN, news.pk, at=now + DAY)
    planned(1, Kind.CAMPAIGN, news.pk, at=now + 90 * DAY)

    days = forecast.outlook(now).days

    today = [(line.name, line.mails, line.is_waiting) for line in days[0].lines]
    assert today == [("Spring news", 70, True), ("The sciatica course", 100, True)]
    assert [(day.mails, day.late) for day in days[:5]] == [(170, 120), (9, 79), (3, 32), (0, 0), (0, 0)]
    assert (days[0].is_at_most, days[2].is_at_most) == (True, False)
    assert "Spring news</a> (planned already, waiting to leave): 70 to 70 people" in (
        studio.get(reverse("studio:forecast")).text
    )


def test_what_is_paused_called_off_or_had_its_end_waits_for_no_room(under_way: list[Enrolment]) -> None:
    now = database_now()
    ended, later = (mail.delivery(people.lead(), kind=Kind.STEP, owner=1, item=item, at=now) for item in (1, 2))
    Outcome.objects.create(delivery_id=ended.pk, at=now, state=State.CANCELLED)
    Chunk.objects.filter(pk=later.chunk_id).update(mark=1, done=True)
    Later.objects.create(delivery_id=later.pk, lane="marketing", due_at=now + 3 * DAY)
    for state in (BatchState.PAUSED, BatchState.CANCELLED):
        planned(5, Kind.STEP, under_way[0].sequence_id, at=now)
        Batch.objects.filter(size=5, state=BatchState.OPEN).update(state=state)

    found = [[line.mails for line in day.lines if line.is_waiting] for day in forecast.outlook(now).days[:4]]

    assert found == [[], [], [], [1]]


def test_it_says_what_it_leaves_out_and_that_mail_is_held(studio: Client, owner, under_way: list[Enrolment]) -> None:
    now = database_now()
    holds.hold("A pause.", by=owner, now=now)
    broken = mail.enrolment(people.lead(), ways.sequence(email(1), key="broken").published, due_at=now, since=now)
    type(broken.version).objects.filter(pk=broken.version_id).update(plan={"schema": 99})
    waiting = ways.sequence(email(1), key="waiting")
    mail.enrolment(people.lead(), waiting.published, due_at=now, since=now)
    type(waiting).objects.filter(pk=waiting.pk).update(state="paused")

    found = forecast.outlook(now)

    assert (found.is_held, found.paused, found.unread, found.mails) == (True, ["waiting"], ["broken"], 3)
    text = studio.get(reverse("studio:dashboard")).text
    assert all(words in text for words in ("mail is held", "Without “waiting”", "Without “broken”"))


def test_the_busiest_day_is_said_in_a_sentence(studio: Client, under_way: list[Enrolment]) -> None:
    day = forecast.outlook(database_now()).busiest

    assert day is not None
    assert f"3 mails to 3 people on {day.on:%A, %-d %B}" in studio.get(reverse("studio:dashboard")).text


def test_free_calls_stand_beside_the_mails(studio: Client) -> None:
    for weekday in range(7):
        clinics.hours(weekday)

    found = forecast.outlook(database_now())

    assert sum(day.free_calls > 0 for day in found.days) >= 12
    most = max(day.free_calls for day in found.days)
    assert f'<td class="number" data-label="Free calls">{most}</td>' in studio.get(reverse("studio:forecast")).text


def test_what_took_long_is_kept_for_some_minutes(under_way: list[Enrolment], monkeypatch) -> None:
    monkeypatch.setattr(forecast, "DEAR", -1)
    first = forecast.outlook(database_now())
    Enrolment.objects.update(state="paused")
    again = forecast.outlook(database_now())
    cache.clear()

    assert again == first
    assert told(forecast.outlook(database_now())) == []
