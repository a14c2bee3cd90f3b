"""How free times are laid out on a page, and read back from its form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from booking import times

LONGEST = 40
DAYS_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class FreeTime:
    """One time to choose: the value its form field carries, and the words beside it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Day:
    """A local day with its free times, the earliest first."""

    label: str
    times: list[FreeTime]


@dataclass(frozen=True, slots=True)
class Page:
    """As many days as one page shows, and the numbers of the pages beside it."""

    days: Sequence[Day]
    earlier: int | None
    later: int | None


def days(slots: Sequence[datetime], zone: ZoneInfo) -> list[Day]:
    """Free times by the local day they fall on."""
    return [
        Day(label, [FreeTime(write(slot), times.clock(slot, zone)) for slot in group])
        for label, group in groupby(slots, key=lambda slot: times.day(slot, zone))
    ]


def page(found: Sequence[Day], *, asked: str, chosen: str) -> Page:
    """The page that shows the chosen time, else the one that is asked for, else the first."""
    last = max(0, (len(found) - 1) // DAYS_A_PAGE)
    number = min(int(asked), last) if asked.isascii() and asked.isdigit() and len(asked) < LONGEST else 0
    for place, day in enumerate(found):
        if any(free.value == chosen for free in day.times):
            number = place // DAYS_A_PAGE
    first = number * DAYS_A_PAGE
    return Page(
        found[first : first + DAYS_A_PAGE],
        earlier=number - 1 if number else None,
        later=number + 1 if number < last else None,
    )


def write(moment: datetime) -> str:
    """The moment as a form carries it, such as 2026-10-13T13:40Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def read(text: str) -> datetime | None:
    """The moment that a form carried; None for anything else."""
    try:
        moment = datetime.strptime(text[:LONGEST], "%Y-%m-%dT%H:%MZ")  # noqa: DTZ007
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC)
