"""What a way is about, as one number: calls, questions and years have numbers of their own that never meet.

A way remembers its occasion whatever began it, and what begins a sequence may be changed: a question 17 that were the
same number as a call 17 would keep somebody from beginning.
"""

from enum import IntEnum

APART = 2**60


class About(IntEnum):
    CALL = 0
    QUESTION = 1
    YEAR = 2


def occasion_of(about: About, number: int) -> int:
    """The number of the call, question or year of this number."""
    return about * APART + number
