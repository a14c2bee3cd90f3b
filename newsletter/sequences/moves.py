"""What becomes of an enrolment whose moment has come. Pure: rows and plans in, moves out.

The engine carries these moves out; whoever asks what would happen may call the same functions.

A step that goes late (an outage, a hold, a pause) keeps its distance to the next one: the wait is then
counted from when it really went, so that nobody gets two mails in a row. Its window is looked at again.
Who paused their mail is looked at again every day, since they may end the pause early.

Who gets as much mail as the clinic allows waits until there is room, and on a day on which a campaign is for them too
until the next day. Nothing is skipped for it; the mail of day 0 does not wait, it was asked for a moment ago.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.deliveries.lately import Cap, Lately
from newsletter.sequences.almanac import Almanac, Published, PublishedStep
from newsletter.sequences.models import EnrolmentState, ExitReason
from newsletter.sequences.schedule import next_moment, zone_of


@dataclass(frozen=True, slots=True)
class Due:
    """An enrolment whose next step is due, with what decides about it."""

    id: int
    version_id: int
    position: int
    due_at: datetime
    lead_id: int
    time_zone: str
    paused_until: datetime | None
    is_patient: bool


@dataclass(frozen=True, slots=True)
class Move:
    """Where an enrolment stands from now on, and the step that is planned with it, if any."""

    row: Due
    position: int
    due_at: datetime | None
    state: EnrolmentState = EnrolmentState.ACTIVE
    reason: str = ""
    step: PublishedStep | None = None


def decide(row: Due, almanac: Almanac, *, now: datetime) -> Move:
    """Go on, wait, finish or leave."""
    published = almanac.published(row.version_id)
    step = published.step_at(row.position)
    if row.is_patient:
        return Move(row, row.position, row.due_at, EnrolmentState.EXITED, ExitReason.STAFF)
    if step is None:
        return Move(row, row.position, None, EnrolmentState.FINISHED)
    earliest = _earliest(row, step, published, now=now, zone=zone_of(row.time_zone, almanac.zone))
    if earliest > now:
        return Move(row, row.position, earliest)
    return go(row, almanac, now=now)


def make_room(move: Move, got: Lately, cap: Cap, almanac: Almanac, *, now: datetime) -> Move:
    """The same move, or a later look at it where the step would be too much now."""
    if not can_wait(move, almanac):
        return move
    published = almanac.published(move.row.version_id)
    zone = zone_of(move.row.time_zone, almanac.zone)
    room_at = got.room_at(cap, now)
    is_shared = any(_is_same_day(moment, now, published, zone) for moment in got.campaigns)
    if room_at <= now and not is_shared:
        return move
    earliest = max(_moment(room_at, 0, published, zone), _moment(now, int(is_shared), published, zone))
    return Move(move.row, move.row.position, earliest)


def can_wait(move: Move, almanac: Almanac) -> bool:
    """Whether it plans a step that may as well go later."""
    if move.step is None:
        return False
    published = almanac.published(move.row.version_id)
    return not (published.is_first(move.step) and not move.step.wait_days)


def go(row: Due, almanac: Almanac, *, now: datetime) -> Move:
    """Plan the step now, whatever the window says, and put the enrolment before the next one."""
    published = almanac.published(row.version_id)
    step = published.step_at(row.position)
    following = published.step_after(step) if step else None
    if following is None:
        position = step.position + 1 if step else row.position
        return Move(row, position, None, EnrolmentState.FINISHED, step=step)
    went_at = _counted_from(row.due_at, published, now=now)
    zone = zone_of(row.time_zone, almanac.zone)
    due_at = next_moment(went_at, wait_days=following.wait_days, calendar=published.calendar, zone=zone)
    return Move(row, following.position, due_at, step=step)


def first_due(published: Published, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When a new enrolment's first step is due: the mail of day 0 at once, at any hour; another by its wait."""
    first = published.step_at(0)
    if first is None:
        return None
    return now if not first.wait_days else _moment(now, first.wait_days, published, zone)


def _earliest(row: Due, step: PublishedStep, published: Published, *, now: datetime, zone: ZoneInfo) -> datetime:
    if row.paused_until is not None and row.paused_until > now:
        return _moment(min(row.paused_until, now + published.calendar.day), 0, published, zone)
    if published.is_first(step) and not step.wait_days:
        return now
    return _moment(now, 0, published, zone)


def _is_same_day(moment: datetime, now: datetime, published: Published, zone: ZoneInfo) -> bool:
    """The same date where the reader lives; in the demo, where days are short, less than one of them ago."""
    if published.calendar.day_length is not None:
        return now - published.calendar.day < moment <= now
    return moment.astimezone(zone).date() == now.astimezone(zone).date()


def _counted_from(due_at: datetime, published: Published, *, now: datetime) -> datetime:
    is_on_time = due_at <= now < due_at + published.calendar.hour
    return due_at if is_on_time else now


def _moment(after: datetime, wait_days: int, published: Published, zone: ZoneInfo) -> datetime:
    return next_moment(after, wait_days=wait_days, calendar=published.calendar, zone=zone)
