from math import comb, isclose
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from newsletter.campaigns.experiments.models import Grounds, Judge, Side
from newsletter.campaigns.experiments.odds import Arm, Verdict, b_is_better, verdict

arms = some.integers(0, 400).flatmap(lambda mailed: some.builds(Arm, some.just(mailed), some.integers(0, mailed)))


def by_integration(a: Arm, b: Arm, steps: int = 20_000) -> float:
    """The same probability by adding up A's density times what lies above it of B's."""
    width = 1 / steps
    below = total_a = total_b = 0.0
    chance = []
    for n in range(steps):
        p = (n + 0.5) * width
        chance.append(
            (
                p**a.chosen * (1 - p) ** (a.mailed - a.chosen),
                p**b.chosen * (1 - p) ** (b.mailed - b.chosen),
            )
        )
    for of_a, of_b in chance:
        below += of_b * (total_a + of_a / 2)
        total_a += of_a
        total_b += of_b
    return below / (total_a * total_b)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Arm(0, 0), Arm(0, 0), 1 / 2),
        (Arm(1, 0), Arm(0, 0), 2 / 3),
        (Arm(1, 1), Arm(0, 0), 1 / 3),
        (Arm(1, 0), Arm(1, 1), 5 / 6),
        (Arm(2, 1), Arm(1, 1), 7 / 10),
    ],
)
def test_small_cases_are_what_a_sheet_of_paper_says(a, b, expected):
    assert isclose(b_is_better(a, b), expected, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("a", "b"), [(Arm(120, 6), Arm(118, 14)), (Arm(40, 9), Arm(55, 8)), (Arm(300, 21), Arm(310, 30))]
)
def test_it_is_what_adding_up_the_two_densities_gives(a, b):
    assert isclose(b_is_better(a, b), by_integration(a, b), abs_tol=1e-6)


def drawn(a: Arm, b: Arm, draws: int = 20_000) -> float:
    """The same probability by drawing pairs of rates: in how many of them B's is the higher one."""
    chance = Random(20_26)
    higher = sum(
        chance.betavariate(b.chosen + 1, b.mailed - b.chosen + 1)
        > chance.betavariate(a.chosen + 1, a.mailed - a.chosen + 1)
        for _ in range(draws)
    )
    return higher / draws


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Arm(600, 0), Arm(600, 0)),
        (Arm(1, 0), Arm(1, 0)),
        (Arm(1, 1), Arm(1, 0)),
        (Arm(9_000, 90), Arm(10, 1)),
        (Arm(10, 0), Arm(9_000, 180)),
        (Arm(3, 3), Arm(5_000, 4_900)),
        (Arm(600, 12), Arm(600, 20)),
        (Arm(2_000, 31), Arm(2_000, 44)),
    ],
)
def test_it_is_what_drawing_lots_gives_with_nobody_one_mail_and_unequal_parts_too(a, b):
    """Twenty thousand draws are off by less than 0.015 in all but one of ten thousand cases."""
    assert isclose(b_is_better(a, b), drawn(a, b), abs_tol=0.015)


@pytest.mark.parametrize("judge", Judge)
@pytest.mark.parametrize(("a", "b"), [(Arm(0, 0), Arm(0, 0)), (Arm(600, 0), Arm(600, 0)), (Arm(1, 1), Arm(0, 0))])
def test_where_nobody_did_anything_no_winner_is_claimed(judge, a, b):
    said = verdict(a, b, judge=judge, otherwise=Side.B)

    assert (said.winner, said.grounds) == (Side.B, Grounds.TOO_FEW)
    assert 0.3 < said.b_is_better < 0.7


@given(arms, arms)
def test_one_of_the_two_is_the_better_one(a, b):
    assert isclose(b_is_better(a, b) + b_is_better(b, a), 1.0, abs_tol=1e-9)


@given(arms)
def test_two_parts_that_did_the_same_are_equally_likely_the_better_one(one):
    assert isclose(b_is_better(one, one), 0.5, abs_tol=1e-9)


@given(arms, arms.filter(lambda arm: arm.chosen < arm.mailed))
def test_one_more_click_never_speaks_against_it(a, b):
    assert b_is_better(a, Arm(b.mailed, b.chosen + 1)) >= b_is_better(a, b) - 1e-9


@given(some.integers(0, 30), some.integers(0, 30))
def test_against_nothing_known_it_is_the_mean_of_its_rate(chosen, others):
    assert isclose(b_is_better(Arm(0, 0), Arm(chosen + others, chosen)), (chosen + 1) / (chosen + others + 2))


def test_half_a_million_people_are_no_trouble():
    assert b_is_better(Arm(500_000, 20_000), Arm(500_000, 20_600)) > 0.99
    assert b_is_better(Arm(500_000, 20_600), Arm(500_000, 20_000)) < 0.01


def test_more_clicks_than_mails_cannot_be():
    with pytest.raises(ValueError, match="3 of 2 people"):
        Arm(2, 3)


def test_a_clear_difference_names_the_better_one():
    said = verdict(Arm(200, 10), Arm(200, 24), judge=Judge.CLICKS, otherwise=Side.A)
    turned = verdict(Arm(200, 24), Arm(200, 10), judge=Judge.CLICKS, otherwise=Side.B)

    assert (said.winner, said.grounds) == (Side.B, Grounds.CLEAR)
    assert (turned.winner, turned.grounds) == (Side.A, Grounds.CLEAR)


@pytest.mark.parametrize("otherwise", Side)
def test_what_may_be_chance_leaves_it_to_what_was_chosen_beforehand(otherwise):
    said = verdict(Arm(200, 14), Arm(200, 16), judge=Judge.CLICKS, otherwise=otherwise)

    assert (said.winner, said.grounds) == (otherwise, Grounds.TOO_FEW)
    assert 0.1 < said.b_is_better < 0.9


def test_below_twenty_clicks_nothing_is_said_however_one_sided_they_are():
    nineteen = verdict(Arm(100, 0), Arm(100, 19), judge=Judge.CLICKS, otherwise=Side.A)
    twenty = verdict(Arm(100, 0), Arm(100, 20), judge=Judge.CLICKS, otherwise=Side.A)

    assert (nineteen.winner, nineteen.grounds) == (Side.A, Grounds.TOO_FEW)
    assert (twenty.winner, twenty.grounds) == (Side.B, Grounds.CLEAR)


def test_ten_bookings_are_enough():
    nine = verdict(Arm(100, 0), Arm(100, 9), judge=Judge.BOOKINGS, otherwise=Side.A)
    ten = verdict(Arm(100, 0), Arm(100, 10), judge=Judge.BOOKINGS, otherwise=Side.A)

    assert [said.grounds for said in (nine, ten)] == [Grounds.TOO_FEW, Grounds.CLEAR]


def test_nine_in_ten_is_sure_enough_and_less_is_not():
    """With 20 clicks of 1,000 each side, moved one by one, the verdict turns exactly where the odds pass 0.9."""
    for chosen in range(20, 45):
        said = verdict(Arm(1000, 20), Arm(1000, chosen), judge=Judge.CLICKS, otherwise=Side.A)
        assert said == Verdict(
            Side.B if said.b_is_better >= 0.9 else Side.A,
            Grounds.CLEAR if said.b_is_better >= 0.9 else Grounds.TOO_FEW,
            b_is_better(Arm(1000, 20), Arm(1000, chosen)),
        )


def test_the_odds_are_those_of_drawing_balls():
    """P(B > A) for A = 0 of n is a ratio of binomials, which needs no gamma function."""
    for n in (1, 2, 5, 9):
        assert isclose(b_is_better(Arm(n, 0), Arm(1, 1)), 1 - 1 / comb(n + 3, 2))
