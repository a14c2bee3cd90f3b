"""What a difference between two shares says, and how sure one may be of it. Pure.

The interval is Newcombe's hybrid score interval (method 10): it puts the two Wilson score intervals of the shares
together, stays within what is possible, and holds for few people and for shares near nothing too.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

Z = 1.959963984540054
"""Of a hundred such intervals ninety-five hold what is true."""
FEWEST = 10
"""With fewer who did it, on both sides together, nothing is said."""


class Says(StrEnum):
    NOBODY = "nobody"
    TOO_FEW = "too_few"
    MORE = "more"
    FEWER = "fewer"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.of:
            raise ValueError(f"{self.count} of {self.of} cannot be.")

    @property
    def rate(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def percent(self) -> float:
        return 100 * self.rate


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the first share is larger than the second, between what bounds that lies, and what it says."""

    first: Share
    second: Share
    by: float
    low: float
    high: float
    says: Says

    @property
    def points(self) -> tuple[float, float, float]:
        """The difference and its bounds in points of a hundred."""
        return 100 * self.by, 100 * self.low, 100 * self.high


def difference(first: Share, second: Share) -> Difference:
    """The first share less the second, with its interval; with nobody on one side anything is possible."""
    if not first.of or not second.of:
        return Difference(first, second, 0.0, -1.0, 1.0, Says.NOBODY)
    by = first.rate - second.rate
    (low_1, high_1), (low_2, high_2) = wilson(first), wilson(second)
    low = by - sqrt((first.rate - low_1) ** 2 + (high_2 - second.rate) ** 2)
    high = by + sqrt((high_1 - first.rate) ** 2 + (second.rate - low_2) ** 2)
    return Difference(first, second, by, low, high, _says(first.count + second.count, low, high))


def wilson(share: Share) -> tuple[float, float]:
    """The score interval of one share."""
    of, rate, squared = share.of, share.rate, Z * Z
    middle = rate + squared / (2 * of)
    around = Z * sqrt(rate * (1 - rate) / of + squared / (4 * of * of))
    whole = 1 + squared / of
    return max(0.0, (middle - around) / whole), min(1.0, (middle + around) / whole)


def _says(count: int, low: float, high: float) -> Says:
    if count < FEWEST:
        return Says.TOO_FEW
    if low > 0:
        return Says.MORE
    return Says.FEWER if high < 0 else Says.OPEN
