"""Who would get what if a plan were published: everybody inside, with the mails to come before and after.

The ways of a person through other sequences are played with them, for the clinic's cap counts all of them. What is on
its way already is told of first; what they had does not come again and is not listed.
"""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F

from leads.models import Lead
from newsletter.deliveries.models import Delivery, Kind, Outcome
from newsletter.sequences.future import simulate
from newsletter.sequences.future.happenings import Future
from newsletter.sequences.models import Enrolment, EnrolmentState
from newsletter.sequences.publishing.moving import UNDER_WAY
from newsletter.sequences.publishing.outlook import DRAFTED, Outlook
from newsletter.sequences.publishing.places import Standing, first_look, goes_on_with, stand
from newsletter.sequences.schedule import zone_of
from newsletter.sequences.walk import Due

FIRST = 25


@dataclass(frozen=True, slots=True)
class Coming:
    """A mail: of which step, with which letter; when, or None where it is on its way already."""

    key: int
    variant_id: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody inside, whether they would move, and what comes without that and with it.

    Who is held by staff gets it once they go on: it is told as if that were now.
    """

    way_id: int
    lead: Lead
    moves: bool
    is_held: bool
    before: tuple[Coming, ...]
    after: tuple[Coming, ...]


def people(outlook: Outlook, *, first: int = 0, most: int = FIRST) -> list[Person]:
    """Those inside, whose next moment is the nearest first, and those last who are held."""
    ways = Enrolment.objects.filter(sequence=outlook.sequence, state__in=UNDER_WAY).exclude(version=outlook.version_id)
    ordered = ways.select_related("lead").order_by("state", F("due_at").asc(nulls_last=True), "pk")
    shown = list(ordered[first : first + most])
    rows = [_due(way, outlook.now) for way in shown]
    numbers = outlook.brought.numbers([way.pk for way in shown])
    moved = {row.id: there for row in rows for there in [_moved(row, outlook, numbers.get(row.id))] if there}
    before = _played(rows, outlook)
    after = _played([moved.get(row.id, row) for row in rows], outlook)
    names, open_ones = _names([way.pk for way in shown])
    keys = {step.key for step in outlook.new.steps}
    return [
        Person(
            way.pk,
            way.lead,
            way.pk in moved,
            way.state == EnrolmentState.PAUSED,
            (*open_ones[way.pk], *_coming(before[way.pk], names[way.pk])),
            (*(one for one in open_ones[way.pk] if one.key in keys), *_coming(after[way.pk], names[way.pk])),
        )
        for way in shown
    ]


def finished(outlook: Outlook, *, most: int = FIRST) -> list[Person]:
    """The first of those who have finished, and what comes if they are asked to go on; as it is nothing does."""
    numbers = {way: number for number, way in enumerate(outlook.finished[:most], start=1)}
    ways = list(Enrolment.objects.filter(pk__in=numbers).select_related("lead").order_by("pk"))
    after = _played([_goes_on(way, outlook, numbers[way.pk]) for way in ways], outlook)
    names, _open = _names([way.pk for way in ways])
    return [
        Person(way.pk, way.lead, True, False, (), tuple(_coming(after[way.pk], names[way.pk])))  # noqa: FBT003
        for way in ways
    ]


def _goes_on(way: Enrolment, outlook: Outlook, number: int) -> Due:
    step = goes_on_with(outlook.almanac.published(way.version_id), outlook.new, way.next_position)
    if step is None:
        raise ValueError(f"Nothing is new for the way {way.pk}.")
    comes, zone = outlook.deals.moment(number), zone_of(way.lead.time_zone, outlook.almanac.zone)
    due_at = first_look(step, outlook.new, comes, zone)
    return replace(simulate.due(way), version_id=DRAFTED, position=step.position, due_at=due_at, since=comes)


def _due(way: Enrolment, now: datetime) -> Due:
    row = simulate.due(way)
    return replace(row, due_at=max(row.due_at, now)) if way.state == EnrolmentState.PAUSED else row


def _moved(row: Due, outlook: Outlook, number: int | None) -> Due | None:
    """The same person in the drafted version; None if they stay. `number`: the how manieth who is brought to now."""
    old, zone = outlook.almanac.published(row.version_id), zone_of(row.time_zone, outlook.almanac.zone)
    to = stand(Standing(row.position, row.due_at, row.since), old, outlook.new, zone)
    if to is None:
        return None
    if number is not None:
        to = outlook.deals.dealt(to, number)
    return replace(row, version_id=DRAFTED, position=to.position, due_at=to.due_at or row.due_at, since=to.since)


def _played(rows: Many[Due], outlook: Outlook) -> Mapping[int, Future]:
    others = simulate.under_way({row.lead_id for row in rows}, but=outlook.sequence.pk)
    every = [*rows, *others]
    setting = simulate.setting_of(outlook.almanac, outlook.now, {row.version_id for row in every})
    goals = {**setting.goals, DRAFTED: outlook.plan.goal}
    return simulate.play_all(every, replace(setting, goals=goals), now=outlook.now)


def _names(ways: Many[int]) -> tuple[Mapping[int, set[int]], Mapping[int, list[Coming]]]:
    """By way: the steps whose mail was planned already, and what of that has not ended."""
    mails = list(Delivery.objects.filter(kind=Kind.STEP, owner__in=ways, item__gte=0).order_by("pk"))
    ended = set(Outcome.objects.filter(pk__in=[one.pk for one in mails]).values_list("pk", flat=True))
    names: dict[int, set[int]] = defaultdict(set)
    open_ones: dict[int, list[Coming]] = defaultdict(list)
    for one in mails:
        names[one.owner].add(one.item)
        if one.pk not in ended:
            open_ones[one.owner].append(Coming(one.item, one.variant_id, None))
    return names, open_ones


def _coming(future: Future, names: set[int]) -> list[Coming]:
    mails = ((mail.key, mail.variant_id, mail.at) for mail in future.mails)
    return [Coming(key, variant, at) for key, variant, at in mails if key is not None and key not in names]
