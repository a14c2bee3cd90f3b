"""The times in which the same share of people was held out: what is compared is always from one such time. Pure.

Held out or not is drawn when somebody begins, by the version of that day. Two versions with other shares do not go
together into one comparison: whoever came in a good month would weigh more on one side than on the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from newsletter.sequences.models import SequenceVersion


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to, not including, `until` so many in a hundred were held out, by versions `first` to `last`."""

    share: int
    first: int
    last: int
    since: datetime
    until: datetime | None = None


def periods(versions: Iterable[SequenceVersion]) -> list[Period]:
    """The times with a share, the latest first; versions behind one another with the same share are one time."""
    by_age = sorted(versions, key=lambda version: version.number)
    found: list[Period] = []
    for share, alike in groupby(by_age, key=share_of):
        several = list(alike)
        since = several[0].published_at
        if found:
            found[-1] = replace(found[-1], until=since)
        found.append(Period(share, several[0].number, several[-1].number, since))
    return [period for period in reversed(found) if period.share]


def share_of(version: SequenceVersion) -> int:
    """How many in a hundred this version holds out."""
    return int(version.plan.get("holdout", 0))
