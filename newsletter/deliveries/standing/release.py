"""Releasing a hold: first what became of the overdue mail is decided, then mail may leave again, in one transaction."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from clinic.clock import database_now
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing import attendance, holds, overdue
from newsletter.deliveries.standing.models import Hold, HoldScope

SPREAD = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of overdue mail.

    Whatever is overdue for longer than `skip_after` never leaves (None: nothing is skipped); the rest of the
    marketing mail leaves spread over `over`: what is planned and who is in a sequence one by one (of more than
    `overdue.AT_MOST_ONE_BY_ONE` planned mails, chunk by chunk), campaigns that have not begun one after another.
    Confirmations and reminders that are not skipped leave at once.
    """

    skip_after: timedelta | None = None
    over: timedelta = SPREAD


def careful(unreleased: Iterable[Hold]) -> Choice:
    """The choice that nobody regrets: a restored copy cannot know what its original has sent since."""
    is_after_a_move = any(hold.cause in holds.AFTER_A_MOVE for hold in unreleased)
    return Choice(skip_after=timedelta(0)) if is_after_a_move else Choice()


@transaction.atomic
def release(choice: Choice, *, seen: Collection[int], by: User | None, now: datetime) -> int | None:
    """Deal with what is overdue and release every hold; how many mails were skipped.

    None, and nothing is released, if there is a hold that whoever releases has not `seen`: one set in the meantime,
    or one that is only set here, because nobody has looked yet at where the database lives.
    """
    holds.lock()
    if holds.active() is not None:
        attendance.judge(database_now())
    found = list(holds.unreleased())
    if not found:
        return 0
    if not {hold.pk for hold in found} <= set(seen):
        return None
    lanes = list(Lane) if any(hold.scope == HoldScope.ALL for hold in found) else [Lane.MARKETING]
    before = None if choice.skip_after is None else now - choice.skip_after
    skipped = overdue.settle(before=before, lanes=lanes, now=now, over=choice.over)
    holds.release(by=by, now=now, skipped=skipped, over_minutes=int(choice.over.total_seconds() // 60))
    return skipped
