"""The sequences that ways hand over to, and what keeps somebody from beginning one. Pure.

The rule about a second time is the one by which people enter, asked of somebody whose earlier ways are partly those
of the future that is played.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.sequences.plan.document import Again, Condition, Plan

MOST = 10
"""So many times a person is followed from one sequence into the next; two that hand over to each other have no end."""


class Hindrance(StrEnum):
    """Why somebody does not begin a sequence, or begins it and gets nothing for now."""

    NOT_PUBLISHED = "not_published"
    MAY_NOT = "may_not"
    PATIENT = "patient"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    DECLINED = "declined"
    UNDER_WAY = "under_way"
    BEFORE = "before"
    TOO_SOON = "too_soon"
    ENTRY = "entry"
    HELD_OUT = "held_out"
    PAUSED = "paused"
    ENOUGH = "enough"


WAITS = frozenset({Hindrance.HELD_OUT, Hindrance.PAUSED})
"""They are in it, and get nothing."""


@dataclass(frozen=True, slots=True)
class Hurdle:
    """One reason, with the entry condition that it is, or the moment until which it holds."""

    kind: Hindrance
    condition: Condition | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Onward:
    """A published sequence that others hand over to, as people enter it now. One that is paused keeps them waiting."""

    sequence_id: int
    version_id: int
    plan: Plan
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """Somebody's ways through a sequence so far: how many, what they were about (0: nothing), and the last."""

    every: int = 0
    occasions: frozenset[int] = frozenset()
    is_under_way: bool = False
    last: datetime | None = None


def of_rule(plan: Plan, earlier: Earlier, now: datetime, *, occasion: int = 0) -> Hurdle | None:
    """What the rule about a second time says on this occasion: the same as `entering.WELCOME`."""
    if plan.again == Again.DAYS:
        return _of_days(earlier, timedelta(days=plan.again_days), now)
    if not (earlier.every if plan.again == Again.NEVER else occasion in earlier.occasions):
        return None
    return Hurdle(Hindrance.UNDER_WAY if earlier.is_under_way else Hindrance.BEFORE)


def _of_days(earlier: Earlier, rest: timedelta, now: datetime) -> Hurdle | None:
    if earlier.is_under_way:
        return Hurdle(Hindrance.UNDER_WAY)
    if earlier.last is not None and earlier.last > now - rest:
        return Hurdle(Hindrance.TOO_SOON, until=earlier.last + rest)
    return None
