"""Whom a campaign goes to, why others are left out, and when each gets it.

One question serves the count that staff see and the plan that is carried out. The gate looks again at the moment of
handing over; this decides who is asked for at all.
"""

from newsletter.campaigns.audience.counts import Counted, Difference, Person, count, difference, planned, remember
from newsletter.campaigns.audience.planning import Share, plan
from newsletter.campaigns.audience.question import audience

__all__ = [
    "Counted",
    "Difference",
    "Person",
    "Share",
    "audience",
    "count",
    "difference",
    "plan",
    "planned",
    "remember",
]
