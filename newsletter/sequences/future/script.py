"""What a person is and does, as far as their ways through sequences ask: what a future is played from."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from leads.segments.registry import days_of
from newsletter.deliveries.lately import Lately
from newsletter.sequences.future.onward import Earlier
from newsletter.sequences.plan.document import Condition, Event, EventKind
from newsletter.sequences.repeating import Had

Holds = Callable[[Condition, datetime], bool]
"""Whether a condition holds for the person at this moment, as far as they do not bring it about themselves."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Act(StrEnum):
    """What somebody does, or is done to them."""

    CLICKED = "clicked"
    BOOKED = "booked"
    ATTENDED = "attended"
    REPLIED = "replied"
    TAG = "tag"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done so long after the mail of this step; without one, after the beginning. `value` is the tag."""

    act: Act
    after: int | None = None
    delay: timedelta = timedelta()
    value: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """When somebody begins, what they do, and when campaigns go to them. `of`: the sequence that is tried, if any.

    `draws`: which branch of every lot that is not drawn yet.
    """

    begins: datetime
    deeds: tuple[Deed, ...] = ()
    campaigns: tuple[datetime, ...] = ()
    of: int | None = None
    draws: bool | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who it is. `lately` is what counts already; `campaigns` are the moments at which campaigns are yet to go to them.

    `happened` names what ways waited for and has happened already, by way and position. `draws`: which branch of every
    lot of a way that has not begun; None as it is drawn for the way. `earlier`: their ways so far, by sequence;
    `may_be_mailed`: by which sequences they may be, None by all. `had`: by way, mails that earlier ways brought, and
    `had_before` by sequence the same for a way that is yet to begin.
    """

    time_zone: str = ""
    paused_until: datetime | None = None
    is_patient: bool = False
    tags: Mapping[str, datetime] = field(default_factory=dict)
    holds: Holds = lambda _condition, _at: False
    lately: Lately = field(default_factory=Lately)
    campaigns: tuple[datetime, ...] = ()
    happened: Collection[tuple[int, int]] = frozenset()
    draws: bool | None = None
    earlier: Mapping[int, Earlier] = field(default_factory=dict)
    may_be_mailed: Collection[int] | None = None
    had: Mapping[int, Had] = field(default_factory=dict)
    had_before: Mapping[int, Had] = field(default_factory=dict)


def said(true: Collection[tuple[str, str]]) -> Holds:
    """A made-up person of whom these conditions (name, value) hold, and no other."""

    def holds(condition: Condition, _at: datetime) -> bool:
        name_and_value = (str(condition["name"]), str(condition.get("value", "")))
        return (name_and_value in true) != bool(condition.get("not"))

    return holds


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody did. `way`: of which way's mail it was an answer, if of one."""

    act: Act
    at: datetime
    value: str = ""
    way: int | None = None

    def is_what_was_waited_for(self, event: Event, way: int) -> bool:
        is_of_it = self.act.value == event.kind.value and event.value in ("", self.value)
        return is_of_it and self.way in (None, way)


@dataclass(slots=True)
class Past:
    """What has happened so far in a future that is played."""

    tags: dict[str, datetime]
    acts: list["Done"] = field(default_factory=list)
    clicks: list[tuple[int, int, datetime]] = field(default_factory=list)

    def has_happened(self, event: Event, way: int, since: datetime) -> bool:
        """As the engine asks: did this happen since then? Clicks count in the way's own mails."""
        if event.kind == EventKind.CLICKED:
            return any(at >= since and one == way and event.mail in ("", str(key)) for one, key, at in self.clicks)
        if event.kind == EventKind.TAG:
            return self.tags.get(name_of(event.value), LONG_AGO) >= since
        return any(one.is_what_was_waited_for(event, way) for one in self.acts if one.at >= since)

    def condition(self, condition: Condition, at: datetime, holds: Holds) -> bool:
        """What the person's own doings in this future decide is taken from there, anything else from `holds`."""
        known = OWN.get(str(condition["name"]))
        found = known(self, str(condition.get("value", "")), at) if known else None
        if found is None:
            return holds(condition, at)
        return found != bool(condition.get("not"))

    def _tagged(self, value: str, _at: datetime) -> bool | None:
        return value in self.tags

    def _clicked(self, _value: str, _at: datetime) -> bool | None:
        return True if self.clicks else None

    def _clicked_within(self, value: str, at: datetime) -> bool | None:
        days = days_of(value)
        if days is None:
            return None
        since = at - timedelta(days=days)
        return True if any(moment > since for _way, _key, moment in self.clicks) else None

    def _did(self, act: Act) -> bool | None:
        return True if any(one.act == act for one in self.acts) else None


OWN: Mapping[str, Callable[[Past, str, datetime], bool | None]] = {
    "tagged": Past._tagged,  # noqa: SLF001
    "clicked": Past._clicked,  # noqa: SLF001
    "clicked_within": Past._clicked_within,  # noqa: SLF001
    "booked": lambda past, _value, _at: past._did(Act.BOOKED),  # noqa: SLF001
    "attended": lambda past, _value, _at: past._did(Act.ATTENDED),  # noqa: SLF001
}


def name_of(tag: Any) -> str:
    """A tag's name as it is kept."""
    return " ".join(str(tag).split()).lower()
