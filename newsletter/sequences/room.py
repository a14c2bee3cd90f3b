"""Room for one more mail: who gets as much as the clinic allows waits until there is room, and skips nothing for it.

On a day on which a campaign is for them too, people wait until the next day. The mail that begins at once a way that
they asked for does not wait. See decision 0022.
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.deliveries.lately import Cap, Lately
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.schedule import Calendar, Wait, next_moment, zone_of
from newsletter.sequences.walk import Move


def make_room(move: Move, got: Lately, cap: Cap, almanac: Almanac, *, now: datetime) -> Move:
    """The same move, or a later look at it where the mail would be too much now."""
    if move.step is None or not can_wait(move, almanac, now):
        return move
    room_at = got.room_at(cap, now)
    if room_at <= now and not got.campaigns:
        return move
    calendar = almanac.published(move.row.version_id).calendar_of(move.step)
    zone = zone_of(move.row.time_zone, almanac.zone)
    is_shared = any(_is_same_day(moment, now, calendar, zone) for moment in got.campaigns)
    if room_at <= now and not is_shared:
        return move
    later = next_moment(now, wait=Wait(days=int(is_shared)), calendar=calendar, zone=zone)
    earliest = max(next_moment(room_at, calendar=calendar, zone=zone), later)
    return _before_its_mail(move, earliest, now)


def can_wait(move: Move, almanac: Almanac, now: datetime) -> bool:
    """Whether it plans a mail that may as well go later."""
    if move.step is None:
        return False
    row, published = move.row, almanac.published(move.row.version_id)
    return not published.is_welcome(move.step, is_asked_for=row.is_asked_for, since=row.since, now=now)


def _before_its_mail(move: Move, due_at: datetime, now: datetime) -> Move:
    step, row = move.step, move.row
    if step is None:
        return move
    since = row.since if step.position == row.position else now
    standing = Move(row, step.position, due_at, since)
    return replace(standing, effects=move.effects)


def _is_same_day(moment: datetime, now: datetime, calendar: Calendar, zone: ZoneInfo) -> bool:
    """The same date where the reader lives; in the demo, where days are short, less than one of them ago."""
    if calendar.day_length is not None:
        return now - calendar.day < moment <= now
    return moment.astimezone(zone).date() == now.astimezone(zone).date()
