"""When a step may go: its own hours or the sequence's, cut by the clinic's quiet ones, on days off or not."""

from datetime import date, time

import pytest

from clinic.models import DayOff
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.plan.document import Hours, Plan, Step, StepKind
from newsletter.sequences.schedule import Wait
from tests.factories import clinics

pytestmark = pytest.mark.django_db
DAY_OFF = date(2027, 3, 9)


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        (time(9), time(18), (time(9), time(18))),
        (time(6), time(23), (time(7, 30), time(20))),
        (time(6), time(7), (time(7, 30), time(20))),
        (time(21), time(23), (time(7, 30), time(20))),
    ],
)
def test_no_window_reaches_into_the_quiet_hours(opens: time, closes: time, expected: tuple[time, time]):
    clinics.clinic(writes_from=time(7, 30), writes_until=time(20))

    window = Almanac().calendar(Hours(opens=opens, closes=closes)).window

    assert (window.opens, window.closes) == expected


@pytest.mark.parametrize(("at", "goes"), [(time(9, 30), time(9, 30)), (time(21), time(9)), (time(8, 30), time(9))])
def test_a_time_of_day_that_became_a_quiet_one_is_the_opening(at: time, goes: time):
    clinics.clinic()
    mail = Step(1, StepKind.EMAIL, wait=Wait(2, at=at), email=7)
    pause = Step(2, StepKind.WAIT, wait=Wait(2, at=at))

    steps = Almanac().plan(Plan(steps=(mail, pause)), {}).steps

    assert [step.wait.at for step in steps] == [goes, at]


@pytest.mark.parametrize("of_all", [True, False])
@pytest.mark.parametrize("own", [True, False, None])
def test_a_step_with_hours_of_its_own_keeps_days_off_or_not(own: bool | None, *, of_all: bool):
    clinics.clinic()
    DayOff.objects.create(on=DAY_OFF)
    mail = Step(1, StepKind.EMAIL, email=7, hours=Hours(keeps_holidays=own))

    found = Almanac().plan(Plan(keeps_holidays=of_all, steps=(mail,)), {})

    assert (DAY_OFF in found.calendar_of(found.steps[0]).days_off) == (of_all if own is None else own)
    assert (DAY_OFF in found.calendar.days_off) == of_all
