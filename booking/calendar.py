"""The calendar file of a call: iCalendar text from plain values.

The UID stays the same through every move and SEQUENCE counts them, so that a calendar replaces its entry
instead of adding another. Times are UTC: no time zone table to get wrong. The summary names no condition.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress

PRODUCT = "-//Meridian//Consultations//EN"


class Method(StrEnum):
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True, slots=True)
class Organizer:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Call:
    """What a calendar needs to know of one call."""

    uid: UUID
    revision: int
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    summary: str
    description: str
    organizer: Organizer
    attendee: str


def file(call: Call, method: Method) -> bytes:
    """The finished file, for a mail's attachment (REQUEST, CANCEL) or a download (PUBLISH)."""
    calendar = Calendar.new(prodid=PRODUCT, method=method.value, subcomponents=[_event(call, method)])
    return calendar.to_ical()


def _event(call: Call, method: Method) -> Event:
    event = Event.new(
        uid=call.uid,
        sequence=call.revision,
        stamp=call.changed_at,
        start=call.starts_at,
        end=call.ends_at,
        summary=call.summary,
        description=call.description,
    )
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("transp", "OPAQUE")
    if call.organizer.email:
        event.add("organizer", _address(call.organizer.email, CN=call.organizer.name))
    if method is not Method.PUBLISH:
        event.add("attendee", _address(call.attendee, PARTSTAT="ACCEPTED", RSVP="FALSE"))
    return event


def _address(email: str, **params: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    for name, value in params.items():
        address.params[name] = value
    return address
