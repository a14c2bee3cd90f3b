"""Behind every figure stand so many ways as it says."""

import pytest

from newsletter.deliveries.models import State
from newsletter.models import Enrolment, Sequence, SequenceVersion
from newsletter.sequences.models import ExitReason
from newsletter.sequences.report import people as listed
from newsletter.sequences.report import queries
from newsletter.sequences.report.people import BEFORE_ANY, Point, Wanted
from tests.factories import mail, people
from tests.newsletter.sequences.course import NOW
from tests.newsletter.sequences.report.lived import (
    FINISHED,
    HELD_OUT,
    LEFT,
    PAUSED,
    booked,
    mailed,
    two_versions,
    way,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lived() -> tuple[Sequence, SequenceVersion, SequenceVersion, dict[str, Enrolment]]:
    made, first, second = two_versions()
    named = {
        "waits": way(first, next_position=1),
        "paused": way(first, PAUSED, next_position=1),
        "finished": way(second, FINISHED, next_position=4),
        "booked": way(first, LEFT, exit_reason=ExitReason.BOOKED, last_key=1),
        "left": way(first, LEFT, exit_reason=ExitReason.UNSUBSCRIBED),
        "held_out": way(second, HELD_OUT),
        "moved": way(second, next_position=2, enrolled_at=first.published_at),
    }
    mailed(named["waits"], 1)
    mailed(named["paused"], 1, state=State.CANCELLED)
    letter = mailed(named["booked"], 1)
    mail.click(letter)
    booked(letter)
    mail.click(mailed(named["finished"], 4), label="scanner")
    return made, first, second, named


def test_the_ways_at_a_point_are_these(lived) -> None:
    made, _first, _second, named = lived
    names = {one.pk: name for name, one in named.items()}
    expected = {
        Wanted(Point.ENTERED): "waits paused finished booked left moved",
        Wanted(Point.UNDER_WAY): "waits moved",
        Wanted(Point.UNDER_WAY, 2): "waits",
        Wanted(Point.UNDER_WAY, 4): "moved",
        Wanted(Point.PAUSED): "paused",
        Wanted(Point.PAUSED, 2): "paused",
        Wanted(Point.PAUSED, 1): "",
        Wanted(Point.FINISHED): "finished",
        Wanted(Point.LEFT): "booked left",
        Wanted(Point.LEFT, 1): "booked",
        Wanted(Point.LEFT, BEFORE_ANY): "left",
        Wanted(Point.LEFT, reason="booked"): "booked",
        Wanted(Point.LEFT, BEFORE_ANY, "booked"): "",
        Wanted(Point.HELD_OUT): "held_out",
        Wanted(Point.MOVED): "moved",
        Wanted(Point.MAILED): "waits finished booked",
        Wanted(Point.MAILED, 1): "waits booked",
        Wanted(Point.NOT_MAILED, 1): "paused",
        Wanted(Point.CLICKED): "booked",
        Wanted(Point.CLICKED, 4): "",
        Wanted(Point.BOOKED, 1): "booked",
        Wanted(Point.BOOKED, 2): "",
    }

    found = {wanted: [names[one.pk] for one in listed.at(listed.ways(made), wanted)] for wanted in expected}
    assert {wanted: sorted(who) for wanted, who in found.items()} == {
        wanted: sorted(who.split()) for wanted, who in expected.items()
    }


def test_every_figure_has_so_many_ways_behind_it(lived) -> None:
    made, first, second, _named = lived
    counted = queries.count(made, now=NOW)

    for version in (None, first, second):
        course = counted.course(version)
        said = {
            Wanted(Point.ENTERED): course.entered,
            Wanted(Point.UNDER_WAY): course.under_way,
            Wanted(Point.FINISHED): course.finished,
            Wanted(Point.LEFT): course.left,
            Wanted(Point.HELD_OUT): course.held_out,
            Wanted(Point.CLICKED): course.clicked,
            Wanted(Point.BOOKED): course.booked,
        }
        for key, one in course.mails.items():
            said[Wanted(Point.MAILED, key)] = one.mailed
            said[Wanted(Point.NOT_MAILED, key)] = one.not_mailed
            said[Wanted(Point.CLICKED, key)] = one.clicked
            said[Wanted(Point.BOOKED, key)] = one.booked
        behind = {wanted: listed.at(listed.ways(made, version), wanted).count() for wanted in said}
        assert behind == said


def test_a_list_is_searched_by_name_and_the_latest_come_first(lived) -> None:
    made, first, second, named = lived
    ada = way(second, lead=people.lead(first_name="Ida", last_name="Quill"), enrolled_at=NOW)
    people.lead(last_name="Quill")

    assert [one.pk for one in listed.ways(made, text="ida quill")] == [ada.pk]
    assert listed.ways(made)[0] == ada
    assert listed.ways(made, first, text="quill").count() == 0
    assert listed.ways(made, text=" ").count() == len(named) + 1


def test_a_way_is_described_with_the_step_before_which_it_stands(lived) -> None:
    made, _first, _second, named = lived

    keys = {one.pk: vars(one)["key"] for one in listed.described(listed.ways(made))}
    assert (keys[named["waits"].pk], keys[named["moved"].pk], keys[named["finished"].pk]) == (2, 4, None)
