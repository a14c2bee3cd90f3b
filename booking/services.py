"""What can be done to a call: booked, moved, cancelled, and said how it went.

Each act is one transaction: address lock, diary lock, rows, goal, notices. Locks are always taken in that
order. The diary lock makes two people who want one slot come one after the other; that only one of them
gets it is the exclusion constraint's promise, not ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from psycopg.errors import ExclusionViolation

from accounts import audit
from accounts.models import User
from booking import availability, goals, notices, queries, ways
from booking.models import Appointment, AppointmentState, GoalKind
from clinic import queries as clinic
from leads.consent import services as consent
from leads.consent.models import Basis, Purpose
from leads.consent.services import Ground, Shown
from leads.consent.terms import months_later
from leads.intake.services import INQUIRY_MONTHS
from leads.people import addresses, holding
from leads.people import services as people
from leads.people.models import Lead, LeadSource
from leads.people.services import Details

DIARY_LOCK = 0x4D4442
CALLS_AT_ONCE = 2
"""How many calls to come one person may have booked on the page; staff may book more."""

CALLS_AN_HOUR = 60
"""How many calls strangers may book within an hour: beyond it is a program that fills the diary and mails people."""

TIMES = ("starts_at", "ends_at", "blocked_until")


class SlotTaken(Exception):
    """The time is not free: somebody was faster, or the clinic does not offer it."""


class TooManyCalls(Exception):
    """As many calls are booked on the page as one person, or everybody within an hour, can book."""


class TooLate(Exception):
    """The call has begun, is over, or was cancelled: it can no longer be changed like this."""


class NotBegun(Exception):
    """The call is still to come, so nobody can say how it went."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The call that somebody asks for; the phone number is E.164, the time zone an IANA name."""

    starts_at: datetime
    phone: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for it on the page, and where that was."""

    email: str
    first_name: str = ""
    language: str = "en"
    shown: Shown = field(default_factory=Shown)


def book(visitor: Visitor, *, wanted: Wanted, now: datetime) -> Appointment:
    """Book a call for a visitor, creating the lead when new. The same booking again is the same call.

    The same means the same number too: an address and a guessed time must not show anybody's call.
    Raises SlotTaken, TooManyCalls; then nothing was written.
    """
    with _naming_conflicts(), transaction.atomic():
        addresses.lock([addresses.digest(addresses.key(addresses.parse(visitor.email)))])
        lead = _lead(visitor, wanted, now)
        _lock_diary()
        standing = queries.standing(lead, now=now)
        again = standing.filter(starts_at=wanted.starts_at, phone=wanted.phone).first()
        if again is not None:
            return again
        _require_offered(wanted.starts_at, None, now)
        if standing.count() >= CALLS_AT_ONCE or _is_flooded(now):
            raise TooManyCalls
        ground = Ground(Purpose.INQUIRY, Basis.INQUIRY, expires_at=months_later(now, INQUIRY_MONTHS))
        consent.grant(lead, ground=ground, shown=visitor.shown, now=now)
        return _place(lead, wanted, None, now)


def book_for(lead: Lead, *, wanted: Wanted, by: User, now: datetime) -> Appointment:
    """Book a call that was agreed on by phone, at any free time to come. Raises SlotTaken, Erased."""
    with _naming_conflicts(), transaction.atomic():
        lead = holding.hold_known(lead)
        _lock_diary()
        _require_offered(wanted.starts_at, by, now)
        call = _place(lead, wanted, by, now)
        _note("booked", call, by)
        return call


def move(appointment: Appointment, *, starts_at: datetime, by: User | None = None, now: datetime) -> Appointment:
    """Give the call another time; the goal and its credit stay. Raises SlotTaken, TooLate.

    Moved to the time that it has already, nothing happens.
    """
    with _naming_conflicts(), transaction.atomic():
        call = _locked(appointment)
        _require_to_come(call, now)
        if call.starts_at == starts_at:
            return call
        _lock_diary()
        _require_offered(starts_at, by, now)
        _set_time(call, starts_at)
        call.revision += 1
        call.changed_at = now
        call.save(update_fields=[*TIMES, "revision", "changed_at"])
        notices.tell_moved(call, now=now)
        _note("moved", call, by)
        return call


@transaction.atomic
def cancel(appointment: Appointment, *, by: User | None = None, now: datetime) -> Appointment:
    """Give the time back. Cancelled again, nothing happens. Raises TooLate."""
    call = _locked(appointment)
    if call.state == AppointmentState.CANCELLED:
        return call
    _require_to_come(call, now)
    call.state = AppointmentState.CANCELLED
    call.revision += 1
    call.changed_at = now
    call.save(update_fields=["state", "revision", "changed_at"])
    notices.tell_cancelled(call, now=now)
    ways.turned(call, now=now)
    _note("cancelled", call, by)
    return call


@transaction.atomic
def record_outcome(appointment: Appointment, *, state: AppointmentState, by: User, now: datetime) -> Appointment:
    """Say how the call went, or take that back with BOOKED. Raises NotBegun, TooLate."""
    call = _locked(appointment)
    if AppointmentState.CANCELLED in (call.state, state):
        raise TooLate
    if call.starts_at > now:
        raise NotBegun
    has_turned = call.state != state
    call.state = state
    call.changed_at = now
    call.save(update_fields=["state", "changed_at"])
    if has_turned:
        ways.turned(call, now=now)
    _note("outcome", call, by)
    return call


@contextmanager
def _naming_conflicts() -> Iterator[None]:
    """Around the transaction: the constraint's word for it is ours."""
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.__cause__, ExclusionViolation):
            raise SlotTaken from error
        raise


def _lock_diary() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DIARY_LOCK])


def _lead(visitor: Visitor, wanted: Wanted, now: datetime) -> Lead:
    details = Details(
        first_name=visitor.first_name,
        phone=wanted.phone,
        language=visitor.language,
        time_zone=wanted.time_zone,
        page=visitor.shown.page,
        referrer=visitor.shown.referrer,
    )
    return people.find_or_create(visitor.email, source=LeadSource.BOOKING, now=now, details=details)


def _require_offered(starts_at: datetime, by: User | None, now: datetime) -> None:
    """Visitors book what is open; staff may agree on any time to come, which the constraint judges."""
    offered = starts_at > now if by else starts_at in queries.open_slots(now=now)
    if not offered:
        raise SlotTaken


def _is_flooded(now: datetime) -> bool:
    lately = Appointment.objects.filter(by=None, booked_at__gt=now - timedelta(hours=1))
    return lately.count() >= CALLS_AN_HOUR


def _place(lead: Lead, wanted: Wanted, by: User | None, now: datetime) -> Appointment:
    call = Appointment(
        lead=lead,
        phone=wanted.phone,
        time_zone=wanted.time_zone,
        booked_at=now,
        changed_at=now,
        by=by,
    )
    _set_time(call, wanted.starts_at)
    call.save()
    goals.reach(lead, kind=GoalKind.FREE_CALL, now=now, by=by, appointment=call)
    ways.turned(call, now=now)
    notices.confirm(call, now=now)
    return call


def _set_time(call: Appointment, starts_at: datetime) -> None:
    buffer = timedelta(minutes=clinic.profile().call_buffer_minutes)
    call.starts_at = starts_at
    call.ends_at = starts_at + availability.CALL
    call.blocked_until = availability.blocked(starts_at, buffer).ends_at


def _locked(appointment: Appointment) -> Appointment:
    """The call as it is now, and stays until commit unless we change it."""
    holding.hold(appointment.lead)
    calls = Appointment.objects.select_related("lead").select_for_update(of=("self",))
    return calls.get(pk=appointment.pk)


def _require_to_come(call: Appointment, now: datetime) -> None:
    if call.state != AppointmentState.BOOKED or call.starts_at <= now:
        raise TooLate


def _note(act: str, call: Appointment, by: User | None) -> None:
    audit.record(
        f"appointment.{act}",
        subject=f"appointment:{call.pk}",
        by=by,
        lead=call.lead_id,
        starts_at=call.starts_at.isoformat(),
        state=call.state,
    )
