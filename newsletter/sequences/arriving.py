"""When whoever comes before a step is to be looked at. Pure: the same for the engine and for whoever looks ahead."""

from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.sequences.almanac import Published, PublishedStep
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.schedule import moment_after, next_moment


def first_due(published: Published, *, now: datetime, zone: ZoneInfo, is_asked_for: bool) -> datetime | None:
    """When a new way is first looked at; None without any step. Who asked for it gets its first mail at any hour."""
    first = published.step_at(0)
    if first is None:
        return None
    is_welcome = published.is_welcome(first, is_asked_for=is_asked_for, since=now, now=now)
    return now if is_welcome else arrival(first, published, now, zone)


def arrival(step: PublishedStep, published: Published, moment: datetime, zone: ZoneInfo) -> datetime:
    """When whoever comes before this step at `moment` is to be looked at."""
    calendar = published.calendar_of(step)
    if step.kind == StepKind.EMAIL:
        return next_moment(moment, wait=step.wait, calendar=calendar, zone=zone)
    if step.kind in (StepKind.WAIT, StepKind.UNTIL):
        return moment_after(moment, wait=step.wait, calendar=calendar, zone=zone)
    return moment
