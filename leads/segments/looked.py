"""What a page showed of an audience, compared with what is so when its button is pressed."""

import hashlib
import json
from collections.abc import Iterable

from django.utils.formats import number_format

from leads.segments.models import Segment

SLACK = 0.02
"""So much more or fewer people, as a share, is no news: people join and leave while somebody reads."""
SLACK_PEOPLE = 2


def is_other_number(seen: int, found: int) -> bool:
    """Whether so many people are news to whoever saw that many."""
    return abs(seen - found) > max(SLACK_PEOPLE, SLACK * seen)


def said(segments: Iterable[Segment]) -> list[object]:
    """Which segments were chosen and what they say, in an order of its own, for a mark."""
    return [*sorted((one.pk, one.match, json.dumps(one.conditions, sort_keys=True)) for one in segments)]


def mark(chosen: list[object]) -> str:
    """A short mark that changes with what was chosen."""
    return hashlib.sha256(json.dumps(chosen).encode()).hexdigest()[:12]


def figure(count: int) -> str:
    """A number of people as it is read: 1,204."""
    return number_format(count, force_grouping=True)
