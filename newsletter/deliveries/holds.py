"""Hold: one switch that stops the marketing lane within a second, with who set it and why."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from newsletter.deliveries import bell
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing import Hold


def active() -> Hold | None:
    """The hold that stops the lane now, the oldest first."""
    return Hold.objects.filter(released_at__isnull=True).select_related("by").order_by("id").first()


@transaction.atomic
def hold(reason: str, *, by: User | None, now: datetime) -> Hold:
    found = Hold.objects.create(reason=reason, by=by, since=now)
    audit.record("sending.held", subject=f"hold:{found.pk}", by=by, reason=reason)
    return found


@transaction.atomic
def release(*, by: User | None, now: datetime) -> int:
    """Release every hold; returns how many there were."""
    count = Hold.objects.filter(released_at__isnull=True).update(released_at=now, released_by=by)
    if count:
        audit.record("sending.released", subject="hold", by=by)
        bell.ring(Lane.MARKETING)
    return count
