"""Limits per day: exact between senders, on the clinic's calendar, growing while a lane is warmed up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from clinic.clock import database_now
from clinic.models import Clinic
from newsletter.deliveries.lanes import DomainLimit, LaneOptions, WarmUp
from newsletter.deliveries.pacing import days
from newsletter.deliveries.pacing.days import WHOLE_LANE, Day, Days
from newsletter.deliveries.pacing.models import Allowance
from tests.newsletter.deliveries import world

TORONTO = ZoneInfo("America/Toronto")


def of(**options: object) -> Days:
    return Days("marketing", LaneOptions("marketing", **options))


def taken() -> dict[str, int]:
    return dict(Allowance.objects.values_list("domains", "taken"))


@pytest.mark.django_db
def test_a_day_s_limit_is_given_out_in_shares_until_nothing_is_left():
    mine, other = of(rate_per_day=100), of(rate_per_day=100)

    got = [sender.take(WHOLE_LANE, 30) for _ in range(20) for sender in (mine, other)]

    assert sum(got) == 100
    assert got[-2:] == [0, 0]
    assert max(got) == 5
    assert taken() == {"": 100}


@pytest.mark.django_db
def test_what_was_not_used_is_there_for_others():
    mine = of(rate_per_day=2_000)
    assert mine.take(WHOLE_LANE, 60) == 60
    mine.give_back(WHOLE_LANE, 20)
    assert taken() == {"": 100}

    mine.close()

    assert taken() == {"": 40}


@pytest.mark.django_db
def test_a_lane_without_a_limit_writes_nothing():
    assert of().take(WHOLE_LANE, 500) == 500
    assert taken() == {}


@pytest.mark.django_db
def test_groups_have_limits_of_their_own():
    group = DomainLimit("gmail.com", frozenset({"gmail.com"}), rate_per_day=3)
    mine = of(rate_per_day=1_000, domains={"gmail.com": group})

    assert [mine.take("gmail.com", 2) for _ in range(3)] == [2, 1, 0]
    assert mine.take(WHOLE_LANE, 50) == 50
    assert taken() == {"gmail.com": 3, "": 50}


@pytest.mark.django_db
def test_a_limit_that_is_lowered_gives_nothing_more_and_takes_nothing_back():
    of(rate_per_day=100).take(WHOLE_LANE, 5)

    assert of(rate_per_day=4).take(WHOLE_LANE, 1) == 0
    assert taken() == {"": 5}


@pytest.fixture
def emptied(transactional_db) -> Iterator[None]:
    yield
    Allowance.objects.all().delete()


def test_senders_at_once_never_exceed_the_day(emptied):
    def drain(_: int) -> int:
        mine, got = of(rate_per_day=333), 0
        while count := mine.take(WHOLE_LANE, 7):
            got += count
        connection.close()
        return got

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(drain, range(4))) == 333


@pytest.mark.django_db
def test_a_new_day_begins_with_an_empty_hand(monkeypatch):
    world.open_clinic()
    now = database_now()
    mine = of(rate_per_day=20)
    mine.take(WHOLE_LANE, 1)
    mine.give_back(WHOLE_LANE, 1)
    monkeypatch.setattr(days, "database_now", lambda: now + timedelta(days=1))
    monkeypatch.setattr(days, "LOOKED_UP_FOR", -1.0)

    assert sum(mine.take(WHOLE_LANE, 1) for _ in range(30)) == 20
    assert sorted(Allowance.objects.values_list("taken", flat=True)) == [1, 20]


@pytest.mark.django_db
def test_the_day_is_the_clinic_s():
    Clinic.objects.update_or_create(id=1, defaults={"time_zone": "Pacific/Kiritimati"})
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    found = days.read_day("marketing", LaneOptions("marketing"), now)

    assert found.on == date(2026, 3, 2)
    assert found.ends_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24)])
def test_days_on_which_the_clocks_change_are_days(day, hours):
    begins = datetime(day.year, day.month, day.day, tzinfo=TORONTO)

    on, ends_at = days.day_of(begins.astimezone(UTC), TORONTO)

    assert on == day
    assert ends_at - begins.astimezone(UTC) == timedelta(hours=hours)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC)),
    st.sampled_from(["America/Toronto", "Europe/London", "Australia/Sydney", "America/Sao_Paulo", "Africa/Cairo"]),
)
def test_every_moment_lies_in_its_day(now, name):
    zone = ZoneInfo(name)
    on, ends_at = days.day_of(now, zone)

    assert now < ends_at <= now + timedelta(hours=26)
    assert now.astimezone(zone).date() == on
    assert ends_at.astimezone(zone).date() == on + timedelta(days=1)


@given(st.integers(-3, 40), st.one_of(st.none(), st.integers(1, 10**6)))
def test_a_warm_up_never_allows_more_than_the_limit_and_never_less_than_the_day_before(number, whole):
    warm_up = WarmUp()
    limit = days.ramped(warm_up, number, whole)
    after = days.ramped(warm_up, number + 1, whole)

    assert limit is None or whole is None or limit <= whole
    assert after is None or (limit is not None and limit <= after)
    assert days.ramped(None, number, whole) == whole


@pytest.mark.django_db
def test_a_warm_up_begins_with_the_first_mail_and_grows_by_calendar_days():
    options = LaneOptions("marketing", rate_per_day=90, warm_up=WarmUp((10, 40, 80)))
    now = datetime(2026, 3, 2, 15, tzinfo=UTC)

    def limit(day: int) -> int | None:
        found = days.read_day("marketing", options, now + timedelta(days=day))
        return days.limits(options, found).get(WHOLE_LANE)

    assert limit(0) == 10
    assert limit(5) == 10  # nothing has left yet
    Allowance.objects.create(lane="marketing", domains="", day=date(2026, 3, 1), taken=0)  # all given back
    Allowance.objects.create(lane="transactional", domains="", day=date(2026, 2, 1), taken=5)
    Allowance.objects.create(lane="marketing", domains="", day=date(2026, 3, 2), taken=1)
    assert [limit(day) for day in range(5)] == [10, 40, 80, 90, 90]
    assert days.limits(replace(options, rate_per_day=None), Day(date(2026, 3, 9), now, date(2026, 3, 2))) == {}


@pytest.mark.django_db
def test_a_warm_up_may_be_told_when_to_begin():
    options = LaneOptions("marketing", warm_up=WarmUp((10, 40), date(2026, 3, 2)))
    found = [
        days.limits(options, days.read_day("marketing", options, datetime(2026, 3, day, 15, tzinfo=UTC)))
        for day in (1, 2, 3, 4)
    ]

    assert found == [{"": 10}, {"": 10}, {"": 40}, {}]
