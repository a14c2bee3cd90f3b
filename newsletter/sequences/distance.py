"""How a mail that leaves late keeps the next one away. Pure."""

from datetime import datetime, timedelta

from newsletter.sequences.schedule import ONE_DAY, Calendar, Wait

AT_ONCE = timedelta(seconds=10)
"""What leaves within so long of being planned left at once, also where the demo's days are seconds."""


def left_late(left_at: datetime | None, since: datetime, wait: Wait, calendar: Calendar) -> datetime | None:
    """When the mail before this wait left, if that was late enough to count: an hour; before a short wait, a minute."""
    if left_at is None:
        return None
    trifle = max(calendar.hour if wait.days else calendar.hour / 60, AT_ONCE)
    return left_at if left_at - since > trifle else None


def look_again(paused_until: datetime | None, wait: Wait, calendar: Calendar, now: datetime) -> datetime:
    """When to look whether it has left by now: well before the wait that then begins is over, and not too often.

    While its reader has paused their mail a day is soon enough.
    """
    if paused_until is not None and paused_until > now:
        return now + calendar.day
    length = (wait.days + wait.clock / ONE_DAY) * calendar.day
    return now + min(max(length / 4, calendar.hour / 4), calendar.day)
