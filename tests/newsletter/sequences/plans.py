"""Plans for tests: steps in few words, published without a database where none is needed."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.sequences.almanac import Almanac, Published, placed_step
from newsletter.sequences.plan.document import Event, EventKind, Hours, Plan, Step, StepKind
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.schedule import Calendar, Wait, Window
from newsletter.sequences.walk import Due

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
"""A Tuesday, 10:00 in Toronto: inside every window."""
OFFICE = Calendar(Window(frozenset(range(7)), time(9), time(18)))


def email(key: int, days: int = 0, **options: Any) -> Step:
    return Step(key, StepKind.EMAIL, wait=Wait(days), email=key, **options)


def pause(key: int, **wait: Any) -> Step:
    return Step(key, StepKind.WAIT, wait=Wait(**wait))


def until_clicked(key: int, days: int, *, yes: tuple[Step, ...] = (), no: tuple[Step, ...] = ()) -> Step:
    return Step(key, StepKind.UNTIL, event=Event(EventKind.CLICKED), days=days, yes=yes, no=no)


def split(key: int, tag: str, *, yes: tuple[Step, ...] = (), no: tuple[Step, ...] = ()) -> Step:
    return Step(key, StepKind.SPLIT, condition={"name": "tagged", "value": tag, "not": False}, yes=yes, no=no)


def lot(key: int, share: int, *, yes: tuple[Step, ...] = (), no: tuple[Step, ...] = ()) -> Step:
    return Step(key, StepKind.LOT, share=share, yes=yes, no=no)


def tag(key: int, name: str, *, adds: bool = True) -> Step:
    return Step(key, StepKind.TAG, tag=name, adds=adds)


def hand_over(key: int, to: int = 9) -> Step:
    return Step(key, StepKind.HANDOVER, sequence=to)


def end(key: int) -> Step:
    return Step(key, StepKind.END)


def plan(*steps: Step, **rules: Any) -> Plan:
    return Plan(steps=steps, **{"hours": Hours(), **rules})


def almanac(*steps: Step, calendar: Calendar = OFFICE, version_id: int = 1) -> Almanac:
    """One that knows a version of these steps, and no other; every email's letter has the number of its step."""
    found = Almanac()
    placed = tuple(placed_step(one, one.step.email, None) for one in flatten(steps))
    found._published[version_id] = Published(placed, calendar)
    found.zone = TORONTO
    return found


def due(position: int = 0, *, at: datetime = NOW, since: datetime | None = None, way: int = 1, **fields: Any) -> Due:
    values: dict[str, Any] = {
        "version_id": 1,
        "lead_id": way,
        "time_zone": "",
        "paused_until": None,
        "is_patient": False,
    }
    return Due(id=way, position=position, due_at=at, since=since or at, **{**values, **fields})
