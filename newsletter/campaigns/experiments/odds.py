"""How sure one may be that one wording is better than the other. Pure.

Of `mailed` people each, `chosen` did what the test is judged by. Before anything is known every rate is as likely as
any other; afterwards what is known of a rate is a Beta distribution, and the question is how likely B's rate is the
higher one. The sum is exact but for the rounding of floating-point numbers.
"""

from dataclasses import dataclass
from math import exp, fsum, lgamma, log

from newsletter.campaigns.experiments.models import Grounds, Judge, Side

SURE = 0.90
"""From this probability on the better one counts as better."""
ENOUGH = {Judge.CLICKS: 20, Judge.BOOKINGS: 10}
"""How many must have clicked, or booked, in both parts together, before anything is said at all."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One wording's part: how many were mailed, and how many of them clicked or booked."""

    mailed: int
    chosen: int

    def __post_init__(self) -> None:
        if not 0 <= self.chosen <= self.mailed:
            raise ValueError(f"{self.chosen} of {self.mailed} people cannot be.")

    @property
    def rate(self) -> float:
        return self.chosen / self.mailed if self.mailed else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which one the rest gets, why, and how likely B is the better one."""

    winner: Side
    grounds: Grounds
    b_is_better: float


def b_is_better(a: Arm, b: Arm) -> float:
    """The probability that more would choose B than A if everybody were asked."""
    if b.chosen > a.chosen:  # the sum has as many terms as there are choices of the second
        return 1.0 - b_is_better(b, a)
    alpha_a, beta_a = a.chosen + 1, a.mailed - a.chosen + 1
    alpha_b, beta_b = b.chosen + 1, b.mailed - b.chosen + 1
    both = alpha_a + beta_a + beta_b
    term = _log_beta(alpha_a, beta_a + beta_b) - _log_beta(alpha_a, beta_a)
    terms = [term]
    for i in range(alpha_b - 1):
        term += log((alpha_a + i) * (beta_b + i) / ((both + i) * (1 + i)))
        terms.append(term)
    return min(1.0, fsum(map(exp, terms)))


def verdict(a: Arm, b: Arm, *, judge: Judge, otherwise: Side) -> Verdict:
    """The better one, if that can be told; else what was chosen beforehand for this case."""
    likely = b_is_better(a, b)
    if a.chosen + b.chosen >= ENOUGH[judge]:
        if likely >= SURE:
            return Verdict(Side.B, Grounds.CLEAR, likely)
        if likely <= 1.0 - SURE:
            return Verdict(Side.A, Grounds.CLEAR, likely)
    return Verdict(otherwise, Grounds.TOO_FEW, likely)


def _log_beta(alpha: int, beta: int) -> float:
    return lgamma(alpha) + lgamma(beta) - lgamma(alpha + beta)
