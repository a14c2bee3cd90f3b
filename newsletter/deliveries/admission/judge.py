"""What the gate decides about one row, and what becomes of the row when the answer is no."""

from datetime import datetime, timedelta

from newsletter.deliveries.admission import delays
from newsletter.deliveries.admission.candidates import Candidate
from newsletter.deliveries.models import BatchState, Kind, Lane, State
from newsletter.deliveries.record import Record, Subject

PAUSED_BY_LEAD = "paused by the person"
LOOKED_AT = timedelta(days=1)
"""Mail that waits for a reader who paused theirs is looked at so often: they may end the pause early."""


def refuse(row: Candidate, subject: Subject, into: Record, *, lane: str, now: datetime) -> bool:
    """Whether this one may not leave now; then `into` says what becomes of it."""
    if row.batch_state == BatchState.PAUSED:
        into.postpone(subject, until=now, reason="paused")
        return True
    if row.batch_state == BatchState.CANCELLED or row.recalled is not None:
        into.end(subject, State.CANCELLED, at=now, reason=row.recalled or "cancelled")
        return True
    if row.expires_at is not None and row.expires_at <= now:
        into.end(subject, State.EXPIRED, at=now, reason="too late to be useful")
        return True
    reason = _whole_refusal(row) or (_marketing_refusal(row, now) if lane == Lane.MARKETING else "")
    if reason == PAUSED_BY_LEAD and row.kind == Kind.STEP and row.paused_until is not None:
        until = min(row.paused_until, now + LOOKED_AT)
        into.postpone(subject, until=until, reason=reason)
        delays.keep_useful(row, until)
    elif reason:
        into.end(subject, State.REFUSED, at=now, reason=reason)
    return bool(reason)


def _whole_refusal(row: Candidate) -> str:
    """Why nobody may be mailed at all, marketing or not."""
    if row.is_erased:
        return "erased"
    if row.is_suppressed:
        return "suppressed"
    if not row.staff_is_active:
        return "no longer works here"
    if not row.address:
        return "no address"
    return "" if row.revision_id else "no content"


def _marketing_refusal(row: Candidate, now: datetime) -> str:
    if row.is_suppressed_for_marketing:
        return "unsubscribed"
    if not row.has_consent:
        return "no consent"
    if row.declines_topic:
        return "topic declined"
    if row.paused_until is not None and row.paused_until > now:
        return PAUSED_BY_LEAD
    return ""
