from datetime import timedelta

from newsletter.models import SequenceVersion
from newsletter.sequences.report.periods import Period, periods
from tests.newsletter.sequences.course import DAY, NOW


def version(number: int, share: int | None) -> SequenceVersion:
    plan = {} if share is None else {"holdout": share}
    return SequenceVersion(number=number, plan=plan, published_at=NOW + number * DAY)


def test_versions_behind_one_another_with_the_same_share_are_one_time() -> None:
    several = [version(number, share) for number, share in enumerate((None, 10, 10, 0, 20), start=1)]

    assert periods(reversed(several)) == [
        Period(20, 5, 5, NOW + 5 * DAY, None),
        Period(10, 2, 3, NOW + 2 * DAY, NOW + 4 * DAY),
    ]


def test_where_nobody_is_held_out_there_is_no_time_to_compare() -> None:
    assert periods([version(1, None), version(2, 0)]) == []
    assert periods([]) == []


def test_a_share_that_comes_back_is_a_time_of_its_own() -> None:
    several = [version(number, share) for number, share in enumerate((10, 20, 10), start=1)]

    assert [(one.first, one.share, one.until) for one in periods(several)] == [
        (3, 10, None),
        (2, 20, NOW + timedelta(days=3)),
        (1, 10, NOW + timedelta(days=2)),
    ]
