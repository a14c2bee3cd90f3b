"""Mail that was planned for its hour and could not leave then: at another hour it may have to wait.

It was paused, held, beyond the day's limit, or to be tried again. Whoever planned it says whether it may leave now.
Mail that leaves within AT_ONCE of being planned is not asked about: its hour has just been looked at. Where asking
fails, each mail is asked about alone, and of which nobody can tell waits: it leaves at no wrong hour on a guess. It
waits no longer than it is of use.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from newsletter.deliveries import services
from newsletter.deliveries.admission.candidates import Candidate
from newsletter.deliveries.admission.slots import Slotted
from newsletter.deliveries.models import Kind, State
from newsletter.deliveries.record import Record, Subject

AT_ONCE = timedelta(minutes=2)
USEFUL = timedelta(days=1)
"""For so long after its next hour a mail is of use in any case: waiting for it must not make it too late."""

ASKED_AGAIN = timedelta(minutes=15)
OUTSIDE_HOURS = "outside the hours in which it may leave"
NOBODY_KNOWS = "nobody can tell whether its hour has come"
IS_OVER = "what it was about is over"
log = logging.getLogger(__name__)

Ask = Callable[[Sequence[Slotted], datetime], Mapping[int, datetime | None]]
"""Which of these mails may not leave now: until when each waits, or None for one that is of no use any more."""

_asked: dict[int, Ask] = {}


def register(kind: Kind, ask: Ask) -> None:
    """Name who is asked about late mail of this kind; called from an app's ready()."""
    _asked[kind] = ask


def let_through(
    rows: list[Candidate], into: Record, subject: Callable[[Candidate], Subject], *, now: datetime
) -> list[Candidate]:
    """Those of these that may leave at this moment; `into` says what becomes of the others."""
    late = [row for row in rows if row.kind in _asked and now - row.planned_at > AT_ONCE]
    if not late:
        return rows
    held = _held(late, now)
    for row in (row for row in late if row.id in held):
        if isinstance(until := held[row.id], Exception):
            into.postpone(subject(row), until=now + ASKED_AGAIN, reason=NOBODY_KNOWS)
        elif until is None:
            into.end(subject(row), State.EXPIRED, at=now, reason=IS_OVER)
        else:
            into.postpone(subject(row), until=until, reason=OUTSIDE_HOURS)
            keep_useful(row, until)
    return [row for row in rows if row.id not in held]


def _held(late: list[Candidate], now: datetime) -> dict[int, datetime | Exception | None]:
    held: dict[int, datetime | Exception | None] = {}
    for kind in {row.kind for row in late}:
        mails = [Slotted(row.id, row.owner, row.item, row.lead_id, row.staff_id) for row in late if row.kind == kind]
        held.update(_ask(kind, mails, now))
    return held


def _ask(kind: int, mails: Sequence[Slotted], now: datetime) -> Mapping[int, datetime | Exception | None]:
    """What was said; of a mail over which the question fails, with what."""
    try:
        with transaction.atomic():
            return _asked[kind](mails, now)
    except (OperationalError, InterfaceError):
        raise  # nothing is wrong with the mails
    except Exception as problem:
        log.exception("Nobody can tell whether %d late mails may leave now", len(mails))
        if len(mails) == 1:
            return {mails[0].id: problem}
    alone = [_ask(kind, [one], now) for one in mails]
    return {one: until for some in alone for one, until in some.items()}


def keep_useful(row: Candidate, until: datetime) -> None:
    """Who is to wait until then does not come too late by it."""
    if row.expires_at is not None and row.expires_at < until + USEFUL:
        services.prolong(row.id, until + USEFUL)
