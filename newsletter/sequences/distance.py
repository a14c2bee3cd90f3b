"""How a mail that leaves late keeps the next one away. Pure."""

from datetime import datetime

from newsletter.sequences.schedule import Calendar, Wait


def left_late(left_at: datetime | None, since: datetime, wait: Wait, calendar: Calendar) -> datetime | None:
    """When the mail before this wait left, if that was late enough to count: an hour; before a short wait, a minute."""
    if left_at is None:
        return None
    trifle = calendar.hour if wait.days else calendar.hour / 60
    return left_at if left_at - since > trifle else None


def look_again(paused_until: datetime | None, calendar: Calendar, now: datetime) -> datetime:
    """When to look whether it has left by now; while its reader has paused their mail, not so often."""
    is_paused = paused_until is not None and paused_until > now
    return now + (calendar.day if is_paused else calendar.hour / 4)
