"""Releasing a hold: first what became of the overdue mail is decided, then mail may leave again, in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from newsletter.deliveries import holds, overdue
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing import Hold, HoldCause, HoldScope

SPREAD = timedelta(hours=2)
AFTER_A_MOVE = (HoldCause.MOVED, HoldCause.REWOUND)


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of overdue mail.

    Whatever is overdue for longer than `skip_after` never leaves (None: nothing is skipped); the rest of the
    marketing mail leaves spread over `over`. Confirmations and reminders that are not skipped leave at once.
    """

    skip_after: timedelta | None = None
    over: timedelta = SPREAD


def careful(hold: Hold) -> Choice:
    """The choice that nobody regrets: a restored copy cannot know what its original has sent since."""
    return Choice(skip_after=timedelta(0)) if hold.cause in AFTER_A_MOVE else Choice()


@transaction.atomic
def release(choice: Choice, *, by: User | None, now: datetime) -> int:
    """Deal with what is overdue and release every hold; how many mails were skipped."""
    holds.lock()
    hold = holds.active()
    if hold is None:
        return 0
    lanes = list(Lane) if hold.scope == HoldScope.ALL else [Lane.MARKETING]
    skipped = 0
    if choice.skip_after is not None:
        skipped = overdue.skip(before=now - choice.skip_after, lanes=lanes, now=now)
    overdue.put_off(now=now, over=choice.over)
    holds.release(by=by, now=now, skipped=skipped, over_minutes=int(choice.over.total_seconds() // 60))
    return skipped
