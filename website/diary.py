"""How free times are laid out on a page, and read back from its form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from booking import times

LONGEST = 40


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


def days(slots: Sequence[datetime], zone: ZoneInfo) -> list[Day]:
    """Free times by the local day they fall on."""
    return [
        Day(label, [FreeTime(write(slot), times.clock(slot, zone)) for slot in group])
        for label, group in groupby(slots, key=lambda slot: times.day(slot, zone))
    ]


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
