"""Shares and their difference: the examples of the papers, and what may be said of how few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.sequences.report.difference import Says, Share, difference, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_one_share_is_as_newcombe_published_it(count: int, of: int, low: float, high: float) -> None:
    assert [round(bound, 4) for bound in wilson(Share(count, of))] == [low, high]


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_as_newcombe_published_it(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = difference(Share(*first), Share(*second))

    assert [round(found.low, 4), round(found.high, 4)] == [low, high]


def test_it_is_said_that_nothing_can_be_said() -> None:
    few, none = Share(5, 50), Share(0, 0)

    assert difference(few, none).says == difference(none, few).says == Says.NOBODY
    assert difference(few, Share(4, 50)).says == Says.TOO_FEW
    assert difference(few, Share(5, 50)).says == Says.OPEN


def test_more_and_fewer_are_said_when_the_interval_leaves_nothing_out() -> None:
    many, some = Share(60, 400), Share(2, 100)

    assert difference(many, some).says == Says.MORE
    assert difference(some, many).says == Says.FEWER
    assert difference(Share(60, 400), Share(8, 100)).says == Says.OPEN


def test_more_than_all_of_them_cannot_be() -> None:
    with pytest.raises(ValueError, match="6 of 5 cannot be"):
        Share(6, 5)


SHARES = st.integers(1, 500).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of)))


@given(SHARES, SHARES)
def test_the_interval_holds_the_difference_is_possible_and_turns_round_with_the_sides(
    first: Share, second: Share
) -> None:
    found, turned = difference(first, second), difference(second, first)

    assert -1 - 1e-9 <= found.low <= found.by <= found.high <= 1 + 1e-9
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))
